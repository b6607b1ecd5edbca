"""Bonds kept, clashes, open shells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morered_gui.chem import list_examples, load_example, structure_from_smiles
from morered_gui.chem.validity import (
    bonds_kept,
    bonds_kept_in,
    broken_bonds,
    clashes,
    formed_bonds,
    is_radical,
    open_shell,
)
from morered_gui.core import Structure

ETHANOL = structure_from_smiles("CCO", seed=1)


@pytest.mark.parametrize("example", [e for e in list_examples() if e.reference], ids=lambda e: e.id)
def test_that_dft_geometries_keep_their_bonds_and_have_no_clashes(example: object) -> None:
    _, reference = load_example(example.id)  # type: ignore[attr-defined]
    assert bonds_kept(reference, reference.positions)
    assert clashes(reference) == []
    assert not is_radical(reference)


def test_that_a_bond_pulled_apart_is_lost() -> None:
    positions = ETHANOL.positions.copy()
    positions[8] += 1.0 * (positions[8] - positions[2])  # the hydroxyl hydrogen, twice as far
    assert not bonds_kept(ETHANOL, positions)
    assert broken_bonds(ETHANOL, positions) == [(2, 8)]


def test_that_a_new_contact_is_no_molecule_any_more() -> None:
    positions = ETHANOL.positions.copy()
    positions[3] = positions[4] + np.array([0.0, 0.0, 0.6])
    assert (3, 4) in formed_bonds(ETHANOL, positions)
    assert not bonds_kept(ETHANOL, positions)


def test_that_many_frames_are_judged_at_once_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    scale = np.linspace(0, 0.4, 30)[:, None, None]
    frames = ETHANOL.positions + scale * rng.normal(size=(30, 9, 3))
    together = bonds_kept_in(ETHANOL, frames)
    assert together.tolist() == [bonds_kept(ETHANOL, frame) for frame in frames]
    assert together[0] and not together[-1]


def test_that_nan_is_not_kept_and_a_wrong_shape_is_refused() -> None:
    assert not bonds_kept(ETHANOL, np.full((9, 3), np.nan))
    with pytest.raises(ValueError, match="shape"):
        bonds_kept(ETHANOL, np.zeros((8, 3)))


def test_that_unknown_bonds_are_those_of_the_own_positions() -> None:
    bare = Structure(ETHANOL.numbers, ETHANOL.positions)
    assert bonds_kept(bare, ETHANOL.positions)
    assert not bonds_kept(bare, ETHANOL.positions * 1.6)


def test_that_a_single_atom_is_always_kept() -> None:
    assert bonds_kept(Structure(np.array([8]), np.zeros((1, 3))), np.ones((1, 3)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_that_motion_changes_no_verdict(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noisy = ETHANOL.positions + 0.1 * rng.normal(size=(9, 3))
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    assert bonds_kept(ETHANOL, noisy) == bonds_kept(ETHANOL, noisy @ rotation + 5.0)


def test_that_far_parts_of_a_chain_pushed_together_clash() -> None:
    hexane = structure_from_smiles("CCCCCC", seed=1)
    positions = hexane.positions.copy()
    positions[5] = positions[0] + np.array([1.6, 0, 0])
    found = clashes(hexane, positions)
    assert any({c.i, c.j} == {0, 5} for c in found)
    assert found == sorted(found, key=lambda c: c.distance)


@pytest.mark.parametrize("smiles", ["[CH3]", "[O]O", "CC[O]"])
def test_that_radicals_are_named(smiles: str) -> None:
    assert "odd number of electrons" in (open_shell(structure_from_smiles(smiles)) or "")


def test_that_a_carbene_is_a_diradical_and_ions_are_closed() -> None:
    assert "C1" in (open_shell(structure_from_smiles("[CH2]")) or "")
    for smiles in ("C[NH3+]", "CC(=O)[O-]", "C[N+](=O)[O-]", "[Na+].[Cl-]", "O=S(=O)(O)O"):
        assert not is_radical(structure_from_smiles(smiles))
