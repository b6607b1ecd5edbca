import numpy as np
import pytest

from morered_gui.app.series import RunSeries
from morered_gui.app.state import AppState
from morered_gui.core import Frame, Provenance, StopReason, rmsd
from tests.app.molecules import WATER


def frames(first: int, count: int) -> list[Frame]:
    rng = np.random.default_rng(first)
    return [
        Frame(step, WATER.positions + 0.1 * rng.standard_normal((3, 3)), t=float(50 - step))
        for step in range(first, first + count)
    ]


def running() -> AppState:
    state = AppState()
    state.load(WATER)
    state.begin_run(Provenance("spring"))
    return state


def test_that_the_series_is_the_same_in_pieces_and_at_once() -> None:
    some = frames(0, 700)
    whole, pieces = RunSeries(WATER), RunSeries(WATER)
    whole.extend(some)
    for k in range(0, 700, 13):
        pieces.extend(some[k : k + 13])
    assert np.array_equal(whole.step, pieces.step)
    assert np.allclose(whole.rmsd, pieces.rmsd)
    assert whole.rmsd[5] == pytest.approx(rmsd(some[5].positions, WATER.positions))


def test_that_an_unknown_t_is_nan() -> None:
    series = RunSeries(WATER)
    series.extend([Frame(0, WATER.positions)])
    assert np.isnan(series.t).all()


def test_that_live_follows_the_newest_frame() -> None:
    state = running()
    state.add_frames(frames(0, 3))
    assert state.frame_index == 2
    state.add_frames(frames(3, 2))
    assert state.frame_index == 4


def test_that_looking_back_ends_live() -> None:
    state = running()
    state.add_frames(frames(0, 5))
    state.select_frame(1)
    state.add_frames(frames(5, 5))
    assert state.frame_index == 1
    assert not state.live


def test_that_a_selection_is_clipped() -> None:
    state = running()
    state.add_frames(frames(0, 5))
    state.select_frame(99)
    assert state.frame_index == 4
    state.select_frame(-3)
    assert state.frame_index == 0


def test_that_a_finished_run_keeps_its_reason() -> None:
    state = running()
    state.add_frames(frames(0, 2))
    state.end_run(StopReason.CONVERGED)
    state.end_run(StopReason.CANCELLED)
    assert state.trajectory is not None
    assert state.trajectory.stop_reason == StopReason.CONVERGED


def test_that_a_frame_can_become_the_start() -> None:
    state = running()
    state.add_frames(frames(0, 5))
    state.select_frame(3)
    wanted = state.shown
    state.adopt_frame()
    assert state.structure == wanted
    assert state.trajectory is None
