"""What the program does with drawings, as plain functions for the task thread."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rdkit import Chem
from rdkit.Chem import Mol

from morered_gui.chem.conformers import minimise
from morered_gui.chem.conversion import from_rdkit, to_rdkit
from morered_gui.chem.drawing import (
    Drawing,
    DrawingError,
    drawing_of,
    mol_of_drawing,
    remarks_on,
    smiles_of_mol,
)
from morered_gui.chem.edits import change_after_edit, common_atoms
from morered_gui.chem.identifiers import inchi_of, name_of_smiles
from morered_gui.chem.substitution import Change
from morered_gui.core import Capabilities, Structure, UnsupportedMoleculeError


@dataclass(frozen=True, eq=False)
class Edit:
    """An edited drawing, and what there was before.

    Attributes:
        drawing: as it is now; its atoms are indices of ``old``.
        before: the drawing that ``old`` was built from.
        old: the structure looked at before the edit.
        capabilities: of the relaxer that is to follow; None where none follows.
        fixed: atoms of ``old`` that are frozen.
        seed: of the embedding.
    """

    drawing: Drawing
    before: Drawing | None
    old: Structure | None
    capabilities: Capabilities | None = None
    seed: int = 0
    fixed: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Edited:
    """What an edit has come to.

    Attributes:
        drawing: with its SMILES, and the atoms of ``structure`` where there is one.
        structure: a new one; None where the old one stays.
        problem: what is wrong with the drawing; then there is no structure.
        atoms: of the drawing, those that the problem is about.
        remarks: what the drawing leaves open.
        refusal: why the relaxer does not take the structure, or empty.
        fixed: atoms of ``structure`` that are frozen, exactly where they were.
    """

    drawing: Drawing
    structure: Structure | None = None
    problem: str = ""
    atoms: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    refusal: str = ""
    fixed: frozenset[int] = frozenset()


def carried_on(before: Drawing | None, molblock: str, kept: Sequence[int]) -> Drawing:
    """The drawing after an edit.

    Args:
        before: the drawing before.
        molblock: the drawing now.
        kept: per atom its index in the drawing before, -1 for a new one.
    """
    places = before.atoms if before is not None else ()
    atoms = tuple(places[k] if 0 <= k < len(places) else -1 for k in kept)
    return Drawing(molblock, atoms)


def edited(edit: Edit) -> Edited:
    """Judge a drawing and build its structure; problems are part of the result.

    Raises MoleculeError where no conformer is found.
    """
    try:
        mol = mol_of_drawing(edit.drawing.molblock)
    except DrawingError as error:
        return Edited(edit.drawing, problem=str(error), atoms=error.atoms)
    smiles = smiles_of_mol(mol)
    drawing = replace(edit.drawing, smiles=smiles)
    old = edit.old
    remarks = tuple(remarks_on(mol))
    if old is not None and edit.before is not None:
        drawing = _recognised(drawing, mol, edit.before)
        if smiles == edit.before.smiles and _is_same_graph(drawing, mol, edit.before):
            return Edited(drawing, remarks=remarks)
    change = change_after_edit(
        mol,
        old,
        drawing.atoms,
        frozen=edit.fixed,
        seed=edit.seed,
        name=name_of_smiles(smiles),
    )
    structure, fixed = change.structure, _still_fixed(change, old, edit.fixed)
    if len(fixed) < len(change.carried(edit.fixed)):
        remarks = (*remarks, "frozen atoms that the new bonds moved are free again")
    refusal = _refusal(structure, edit.capabilities)
    if refusal:
        structure = _cleaned_up(structure, fixed)
    at_home = replace(drawing, atoms=tuple(range(mol.GetNumAtoms())))
    return Edited(at_home, structure, remarks=remarks, refusal=refusal, fixed=fixed)


def inchi_of_drawing(drawing: Drawing) -> str:
    """The InChI of a drawing; raises MoleculeError."""
    return inchi_of(mol_of_drawing(drawing.molblock))


def depicted(structure: Structure) -> Drawing:
    """A drawing of a structure; raises MoleculeError where it has none."""
    return drawing_of(structure)


def _recognised(drawing: Drawing, mol: Mol, before: Drawing) -> Drawing:
    """Find out by the graph which atoms are which, where none has kept its identity."""
    if any(index >= 0 for index in drawing.atoms):
        return drawing
    try:
        old = mol_of_drawing(before.molblock)
    except DrawingError:  # of a radical that came from a file; nothing is wrong with the new one
        return drawing
    found = _same_places(mol, old) or common_atoms(mol, old)
    return replace(drawing, atoms=tuple(before.atoms[k] if k >= 0 else -1 for k in found))


def _same_places(new: Mol, old: Mol) -> list[int]:
    """Per atom of new its counterpart in old, where both are the same; else nothing.

    Atoms that stand at the same place of one SMILES have the same hydrogens, charge and stereo.
    """
    (ours, ours_in_order), (theirs, theirs_in_order) = map(_smiles_in_order, (new, old))
    if ours != theirs:
        return []
    counterpart = dict(zip(ours_in_order, theirs_in_order, strict=True))
    return [counterpart[k] for k in range(new.GetNumAtoms())]


def _smiles_in_order(mol: Mol) -> tuple[str, list[int]]:
    """Canonical SMILES, and which atom stands at each of its places."""
    smiles = str(Chem.MolToSmiles(mol))
    order = mol.GetPropsAsDict(includePrivate=True, includeComputed=True)["_smilesAtomOutputOrder"]
    return smiles, list(order)


def _is_same_graph(drawing: Drawing, mol: Mol, before: Drawing) -> bool:
    """Whether only the picture has changed: each atom and bond is what and where it was.

    To be the same molecule is not enough: the oxygens of an acid may have changed places.
    """
    return sorted(drawing.atoms) == sorted(before.atoms) and (
        _labelled(mol, drawing.atoms) == _labelled(mol_of_drawing(before.molblock), before.atoms)
    )


def _labelled(mol: Mol, atoms: Sequence[int]) -> str:
    """Canonical SMILES in which each atom is called by its index in the structure."""
    labelled = Chem.Mol(mol)
    for atom, index in zip(labelled.GetAtoms(), atoms, strict=True):
        atom.SetAtomMapNum(index + 1)
    return str(Chem.MolToSmiles(labelled))


def _refusal(structure: Structure, capabilities: Capabilities | None) -> str:
    if capabilities is None:
        return ""
    try:
        capabilities.check(structure)
    except UnsupportedMoleculeError as error:
        return str(error)
    return ""


def _still_fixed(change: Change, old: Structure | None, fixed: frozenset[int]) -> frozenset[int]:
    """Frozen atoms that have survived the edit, and in their place."""
    if old is None:
        return frozenset()
    x = change.structure.positions
    return frozenset(
        k for k in change.carried(fixed) if np.array_equal(x[k], old.positions[change.origin[k]])
    )


def _cleaned_up(structure: Structure, fixed: frozenset[int]) -> Structure:
    """Nothing will relax it any further: the nearest minimum of the force field."""
    mol = to_rdkit(structure)
    if Chem.DetectChemistryProblems(mol):
        return structure
    minimise(mol, held=sorted(fixed))
    return from_rdkit(mol, name=structure.name)
