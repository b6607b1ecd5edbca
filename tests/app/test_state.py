from dataclasses import replace

import numpy as np
import pytest

from morered_gui.app.ensembles import ensemble_of
from morered_gui.app.measurements import Measurement
from morered_gui.app.references import Reference, ReferenceChoice, ReferenceKind
from morered_gui.app.series import RunSeries
from morered_gui.app.state import AppState
from morered_gui.core import Frame, Provenance, StopReason, Structure, rmsd
from tests.app.molecules import IRON_OXIDE, WATER


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


def test_that_a_frame_pointed_at_is_forgotten_with_its_run() -> None:
    state = running()
    state.add_frames(frames(0, 5))
    state.hover(4)
    state.end_run(StopReason.CONVERGED)
    state.begin_run(Provenance("spring"))
    assert state.hovered is None
    state.add_frames(frames(0, 2))
    state.hover(1)
    run = state.run
    assert run is not None
    state.end_run(StopReason.CONVERGED)
    state.remove_run(run)
    assert state.hovered is None


def decorated() -> AppState:
    """Water with an ensemble, a pin, a measurement and a reference by choice."""
    state = AppState()
    state.load(WATER, Reference(WATER, "DFT geometry"))
    for seed in range(2):
        state.begin_run(Provenance("spring", seed=seed))
        state.add_frames(frames(seed, 1))
        state.end_run(StopReason.CONVERGED)
    state.set_ensemble(ensemble_of([(run.number, run.trajectory) for run in state.runs]))
    state.pin_frame(state.shown)
    state.set_view(replace(state.view, measurements=(Measurement((1, 0, 2)),)))
    state.reference_choice = ReferenceChoice(ReferenceKind.KNOWN)
    return state


def left_over(state: AppState) -> list[object]:
    """What names atoms; told by the state itself whenever the structure changes."""
    return [
        each
        for each in (state.ensemble, state.pinned, *state.view.measurements, *state.runs)
        if each is not None
    ]


@pytest.mark.parametrize("way", ["load", "restore", "clear", "start_anew"])
def test_that_nothing_of_a_molecule_is_left_when_another_comes(way: str) -> None:
    other = AppState()
    other.load(IRON_OXIDE)
    state = decorated()
    assert len(left_over(state)) == 5
    seen: list[object] = []
    state.structure_changed.connect(lambda: seen.append(left_over(state)))
    arguments = {"load": [IRON_OXIDE], "restore": [other.moment()]}.get(way, [])
    getattr(state, way)(*arguments)
    assert seen == [[]]
    assert state.reference_choice.kind == ReferenceKind.AUTOMATIC


def test_that_a_step_back_on_the_same_molecule_keeps_pin_and_measurements() -> None:
    state = decorated()
    moment = state.moment()
    state.set_noised(WATER.with_positions(WATER.positions + 0.1), 10)
    state.restore(moment)
    assert len(left_over(state)) == 5


def test_that_what_was_before_noise_stays_with_a_frame_and_comes_back_with_an_undo() -> None:
    state = AppState()
    state.load(WATER)
    state.set_noised(WATER.with_positions(WATER.positions * 1.2), 50)
    noised = state.moment()
    state.begin_run(Provenance("spring"))
    state.add_frames(frames(0, 3))
    state.end_run(StopReason.MAX_STEPS)
    state.adopt_frame()
    assert state.base is not WATER and state.noise_step == 0
    state.begin_run(Provenance("spring"))
    assert [run.reference.label for run in state.runs] == ["molecule before noise"] * 2
    assert state.runs[1].reference.structure is WATER
    state.end_run(None)
    state.load(WATER.with_positions(WATER.positions * 1.1), continues=True)
    assert state.target is None
    state.restore(noised)
    assert state.target is not None and state.target.structure is WATER


def test_that_a_reference_that_goes_is_no_longer_chosen() -> None:
    state = decorated()
    state.load(Structure(WATER.numbers, WATER.positions * 1.1, WATER.bonds, WATER.orders))
    assert state.reference_choice.kind == ReferenceKind.AUTOMATIC
