"""The first guess of the Hessian for GFN2-xTB."""

import numpy as np
import pytest

from morered_gui.chem import mmff94_minimum, structure_from_smiles
from morered_gui.core import StopReason, Structure
from morered_gui.diffusion.forward import noised
from morered_gui.relaxers import hessian
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.hessian import SOFTEST, first_guess
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer


@pytest.fixture(scope="module")
def minimum() -> Structure:
    return mmff94_minimum(structure_from_smiles("CCOC(C)=O", seed=0))


def test_that_a_guess_is_positive_definite_and_symmetric(minimum: Structure) -> None:
    guess = first_guess(minimum)
    assert guess is not None and guess.shape == (42, 42)
    np.testing.assert_allclose(guess, guess.T, atol=1e-9)
    stiffness = np.linalg.eigvalsh(guess)
    assert stiffness[0] == pytest.approx(SOFTEST, rel=1e-6)
    assert 50.0 < stiffness[-1] < 200.0  # C=O, in eV/Å^2


@pytest.mark.parametrize(
    "structure",
    [
        structure_from_smiles("CB(O)O", seed=0),  # boron has no parameters
        Structure([6, 1, 1, 1, 1], np.eye(5, 3)),  # bonds are not known
        structure_from_smiles("[Cl-]", seed=0),
    ],
    ids=["boron", "no bonds", "one atom"],
)
def test_that_there_is_no_guess_without_a_force_field(structure: Structure) -> None:
    assert first_guess(structure) is None


def test_that_there_is_no_guess_for_a_large_molecule(
    minimum: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hessian, "MAX_ATOMS", len(minimum) - 1)
    assert first_guess(minimum) is None


def test_that_there_is_no_guess_far_from_a_minimum(minimum: Structure) -> None:
    assert first_guess(noised(minimum, 200, seed=0)) is None


def test_that_fixed_atoms_are_relaxed_around_without_a_guess(minimum: Structure) -> None:
    held = np.zeros(len(minimum), dtype=bool)
    held[0] = True
    relaxer = build_relaxer(RelaxerChoice(method="gfn2-xtb"))
    (free,) = relax_all(relaxer, [minimum], max_steps=300, seed=0)
    around = list(relaxer.relax([minimum], max_steps=300, seed=0, fixed=[held]))
    assert free.stop_reason == StopReason.CONVERGED and len(around) > 1.5 * len(free)
    assert np.array_equal(around[-1].frame.positions[0], minimum.positions[0])
    assert free[-1].energy is not None and around[-1].frame.energy is not None
    assert abs(free[-1].energy - around[-1].frame.energy) < 5e-3
