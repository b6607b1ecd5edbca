"""Which runs a row of runs is made of, and how it goes on and ends."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from morered_gui.app.comparison import (
    PlannedRun,
    RunQueue,
    methods_of,
    seeds_done,
    seeds_of,
    served_methods,
)
from morered_gui.app.controller import Controller
from morered_gui.app.messages import Severity
from morered_gui.app.outcomes import outcome_of
from morered_gui.app.records import RunRecord
from morered_gui.app.references import Reference
from morered_gui.app.state import AppState
from morered_gui.core import Capabilities, Frame, Provenance, StopReason, Structure, Trajectory
from morered_gui.relaxers import plugins
from morered_gui.relaxers.methods import list_models
from morered_gui.relaxers.registry import RelaxerChoice
from tests.app.molecules import WATER
from tests.app.spring import Pace, SpringRelaxer
from tests.app.test_controller import wait

SPRINGS = {
    "good": SpringRelaxer(),
    "slow": SpringRelaxer(Pace(0.005)),
    "broken": SpringRelaxer(fails_at=1),
    "carbon": SpringRelaxer(capabilities=Capabilities(elements=frozenset({6}))),
}


@pytest.fixture
def controller() -> Iterator[Controller]:
    made = Controller(AppState(), build=lambda choice: SPRINGS[choice.model])
    made.state.load(WATER)
    yield made
    assert made.close()


def choice_of(model: str) -> RelaxerChoice:
    return RelaxerChoice(method="spring", model=model)


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A calculator of another package; nothing of it is imported here."""
    entry = EntryPoint("my-field", "nowhere:make", plugins.GROUP)
    monkeypatch.setattr(plugins, "calculator_plugins", lambda: {"my-field": entry})


@pytest.mark.usefixtures("plugin")
def test_that_all_methods_include_plug_ins_and_every_model() -> None:
    served = served_methods(list_models())
    assert ("my-field", "") in served
    assert ("mmff94", "") in served
    assert ("jt", "qm9-jt") in served
    assert len(served) == len(set(served))
    assert all(model for name, model in served if name in {"fast", "jt", "as", "itp"})


@pytest.mark.usefixtures("plugin")
def test_that_methods_without_a_model_are_left_out() -> None:
    names = {name for name, _ in served_methods([])}
    assert "mmff94" in names
    assert not names & {"jt", "as", "itp", "fast", "ddpm"}


def test_that_plain_diffusion_is_not_in_the_row() -> None:
    served = [("ddpm", "qm9-ddpm"), ("jt", "qm9-jt"), ("fast", "everyday")]
    runs = methods_of(RelaxerChoice(), served, 3, {"jt": 40, "fast": 20}.__getitem__)
    rows = [(run.choice.method, run.seed, run.max_steps) for run in runs]
    assert rows == [("jt", 3, 40), ("fast", 3, 20)]


def ended(
    seed: int, *, start: Structure = WATER, reason: StopReason | None = StopReason.PLATEAU
) -> RunRecord:
    """A run of MoreRed-JT with 40 steps at most."""
    made = Provenance("jt", "qm9-jt", seed=seed, options={"device": "cpu", "max_steps": 40})
    trajectory = Trajectory(start, made)
    trajectory.append(Frame(0, start.positions, t=5.0))
    trajectory.stop_reason = reason
    return RunRecord(trajectory, Reference(start, "start"))


def test_that_the_next_seeds_are_those_that_were_not_run() -> None:
    choice = RelaxerChoice(method="jt", model="qm9-jt")
    moved = WATER.with_positions(WATER.positions * 1.1)
    runs = [
        ended(0),
        ended(2),
        ended(3, start=moved),
        ended(4, reason=StopReason.CANCELLED),
        ended(5, reason=None),
    ]
    done = seeds_done(runs, WATER, choice, 40)
    assert done == {0, 2}
    assert [run.seed for run in seeds_of(choice, 0, 3, 40, done)] == [1, 3, 4]
    for other in (replace(choice, method="as"), replace(choice, model="everyday")):
        assert seeds_done(runs, WATER, other, 40) == set()
    assert seeds_done(runs, WATER, choice, 41) == set()


def test_that_a_time_model_makes_other_runs() -> None:
    made = Provenance("as", "noise + clock", seed=1, options={"max_steps": 40})
    trajectory = Trajectory(WATER, made)
    trajectory.append(Frame(0, WATER.positions, t=5.0))
    trajectory.stop_reason = StopReason.PLATEAU
    run = RunRecord(trajectory, Reference(WATER, "start"))
    for time_model, done in (("", {1}), ("clock", {1}), ("other", set())):
        choice = RelaxerChoice(method="as", model="noise", time_model=time_model)
        assert seeds_done([run], WATER, choice, 40) == done


def test_that_a_run_measured_to_its_own_end_has_no_rmsd() -> None:
    run = ended(0)
    assert outcome_of(run).rmsd is not None
    run.reference = Reference(WATER, "final frame", own=True)
    assert outcome_of(run).rmsd is None


def test_that_a_run_of_its_own_ends_the_row(controller: Controller) -> None:
    state, queue = controller.state, RunQueue(controller)
    queue.begin(seeds_of(choice_of("slow"), 0, 5, 1000))
    wait(controller, lambda: state.series is not None and len(state.series) > 2)
    controller.relax(choice_of("good"), seed=77, max_steps=20)
    assert queue.waiting == 0
    wait(controller, lambda: not state.busy)
    assert [run.trajectory.provenance.seed for run in state.runs] == [0, 77]
    assert state.runs[1].trajectory.stop_reason == StopReason.MAX_STEPS


def test_that_a_row_tells_at_its_end_what_failed(controller: Controller) -> None:
    state, queue = controller.state, RunQueue(controller)
    names = ("carbon", "broken", "good")
    queue.begin([PlannedRun(choice_of(name), 0, 10) for name in names])
    wait(controller, lambda: len(state.runs) == 2 and not state.relaxing and not queue.waiting)
    wait(controller, lambda: state.message is not None)
    message = state.message
    assert message is not None
    assert message.severity == Severity.ERROR
    assert "spring, carbon: Unsupported element" in message.text
    assert "spring, broken: Something in the program went wrong" in message.text
    assert "the spring broke" in message.details
    state.say(None)
    controller.relax(choice_of("good"), seed=0, max_steps=5)
    wait(controller, lambda: not state.busy)
    assert state.message is None


def test_that_another_molecule_ends_a_row(controller: Controller) -> None:
    state, queue = controller.state, RunQueue(controller)
    queue.begin(seeds_of(choice_of("slow"), 0, 5, 1000))
    wait(controller, lambda: bool(state.series))
    controller.add_noise(100, 0)
    for _ in range(5):
        controller.pump()
    assert queue.waiting == 0
    assert not state.busy
    assert len(state.runs) == 1
