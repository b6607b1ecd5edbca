"""Training files, their split, and the batches that are made of them."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from morered_gui.core import ExpectedError
from morered_gui.training.batches import BatchStream, pad
from morered_gui.training.dataset import (
    EquilibriumSet,
    Split,
    padded_sizes,
    rows_by_size,
    split_of_index,
)
from morered_gui.training.run import train_model
from tests.training.small import config


def test_that_the_split_is_by_index_mod_50() -> None:
    split = split_of_index(np.arange(100))
    assert np.flatnonzero(split == Split.TEST).tolist() == [7, 57]
    assert np.flatnonzero(split == Split.VALIDATION).tolist() == [8, 58]


def test_that_a_training_file_comes_back_as_it_was(data: EquilibriumSet, tmp_path: Path) -> None:
    data.save(tmp_path / "two.npz")
    back = EquilibriumSet.load(tmp_path / "two.npz")
    np.testing.assert_array_equal(back.positions, data.positions)
    assert back.meta == data.meta and back.elements == [1, 6, 8] and len(back) == 100


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x80\x04\x95pickle"])
def test_that_a_file_of_another_kind_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ExpectedError, match="not a training file"):
        EquilibriumSet.load(tmp_path / "x.npz")


def test_that_the_places_of_the_atoms_are_added_up_once(data: EquilibriumSet) -> None:
    assert data.starts is data.starts  # 130,000 additions for each of 130,000 molecules otherwise
    assert data.starts[:4].tolist() == [0, 3, 9, 12]
    assert replace(data, n_atoms=data.n_atoms[::-1]).starts[:3].tolist() == [0, 6, 9]


def test_that_a_file_cut_off_or_of_one_array_is_told(data: EquilibriumSet, tmp_path: Path) -> None:
    data.save(tmp_path / "two.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "two.npz").read_bytes()[:1000])
    np.save(tmp_path / "one.npy", data.positions)
    for name in ("cut.npz", "one.npy"):
        with pytest.raises(ExpectedError, match="not a training file"):
            EquilibriumSet.load(tmp_path / name)


def test_that_a_training_file_has_the_name_that_was_given(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    data.save(tmp_path / "two.v2")
    assert [path.name for path in tmp_path.iterdir()] == ["two.v2"]
    assert len(EquilibriumSet.load(tmp_path / "two.v2")) == 100


def test_that_data_without_a_part_that_is_needed_is_told(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    for split, words in ((Split.TEST, "no structure to train on"), (Split.TRAIN, "no validation")):
        settings = config(data.all_for(split), tmp_path)
        with pytest.raises(ExpectedError, match=words):
            train_model(settings, tmp_path / "run", tmp_path / "model")


def test_that_padding_keeps_the_atoms(data: EquilibriumSet) -> None:
    batch = pad(data, np.array([0, 1]), 7)
    assert batch.real.sum(1).tolist() == [3, 6]
    numbers, positions = data.geometry(1)
    np.testing.assert_array_equal(batch.numbers[1, :6], numbers)
    np.testing.assert_array_equal(batch.positions[1, :6], positions)


def test_that_an_epoch_visits_training_structures_only(data: EquilibriumSet) -> None:
    rows = data.members(Split.TRAIN)
    stream = BatchStream(data, rows, batch_size=16, n_sizes=2)
    batches = stream(np.random.default_rng(0))
    seen = np.concatenate([next(batches).rows for _ in range(2 * (len(rows) // 32))])
    assert set(seen) <= set(rows) and len(set(seen)) == len(seen)


def test_that_large_structures_can_come_up_more_often(data: EquilibriumSet) -> None:
    rows = data.members(Split.TRAIN)
    stream = BatchStream(data, rows, batch_size=8, n_sizes=2, size_power=2.0)
    batches = stream(np.random.default_rng(0))
    sizes = [next(batches).numbers.shape[1] for _ in range(30)]  # water 6 of them, methanol 24
    assert sizes.count(3) == 6 and sizes.count(6) == 24


@pytest.mark.parametrize("n_sizes", [1, 2, 3, 4])
def test_that_padded_sizes_waste_the_fewest_pairs(n_sizes: int) -> None:
    rng = np.random.default_rng(n_sizes)
    for _ in range(5):
        n_atoms = rng.integers(2, 12, 30)

        def pairs(sizes: Sequence[int], n_atoms: np.ndarray = n_atoms) -> int:
            return sum(min(size for size in sizes if size >= n) ** 2 for n in n_atoms)

        found = padded_sizes(n_atoms, n_sizes)
        choices = combinations(np.unique(n_atoms).tolist(), n_sizes)
        fewest = min(pairs(sizes) for sizes in choices if sizes[-1] == n_atoms.max())
        assert len(found) == n_sizes and pairs(found) == fewest
        rows = np.concatenate([rows for _, rows in rows_by_size(n_atoms, n_sizes)])
        assert sorted(rows) == list(range(30))


def test_that_molecules_are_found_by_their_index(data: EquilibriumSet) -> None:
    shuffled = replace(data, index=data.index[::-1].copy())
    assert shuffled.rows_of(np.array([3, 99, 1000, 0])).tolist() == [96, 0, 99]
    assert data.shared(np.array([2, 5]), replace(data, index=data.index + 5)).tolist() == [5]
