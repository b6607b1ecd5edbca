"""A data set relaxed again: what is kept, what is left out, and that it goes on."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.cli.main import app
from morered_gui.core import ExpectedError, rmsd
from morered_gui.relaxers.calculators import atoms_of, gfn2_xtb
from morered_gui.relaxers.registry import RelaxerChoice
from morered_gui.training import relaxed
from morered_gui.training.dataset import EquilibriumSet, Record, Split
from morered_gui.training.structures import structure_of

SMILES = ("O", "CO", "C=O", "CC", "C#N", "[NH4+]", "CF", "N")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "small.npz"
    structures = [structure_from_smiles(s, optimise=True) for s in SMILES]
    records = [
        Record(s.numbers, s.positions, index=5 + k, charge=s.charge, smiles=text)
        for k, (s, text) in enumerate(zip(structures, SMILES, strict=True))
    ]
    meta = {"name": "small", "level_of_theory": "MMFF94"}
    EquilibriumSet.collect(records, meta).save(path)
    return path


def task(source: Path, **options: object) -> relaxed.Relaxation:
    choice = RelaxerChoice(method="gfn2-xtb")
    return relaxed.Relaxation(**{"source": source, "choice": choice, **options})  # type: ignore[arg-type]


def run(job: relaxed.Relaxation, output: Path, processes: int = 1) -> tuple[EquilibriumSet, list]:
    counts: list[int] = []
    relaxed.relax_data_set(job, output, processes, counts.append)
    return relaxed.join_relaxed(job, output), counts


def test_that_each_molecule_is_at_its_minimum_and_keeps_its_number(
    source: Path, tmp_path: Path
) -> None:
    before = EquilibriumSet.load(source)
    after, _ = run(task(source), tmp_path / "xtb.npz")
    assert sorted(after.index) == sorted(before.index)
    assert after.meta["level_of_theory"] == "GFN2-xTB"
    assert after.meta["relaxed"]["from"] == "MMFF94"
    assert after.meta["failures"] == {} and after.meta["evaluations"] > len(before)
    for row in range(len(after)):
        (old,) = np.flatnonzero(before.index == after.index[row])
        assert after.smiles[row] == before.smiles[old]
        start, end = structure_of(before, int(old)), structure_of(after, row)
        assert start.charge == end.charge and np.array_equal(start.numbers, end.numbers)
        assert 0.001 < rmsd(start.positions, end.positions) < 0.3
        atoms = atoms_of(end)
        atoms.calc = gfn2_xtb(end)
        assert np.linalg.norm(atoms.get_forces(), axis=1).max() < 0.011
    assert len(after.members(Split.TEST)) == len(after.members(Split.VALIDATION)) == 1


def test_that_a_stopped_run_goes_on_to_the_same_file(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaxed, "CHUNK", 3)
    whole, counts = run(task(source), tmp_path / "whole" / "a.npz")
    assert counts == [0, 3, 6, 8]
    part, counts = run(task(source, limit=3), tmp_path / "part" / "a.npz")
    assert len(part) == 3 and counts == [0, 3]
    rest, counts = run(task(source), tmp_path / "part" / "a.npz")
    assert counts == [3, 6, 8]
    for name in ("numbers", "positions", "n_atoms", "index", "charge", "smiles"):
        assert np.array_equal(getattr(whole, name), getattr(rest, name)), name


def test_that_other_settings_need_another_file(source: Path, tmp_path: Path) -> None:
    relaxed.chunks_of(task(source), tmp_path / "a.npz")
    with pytest.raises(ExpectedError, match="max_steps: 1000 there, 5 now"):
        relaxed.chunks_of(task(source, max_steps=5), tmp_path / "a.npz")


def test_that_what_gives_no_minimum_is_left_out_and_counted(source: Path, tmp_path: Path) -> None:
    slow = RelaxerChoice(method="jt", model="qm9-jt")  # a hundred steps and more
    with pytest.raises(ExpectedError, match="no equilibrium structure"):
        run(task(source, max_steps=1, choice=slow), tmp_path / "a.npz")
    fast = task(source, choice=RelaxerChoice(method="fast", model="qm9-fast"))
    found, _ = run(fast, tmp_path / "fast.npz")
    assert found.meta["level_of_theory"] == "B3LYP/6-31G(2df,p)"
    assert found.meta["failures"][relaxed.REFUSED] == 1  # the ion
    assert len(found) + sum(found.meta["failures"].values()) == len(SMILES)


def test_that_the_command_says_what_came_of_it(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "mmff.npz"
    words = ["data", "relax", str(source), "--method", "uff", "--output", str(output)]
    result = CliRunner().invoke(app, [*words, "--processes", "1", "--limit", "4"])
    assert result.exit_code == 0, result.output
    assert f"wrote {len(EquilibriumSet.load(output))} structures" in result.output
    assert EquilibriumSet.load(output).meta["level_of_theory"] == "UFF"
