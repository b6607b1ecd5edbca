"""Benchmarks from the protocol to the results, in real worker processes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from morered_gui.bench import circumstances, journal, run
from morered_gui.bench.journal import CIRCUMSTANCES, RECORDS
from morered_gui.bench.molecules import Molecules
from morered_gui.bench.protocol import Entry, Protocol
from morered_gui.bench.report import report_page
from morered_gui.bench.results import CSV_FILE, JSON_FILE, Results
from morered_gui.bench.run import Places, run_benchmark
from morered_gui.bench.start_cache import StartCache
from morered_gui.bench.starts import find_start
from morered_gui.bench.summary import Summary
from morered_gui.core import ExpectedError, rmsd
from morered_gui.relaxers.collect import relax_all
from morered_gui.training.dataset import Split
from tests.app.spring import SpringRelaxer
from tests.bench import tools


def table(results: Results) -> list[dict[str, Any]]:
    """The summaries but for the wall times."""
    return [{**row.as_dict(), "seconds": None} for row in results.summaries]


def row_of(results: Results, start: str) -> Summary:
    return next(row for row in results.summaries if row.start == start)


def test_that_scores_are_those_of_the_relaxer_itself(data: Path, tmp_path: Path) -> None:
    protocol, places = tools.protocol(data), tools.places(tmp_path)
    results = run_benchmark(protocol, places, processes=2, build=tools.spring)
    assert len(results.scores) == 2 * len(tools.SMILES) and not results.left_out
    molecules = Molecules.load(data, len(tools.SMILES), Split.VALIDATION)
    cache = StartCache(places.starts, molecules.data_hash)
    for score in results.scores:
        reference = molecules.references[score.index]
        start = cache.load(reference, find_start(score.start), seed=0, index=score.index).structure
        assert start is not None
        (run,) = relax_all(SpringRelaxer(), [start], max_steps=5, seed=0)
        assert score.rmsd_start == rmsd(start.positions, reference.positions)
        assert score.rmsd == rmsd(run.result().positions, reference.positions)
        # Some MMFF94 minima are the reference itself, on some processors to the last bit.
        assert score.ratio == (score.rmsd / score.rmsd_start if score.rmsd_start else None)
        assert score.steps == 5 and score.seconds is not None and score.seconds > 0
    diffused = row_of(results, "t50")
    values = [s.rmsd for s in results.scores if s.start == "t50"]
    assert diffused.rmsd is not None and diffused.rmsd.median == np.median(values)
    assert diffused.molecules == len(tools.SMILES)


def test_that_a_stopped_run_goes_on_to_the_same_table(data: Path, tmp_path: Path) -> None:
    protocol = tools.protocol(data, seeds=(0, 3))
    whole = run_benchmark(protocol, tools.places(tmp_path, "whole"), build=tools.spring)
    places = tools.places(tmp_path, "stopped")

    def stop(done: int, total: int) -> None:
        if (places.results / RECORDS).exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_benchmark(protocol, places, build=tools.spring, on_progress=stop)
    records = places.results / RECORDS
    first = records.read_text()
    n_units = 2 * 3  # chunks, and two seeds for t50 but one for mmff94
    assert 1 <= first.count("\n") < n_units
    with records.open("a") as file:
        file.write('{"key": "run/fast/t')  # killed in the middle of a line
    seen: list[tuple[int, int]] = []
    resumed = run_benchmark(
        protocol, places, processes=2, build=tools.spring, on_progress=lambda *n: seen.append(n)
    )
    assert table(resumed) == table(whole)
    assert records.read_text().startswith(first)
    assert [json.loads(x)["key"] for x in records.read_text().splitlines()].count(
        json.loads(first.splitlines()[0])["key"]
    ) == 1
    assert seen[-1][0] == seen[-1][1]
    before = records.read_bytes()
    again = run_benchmark(protocol, places, build=tools.spring)
    assert table(again) == table(whole) and records.read_bytes() == before


def test_that_batches_give_the_same_scores_but_no_times(data: Path, tmp_path: Path) -> None:
    """The few-step method moves each molecule by itself."""
    options = {"starts": ("t50",), "molecules": 4, "max_steps": 3}
    one = run_benchmark(tools.protocol(data, **options), tools.places(tmp_path, "one"))
    protocol = tools.protocol(data, **options, batch_size=4)
    many = run_benchmark(protocol, tools.places(tmp_path, "many"))
    assert [s.rmsd for s in many.scores] == pytest.approx([s.rmsd for s in one.scores], abs=1e-4)
    assert all(s.seconds is None for s in many.scores)
    assert all(s.seconds is not None for s in one.scores)


def test_that_the_curve_ends_where_the_run_without_a_stop_does(data: Path, tmp_path: Path) -> None:
    protocol = tools.protocol(data, molecules=3, starts=("t50",), max_steps=3, evaluations=(0, 3))
    results = run_benchmark(protocol, tools.places(tmp_path))
    for score, curve in zip(results.scores, results.curves, strict=True):
        assert curve.index == score.index
        assert curve.rmsd[0] == pytest.approx(score.rmsd_start)
        assert curve.rmsd[1] is not None and curve.rmsd[1] != curve.rmsd[0]
    points = results.curve_points
    assert [p.evaluations for p in points] == [0, 3] and points[1].rmsd is not None
    last = [c.rmsd[1] for c in results.curves]
    assert points[1].rmsd.median == pytest.approx(np.median(np.array(last, dtype=float)))


def test_that_a_molecule_that_is_refused_is_named_and_the_others_go_on(
    data: Path, tmp_path: Path
) -> None:
    protocol = tools.protocol(data, starts=("t50",))
    results = run_benchmark(protocol, tools.places(tmp_path), build=tools.picky)
    assert results.reasons_left_out == [("t50", "fast", "no water", 1)]
    assert len(results.scores) == len(tools.SMILES) - 1


def test_that_a_dead_worker_is_reported_and_its_unit_tried_again(
    data: Path, tmp_path: Path
) -> None:
    protocol, places = tools.protocol(data, starts=("t50",)), tools.places(tmp_path)
    results = run_benchmark(protocol, places, processes=2, build=tools.deadly)
    assert [lost.reason for lost in results.lost] == ["its process died (exit code 7)"]
    # The other chunk was not harmed.
    assert 0 < len(results.scores) < len(tools.SMILES)
    again = run_benchmark(protocol, places, build=tools.picky)
    assert not again.lost and len(again.scores) == len(tools.SMILES) - 1


def test_that_a_defect_is_reported_with_its_place(data: Path, tmp_path: Path) -> None:
    protocol = tools.protocol(data, starts=("t50",), molecules=2)
    results = run_benchmark(protocol, tools.places(tmp_path), build=tools.defective)
    assert "the spring broke" in results.lost[0].reason and not results.scores
    assert results.about["program"]["versions"] and results.about["finished"]
    assert not (tmp_path / "results" / CIRCUMSTANCES).exists()  # they made nothing


@pytest.mark.parametrize(
    "change",
    [{"seeds": (1,)}, {"starts": ("t100",)}, {"max_steps": 6}, {"entries": (Entry(method="jt"),)}],
)
def test_that_another_benchmark_in_the_same_folder_is_refused(
    data: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    protocol, places = tools.protocol(data, molecules=1, starts=("t50",)), tools.places(tmp_path)
    run_benchmark(protocol, places, build=tools.spring)
    other = tools.protocol(data, **{"molecules": 1, "starts": ("t50",), **change})
    with pytest.raises(ExpectedError, match=f"{next(iter(change))}: .*another folder"):
        run_benchmark(other, places, build=tools.spring)


def test_that_a_folder_of_something_else_is_refused(data: Path, tmp_path: Path) -> None:
    places = tools.places(tmp_path)
    places.results.mkdir()
    (places.results / RECORDS).write_text("notes of mine\n")
    with pytest.raises(ExpectedError, match="choose another"):
        run_benchmark(tools.protocol(data), places, build=tools.spring)
    assert (places.results / RECORDS).read_text() == "notes of mine\n"


def test_that_a_broken_line_is_named(data: Path, tmp_path: Path) -> None:
    protocol, places = tools.protocol(data, molecules=1, starts=("t50",)), tools.places(tmp_path)
    run_benchmark(protocol, places, build=tools.spring)
    (places.results / RECORDS).write_text("{}\n")
    with pytest.raises(ExpectedError, match="line 1 of"):
        run_benchmark(protocol, places, build=tools.spring)


def made(
    protocol: Protocol, places: Places, patch: pytest.MonkeyPatch, commit: str, when: str
) -> Results:
    """By the program of that commit, at that time; its command is called like the commit."""
    program = {"commit": commit, "versions": {"numpy": "2.0"}}
    patch.setattr(circumstances, "program", lambda: program)
    for module in (journal, run):
        patch.setattr(module, "time_stamp", lambda: when)
    return run_benchmark(protocol, places, command=commit, build=tools.spring)


def test_that_records_keep_the_circumstances_under_which_they_were_made(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol, places = tools.protocol(data, starts=("t50",)), tools.places(tmp_path)
    first = made(protocol, places, monkeypatch, "old", "2026-01-01")
    again = made(protocol, places, monkeypatch, "new", "2026-02-02")
    for results in (first, again):
        about = results.about
        assert (about["program"]["commit"], about["command"]) == ("old", "old")
        assert about["finished"] == "2026-01-01" and "earlier" not in about
    assert again.about["machine"] == first.about["machine"]
    records = places.results / RECORDS
    records.write_text("".join(records.read_text().splitlines(keepends=True)[:1]))
    mixed = made(protocol, places, monkeypatch, "newer", "2026-03-03")
    assert mixed.about["program"]["commit"] == "newer" and mixed.about["finished"] == "2026-03-03"
    assert [one["program"]["commit"] for one in mixed.about["earlier"]] == ["old"]
    page = report_page(mixed)
    assert "commit newer; numpy 2.0" in page and "commit old; numpy 2.0" in page


def test_that_a_folder_of_an_older_program_has_the_circumstances_of_now(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol, places = tools.protocol(data, molecules=1, starts=("t50",)), tools.places(tmp_path)
    made(protocol, places, monkeypatch, "old", "2026-01-01")
    (places.results / CIRCUMSTANCES).unlink()
    record = json.loads((places.results / RECORDS).read_text())
    del record["finished"]
    (places.results / RECORDS).write_text(json.dumps(record) + "\n")
    about = made(protocol, places, monkeypatch, "new", "2026-02-02").about
    assert (about["program"]["commit"], about["finished"]) == ("new", "2026-02-02")


def test_that_circumstances_differ_by_program_and_machine_alone() -> None:
    machine = {"cores": 2, "load_of_15_minutes": 1.0}
    one = {"command": "a", "processes": 1, "program": {"commit": "x"}, "machine": machine}
    busy = one | {"command": "b", "machine": machine | {"load_of_15_minutes": 2.0}}
    other = one | {"program": {"commit": "y"}}
    assert circumstances.distinct([one, other, busy]) == [busy, other]


def test_that_results_survive_the_way_through_files(data: Path, tmp_path: Path) -> None:
    protocol = tools.protocol(data, molecules=3)
    results = run_benchmark(protocol, tools.places(tmp_path), command="x", build=tools.spring)
    results.write(tmp_path)
    loaded = Results.load(tmp_path / JSON_FILE)
    assert loaded.as_dict() == json.loads((tmp_path / JSON_FILE).read_text()) == results.as_dict()
    about = loaded.about
    assert about["command"] == "x" and about["machine"]["cores"] >= 1
    assert about["program"]["versions"]["numpy"] == np.__version__
    assert about["configuration"]["seeds"] == [0]
    rows = (tmp_path / CSV_FILE).read_text().splitlines()
    assert len(rows) == 1 + len(results.scores) and rows[0].startswith("index,n_atoms,entry,start")
