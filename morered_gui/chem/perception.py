"""Bonds from coordinates alone."""

import numpy as np
from ase.data import covalent_radii
from rdkit import Chem
from rdkit.Chem import rdDetermineBonds

from morered_gui.chem.conversion import atoms_only, bond_arrays, from_rdkit
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.core.structure import Structure

# Cordero et al. 2008 (doi 10.1039/b801115j), as ASE has them, in Å.
COVALENT_RADII: FloatArray = np.asarray(covalent_radii, dtype=np.float64)
# Bonds are searched among pairs of atoms: above this a molecule loads without any.
MAX_CONNECTED_ATOMS = 1000
# The search for bond orders goes through combinations of valences, which can take hours:
# it is given small molecules only, and few combinations (milliseconds each) for those.
MAX_ORDERED_ATOMS = 250
MAX_COMBINATIONS = 2000


def with_perceived_bonds(structure: Structure) -> Structure:
    """The structure with bonds from its coordinates, replacing those that it has.

    Connectivity and orders come from RDKit (the "connect the dots" method, then the bond
    orders of Kim and Kim 2015, doi 10.1002/bkcs.10334) and add up to the structure's charge.
    Where no assignment does (radicals, metals, a wrong charge, more than MAX_ORDERED_ATOMS),
    all bonds are single; above MAX_CONNECTED_ATOMS there are none. Never raises.
    """
    if len(structure) > MAX_CONNECTED_ATOMS:
        return _bare(structure)
    mol = atoms_only(structure)
    with rdkit_messages():
        try:
            rdDetermineBonds.DetermineConnectivity(mol, useVdw=False)
        except (ValueError, RuntimeError):
            return _bare(structure)
        return _ordered(structure, mol) or _connected(structure, mol)


def contact_pairs(numbers: IntArray, positions: FloatArray, factor: float) -> IntArray:
    """Pairs i < j nearer than ``factor`` times the sum of their covalent radii, (p, 2)."""
    i, j = np.triu_indices(len(numbers), 1)
    limit = factor * (COVALENT_RADII[numbers[i]] + COVALENT_RADII[numbers[j]])
    near = np.linalg.norm(positions[i] - positions[j], axis=1) < limit
    return np.stack([i[near], j[near]], axis=1)


def _ordered(structure: Structure, mol: Chem.Mol) -> Structure | None:
    if len(structure) > MAX_ORDERED_ATOMS:
        return None
    ordered = Chem.Mol(mol)
    try:
        rdDetermineBonds.DetermineBondOrders(
            ordered, charge=structure.charge, embedChiral=True, maxIterations=MAX_COMBINATIONS
        )
        found = from_rdkit(ordered, name=structure.name)
    except (ValueError, RuntimeError, MoleculeError):
        return None
    return found if found.charge == structure.charge else None


def _connected(structure: Structure, mol: Chem.Mol) -> Structure:
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
    return Structure(
        structure.numbers, structure.positions, charge=structure.charge, name=structure.name
    )
