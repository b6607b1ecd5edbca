"""Drawings in two dimensions: what they say, what is wrong with them, and how to make one.

RDKit judges what was drawn. A drawing is a V2000 mol block, in which wedges, charges, isotopes
and explicit hydrogens have their place; a ``Structure`` knows no isotopes, the drawing keeps them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdkit import Chem
from rdkit.Chem import Mol, rdDepictor

from morered_gui.chem.conversion import bonds_are_known, query_fault, to_rdkit
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.core.structure import Structure

MAX_DRAWN_ATOMS = 999  # of a V2000 mol block
_INDEX = "morered_index"
# Brackets that only say something about atoms that are all there.
_HARMLESS_GROUPS = {"DAT", "SUP", "GEN"}
_ONIUM = {"N", "O"}  # take one bond more with a positive charge


@dataclass(frozen=True)
class Drawing:
    """A molecule on paper and which atom of the structure each of its atoms is.

    Attributes:
        molblock: V2000, empty for an empty page.
        atoms: per atom of the drawing its index in the structure in space, -1 for an atom
            that has none yet.
        smiles: canonical; empty where the drawing is no valid molecule.
    """

    molblock: str
    atoms: tuple[int, ...] = ()
    smiles: str = ""


class DrawingError(MoleculeError):
    """A drawing is no molecule that can be built; ``atoms`` are the indices of the culprits."""

    def __init__(self, text: str, atoms: Sequence[int] = ()) -> None:
        super().__init__(text)
        self.atoms = tuple(atoms)


def mol_of_drawing(molblock: str) -> Mol:
    """The molecule drawn: sanitised, atoms as drawn, stereo from wedges and double bonds.

    Raises:
        DrawingError: the page is empty; placeholders, query bonds or repeating units; valences
            that do not exist; aromatic rings that have no Kekulé form; unpaired electrons.
    """
    raw = _parsed(molblock)
    _refuse_queries(raw)
    _refuse_groups(raw)
    _refuse_problems(raw)
    with rdkit_messages():
        mol = Chem.MolFromMolBlock(molblock, sanitize=True, removeHs=False)
    if mol is None:
        raise DrawingError("RDKit can't make sense of this drawing; undo the last step")
    _refuse_radicals(mol)
    return mol


def refuse_invalid(mol: Mol) -> None:
    """Raise DrawingError where valences, aromatic rings or unpaired electrons make no molecule."""
    _refuse_problems(mol)
    sane = Chem.Mol(mol)
    with rdkit_messages():
        Chem.SanitizeMol(sane)
    _refuse_radicals(sane)


def remarks_on(mol: Mol) -> list[str]:
    """What a drawing leaves open, in words: stereo that nobody drew."""
    unspecified = Chem.StereoSpecified.Unspecified
    open_kinds = [i.type for i in Chem.FindPotentialStereo(mol) if i.specified == unspecified]
    n_open = open_kinds.count(Chem.StereoType.Atom_Tetrahedral)
    n_bonds = open_kinds.count(Chem.StereoType.Bond_Double)
    remarks = []
    if n_open:
        what = "a stereocentre has" if n_open == 1 else f"{n_open} stereocentres have"
        remarks.append(f"{what} no wedge: 3D shows one of the forms")
    if n_bonds:
        what = "a double bond is" if n_bonds == 1 else f"{n_bonds} double bonds are"
        remarks.append(f"{what} neither cis nor trans: 3D shows one of the forms")
    return remarks


def smiles_of_mol(mol: Mol) -> str:
    """Canonical SMILES with stereo and isotopes, ordinary hydrogens implied."""
    with rdkit_messages():
        return str(Chem.MolToSmiles(Chem.RemoveHs(mol)))


def drawn(mol: Mol) -> str:
    """A mol block with new coordinates on paper and wedges; atoms stay in their order."""
    if mol.GetNumAtoms() > MAX_DRAWN_ATOMS:
        raise MoleculeError(
            f"{mol.GetNumAtoms()} atoms are too many to be drawn (at most {MAX_DRAWN_ATOMS})"
        )
    flat = Chem.Mol(mol)
    with rdkit_messages():
        rdDepictor.Compute2DCoords(flat)
        if flat.GetNumAtoms() > 2:  # two atoms give NaN
            rdDepictor.NormalizeDepiction(flat)
            rdDepictor.StraightenDepiction(flat)
        return str(Chem.MolToMolBlock(flat))


def isotopes_of(drawing: Drawing | None) -> dict[int, int]:
    """Mass numbers by the atom of the structure, for the atoms that are labelled."""
    if drawing is None or not drawing.molblock:
        return {}
    marked = zip(_parsed(drawing.molblock).GetAtoms(), drawing.atoms, strict=False)
    return {k: atom.GetIsotope() for atom, k in marked if k >= 0 and atom.GetIsotope()}


def drawing_of(structure: Structure, isotopes: Mapping[int, int] | None = None) -> Drawing:
    """A drawing of a structure in space: stereo from its coordinates, hydrogens implied.

    Args:
        structure: the molecule.
        isotopes: mass numbers by atom, which a structure does not know.

    Raises:
        MoleculeError: its bonds are not known well enough, or it is too large.
    """
    mol = to_rdkit(structure)
    if not bonds_are_known(mol):
        raise MoleculeError("the bonds of this structure are not known, so it can't be drawn")
    for atom in mol.GetAtoms():
        atom.SetIntProp(_INDEX, atom.GetIdx())
        atom.SetIsotope((isotopes or {}).get(atom.GetIdx(), 0))
        atom.SetNoImplicit(bool(atom.GetNumRadicalElectrons()))
    with rdkit_messages():
        bare = Chem.RemoveHs(mol)
    kept = tuple(atom.GetIntProp(_INDEX) for atom in bare.GetAtoms())
    return Drawing(drawn(bare), kept, smiles_of_mol(bare))


def drawing_of_mol(mol: Mol) -> Drawing:
    """A drawing of a molecule whose structure has the same atoms first, hydrogens behind them."""
    return Drawing(drawn(mol), tuple(range(mol.GetNumAtoms())), smiles_of_mol(mol))


def _parsed(molblock: str) -> Mol:
    with rdkit_messages() as messages:
        raw = Chem.MolFromMolBlock(molblock, sanitize=False, removeHs=False) if molblock else None
    if molblock and raw is None:
        reason = messages[-1].split("] ")[-1].strip() if messages else "RDKit gives no reason"
        raise DrawingError(f"the drawing can't be read: {reason}")
    if raw is None or raw.GetNumAtoms() == 0:
        raise DrawingError("the page is empty; draw a molecule, or paste one")
    return raw


def _refuse_queries(mol: Mol) -> None:
    fault, atoms = query_fault(mol)
    if fault:
        raise DrawingError(fault, atoms)


def _refuse_groups(mol: Mol) -> None:
    for group in Chem.GetMolSubstanceGroups(mol):
        if group.GetProp("TYPE") not in _HARMLESS_GROUPS:
            raise DrawingError(
                "brackets with a repeating unit have no single structure; draw it in full",
                list(group.GetAtoms()),
            )


def _refuse_problems(mol: Mol) -> None:
    problems = Chem.DetectChemistryProblems(mol)
    valence = [p for p in problems if p.GetType() == "AtomValenceException"]
    if valence:
        atoms = sorted({int(p.GetAtomIdx()) for p in valence})
        raise DrawingError(_valence_words(mol.GetAtomWithIdx(atoms[0]), len(atoms)), atoms)
    for problem in problems:
        if problem.GetType() == "KekulizeException":
            raise DrawingError(
                "an aromatic ring can't be written with single and double bonds; "
                "a hydrogen on a nitrogen or a charge is missing",
                list(problem.GetAtomIndices()),
            )
        raise DrawingError(str(problem.Message()).strip())


def _valence_words(atom: Chem.Atom, count: int) -> str:
    table = Chem.GetPeriodicTable()
    name = table.GetElementName(atom.GetAtomicNum()).lower()
    used = int(sum(b.GetBondTypeAsDouble() for b in atom.GetBonds()) + atom.GetNumExplicitHs())
    most = max(table.GetValenceList(atom.GetAtomicNum()))
    charge = atom.GetFormalCharge()
    state = f" with the charge {charge:+d}" if charge else ""
    others = f"; {count - 1} more atoms have too many" if count > 1 else ""
    partners = ", ".join(sorted(n.GetSymbol() for n in atom.GetNeighbors()))
    limit = f", more than the {most} that it takes" if 0 < most < used and not charge else ""
    onium = used == most + 1 and not charge and atom.GetSymbol() in _ONIUM
    hint = "; with the charge +1 it may" if onium else ""
    return f"the {name}{state} bonded to {partners} has {used} bonds{limit}{hint}{others}"


def _refuse_radicals(mol: Mol) -> None:
    atoms = [a.GetIdx() for a in mol.GetAtoms() if a.GetNumRadicalElectrons()]
    if atoms:
        symbols = ", ".join(mol.GetAtomWithIdx(i).GetSymbol() for i in atoms)
        raise DrawingError(
            f"unpaired electrons on {symbols}: relaxing takes closed shells; "
            "add a hydrogen, a bond or a charge",
            atoms,
        )
    electrons = sum(a.GetAtomicNum() + a.GetTotalNumHs() for a in mol.GetAtoms())
    if (electrons - Chem.GetFormalCharge(mol)) % 2:
        raise DrawingError("it has an odd number of electrons; a charge or a hydrogen is missing")
