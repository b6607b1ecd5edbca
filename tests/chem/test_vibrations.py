"""Harmonic displacements against statistical mechanics."""

import numpy as np
import pytest

from morered_gui.chem.conformers import mmff94_minimum
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.chem.vibrations import BOLTZMANN, mmff94_hessian, thermal_displacements
from morered_gui.core import Structure


@pytest.fixture(scope="module")
def minimum() -> Structure:
    return mmff94_minimum(structure_from_smiles("O", seed=0))


def test_that_shifts_cost_nothing_and_vibrations_do(minimum: Structure) -> None:
    hessian = mmff94_hessian(minimum)
    shift = np.tile([1.0, 0.0, 0.0], 3)
    assert np.abs(hessian @ shift).max() < 1e-3
    assert np.linalg.eigvalsh(hessian)[-3:].min() > 50.0


def test_that_each_vibration_has_half_a_kt(minimum: Structure) -> None:
    hessian = mmff94_hessian(minimum)
    drawn = thermal_displacements(minimum, 300.0, 4000, np.random.default_rng(0))
    flat = drawn.reshape(len(drawn), -1)
    energy = 0.5 * np.einsum("ki,ij,kj->k", flat, hessian, flat)
    assert energy.mean() == pytest.approx(1.5 * BOLTZMANN * 300.0, rel=0.05)
    np.testing.assert_allclose(drawn.mean(1), 0.0, atol=1e-9)  # no shift
    turning = np.cross(minimum.centred().positions, drawn).sum(1)
    np.testing.assert_allclose(turning, 0.0, atol=1e-9)
