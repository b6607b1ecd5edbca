"""Minima that come along."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from morered_gui.chem.validity import bonds_kept
from morered_gui.training.everyday import build, minima, packs
from morered_gui.training.everyday.plan import Candidate
from tests.training.everyday.candidates import CANDIDATES

TEST_SET = "drugs"


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> build.Task:
    """A chunk that a pack has; its own file is gone."""
    (task,) = build.tasks_of(CANDIDATES, tmp_path, seed=5)
    build.make_chunk(task)
    monkeypatch.setattr(packs, "bundled", lambda name: tmp_path / name)
    packs.packs_folder(TEST_SET).mkdir(parents=True)
    packs.write_pack([task.path], packs.packs_folder() / "minima-000.npz")
    packs.write_pack([task.path], packs.packs_folder(TEST_SET) / "minima-000.npz")
    task.path.rename(tmp_path / "computed.npz")
    return task


@pytest.mark.usefixtures("packed")
def test_that_the_molecules_at_hand_are_those_of_the_seed() -> None:
    assert packs.molecules_at_hand(5) == len(CANDIDATES)
    assert packs.molecules_at_hand(0) == 0


@pytest.mark.parametrize("of", ["", TEST_SET])
def test_that_a_pack_replaces_the_computing(
    packed: build.Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    packed = replace(packed, packs=of)
    packs.packs_folder("" if of else TEST_SET).joinpath("minima-000.npz").unlink()
    monkeypatch.setattr(minima, "minima_of", None)  # nothing is computed
    build.make_chunk(packed)
    with np.load(packed.path) as file, np.load(tmp_path / "computed.npz") as old:
        assert set(file.files) == set(old.files)
        for name in set(old.files) - {"positions", "start", "heat", "notes"}:
            assert np.array_equal(file[name], old[name]), name
        for name in ("positions", "start"):
            assert np.abs(file[name] - old[name]).max() <= 0.51 * packs.UNIT, name
        assert file["heat"].shape == old["heat"].shape and np.abs(file["heat"]).max() > 0.01
        failures, seconds = json.loads(str(old["notes"]))
        assert json.loads(str(file["notes"])) == [failures, round(seconds, 1)]


def test_that_a_pack_of_another_plan_is_passed_over(packed: build.Task) -> None:
    other = replace(packed, candidates=(Candidate("skeletons", "CF", "CF", 1),))
    build.make_chunk(other)
    with np.load(other.path) as file:
        assert file["smiles"].tolist() == [b"CF"]


def test_that_the_packs_that_come_along_can_be_read() -> None:
    chunk = packs.packed_chunk("chunk-0-0000000-100.npz")
    assert chunk is not None
    found, index, smiles = next(chunk.minima(np.random.default_rng(0)))
    assert found.structure.charge == Chem.GetFormalCharge(Chem.MolFromSmiles(smiles))
    assert bonds_kept(found.structure, found.structure.positions)
    assert 0 <= index < 50 * 3 * 100


def test_that_the_plan_that_comes_along_is_that_of_the_packs(tmp_path: Path) -> None:
    candidates = build.shipped_plan(0)
    n_packed = 0
    for task in build.tasks_of(candidates, tmp_path, seed=0):
        chunk = packs.packed_chunk(task.path.name)
        if chunk is not None:
            n_packed += len(task)
            assert packs.smiles_of(chunk) <= {c.smiles for c in task.candidates}
    assert n_packed == packs.molecules_at_hand(0) >= 48_700
    assert len({c.smiles for c in candidates}) == len(candidates)
