"""The one conversion between ``Structure`` and RDKit's molecules, in both directions.

Isotopes and atom maps have no place in a ``Structure`` and are lost on the way.
"""

from collections.abc import Sequence

import numpy as np
from rdkit import Chem
from rdkit.Chem import BondType, Mol
from rdkit.Geometry import Point3D

from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.core.structure import Structure

AROMATIC = 1.5
TOTAL_CHARGE = "total_charge"  # property for a charge that no atom is known to carry
_TYPES = {
    0.0: BondType.ZERO,
    1.0: BondType.SINGLE,
    AROMATIC: BondType.AROMATIC,
    2.0: BondType.DOUBLE,
    3.0: BondType.TRIPLE,
    4.0: BondType.QUADRUPLE,
}
# Bonds to metals come as dative, zero-order and the like: for a picture they are single.
_ORDERS = {kind: order for order, kind in _TYPES.items() if order >= 1.0}


def to_rdkit(structure: Structure) -> Mol:
    """An RDKit molecule with the same atoms in the same order, one conformer, stereo from it.

    Where RDKit accepts the valences, the molecule is sanitised (aromatic rings perceived anew)
    and open valences are radicals. Where not (bond orders unknown, five-valent carbon), it
    comes unsanitised but with rings and atom properties, good for drawing and matching.
    """
    mol = _assembled(structure)
    sane = Chem.Mol(mol)
    try:
        with rdkit_messages():
            Chem.SanitizeMol(sane)
            Chem.AssignStereochemistryFrom3D(sane)
    except (Chem.MolSanitizeException, ValueError, RuntimeError):
        mol.UpdatePropertyCache(strict=False)
        Chem.FastFindRings(mol)
        return mol
    return sane


def from_rdkit(mol: Mol, conformer: int = -1, *, name: str | None = None) -> Structure:
    """The molecule at one of its conformers; aromatic bonds get the order 1.5.

    Args:
        mol: with all hydrogens as atoms and at least one conformer.
        conformer: its id, -1 for the first.
        name: instead of the molecule's own.

    Raises:
        MoleculeError: hydrogens or coordinates are missing; placeholders or query bonds.
    """
    atoms = list(mol.GetAtoms())
    _check(mol, atoms)
    bonds, orders = bond_arrays(mol)
    formal = np.array([a.GetFormalCharge() for a in atoms], dtype=np.int64)
    charge = int(formal.sum())
    if not formal.any() and mol.HasProp(TOTAL_CHARGE):
        charge = _whole(mol.GetProp(TOTAL_CHARGE))
    own_name = mol.GetProp("_Name").strip() if mol.HasProp("_Name") else ""
    try:
        return Structure(
            numbers=np.array([a.GetAtomicNum() for a in atoms]),
            positions=mol.GetConformer(conformer).GetPositions(),
            bonds=bonds,
            orders=orders,
            formal_charges=formal,
            charge=charge,
            name=own_name if name is None else name,
        )
    except ValueError as error:
        raise MoleculeError(str(error)) from error


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise MoleculeError(f"the {TOTAL_CHARGE} '{text}' is not a whole number") from None


def bond_arrays(mol: Mol) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (m, 2) with i < j, sorted, and orders (m,)."""
    rows = sorted(
        (*sorted((b.GetBeginAtomIdx(), b.GetEndAtomIdx())), _ORDERS.get(b.GetBondType(), 1.0))
        for b in mol.GetBonds()
    )
    pairs = np.array([r[:2] for r in rows], dtype=np.int64).reshape(-1, 2)
    return pairs, np.array([r[2] for r in rows], dtype=np.float64)


def bonds_are_known(mol: Mol) -> bool:
    """Whether a molecule of ``to_rdkit`` can be written down.

    Not where none are perceived, orders are missing (atoms with open valences), RDKit refuses
    the valences, or no atom is known to carry the charge.
    """
    open_valences = sum(atom.GetNumRadicalElectrons() for atom in mol.GetAtoms())
    unplaced = mol.HasProp(TOTAL_CHARGE)
    return open_valences <= 1 and not unplaced and not Chem.DetectChemistryProblems(mol)


def missing_hydrogens(mol: Mol) -> int:
    """How many hydrogens the valences ask for that are not atoms of the molecule."""
    return sum(a.GetTotalNumHs() for a in mol.GetAtoms())


def refuse_queries(mol: Mol) -> None:
    """Raise MoleculeError for what only searches use."""
    fault, _ = query_fault(mol)
    if fault:
        raise MoleculeError(fault)


def query_fault(mol: Mol) -> tuple[str, list[int]]:
    """What only searches use, in words, and its atoms; empty where there is none.

    RDKit would read an "any" bond as of no valence.
    """
    atoms = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 0 or a.HasQuery()]
    if atoms:
        label = mol.GetAtomWithIdx(atoms[0]).GetSymbol()
        many = _counted(atoms, "atom is a placeholder", "atoms are placeholders")
        return f"{many} ({label}: R-group, list, or any atom); give each an element", atoms
    bonds = [b for b in mol.GetBonds() if b.HasQuery()]
    if bonds:
        ends = sorted({i for b in bonds for i in (b.GetBeginAtomIdx(), b.GetEndAtomIdx())})
        many = _counted(bonds, "bond is", "bonds are")
        return (
            f"{many} of a kind that only searches use (any, or single/double); choose an order",
            ends,
        )
    return "", []


def _counted(items: Sequence[object], one: str, many: str) -> str:
    """Such as "one bond is", "3 bonds are"."""
    return f"one {one}" if len(items) == 1 else f"{len(items)} {many}"


def kekulised(structure: Structure) -> Mol:
    """As ``to_rdkit``, with single and double bonds instead of aromatic ones where possible."""
    mol = to_rdkit(structure)
    try:
        with rdkit_messages():
            Chem.Kekulize(mol, clearAromaticFlags=True)
    except (Chem.MolSanitizeException, ValueError):
        return to_rdkit(structure)
    return mol


def atoms_only(structure: Structure) -> Mol:
    """The atoms and coordinates without bonds, charges or valences: raw material."""
    mol = Chem.RWMol()
    for number in structure.numbers.tolist():
        atom = Chem.Atom(number)
        atom.SetNoImplicit(True)
        mol.AddAtom(atom)
    mol.AddConformer(_conformer(structure), assignId=True)
    return mol.GetMol()


def _check(mol: Mol, atoms: list[Chem.Atom]) -> None:
    if not atoms:
        raise MoleculeError("the molecule has no atoms")
    refuse_queries(mol)
    if mol.GetNumConformers() == 0:
        raise MoleculeError("the molecule has no coordinates; build them first")
    mol.UpdatePropertyCache(strict=False)
    if missing_hydrogens(mol):
        raise MoleculeError("hydrogens of the molecule are missing; add them first")


def _assembled(structure: Structure) -> Mol:
    mol = Chem.RWMol()
    for number, charge in zip(structure.numbers, _charges(structure), strict=True):
        atom = Chem.Atom(int(number))
        atom.SetFormalCharge(int(charge))
        atom.SetNoImplicit(True)  # all hydrogens are there: an open valence is a radical
        mol.AddAtom(atom)
    for (i, j), order in zip(structure.bonds.tolist(), structure.orders.tolist(), strict=True):
        mol.AddBond(i, j, _TYPES.get(order, BondType.SINGLE))
        if order == AROMATIC:
            mol.GetBondBetweenAtoms(i, j).SetIsAromatic(True)
            mol.GetAtomWithIdx(i).SetIsAromatic(True)
            mol.GetAtomWithIdx(j).SetIsAromatic(True)
    mol.AddConformer(_conformer(structure), assignId=True)
    mol.SetProp("_Name", structure.name)
    if structure.charge and not np.any(structure.formal_charges):
        mol.SetProp(TOTAL_CHARGE, str(structure.charge))
    return mol.GetMol()


def _charges(structure: Structure) -> np.ndarray:
    charges = structure.formal_charges
    assert charges is not None  # the constructor fills them in
    return charges


def _conformer(structure: Structure) -> Chem.Conformer:
    conformer = Chem.Conformer(len(structure))
    conformer.Set3D(True)
    for k, (x, y, z) in enumerate(structure.positions.tolist()):
        conformer.SetAtomPosition(k, Point3D(x, y, z))
    return conformer
