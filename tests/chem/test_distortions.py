"""Shapes off an equilibrium: soft parts displaced, stiff ones at rest."""

import numpy as np
import pytest

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.distortions import Distortion, other_minimum, own_minimum, turned
from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.force_fields import ForceFieldName, MoleculeField, Terms, force_field
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.chem.torsions import torsion_angles, torsion_atoms
from morered_gui.chem.validity import bonds_kept
from morered_gui.core import Structure, rmsd
from morered_gui.core.arrays import FloatArray


@pytest.fixture(scope="module")
def molecule() -> Structure:
    start = structure_from_smiles("CC(=O)OCCNC(=O)c1ccccc1", seed=0, optimise=True)
    return start.with_positions(own_minimum(start, np.random.default_rng(0)))


def bond_lengths(structure: Structure, positions: FloatArray) -> FloatArray:
    i, j = structure.bonds.T
    return np.linalg.norm(positions[i] - positions[j], axis=1)


def turns(structure: Structure, positions: FloatArray) -> FloatArray:
    """Of the torsions, degrees."""
    atoms = torsion_atoms(structure)
    before, after = (torsion_angles(x, atoms) for x in (structure.positions, positions))
    return np.abs((after - before + 180.0) % 360.0 - 180.0)


def test_that_the_own_minimum_is_one_of_mmff94(molecule: Structure) -> None:
    assert MoleculeField(molecule, ForceFieldName.MMFF94).largest_force() < 0.02


@pytest.mark.parametrize("distort", [other_minimum, turned])
def test_that_the_soft_parts_move_and_the_stiff_ones_do_not(
    molecule: Structure, distort: Distortion
) -> None:
    moved, stretched = [], []
    for seed in range(12):
        x = distort(molecule, np.random.default_rng(seed))
        assert bonds_kept(molecule, x)
        moved.append(np.nanmax(turns(molecule, x)))
        change = bond_lengths(molecule, x) - bond_lengths(molecule, molecule.positions)
        stretched.append(np.abs(change).max())
    assert len({round(float(m), 3) for m in moved}) > 6
    assert 3.0 < np.median(moved) < 60.0
    assert np.median(stretched) < 0.03


def test_that_each_term_counts(molecule: Structure) -> None:
    mol = to_rdkit(molecule)
    changed = [
        Terms(),
        Terms(torsions=False),
        Terms(electrostatics=False),
        Terms(dielectric=4.0),
        Terms(fading=True),
    ]
    energies = [force_field(mol, terms=terms).CalcEnergy() for terms in changed]
    assert energies[0] == force_field(mol).CalcEnergy()
    assert len({round(energy, 3) for energy in energies}) == len(changed)


def test_that_the_seed_decides(molecule: Structure) -> None:
    one, same, other = (turned(molecule, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert rmsd(one, other) > 0.01


def test_that_a_molecule_without_parameters_is_refused() -> None:
    boron = structure_from_smiles("CB(C)C")
    for distort in (own_minimum, other_minimum, turned):
        with pytest.raises(MoleculeError, match="no parameters"):
            distort(boron, np.random.default_rng(0))
