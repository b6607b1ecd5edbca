"""SMILES to structures in space, and back."""

import re
import time

import numpy as np
from rdkit import Chem
from rdkit.Chem import Mol, rdDistGeom

from morered_gui.chem.conformers import minimise
from morered_gui.chem.conversion import bonds_are_known, from_rdkit, to_rdkit
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.core.arrays import FloatArray
from morered_gui.core.structure import Structure

_PREFIX = re.compile(r"^(\[[\d:]+\]\s*)?(SMILES Parse Error:\s*)?")
MAX_SEED = 2**31 - 1
EMBEDDING_ITERATIONS = 20  # attempts per way of embedding; RDKit's default of 10 n is minutes
EMBEDDING_SECONDS = 20  # per way of embedding; chains of some 500 atoms take as long
MAX_EMBEDDED_ATOMS = 1000  # distance geometry is cubic; above that it takes minutes


def structure_from_smiles(
    smiles: str, *, seed: int = 0, optimise: bool = False, name: str = ""
) -> Structure:
    """A conformer by ETKDGv3 with all hydrogens; the same seed gives the same one.

    Args:
        smiles: stereo is kept; several parts ("[Na+].[Cl-]") are put side by side.
        seed: of the embedding, 0 or larger.
        optimise: relax with MMFF94 (UFF where MMFF94 lacks parameters) afterwards.
        name: of the structure.

    Raises:
        MoleculeError: the SMILES is empty or invalid, or no conformer was found.
    """
    return structure_of_mol(mol_from_smiles(smiles), seed=seed, optimise=optimise, name=name)


def structure_of_mol(
    mol: Mol, *, seed: int = 0, optimise: bool = False, name: str = ""
) -> Structure:
    """As ``structure_from_smiles``; the atoms of the molecule come first, in their order."""
    full = Chem.AddHs(mol)
    embed(full, seed=seed)
    if optimise:
        minimise(full)
    return from_rdkit(full, name=name)


def structure_at(smiles: str, positions: FloatArray, *, name: str = "") -> Structure:
    """The molecule of a SMILES at given positions (n, 3) in Å.

    The atoms are in the order of ``structure_from_smiles``: those of the SMILES, then hydrogens.

    Raises MoleculeError where the SMILES is invalid or n is not its number of atoms.
    """
    full = Chem.AddHs(mol_from_smiles(smiles))
    if full.GetNumAtoms() != len(positions):
        raise MoleculeError(
            f"'{smiles}' has {full.GetNumAtoms()} atoms, but {len(positions)} have a position"
        )
    conformer = Chem.Conformer(len(positions))
    conformer.SetPositions(np.ascontiguousarray(positions, dtype=np.float64))
    full.AddConformer(conformer)
    return from_rdkit(full, name=name)


def mol_from_smiles(smiles: str) -> Mol:
    """Parse and sanitise; raises MoleculeError with RDKit's own reason."""
    text = smiles.strip()
    if not text:
        raise MoleculeError("the SMILES is empty; type one, for example CCO for ethanol")
    shown = text if len(text) <= 60 else text[:57] + "..."
    # RDKit stops reading at such characters, and would take the rest for a name.
    odd = next((c for c in text if not "!" <= c <= "~"), None)
    if odd is not None:
        kind = "a blank" if odd.isspace() else f"the character '{odd}'"
        raise MoleculeError(f"the SMILES '{shown}' has {kind} in it, which no SMILES has")
    with rdkit_messages() as messages:
        mol = Chem.MolFromSmiles(text, sanitize=False)
        if mol is None:
            raise MoleculeError(f"the SMILES '{shown}' can't be read: {_reason(messages)}")
        problems = Chem.DetectChemistryProblems(mol)
        if problems:
            raise MoleculeError(f"the SMILES '{shown}' is no valid molecule: {said(problems)}")
        Chem.SanitizeMol(mol)
        Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    if mol.GetNumAtoms() == 0:
        raise MoleculeError("the SMILES has no atoms")
    if any(a.GetAtomicNum() == 0 for a in mol.GetAtoms()):
        raise MoleculeError(f"the SMILES '{shown}' has a placeholder atom (*); give it an element")
    return mol


def embed(mol: Mol, *, seed: int = 0) -> None:
    """Give the molecule one ETKDGv3 conformer in place, instead of those that it has.

    Raises MoleculeError where distance geometry fails from both kinds of start, or would take
    longer than ``EMBEDDING_SECONDS`` from one of them.
    """
    if mol.GetNumAtoms() > MAX_EMBEDDED_ATOMS:
        raise MoleculeError(
            f"{mol.GetNumAtoms()} atoms are too many to build coordinates for "
            f"(at most {MAX_EMBEDDED_ATOMS}); open a file with coordinates"
        )
    with rdkit_messages():
        for random_coordinates in (False, True):
            parameters = rdDistGeom.ETKDGv3()
            parameters.randomSeed = seed % MAX_SEED  # type: ignore[assignment]
            parameters.useRandomCoords = random_coordinates  # type: ignore[assignment]
            parameters.maxIterations = EMBEDDING_ITERATIONS  # type: ignore[assignment]
            parameters.timeout = EMBEDDING_SECONDS  # type: ignore[assignment]
            began = time.monotonic()
            if rdDistGeom.EmbedMolecule(mol, parameters) >= 0:
                _put_side_by_side(mol)
                return
            if time.monotonic() - began >= EMBEDDING_SECONDS:
                raise MoleculeError(
                    f"coordinates for {mol.GetNumAtoms()} atoms take too long to build; open a "
                    "file with coordinates"
                )
    raise MoleculeError("no conformer of this molecule was found; check its rings and stereo")


def _put_side_by_side(mol: Mol) -> None:
    """Move the parts of a molecule along x until they touch; RDKit puts all in one place."""
    parts = [list(atoms) for atoms in Chem.GetMolFrags(mol)]
    if len(parts) == 1:
        return
    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRvdw(atom.GetAtomicNum()) for atom in mol.GetAtoms()])
    x = mol.GetConformer().GetPositions()
    there = parts[0]
    for part in parts[1:]:
        x[part] += x[there].mean(0) - x[part].mean(0)
        apart = x[there][:, None] - x[part]  # [n_there, n_part, 3]
        touching = (radii[there][:, None] + radii[part]) ** 2 - (apart[..., 1:] ** 2).sum(-1)
        shifts = apart[..., 0] + np.sqrt(touching.clip(min=0.0))
        x[part, 0] += shifts[touching > 0].max(initial=0.0)
        there = there + part
    mol.GetConformer().SetPositions(x)


def smiles_of(structure: Structure) -> str | None:
    """Canonical SMILES from the bonds, stereo from the coordinates, hydrogens implied.

    None where the bonds are not known well enough, see ``bonds_are_known``.
    """
    mol = to_rdkit(structure)
    if not bonds_are_known(mol):
        return None
    for atom in mol.GetAtoms():
        # Hydrogens may become implicit again; radicals keep their brackets all the same.
        atom.SetNoImplicit(bool(atom.GetNumRadicalElectrons()))
    with rdkit_messages():
        return str(Chem.MolToSmiles(Chem.RemoveHs(mol, _removal())))


def _removal() -> Chem.RemoveHsParameters:
    """As usual, and also the hydrogen of C=NH, whose side nobody writes down."""
    parameters = Chem.RemoveHsParameters()
    parameters.removeDefiningBondStereo = True  # type: ignore[assignment]
    return parameters


def molblock_of(structure: Structure) -> str:
    """A V2000 (above 999 atoms V3000) mol block with coordinates and Kekulé bonds."""
    mol = to_rdkit(structure)
    with rdkit_messages():
        try:
            return str(Chem.MolToMolBlock(mol))
        except Chem.KekulizeException:
            return str(Chem.MolToMolBlock(mol, kekulize=False))


def said(problems: object) -> str:
    """RDKit's complaints in one line."""
    texts = [str(p.Message()).strip() for p in problems]  # type: ignore[attr-defined]
    return "; ".join(texts[:3])


def _reason(messages: list[str]) -> str:
    """The telling line among those that RDKit's parser logs."""
    lines = [part.strip() for m in messages for part in m.splitlines() if part.strip()]
    telling = [line for line in lines if "arse" in line or "nclosed" in line or "extra" in line]
    text = (telling or lines or ["RDKit gives no reason"])[0]
    return _PREFIX.sub("", text).split(" for input:")[0]
