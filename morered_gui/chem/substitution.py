"""Edits in space that change atoms and bonds: delete, substitute, change a bond's order.

Pure functions: each takes a ``Structure`` and gives a ``Change``. Hydrogens are taken away or
added as the valences ask for, and RDKit judges the result. Atoms that stay keep their
coordinates to the last bit; only new ones are placed, by MMFF94 with all others held. What the
change means for the rest of the molecule is the business of the relaxation.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
from rdkit import Chem
from rdkit.Chem import BondType, Mol, RWMol
from rdkit.Geometry import Point3D

from morered_gui.chem.conformers import minimise
from morered_gui.chem.conversion import AROMATIC, from_rdkit, kekulised
from morered_gui.chem.drawing import refuse_invalid
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.chem.moving import NOBODY, set_distance
from morered_gui.chem.perception import COVALENT_RADII
from morered_gui.chem.picked import atom_name, known_atoms
from morered_gui.core.elements import symbol
from morered_gui.core.structure import Structure

HYDROGEN = 1
GROUPS = {"methyl": 6, "hydroxy": 8, "amino": 7, "fluoro": 9, "chloro": 17, "bromo": 35}
ORDERS = {1: BondType.SINGLE, 2: BondType.DOUBLE, 3: BondType.TRIPLE}
CLEAN_UP_STEPS = 200  # of the force field, for the new atoms
APART = 3.2  # Å between atoms whose bond was broken
REACH = 1.35  # times the sum of the covalent radii: a bond can be that long
MOST_CHARGE = 3
NEW = -1
_WAS = "morered_was"  # property: the index before the change


@dataclass(frozen=True, eq=False)
class Change:
    """What an edit has made.

    Attributes:
        structure: the molecule now.
        origin: per atom its index before, -1 for a new one.
    """

    structure: Structure
    origin: tuple[int, ...]

    def carried(self, atoms: Iterable[int]) -> frozenset[int]:
        """The indices now of atoms that were there before and still are."""
        wanted = set(atoms) - {NEW}
        return frozenset(k for k, was in enumerate(self.origin) if was in wanted)


def delete_atoms(structure: Structure, atoms: Iterable[int]) -> Change:
    """Take atoms away with their hydrogens, and close the open valences with hydrogens.

    Raises:
        MoleculeError: nothing would be left, or only hydrogens are picked whose atoms stay.
    """
    mol = _editable(structure)
    chosen = known_atoms(structure, atoms)
    gone = set(chosen)
    for atom in chosen:
        gone.update(_hydrogens(mol, atom))
    if len(gone) == len(structure):
        raise MoleculeError("no atom would be left")
    open_ended = {n.GetIdx() for k in gone for n in mol.GetAtomWithIdx(k).GetNeighbors()} - gone
    if all(structure.numbers[k] == HYDROGEN for k in chosen) and open_ended:
        raise MoleculeError(
            "a hydrogen alone can't be deleted, its place would be filled again; "
            "put a group there, or change the order of a bond"
        )
    for k in open_ended:
        mol.GetAtomWithIdx(k).SetNoImplicit(False)
    return _finished(structure, mol, gone, open_ended, moved=set())


def change_element(structure: Structure, atom: int, number: int) -> Change:
    """Make an atom another element, with as many hydrogens as that takes.

    A hydrogen that becomes another element moves out to a bond length, as does an atom that
    becomes a hydrogen. A charge stays only within a column of the periodic table.

    Raises:
        MoleculeError: the new element does not take so many bonds.
    """
    (atom,) = known_atoms(structure, (atom,))
    mol = _editable(structure)
    changed = mol.GetAtomWithIdx(atom)
    old = changed.GetAtomicNum()
    if number == old:
        raise MoleculeError(f"{atom_name(structure, atom)} is {symbol(number)} already")
    table = Chem.GetPeriodicTable()
    if table.GetNOuterElecs(number) != table.GetNOuterElecs(old) or HYDROGEN in {number, old}:
        changed.SetFormalCharge(0)
    wanted = _wanted_hydrogens(mol, atom, number)
    gone = _hydrogens(mol, atom, keep=wanted)
    changed.SetAtomicNum(number)
    moved = {atom} if HYDROGEN in {number, old} else set()
    if moved:
        _put_at_bond_length(structure, mol, atom)
    return _finished(structure, mol, gone, {atom}, moved)


def add_group(structure: Structure, atom: int, group: str) -> Change:
    """Put a group in the place of a hydrogen, or of the first hydrogen of another atom.

    Args:
        structure: the molecule.
        atom: a hydrogen, or an atom that carries one.
        group: a key of GROUPS.

    Raises:
        MoleculeError: there is no hydrogen to replace.
    """
    if group not in GROUPS:
        raise MoleculeError(f"the groups are {', '.join(GROUPS)}")
    (atom,) = known_atoms(structure, (atom,))
    if structure.numbers[atom] == HYDROGEN:
        return change_element(structure, atom, GROUPS[group])
    hydrogens = _hydrogens(_editable(structure), atom)
    if not hydrogens:
        raise MoleculeError(
            f"{atom_name(structure, atom)} has no hydrogen that a group could replace"
        )
    return change_element(structure, min(hydrogens), GROUPS[group])


def set_bond(
    structure: Structure, atoms: tuple[int, int], order: int, *, held: Collection[int] = ()
) -> Change:
    """Make, change or break a bond, with as many hydrogens as that takes.

    Where two atoms without a bond lie far apart, MMFF94 brings them together, and all atoms but
    the held ones may move. Parts that a broken bond sets free are drawn apart.

    Args:
        structure: the molecule.
        atoms: the two ends.
        order: 1, 2 or 3; 0 breaks the bond.
        held: atoms that must not move.

    Raises:
        MoleculeError: the bond is like that already, an aromatic one, or there are too many bonds.
    """
    i, j = atoms
    known_atoms(structure, atoms)
    if order not in {0, *ORDERS} or i == j:
        raise MoleculeError("a bond between two atoms is single, double, triple, or none")
    _refuse_bond(structure, i, j, order)
    if order == 0:
        structure = _drawn_apart(structure, i, j, held)
    mol = _editable(structure)
    is_new = [min(i, j), max(i, j)] not in structure.bonds.tolist()
    if not is_new:
        mol.RemoveBond(i, j)
    if order:
        mol.AddBond(i, j, ORDERS[order])
    gone: set[int] = set()
    for atom in atoms:
        number = mol.GetAtomWithIdx(atom).GetAtomicNum()
        gone |= _hydrogens(mol, atom, keep=_wanted_hydrogens(mol, atom, number)) - {i, j}
    loose = _too_far(structure, i, j) - set(held) if is_new else NOBODY
    return _finished(structure, mol, gone, {i, j}, moved=set(), loose=loose)


def change_charge(structure: Structure, atom: int, charge: int) -> Change:
    """Give an atom a formal charge in e, with as many hydrogens as that takes.

    Raises:
        MoleculeError: it has this charge already, or does not take its bonds with it.
    """
    (atom,) = known_atoms(structure, (atom,))
    if abs(charge) > MOST_CHARGE:
        raise MoleculeError(f"charges lie between -{MOST_CHARGE} and +{MOST_CHARGE}")
    mol = _editable(structure)
    centre = mol.GetAtomWithIdx(atom)
    if centre.GetFormalCharge() == charge:
        raise MoleculeError(f"{atom_name(structure, atom)} has the charge {charge:+d} already")
    centre.SetFormalCharge(charge)
    keep = _wanted_hydrogens(mol, atom, centre.GetAtomicNum())
    return _finished(structure, mol, _hydrogens(mol, atom, keep=keep), {atom}, moved=set())


# --- inside -------------------------------------------------------------------------------------


def _editable(structure: Structure) -> RWMol:
    """With single and double bonds, each atom marked with its index."""
    if not len(structure.bonds) and len(structure) > 1:
        raise MoleculeError("the bonds of this structure are not known")
    mol = RWMol(kekulised(structure))
    for atom in mol.GetAtoms():
        atom.SetIntProp(_WAS, atom.GetIdx())
    return mol


def _refuse_bond(structure: Structure, i: int, j: int, order: int) -> None:
    """Where the bond is as wanted already, or belongs to an aromatic ring."""
    names = f"{atom_name(structure, i)} and {atom_name(structure, j)}"
    pair, bonds = [min(i, j), max(i, j)], structure.bonds.tolist()
    known = structure.orders[bonds.index(pair)] if pair in bonds else 0
    if known == AROMATIC:
        raise MoleculeError(f"the bond between {names} is aromatic; draw the ring anew instead")
    if known == order:
        what = f"the bond between {names} has this order already"
        raise MoleculeError(what if order else f"{names} are not bonded to each other")


def _drawn_apart(structure: Structure, i: int, j: int, held: Collection[int]) -> Structure:
    """With room for hydrogens between i and j, if they are in no ring and a side may move."""
    try:
        return set_distance(structure, (i, j), APART, held=held)
    except MoleculeError:
        return structure


def _too_far(structure: Structure, i: int, j: int) -> set[int]:
    """All atoms where i and j lie too far from each other for a bond, else none."""
    length = np.linalg.norm(structure.positions[i] - structure.positions[j])
    close = length < REACH * COVALENT_RADII[structure.numbers[[i, j]]].sum()
    return set() if close else set(range(len(structure)))


def _hydrogens(mol: Mol, atom: int, keep: int = 0) -> set[int]:
    """The hydrogens of an atom but the first few, none where it is one itself."""
    centre = mol.GetAtomWithIdx(atom)
    if centre.GetAtomicNum() == HYDROGEN:
        return set()
    found = sorted(n.GetIdx() for n in centre.GetNeighbors() if n.GetAtomicNum() == HYDROGEN)
    return set(found[keep:])


def _wanted_hydrogens(mol: Mol, atom: int, number: int) -> int:
    """How many hydrogens RDKit gives an element with the other neighbours of this atom."""
    centre = mol.GetAtomWithIdx(atom)
    probe = RWMol()
    lone = Chem.Atom(number)
    lone.SetFormalCharge(centre.GetFormalCharge())
    probe.AddAtom(lone)
    for bond in centre.GetBonds():
        if bond.GetOtherAtom(centre).GetAtomicNum() != HYDROGEN:
            probe.AddBond(0, probe.AddAtom(Chem.Atom(0)), bond.GetBondType())
    with rdkit_messages():
        probe.UpdatePropertyCache(strict=False)
    return int(probe.GetAtomWithIdx(0).GetTotalNumHs())


def _put_at_bond_length(structure: Structure, mol: RWMol, atom: int) -> None:
    """Move a terminal atom along its bond to the sum of the covalent radii."""
    neighbours = [n.GetIdx() for n in mol.GetAtomWithIdx(atom).GetNeighbors()]
    heavy = [n for n in neighbours if structure.numbers[n] != HYDROGEN] or neighbours
    if not heavy:
        return
    x = structure.positions
    along = x[atom] - x[heavy[0]]
    length = np.linalg.norm(along)
    direction = along / length if length > 0.1 else np.array([1.0, 0.0, 0.0])
    radii = COVALENT_RADII[[mol.GetAtomWithIdx(atom).GetAtomicNum(), structure.numbers[heavy[0]]]]
    place = x[heavy[0]] + direction * radii.sum()
    mol.GetConformer().SetAtomPosition(atom, Point3D(*map(float, place)))


def _finished(
    structure: Structure,
    mol: RWMol,
    gone: set[int],
    touched: set[int],
    moved: set[int],
    loose: Collection[int] = NOBODY,
) -> Change:
    """Judge, complete with hydrogens, and give the new atoms their places.

    Atoms in ``moved`` count as new ones; those in ``loose`` stay themselves, but may move.
    """
    for k in touched:
        mol.GetAtomWithIdx(k).SetNoImplicit(False)
    for k in sorted(gone, reverse=True):
        mol.RemoveAtom(k)
    refuse_invalid(mol)
    full = mol.GetMol()
    with rdkit_messages():
        Chem.SanitizeMol(full)
        bare = [a.GetIdx() for a in full.GetAtoms() if a.GetTotalNumHs()]
        if bare:
            full = Chem.AddHs(full, addCoords=True, onlyOnAtoms=bare)
    was = [a.GetIntProp(_WAS) if a.HasProp(_WAS) else NEW for a in full.GetAtoms()]
    origin = tuple(NEW if k in moved else k for k in was)
    stay = np.array([index != NEW and index not in loose for index in origin])
    _place(full, np.flatnonzero(stay).tolist())
    made = from_rdkit(full, name="")
    positions = made.positions.copy()
    positions[stay] = structure.positions[np.array(origin)[stay]]
    return Change(replace(made, positions=positions), origin)


def _place(full: Mol, held: list[int]) -> None:
    """Minimise the new atoms, with all others where they are; keep the guess if that fails."""
    guess = full.GetConformer().GetPositions()
    minimise(full, CLEAN_UP_STEPS, held)
    if not np.all(np.isfinite(full.GetConformer().GetPositions())):
        for k, place in enumerate(guess):
            full.GetConformer().SetAtomPosition(k, Point3D(*map(float, place)))
