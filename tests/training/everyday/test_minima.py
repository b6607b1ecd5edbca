"""GFN2-xTB minima of one molecule."""

import numpy as np
import pytest

from morered_gui.chem.validity import bonds_kept
from morered_gui.relaxers.calculators import atoms_of, gfn2_xtb
from morered_gui.training.everyday import minima
from morered_gui.training.everyday.build import FMAX
from morered_gui.training.everyday.minima import Failure, Minimum, minima_of
from morered_gui.training.partners import N_THERMAL


def test_that_minima_are_tight_and_remember_where_they_came_from() -> None:
    (outcome,) = minima_of("CCO", 1, np.random.default_rng(0), FMAX)
    assert isinstance(outcome, Minimum)
    atoms = atoms_of(outcome.structure)
    atoms.calc = gfn2_xtb(outcome.structure)
    assert np.linalg.norm(atoms.get_forces(), axis=1).max() < 1.05 * FMAX
    assert outcome.start is not None and outcome.heat is not None
    n = len(outcome.structure)
    assert outcome.start.shape == (n, 3) and outcome.heat.shape == (N_THERMAL, n, 3)
    assert 0.01 < np.abs(outcome.start - outcome.structure.positions).max() < 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[NH3+]CC(=O)[O-]", Failure.BONDS),  # the proton goes over in the gas phase
        ("C12C3C4C1C5C2C3C45", None),
        ("CB(O)O", None),
    ],
)
def test_that_the_bonds_are_those_that_were_meant(text: str, expected: Failure | None) -> None:
    (outcome,) = minima_of(text, 1, np.random.default_rng(0), FMAX)
    if expected is None:
        assert isinstance(outcome, Minimum)
        assert (outcome.start is None) == ("B" in text)  # MMFF94 has no boron
    else:
        assert outcome == expected


def test_that_what_reacts_is_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    def never(*_: object) -> bool:
        looks.append(1)
        return False

    monkeypatch.setattr(minima, "bonds_kept", never)
    monkeypatch.setattr(minima, "LOOK_EACH", 2)
    (outcome,) = minima_of("CCOC", 1, np.random.default_rng(0), FMAX)
    assert outcome == Failure.BONDS and len(looks) == 1
    monkeypatch.setattr(minima, "bonds_kept", bonds_kept)
    monkeypatch.setattr(minima, "MAX_STEPS", 2)
    assert list(minima_of("CCOC", 1, np.random.default_rng(0), FMAX)) == [Failure.STEPS]


def test_that_a_conformer_is_kept_once() -> None:
    outcomes = list(minima_of("CC", 3, np.random.default_rng(0), FMAX))
    assert isinstance(outcomes[0], Minimum)
    assert outcomes[1:] == [Failure.DUPLICATE] * 2
