"""Bonds from coordinates alone."""

import numpy as np
from ase.data import covalent_radii
from rdkit import Chem
from rdkit.Chem import rdDetermineBonds

from morered_gui.chem.conversion import atoms_only, bond_arrays, from_rdkit, kekulised, to_rdkit
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.core.structure import Structure

# Cordero et al. 2008 (doi 10.1039/b801115j), as ASE has them, in Å.
COVALENT_RADII: FloatArray = np.asarray(covalent_radii, dtype=np.float64)
# Times the sum of the covalent radii. On 1,312 test molecules of QM9 1.2 gave orders for all but
# 18 strained cages, where 1.15 did (RDKit's own "connect the dots" fails for 70: it sees bonds
# across small rings); 1.3 is for F2, long weak bonds and geometries that are not relaxed.
FACTORS = (1.2, 1.15, 1.3)
# Bonds are searched among pairs of atoms: above this a molecule loads without any.
MAX_CONNECTED_ATOMS = 1000
# The search for bond orders goes through combinations of valences, which can take hours:
# it is given small molecules only, and few combinations (milliseconds each) for those.
MAX_ORDERED_ATOMS = 250
MAX_COMBINATIONS = 2000


def with_perceived_bonds(structure: Structure) -> Structure:
    """The structure with bonds from its coordinates, replacing those that it has.

    Atoms are bonded that are nearer than a factor times the sum of their covalent radii; orders
    come from RDKit (Kim and Kim 2015, doi 10.1002/bkcs.10334) and add up to the structure's
    charge. Of FACTORS the first one counts for which there are orders. Where there are none
    (radicals, metals, a wrong charge, more than MAX_ORDERED_ATOMS), all bonds are single; above
    MAX_CONNECTED_ATOMS there are no bonds. Never raises.
    """
    if len(structure) == 1 or len(structure) > MAX_CONNECTED_ATOMS:
        return _bare(structure)
    with rdkit_messages():
        for factor in FACTORS if len(structure) <= MAX_ORDERED_ATOMS else ():
            found = _ordered(structure, _connected(structure, factor))
            if found is not None:
                return found
    return _with_bonds_of(structure, _connected(structure, FACTORS[0]))


def contact_pairs(numbers: IntArray, positions: FloatArray, factor: float) -> IntArray:
    """Pairs i < j nearer than ``factor`` times the sum of their covalent radii, (p, 2)."""
    i, j = np.triu_indices(len(numbers), 1)
    limit = factor * (COVALENT_RADII[numbers[i]] + COVALENT_RADII[numbers[j]])
    near = np.linalg.norm(positions[i] - positions[j], axis=1) < limit
    return np.stack([i[near], j[near]], axis=1)


def _connected(structure: Structure, factor: float) -> Chem.Mol:
    mol = Chem.RWMol(atoms_only(structure))
    for i, j in contact_pairs(structure.numbers, structure.positions, factor).tolist():
        mol.AddBond(i, j, Chem.BondType.SINGLE)
    return mol.GetMol()


def _ordered(structure: Structure, mol: Chem.Mol) -> Structure | None:
    """The structure with bond orders; None where no assignment leaves all electrons paired."""
    try:
        rdDetermineBonds.DetermineBondOrders(
            mol, charge=structure.charge, embedChiral=True, maxIterations=MAX_COMBINATIONS
        )
        found = from_rdkit(mol, name=structure.name)
    except (ValueError, RuntimeError, MoleculeError):
        return None
    paired = not any(a.GetNumRadicalElectrons() for a in to_rdkit(found).GetAtoms())
    return found if paired and found.charge == structure.charge else None


def _with_bonds_of(structure: Structure, mol: Chem.Mol) -> Structure:
    bonds, orders = bond_arrays(mol)
    return Structure(
        structure.numbers,
        structure.positions,
        bonds,
        orders,
        charge=structure.charge,
        name=structure.name,
    )


def _bare(structure: Structure) -> Structure:
    """Without bonds; whose charge it is is known of a single atom."""
    return Structure(
        structure.numbers,
        structure.positions,
        formal_charges=np.array([structure.charge]) if len(structure) == 1 else None,
        charge=structure.charge,
        name=structure.name,
    )


def bonds_at(molecule: Structure, positions: FloatArray) -> tuple[IntArray, FloatArray]:
    """Bonds of a molecule whose atoms are elsewhere, to be drawn: pairs (b, 2) and orders (b,).

    Where the same atoms are near each other as are bonded in the molecule, its bonds; else
    those perceived from the positions (n, 3) Å. Aromatic ones are single and double in turn.
    """
    moved = molecule.with_positions(positions)
    if len(molecule) <= MAX_CONNECTED_ATOMS:
        near = contact_pairs(moved.numbers, moved.positions, FACTORS[0])
        if {*map(tuple, near.tolist())} == {*map(tuple, np.sort(molecule.bonds, axis=1).tolist())}:
            return bond_arrays(kekulised(molecule))
    return bond_arrays(kekulised(with_perceived_bonds(moved)))
