"""Checks of runs as they end, energies of all frames, and polishing."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from morered_gui.app.checks import Checks
from morered_gui.app.controller import Controller
from morered_gui.app.editing import Editing
from morered_gui.app.outcomes import outcome_of
from morered_gui.app.session import Session
from morered_gui.app.session_file import load_session, save_session
from morered_gui.app.state import AppState
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core import ExpectedError, Frame, Provenance, StopReason
from morered_gui.relaxers.check import Grade
from morered_gui.relaxers.registry import RelaxerChoice
from tests.app.molecules import WATER

SECONDS = 60.0
LACTIC = structure_from_smiles("C[C@H](O)C(=O)O", seed=1, optimise=True)
MIRROR = np.array([1.0, 1.0, -1.0])


@pytest.fixture
def controller() -> Iterator[Controller]:
    made = Controller(AppState())
    yield made
    assert made.close()


@pytest.fixture
def checks(controller: Controller) -> Checks:
    return Checks(controller, energies=False)


def wait(controller: Controller, until: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not until():
        assert time.monotonic() < end
        controller.pump()
        time.sleep(0.005)


def relax(controller: Controller, method: str = "mmff94") -> None:
    controller.relax(RelaxerChoice(method=method), seed=0, max_steps=200)
    wait(controller, lambda: not controller.state.busy and checked(controller))


def checked(controller: Controller) -> bool:
    run = controller.state.run
    return run is not None and run.check is not None


def made_run(state: AppState, frames: int, reason: StopReason = StopReason.PLATEAU) -> None:
    """A run whose O-H bonds get longer frame by frame."""
    state.load(WATER)
    state.begin_run(Provenance("jt", "test"))
    for k in range(frames):
        state.add_frames([Frame(k, WATER.positions * (1.0 + 0.01 * k), t=float(frames - k))])
    state.end_run(reason)


def test_that_a_run_is_checked_when_it_ends(controller: Controller, checks: Checks) -> None:
    seen: list[object] = []
    controller.state.run_checked.connect(seen.append)
    controller.state.load(LACTIC)
    relax(controller)
    run = controller.state.run
    assert run is not None and run.check is not None
    assert run.check.headline == "Same bonds, same stereo, no clashes"
    assert run.check.energy is None
    assert seen == [run]


def test_that_stereo_is_judged_by_the_molecule_before_noise(
    controller: Controller, checks: Checks
) -> None:
    state = controller.state
    state.load(LACTIC)
    state.set_noised(LACTIC.with_positions(LACTIC.positions * MIRROR), 300)
    relax(controller)
    assert state.run is not None and state.run.meant is LACTIC
    assert state.run.check is not None and state.run.check.stereo_kept is False
    assert state.run.check.grade == Grade.BAD
    assert outcome_of(state.run).verdict == "stereo changed"


def test_that_the_switch_asks_gfn2_xtb_of_this_run_and_the_next(
    controller: Controller, checks: Checks
) -> None:
    controller.state.load(LACTIC)
    relax(controller)
    run = controller.state.run
    assert run is not None
    checks.switch_energies(True)
    wait(controller, lambda: run.check is not None and run.check.energy is not None)
    assert run.ends is not None and None not in run.ends
    assert "largest force" in (run.check.energy_words if run.check else "")
    relax(controller)
    assert controller.state.run is not run
    assert controller.state.run is not None and controller.state.run.ends is not None


def test_that_energies_of_all_frames_come_in_pieces_and_find_the_best_frame(
    controller: Controller, checks: Checks
) -> None:
    state = controller.state
    made_run(state, 12)
    wait(controller, lambda: checked(controller))
    run = state.run
    assert run is not None
    assert run.best_index == 11  # the lowest t
    checks.begin_course(run)
    assert checks.progress == (0, 12)
    wait(controller, lambda: checks.progress is None and run.check and run.check.better)
    energies = run.series.column("xtb")
    assert np.isfinite(energies).all() and run.series.knows("xtb")
    assert run.check is not None and run.check.better is not None
    assert run.best_index == run.check.better.index == int(np.argmin(energies)) < 11
    assert run.check.energy == pytest.approx(energies[-1])


def test_that_energies_can_be_stopped_and_what_is_there_stays(
    controller: Controller, checks: Checks
) -> None:
    made_run(controller.state, 3000)
    run = controller.state.run
    assert run is not None
    checks.begin_course(run)
    wait(controller, lambda: (checks.progress or (0, 0))[0] > 0)
    checks.stop_course()
    assert checks.progress is None
    n_known = int(np.isfinite(run.series.column("xtb")).sum())
    assert 0 < n_known < 3000
    time.sleep(0.4)
    controller.pump()
    assert int(np.isfinite(run.series.column("xtb")).sum()) == n_known
    wait(controller, lambda: checked(controller))
    assert run.best_index == 2999  # not all are known: t decides


def test_that_energies_that_were_given_up_do_not_end_those_that_followed(
    controller: Controller, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_run(controller.state, 4)
    wait(controller, lambda: checked(controller))
    run = controller.state.run
    assert run is not None
    let = threading.Event()

    def broken(*_: object) -> Iterator[None]:
        let.wait(SECONDS)
        raise ExpectedError("lost")
        yield

    with monkeypatch.context() as patch:
        patch.setattr("morered_gui.app.checks.xtb_points", broken)
        checks.begin_course(run)
    checks.begin_course(run)
    let.set()
    wait(controller, lambda: checks.progress is None)
    assert np.isfinite(run.series.column("xtb")).all()
    assert controller.state.message is None


def test_that_a_forgotten_run_gets_no_more_energies(controller: Controller, checks: Checks) -> None:
    made_run(controller.state, 3000)
    assert controller.state.run is not None
    checks.begin_course(controller.state.run)
    controller.state.load(LACTIC)
    assert checks.progress is None


def test_that_a_radical_gets_a_reason_instead(controller: Controller, checks: Checks) -> None:
    state = controller.state
    methyl = structure_from_smiles("[CH3]", seed=0)
    state.load(methyl)
    state.begin_run(Provenance("uff"))
    state.add_frames([Frame(0, methyl.positions, energy=0.0)])
    state.end_run(StopReason.CONVERGED)
    run = state.run
    assert run is not None
    checks.begin_course(run)
    assert state.message is not None and "odd number of electrons" in state.message.text
    assert not checks.can_polish(run)


def test_that_polishing_is_a_run_of_its_own_that_can_be_undone(
    controller: Controller, checks: Checks
) -> None:
    state, editing = controller.state, Editing(controller, lambda: None)
    state.load(LACTIC)
    relax(controller)
    first, start = state.run, state.structure
    assert first is not None and checks.can_polish(first)
    checks.polish(first, max_steps=300)
    wait(controller, lambda: not state.busy and checked(controller) and state.run is not first)
    second = state.run
    assert second is not None
    assert state.runs == [first, second] and state.structure is start
    made = second.trajectory.provenance
    assert (made.method, made.options["continues"]) == ("gfn2-xtb", "mmff94")
    assert np.array_equal(second.trajectory.start.positions, first.trajectory.result().positions)
    assert second.trajectory.stop_reason == StopReason.CONVERGED
    assert not checks.can_polish(second)
    assert outcome_of(second).title == "GFN2-xTB after MMFF94"
    editing.undo()
    assert state.run is first
    editing.redo()
    assert state.run is second
    relax(controller)
    assert state.run is not None
    assert np.array_equal(state.run.trajectory.start.positions, LACTIC.positions)


def test_that_energies_and_the_molecule_meant_come_back_with_a_session(
    controller: Controller, checks: Checks, tmp_path: Path
) -> None:
    state = controller.state
    state.load(WATER)
    state.set_noised(WATER.with_positions(WATER.positions * 1.02), 5)
    relax(controller)
    run = state.run
    assert run is not None
    checks.begin_course(run)
    wait(controller, lambda: checks.progress is None)
    relax(controller)  # without energies
    session = Session.of(state, {})
    assert session is not None
    save_session(tmp_path / "a.morered", session)
    after = AppState()
    load_session(tmp_path / "a.morered").restore(after)
    old, new = run.course, after.runs[0].course
    assert old is not None and new is not None and after.runs[1].course is None
    assert old.energies.tobytes() == new.energies.tobytes()
    assert old.max_forces.tobytes() == new.max_forces.tobytes()
    assert np.array_equal(after.runs[0].series.column("xtb"), run.series.column("xtb"))
    assert after.runs[0].meant == WATER
