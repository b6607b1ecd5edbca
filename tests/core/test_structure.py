"""Structures can't be wrong, and can't be changed."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from morered_gui.core import PaddedBatch, Structure
from morered_gui.core.elements import formula, symbol

WATER: dict[str, Any] = {
    "numbers": [8, 1, 1],
    "positions": [[0, 0, 0.1], [0, 0.7, -0.4], [0, -0.7, -0.4]],
    "bonds": [[0, 1], [0, 2]],
    "orders": [1, 1],
}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"numbers": [], "positions": np.empty((0, 3)), "bonds": [], "orders": []}, "no atoms"),
    ({"positions": [[0, 0, 0]]}, "need positions"),
    ({"positions": np.full((3, 3), np.nan)}, "NaN"),
    ({"positions": np.full((3, 3), np.inf)}, "infinite"),
    ({"numbers": [0, 1, 1]}, "between 1 and 118"),
    ({"numbers": [119, 1, 1]}, "between 1 and 118"),
    ({"orders": [1]}, "order"),
    ({"bonds": [[0, 1], [0, 3]]}, "does not exist"),
    ({"bonds": [[0, 1], [-1, 2]]}, "does not exist"),
    ({"bonds": [[0, 1], [2, 0]]}, "i < j"),
    ({"bonds": [[0, 1], [1, 1]]}, "i < j"),
    ({"bonds": [[0, 2], [0, 2]]}, "bonded twice"),
    ({"bonds": [[0, 2], [0, 1], [0, 2]], "orders": [1, 1, 2]}, "bonded twice"),
    ({"formal_charges": [0, 0]}, "formal charge"),
    ({"formal_charges": [-1, 0, 0]}, "add up to -1"),
    ({"formal_charges": [8, 2, 0], "charge": 10}, "formal charge is larger"),
    ({"formal_charges": [-(2**63), 0, 0]}, "formal charge is larger"),
    ({"charge": 11}, "larger than the 10 electrons"),
    ({"charge": -(10**20)}, "larger than the 10 electrons"),
]


@pytest.mark.parametrize(("change", "words"), WRONG)
def test_that_arrays_that_do_not_fit_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Structure(**(WATER | change))


def test_that_nothing_in_a_structure_can_be_changed() -> None:
    positions = np.array(WATER["positions"], dtype=float)
    water = Structure(**(WATER | {"positions": positions}))
    positions[0, 0] = 99.0
    assert water.positions[0, 0] == 0.0
    for name in ("numbers", "positions", "bonds", "orders", "formal_charges"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(water, name)[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        water.name = "ice"  # type: ignore[misc]


def test_that_equality_is_to_the_last_bit_and_ignores_the_name() -> None:
    water = Structure(**WATER)
    assert water == water.with_name("water")
    assert water != water.with_positions(water.positions + 1e-12)
    assert water != "water"
    with pytest.raises(TypeError, match="unhashable"):
        hash(water)


def test_that_unknown_formal_charges_go_with_a_total_charge() -> None:
    assert Structure(**(WATER | {"charge": 1})).formula == "H2O+"


def test_that_centring_moves_the_centre_of_geometry_to_the_origin() -> None:
    assert np.allclose(Structure(**WATER).centred().positions.mean(0), 0)


@pytest.mark.parametrize(
    ("numbers", "charge", "text"),
    [
        ([6, 1, 1, 1, 1], 0, "CH4"),
        ([8, 7, 6, 1, 35], 0, "CHBrNO"),
        ([17, 11], 0, "ClNa"),
        ([26], 2, "Fe2+"),
        ([7, 8, 8, 8], -1, "NO3-"),
    ],
)
def test_that_formulas_are_in_hill_order(numbers: list[int], charge: int, text: str) -> None:
    assert formula(np.array(numbers), charge) == text


def test_that_symbols_and_numbers_belong_together() -> None:
    assert [symbol(z) for z in (1, 6, 26, 79, 118)] == ["H", "C", "Fe", "Au", "Og"]


def test_that_padding_is_told_from_atoms() -> None:
    water = Structure(**WATER)
    single = Structure(np.array([2]), np.ones((1, 3)))
    batch = PaddedBatch.of([water, single])
    assert batch.numbers.tolist() == [[8, 1, 1], [2, 0, 0]]
    assert batch.n_atoms.tolist() == [3, 1]
    assert np.all(batch.positions[~batch.real] == 0)
