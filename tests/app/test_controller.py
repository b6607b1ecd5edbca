import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from psygnal import EmitLoopError

from morered_gui.app.controller import Controller
from morered_gui.app.events import Failed
from morered_gui.app.messages import Severity, message_of
from morered_gui.app.references import Reference, ReferenceChoice, ReferenceKind
from morered_gui.app.run_state import Activity
from morered_gui.app.state import AppState
from morered_gui.chem.matching import reordered
from morered_gui.core import Relaxer, StopReason, rmsd
from morered_gui.relaxers.registry import RelaxerChoice
from tests.app.molecules import IRON_OXIDE, WATER
from tests.app.spring import Pace, SpringRelaxer

CHOICE = RelaxerChoice(method="spring", model="test")


@pytest.fixture
def springs() -> dict[str, Relaxer]:
    return {"test": SpringRelaxer(), "slow": SpringRelaxer(Pace(0.005))}


@pytest.fixture
def controller(springs: dict[str, Relaxer]) -> Iterator[Controller]:
    controller = Controller(AppState(), build=lambda choice: springs[choice.model])
    yield controller
    assert controller.close()


def wait(controller: Controller, condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        controller.pump()
        time.sleep(0.005)


def relax(controller: Controller, model: str = "test", max_steps: int = 30) -> None:
    controller.relax(RelaxerChoice(method="spring", model=model), seed=3, max_steps=max_steps)


def n_frames(controller: Controller) -> int:
    trajectory = controller.state.trajectory
    return 0 if trajectory is None else len(trajectory)


def test_that_a_run_gives_frames_reason_and_provenance(controller: Controller) -> None:
    controller.state.load(WATER)
    relax(controller)
    assert controller.state.activity == Activity.LOADING
    wait(controller, lambda: not controller.state.busy)
    trajectory = controller.state.trajectory
    assert trajectory is not None
    assert len(trajectory) == 31
    assert trajectory.stop_reason == StopReason.MAX_STEPS
    assert trajectory.provenance.seed == 3
    assert trajectory.provenance.options == {"device": "cpu", "max_steps": 30}
    assert controller.state.series is not None
    assert len(controller.state.series.step) == 31


def test_that_stop_keeps_what_was_reached(controller: Controller) -> None:
    controller.state.load(WATER)
    relax(controller, "slow", max_steps=5000)
    wait(controller, lambda: n_frames(controller) > 5)
    controller.stop()
    wait(controller, lambda: not controller.state.busy)
    assert controller.state.trajectory is not None
    assert controller.state.trajectory.stop_reason == StopReason.CANCELLED
    assert 5 < n_frames(controller) < 5000


def test_that_stop_before_the_first_frame_ends_the_run(controller: Controller) -> None:
    controller.state.load(WATER)
    relax(controller, "slow", max_steps=5000)
    controller.stop()
    wait(controller, lambda: not controller.state.busy)


def test_that_frames_of_an_older_run_are_dropped(controller: Controller) -> None:
    controller.state.load(WATER)
    relax(controller, "slow", max_steps=5000)
    wait(controller, lambda: n_frames(controller) > 2)
    relax(controller, max_steps=10)
    wait(controller, lambda: not controller.state.busy)
    trajectory = controller.state.trajectory
    assert trajectory is not None
    assert [frame.step for frame in trajectory] == list(range(11))


def test_that_another_molecule_ends_the_run(controller: Controller) -> None:
    controller.state.load(WATER)
    relax(controller, "slow", max_steps=5000)
    wait(controller, lambda: n_frames(controller) > 2)
    controller.open_text("C")
    wait(controller, lambda: controller.state.structure != WATER)
    assert not controller.state.busy
    time.sleep(0.05)
    controller.pump()
    assert n_frames(controller) == 0


def test_that_an_unsupported_element_is_told_in_words(controller: Controller) -> None:
    controller.state.load(IRON_OXIDE)
    relax(controller)
    wait(controller, lambda: not controller.state.busy)
    message = controller.state.message
    assert message is not None
    assert message.severity == Severity.ERROR
    assert "Fe" in message.text
    assert controller.state.trajectory is None


def test_that_a_defect_comes_with_a_report(
    controller: Controller, springs: dict[str, Relaxer]
) -> None:
    springs["test"] = SpringRelaxer(fails_at=4)
    controller.state.load(WATER)
    relax(controller)
    wait(controller, lambda: not controller.state.busy)
    message = controller.state.message
    assert message is not None
    assert message.action == "copy_report"
    assert "the spring broke" in message.details
    assert n_frames(controller) == 4


def test_that_without_a_molecule_nothing_happens_but_words(controller: Controller) -> None:
    relax(controller)
    controller.add_noise(100, 0)
    controller.save_trajectory(Path("unused.xyz"))
    assert not controller.state.busy
    assert controller.state.message is not None


@pytest.mark.parametrize("content", ["", "not a molecule", "2\n\nH 0 0 0\nH nan 0 0\n", "0\n\n"])
def test_that_a_bad_file_changes_nothing(
    controller: Controller, tmp_path: Path, content: str
) -> None:
    controller.state.load(WATER)
    path = tmp_path / "bad.xyz"
    path.write_text(content)
    controller.open_file(path)
    wait(controller, lambda: controller.state.message is not None)
    assert controller.state.message is not None
    assert controller.state.message.severity == Severity.ERROR
    assert controller.state.structure == WATER


def test_that_noise_always_starts_from_the_molecule_as_loaded(controller: Controller) -> None:
    controller.state.load(WATER)
    controller.add_noise(100, 5)
    first = controller.state.structure
    controller.add_noise(300, 5)
    controller.add_noise(100, 5)
    assert controller.state.structure == first
    assert controller.state.base == WATER


@pytest.mark.parametrize("suffix", [".extxyz", ".xyz", ".sdf", ".pdb", ".html"])
def test_that_a_trajectory_is_saved(controller: Controller, tmp_path: Path, suffix: str) -> None:
    controller.state.load(WATER)
    relax(controller, max_steps=4)
    wait(controller, lambda: not controller.state.busy)
    path = tmp_path / f"run{suffix}"
    save = controller.export_html if suffix == ".html" else controller.save_trajectory
    save(path)
    wait(controller, lambda: controller.state.message is not None)
    assert path.stat().st_size > 100


def test_that_a_structure_comes_back_from_its_file(controller: Controller, tmp_path: Path) -> None:
    controller.state.load(WATER)
    path = tmp_path / "water.sdf"
    controller.save_structure(path)
    wait(controller, path.exists)
    controller.state.load(IRON_OXIDE)
    controller.open_file(path)
    wait(controller, lambda: controller.state.structure != IRON_OXIDE)
    assert controller.state.structure is not None
    assert np.allclose(controller.state.structure.positions, WATER.positions, atol=1e-3)


def test_that_a_folder_that_is_not_there_is_told(controller: Controller, tmp_path: Path) -> None:
    controller.state.load(WATER)
    controller.save_structure(tmp_path / "none" / "water.xyz")
    wait(controller, lambda: controller.state.message is not None)
    assert controller.state.message is not None
    assert controller.state.message.severity == Severity.ERROR


def test_that_the_controller_is_imported_without_torch() -> None:
    code = (
        "import sys, morered_gui.app.controller, morered_gui.relaxers.registry; "
        "sys.exit(bool({'torch', 'schnetpack', 'PySide6'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_that_pure_noise_keeps_the_atoms_and_the_way_back(controller: Controller) -> None:
    controller.start_from_noise(999, seed=0)
    assert controller.state.message is not None
    assert controller.state.message.severity == Severity.WARNING
    controller.state.load(WATER)
    controller.start_from_noise(999, seed=4)
    start = controller.state.structure
    assert start is not None and start.same_atoms(WATER) and controller.state.base == WATER
    assert np.array_equal(start.bonds, WATER.bonds)
    np.testing.assert_allclose(start.positions.mean(0), WATER.positions.mean(0), atol=1e-9)
    assert controller.state.noise_step == 999
    controller.start_from_noise(999, seed=4)
    assert controller.state.structure == start
    controller.start_from_noise(999, seed=5)
    assert controller.state.structure != start


def test_that_a_run_from_noise_is_measured_to_the_molecule_before_it(
    controller: Controller,
) -> None:
    state, labels = controller.state, []
    state.load(WATER)
    state.frames_added.connect(lambda _first: labels.append(label_of(state)))
    controller.add_noise(200, seed=1)
    for _ in range(2):  # further runs, as by other methods, are measured to the same
        relax(controller)
        wait(controller, lambda: not state.busy)
    settled(controller)
    assert set(labels) == {"molecule before noise"}
    start = state.structure
    for run in state.runs:
        assert run.reference.structure == WATER
        assert start is not None and run.series.rmsd[0] == pytest.approx(
            rmsd(start.positions, WATER.positions)
        )
    controller.measure_to(ReferenceChoice(ReferenceKind.FINAL))  # who chooses has the last word
    wait(controller, lambda: label_of(state) == "final frame")
    relax(controller)
    wait(controller, lambda: not state.busy and label_of(state) == "final frame")
    controller.measure_to(ReferenceChoice(ReferenceKind.UNNOISED))
    wait(controller, lambda: label_of(state) == "molecule before noise")
    assert {run.reference.label for run in state.runs} == {"molecule before noise"}


def test_that_another_molecule_ends_the_reference_before_noise(controller: Controller) -> None:
    state = controller.state
    state.load(WATER)
    controller.add_noise(200, seed=1)
    state.reference_choice = ReferenceChoice(ReferenceKind.UNNOISED)
    state.load(WATER.with_positions(WATER.positions * 1.1), continues=True)
    assert state.reference_choice.kind == ReferenceKind.AUTOMATIC
    relax(controller)
    wait(controller, lambda: not state.busy and label_of(state) == "final frame")


def label_of(state: AppState) -> str:
    return "" if state.reference is None else state.reference.label


def settled(controller: Controller) -> None:
    """Wait for all tasks that were asked for."""
    behind: list[None] = []
    controller.run_task(lambda: None, behind.append)
    wait(controller, lambda: bool(behind))


def test_that_a_view_that_fails_costs_no_event(controller: Controller) -> None:
    def fail(_first: int) -> None:
        raise RuntimeError("a view failed")

    controller.state.load(WATER)
    controller.state.frames_added.connect(fail)
    relax(controller)
    end = time.monotonic() + 20.0
    while controller.state.busy and time.monotonic() < end:
        with suppress(EmitLoopError):
            controller.pump()
        time.sleep(0.005)
    assert not controller.state.busy
    assert controller.state.trajectory is not None
    assert controller.state.trajectory.stop_reason == StopReason.MAX_STEPS
    assert n_frames(controller) == 31


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (ReferenceChoice(ReferenceKind.KNOWN), "came without a reference"),
        (
            ReferenceChoice(ReferenceKind.LOADED, loaded=Reference(IRON_OXIDE, "rust.xyz")),
            "another molecule",
        ),
    ],
)
def test_that_a_reference_that_can_not_be_is_refused_before_any_run(
    controller: Controller, choice: ReferenceChoice, words: str
) -> None:
    controller.measure_to(choice)
    assert controller.state.message is not None
    assert "no molecule" in controller.state.message.text
    controller.state.load(WATER)
    controller.state.say(None)
    controller.measure_to(choice)
    wait(controller, lambda: controller.state.message is not None)
    assert words in controller.state.message.text
    assert controller.state.reference_choice.kind == ReferenceKind.AUTOMATIC
    relax(controller)
    wait(controller, lambda: not controller.state.busy)
    assert n_frames(controller) == 31


def test_that_a_reference_loaded_before_the_run_has_its_order_of_atoms(
    controller: Controller,
) -> None:
    loaded = Reference(reordered(WATER, np.array([2, 0, 1])), "shuffled.xyz")
    controller.state.load(WATER)
    controller.measure_to(ReferenceChoice(ReferenceKind.LOADED, loaded=loaded))
    wait(controller, lambda: controller.state.reference_choice.kind == ReferenceKind.LOADED)
    relax(controller)
    wait(controller, lambda: n_frames(controller) > 0)
    assert controller.state.series is not None
    assert controller.state.series.rmsd[0] == pytest.approx(0.0, abs=1e-6)


def test_that_a_reference_chosen_for_another_molecule_is_dropped(controller: Controller) -> None:
    controller.state.load(WATER)
    relax(controller)
    wait(controller, lambda: not controller.state.busy)
    controller.measure_to(ReferenceChoice(ReferenceKind.START))
    controller.state.load(IRON_OXIDE)
    settled(controller)
    assert controller.state.reference_choice.kind == ReferenceKind.AUTOMATIC


def test_that_runs_can_be_looked_at_while_a_model_is_loaded_ahead(
    springs: dict[str, Relaxer],
) -> None:
    loaded = threading.Event()

    def build(choice: RelaxerChoice) -> Relaxer:
        assert choice.model != "slow" or loaded.wait(20.0)
        return springs[choice.model]

    controller = Controller(AppState(), build=build)
    state = controller.state
    state.load(WATER)
    for _ in range(2):
        relax(controller, max_steps=2)
        wait(controller, lambda: not state.busy)
    controller.warm_up(RelaxerChoice(method="spring", model="slow"))
    wait(controller, lambda: state.activity == Activity.LOADING)
    assert not state.relaxing
    state.look_at_run(state.runs[0])
    assert state.run is state.runs[0]
    relax(controller)
    assert state.relaxing
    state.look_at_run(state.runs[1])
    assert state.run is state.runs[0]
    loaded.set()
    wait(controller, lambda: not state.busy)
    assert controller.close()


def test_that_models_are_read_anew_once_they_are_to_be_forgotten() -> None:
    built: list[RelaxerChoice] = []

    def build(choice: RelaxerChoice) -> Relaxer:
        built.append(choice)
        return SpringRelaxer()

    controller = Controller(AppState(), build=build)
    controller.state.load(WATER)
    for forget in (False, False, True):
        if forget:
            controller.forget_models()
        relax(controller)
        wait(controller, lambda: not controller.state.busy)
    assert len(built) == 2  # for the first run, and for the one after
    assert controller.close()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("nan.xyz, molecule 1: no", "nan.xyz, molecule 1: no."),
        ("acetone: no", "acetone: no."),
        ("there is no molecule", "There is no molecule."),
        ("no. 1 is broken", "No. 1 is broken."),
    ],
)
def test_that_a_sentence_has_a_capital_and_a_name_keeps_its_letters(
    reason: str, words: str
) -> None:
    assert message_of(Failed(1, reason, expected=True)).text == words
