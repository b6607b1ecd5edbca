"""Several runs on one molecule: what came out of each, and how to start many in a row."""

import itertools
from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace

import numpy as np

from morered_gui.app.controller import Controller
from morered_gui.app.made_by import title_of
from morered_gui.app.records import RunRecord
from morered_gui.app.state import Activity, Message
from morered_gui.chem.validity import bonds_kept
from morered_gui.core import Provenance, StopReason, Structure
from morered_gui.relaxers.methods import METHODS, ModelInfo, all_methods, models_for
from morered_gui.relaxers.registry import MODELS_JOINED, RelaxerChoice
from morered_gui.relaxers.suitability import obstacle


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One run in figures; None where something is not known.

    ``rmsd`` (Å) is that of the result to the run's reference, where that is no frame of the run
    itself; ``ratio`` divides it by that of the first frame. ``energy`` and ``xtb`` (eV) are those
    of the result, by its own method and by GFN2-xTB. ``noise_step`` is the time step t to which
    the start was diffused; 0 for none.
    """

    title: str
    seed: int
    verdict: str
    steps: int = 0
    rmsd: float | None = None
    ratio: float | None = None
    energy: float | None = None
    xtb: float | None = None
    noise_step: int = 0
    evaluations: int = 0
    seconds: float = 0.0


def outcome_of(run: RunRecord) -> Outcome:
    """Sum up a run as far as it has come."""
    trajectory, series, made = run.trajectory, run.series, run.trajectory.provenance
    title = _title(made)
    if not len(series):
        return Outcome(
            title=title, seed=made.seed, noise_step=run.noise_step, verdict="no frame yet"
        )
    result = trajectory.result_index if trajectory.stop_reason else len(trajectory) - 1
    first, last = float(series.rmsd[0]), float(series.rmsd[result])
    own = run.reference.own
    # A run that is measured to its own end or its own start has no ratio.
    known = min(first, last) > 1e-6 and not own
    return Outcome(
        title=title,
        seed=made.seed,
        steps=trajectory[-1].step,
        rmsd=None if own else last,
        ratio=last / first if known else None,
        energy=trajectory[result].energy,
        xtb=_xtb_energy(run, result),
        noise_step=run.noise_step,
        evaluations=trajectory[-1].evaluations,
        seconds=trajectory[-1].seconds,
        verdict=_verdict(run, result, last / first if known else None),
    )


def _xtb_energy(run: RunRecord, result: int) -> float | None:
    """GFN2-xTB energy of the result, eV, where it is known."""
    energy = float(run.series.column("xtb")[result])
    if np.isfinite(energy):
        return energy
    end = run.ends[1] if run.ends is not None else None
    return None if end is None else end.energy


def _title(made: Provenance) -> str:
    """The method, its model where that is not its own, and what it went on from."""
    title = title_of(made)
    if "continues" not in made.options:
        return title
    before = str(made.options["continues"])
    return f"{title} after {METHODS[before].title if before in METHODS else before}"


def _bonds_changed(run: RunRecord, result: int) -> bool:
    """By the check where there is one: it was made in another thread."""
    if run.check is not None:
        return run.check.bonds_kept is False
    start = run.trajectory.start
    return len(start.bonds) > 0 and not bonds_kept(start, run.trajectory[result].positions)


def _verdict(run: RunRecord, result: int, ratio: float | None) -> str:
    """Failures as in the benchmark: farther away, diverged, or another molecule."""
    trajectory = run.trajectory
    reason = trajectory.stop_reason
    if reason is None:
        return "unfinished"
    if reason == StopReason.DIVERGED or not np.isfinite(trajectory[result].positions).all():
        return "diverged"
    if _bonds_changed(run, result):
        return "bonds changed"
    if run.check is not None and run.check.stereo_kept is False:
        return "stereo changed"
    if ratio is not None and ratio > 1.0:
        return "farther away"
    return {StopReason.CANCELLED: "stopped by you", StopReason.MAX_STEPS: "out of steps"}.get(
        reason, "converged"
    )


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
            title = _title(Provenance(run.choice.method, run.choice.model))
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
        if method != "ddpm"
    ]
