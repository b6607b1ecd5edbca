"""What stands in the table of the runs."""

from morered_gui.app.records import RunRecord
from morered_gui.app.references import Reference
from morered_gui.app.run_table import COLUMNS, XTB, Row, RunTable, told
from morered_gui.core import Frame, Provenance, StopReason, Trajectory
from tests.app.molecules import WATER

TITLES = [column.title for column in COLUMNS]


def run_with(*energies: float, method: str = "gfn2-xtb", seed: int = 0) -> RunRecord:
    """Frames with these energies (eV), each a little nearer to water."""
    trajectory = Trajectory(WATER, Provenance(method, seed=seed))
    for step, energy in enumerate(energies):
        away = 0.1 * (len(energies) - step)
        positions = WATER.positions * (1.0 + away)
        trajectory.append(Frame(step, positions, energy=energy, evaluations=step, seconds=12.34))
    trajectory.stop_reason = StopReason.CONVERGED
    return RunRecord(trajectory, Reference(WATER, "file"))


def cell(row: Row, title: str) -> str:
    return row.texts[TITLES.index(title)]


def heads(rows: list[Row]) -> set[str]:
    return {TITLES[place] for place in told(rows)}


def test_that_energies_are_compared_with_the_lowest_of_several() -> None:
    rows = RunTable([run_with(-100.0, -101.0), run_with(-100.0, -101.5)], None).rows
    assert [cell(row, "xTB") for row in rows] == ["11.53", "0.00"]
    (alone,) = RunTable([run_with(-100.0, -101.0)], None).rows
    assert not cell(alone, "xTB") and cell(alone, "Energy") == "-101.000"


def test_that_columns_tell_something_or_are_left_out() -> None:
    run = run_with(-100.0, -101.0)
    assert not {"Seed", "Noise t", "xTB", "Apart"} & heads(RunTable([run], None).rows)
    others = RunTable([run, run_with(-100.0, -101.0, seed=3)], None).rows
    assert {"Seed", "RMSD", "Ratio", "xTB"} <= heads(others)
    assert told([]) == []


def test_that_who_points_at_a_run_is_told_all_of_it() -> None:
    (row,) = RunTable([run_with(-100.0, -101.0, seed=5)], None).rows
    hint = dict(zip(TITLES, row.hints, strict=True))
    assert "Seed: 5" in hint["Run"] and "Time: 12.3 s" in hint["Run"]
    assert "xTB:" not in hint["Run"] and COLUMNS[XTB].title == "xTB"
    assert hint["RMSD"] == "To the file" and hint["Energy"] == "GFN2-xTB, eV"
