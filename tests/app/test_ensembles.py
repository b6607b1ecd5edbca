"""Runs that differ by their seed alone."""

import numpy as np
import pytest

from morered_gui.app.ensembles import ensemble_of, members_of
from morered_gui.app.records import RunRecord
from morered_gui.app.references import Reference
from morered_gui.core import Frame, Provenance, StopReason, Structure, Trajectory
from tests.app.molecules import WATER

TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def trajectory(
    *places: np.ndarray, seed: int = 0, method: str = "jt", start: Structure = WATER
) -> Trajectory:
    """A run that converged, frame by frame."""
    made = Trajectory(start, Provenance(method, "model", seed=seed))
    for step, positions in enumerate(places):
        made.append(Frame(step, positions, t=float(len(places) - step)))
    made.stop_reason = StopReason.CONVERGED
    return made


def record(made: Trajectory) -> RunRecord:
    return RunRecord(made, Reference(made.start, "start"))


def swapped(positions: np.ndarray) -> np.ndarray:
    """The two hydrogens of water exchanged."""
    return positions[[0, 2, 1]]


def test_that_turned_and_exchanged_copies_do_not_spread() -> None:
    x = WATER.positions
    found = ensemble_of(
        [(3, trajectory(x, x)), (5, trajectory(x, x @ TURN + 4.0)), (9, trajectory(x, swapped(x)))]
    )
    assert found.numbers == (3, 5, 9)
    assert np.abs(found.spread).max() < 1e-6
    assert np.abs(found.apart).max() < 1e-6
    assert found.members.shape == (3, 3, 3)


def test_that_one_atom_that_moves_has_the_largest_spread() -> None:
    x = WATER.positions
    moved = x.copy()
    moved[2] += [0.0, 0.3, 0.0]
    found = ensemble_of([(1, trajectory(x, x)), (2, trajectory(x, moved))])
    assert found.spread.argmax() == 2
    assert 0.05 < found.spread[2] < 0.15  # half of 0.3, less what the superposition takes
    assert found.apart == pytest.approx(np.sqrt((found.spread**2).mean()), rel=1e-6)


def test_that_the_curve_begins_at_zero_and_a_run_that_ended_stays() -> None:
    x = WATER.positions
    bent = x.copy()
    bent[1] *= 1.2
    short, long = trajectory(x, bent), trajectory(x, x, x, bent)
    runs = [record(short), record(long)]
    found = ensemble_of([(r.number, r.trajectory) for r in runs])
    assert found.course[0] == pytest.approx(0.0, abs=1e-7)
    assert found.course[1] == pytest.approx(found.course[2])
    assert found.course[1] > 0.01
    assert found.course[3] == pytest.approx(0.0, abs=1e-7)
    assert len(found.course_of(runs[0])) == 2
    assert np.isnan(found.course_of(record(short))).all()


def test_that_only_ended_runs_of_one_method_on_one_start_belong_together() -> None:
    x = WATER.positions
    runs = [record(trajectory(x, seed=k)) for k in (0, 1, 2, 1)]
    runs.append(record(trajectory(x, seed=7, method="itp")))
    runs.append(record(trajectory(x, seed=8, start=WATER.with_positions(1.1 * x))))
    under_way = trajectory(x, seed=9)
    under_way.stop_reason = None
    diverged = trajectory(x, seed=10)
    diverged.stop_reason = StopReason.DIVERGED
    runs += [record(under_way), record(diverged)]
    assert members_of(runs, runs[0]) == [runs[0], runs[2], runs[3]]
    assert members_of(runs, None) == []
    with pytest.raises(ValueError, match="two runs"):
        ensemble_of([(1, runs[0].trajectory)])
