"""Chunks of minima, and the files that training reads."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rdkit import Chem

from morered_gui.chem.smiles import structure_at
from morered_gui.core import ExpectedError
from morered_gui.relaxers.calculators import REFERENCE_FMAX, atoms_of, gfn2_xtb
from morered_gui.training.batches import pad
from morered_gui.training.dataset import EquilibriumSet, residue_of, split_of_index
from morered_gui.training.everyday import build
from morered_gui.training.everyday.plan import Candidate
from morered_gui.training.identity import graph_key
from morered_gui.training.partners import Partners
from tests.training.everyday.candidates import CANDIDATES


def test_that_chunks_join_to_the_same_files_whatever_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CHUNK", 2)
    sets = []
    for processes in (1, 2):
        folders = build.Folders(tmp_path / f"p{processes}" / "everyday.npz")
        tasks = build.tasks_of(CANDIDATES, folders.chunks, seed=5)
        if processes == 2:  # a part is there already, from a run that was stopped
            folders.chunks.mkdir(parents=True)
            build.make_chunk(tasks[1])
        counts: list[int] = []
        build.make_chunks(tasks, processes, counts.append)
        assert counts[0] == (2 if processes == 2 else 0) and counts[-1] == 6
        sets.append((build.join_chunks(tasks, folders), folders))
    (one, folders), (two, _) = sets
    for name in ("numbers", "positions", "n_atoms", "index", "charge", "smiles"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert one.meta["failures"] == {"skeletons: a conformer already there": 2}
    assert one.smiles.tolist()[:4] == [b"CO", b"CC=O", b"CC(=O)[O-]", b"CB(C)C"]
    assert one.charge.tolist()[:4] == [0, 0, -1, 0]
    assert len(set(one.index.tolist())) == len(one) == 6
    residues = [residue_of(graph_key(Chem.MolFromSmiles(s.decode()))) for s in one.smiles]
    assert np.array_equal(one.split, split_of_index(np.array(residues)))
    check_partners(folders, one)


def check_partners(folders: build.Folders, data: EquilibriumSet) -> None:
    """The files are those that the training reads; boron has no partner."""
    loaded = EquilibriumSet.load(folders.output)
    partners = Partners.collect(loaded, folders.partners)
    assert (partners.first < 0).tolist() == [s == b"CB(C)C" for s in data.smiles]
    batch = pad(loaded, np.arange(len(loaded)), int(loaded.n_atoms.max()))
    displacement, known = partners.displacement(batch)
    assert known.sum() == len(data) - 1
    assert 0.0 < np.abs(displacement[known]).max() < 1.0


def test_that_a_finished_chunk_of_another_plan_is_refused(tmp_path: Path) -> None:
    folders = build.Folders(tmp_path / "everyday.npz")
    methane, fluoride = (
        build.tasks_of([Candidate("skeletons", text, text, 1)], folders.chunks, seed=5)
        for text in ("C", "CF")
    )
    assert methane[0].path == fluoride[0].path
    folders.chunks.mkdir()
    build.make_chunk(methane[0])
    build.join_chunks(methane, folders)
    partners = sorted(folders.partners.iterdir())
    missing = replace(fluoride[0], path=folders.chunks / "missing.npz")
    with pytest.raises(ExpectedError, match="other molecules than this plan"):
        build.make_chunks([*fluoride, missing], 1, lambda _: None)
    assert not missing.path.exists()
    with pytest.raises(ExpectedError, match="other molecules than this plan"):
        build.join_chunks(fluoride, folders)
    assert sorted(folders.partners.iterdir()) == partners


def test_that_a_finished_chunk_is_opened_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = build.Folders(tmp_path / "everyday.npz")
    monkeypatch.setattr(build, "CHUNK", 3)
    monkeypatch.setattr(build, "PARTNER_CHUNK", 2)
    tasks = build.tasks_of(CANDIDATES, folders.chunks, seed=5)
    build.make_chunks(tasks, 1, lambda _: None)
    load, opened = np.load, []

    def recorded(path: Path, **options: Any) -> object:
        opened.append(path)
        return load(path, **options)

    monkeypatch.setattr(np, "load", recorded)
    build.make_chunks(tasks, 1, lambda _: None)
    data = build.join_chunks(tasks, folders)
    assert opened == [task.path for task in tasks]
    monkeypatch.undo()
    check_partners(folders, data)
    assert [path.name for path in sorted(folders.partners.iterdir())] == [
        "0000000.npz",
        "0000004.npz",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {
        "everyday.npz",
        "everyday-chunks",
        "everyday-partners",
    }


def test_that_references_are_minimised_further_than_training_data(tmp_path: Path) -> None:
    candidates = [Candidate("drugs", "CC(=O)OC", "CC(=O)OC", 1)]
    folder = build.Folders(tmp_path / "drugs.npz").chunks
    (learnt,) = build.tasks_of(candidates, tmp_path, seed=0)
    (reference,) = build.reference_tasks("drugs", candidates, folder)
    left = [largest_force(replace(task, packs="none")) for task in (learnt, reference)]
    assert left[1] < 1.05 * REFERENCE_FMAX < left[0] < 1.05 * build.FMAX


def largest_force(task: build.Task) -> float:
    """On an atom of the one molecule of a chunk, eV/Å, by GFN2-xTB."""
    build.make_chunk(task)
    with np.load(task.path, allow_pickle=False) as file:
        structure = structure_at(file["smiles"][0].decode(), file["positions"])
    atoms = atoms_of(structure)
    atoms.calc = gfn2_xtb(structure)
    return float(np.linalg.norm(atoms.get_forces(), axis=1).max())


def test_that_references_of_an_earlier_version_are_refused(tmp_path: Path) -> None:
    build.make_chunk(build.tasks_of(CANDIDATES[:1], tmp_path, seed=0)[0])
    with pytest.raises(ExpectedError, match="less exact minima"):
        build.reference_tasks("drugs", CANDIDATES[:1], tmp_path)
    assert build.reference_tasks("drugs", CANDIDATES[:1], tmp_path / "new")
    with pytest.raises(ExpectedError, match="test_set: drugs there, ions now"):
        build.reference_tasks("ions", CANDIDATES[:1], tmp_path / "new")
