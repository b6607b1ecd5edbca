"""Several runs on one molecule, one after another: which ones, and how they are started."""

import itertools
from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace

import numpy as np

from morered_gui.app.controller import Controller
from morered_gui.app.made_by import title_of
from morered_gui.app.messages import Message
from morered_gui.app.records import RunRecord
from morered_gui.app.run_state import Activity
from morered_gui.core import Provenance, StopReason, Structure
from morered_gui.relaxers.methods import METHODS, ModelInfo, all_methods, find_method, models_for
from morered_gui.relaxers.registry import MODELS_JOINED, RelaxerChoice
from morered_gui.relaxers.suitability import obstacle


@dataclass(frozen=True)
class PlannedRun:
    """A run that is to follow."""

    choice: RelaxerChoice
    seed: int
    max_steps: int


class RunQueue:
    """Starts runs on the same start one after another; a run stopped by the user ends it.

    What could not be relaxed is told at the end: each run takes away the message before it.
    """

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._waiting: deque[PlannedRun] = deque()
        self._now: PlannedRun | None = None  # on its way
        self._failures: list[Message] = []
        self._start: object = None  # the structure that all of them start from
        controller.state.activity_changed.connect(self._on_activity)

    @property
    def waiting(self) -> int:
        """How many runs are still to come."""
        return len(self._waiting)

    def begin(self, runs: Sequence[PlannedRun]) -> None:
        """Start the first; the others follow."""
        self._waiting, self._now, self._failures = deque(runs), None, []
        self._start = self._controller.state.structure
        self._controller.after_events(self._go_on)

    def clear(self) -> None:
        """Start no more."""
        self._waiting.clear()
        self._now = None

    def _on_activity(self, activity: Activity) -> None:
        if activity == Activity.STOPPING:
            self.clear()
        elif activity == Activity.IDLE:
            # The end of a run is told before its trajectory is closed, and before what went wrong.
            self._controller.after_events(self._go_on)

    def _go_on(self) -> None:
        """Start the next, or sum up."""
        controller = self._controller
        if controller.state.structure is not self._start:
            self.clear()
            self._failures = []
        if controller.state.relaxing:
            return
        self._note_failure()
        if self._waiting:
            run = self._now = self._waiting.popleft()
            controller.relax(run.choice, seed=run.seed, max_steps=run.max_steps)
        elif self._failures:
            self._tell()

    def _note_failure(self) -> None:
        run, failure = self._now, self._controller.failure
        if run is not None and failure is not None:
            title = title_of(Provenance(run.choice.method, run.choice.model))
            self._failures.append(replace(failure, text=f"{title}: {failure.text}"))
        self._now = None

    def _tell(self) -> None:
        """All failures in one message, each once, with the report of a defect if there is one."""
        failures, self._failures = self._failures, []
        whole = next((each for each in failures if each.details), failures[0])
        texts = dict.fromkeys(each.text for each in failures)
        self._controller.state.say(replace(whole, text=" ".join(texts)))


def seeds_of(
    choice: RelaxerChoice,
    first: int,
    count: int,
    max_steps: int,
    done: Container[int] = frozenset(),
) -> list[PlannedRun]:
    """The same run with other random numbers: the next seeds that are not ``done``."""
    seeds = (seed for seed in itertools.count(first) if seed not in done)
    return [PlannedRun(choice, seed, max_steps) for seed in itertools.islice(seeds, count)]


def seeds_done(
    runs: Sequence[RunRecord], start: Structure, choice: RelaxerChoice, max_steps: int
) -> set[int]:
    """Seeds of the runs from this start, by this choice, that ended by themselves."""
    return {
        run.made.seed
        for run in runs
        if run.trajectory.stop_reason not in {None, StopReason.CANCELLED}
        and np.array_equal(run.trajectory.start.positions, start.positions)
        and _is_choice(run.made, choice, max_steps)
    }


def _is_choice(made: Provenance, choice: RelaxerChoice, max_steps: int) -> bool:
    """Whether a run was made by this choice; the device makes no other run of it."""
    model, _, time_model = made.model.partition(MODELS_JOINED)
    return (
        (made.method, model) == (choice.method, choice.model)
        and time_model in {choice.time_model or time_model, ""}
        and made.options.get("max_steps") == max_steps
        and made.options.get("start_t") == choice.start_t
        and "continues" not in made.options
    )


def needs_seeds(method: str) -> bool:
    """Whether runs of a method may differ by their seed; those of plug-ins may."""
    return method not in METHODS or METHODS[method].draws


def served_methods(models: Sequence[ModelInfo]) -> list[tuple[str, str]]:
    """Each method that can run here with each of its models; plug-ins are among them."""
    able = [method for method in all_methods().values() if not obstacle(method, models)]
    return [
        (method.name, model)
        for method in able
        for model in ([m.name for m in models_for(method, models)] if method.kind else [""])
    ]


def methods_of(
    choice: RelaxerChoice,
    served: Sequence[tuple[str, str]],
    seed: int,
    steps_for: Callable[[str], int],
) -> list[PlannedRun]:
    """One run per (method, model); plain diffusion is told its time and is left out.

    ``steps_for`` tells the most steps of a method: few ones for one are none for another.
    """
    return [
        PlannedRun(replace(choice, method=method, model=model), seed, steps_for(method))
        for method, model in served
        if not find_method(method).starts_at_given_time
    ]
