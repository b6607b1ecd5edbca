"""A relaxation as a job of the compute thread."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from morered_gui.app.events import Finished, FrameArrived, LoadingModel, RunReady
from morered_gui.app.jobs import Job, Work
from morered_gui.core import BatchRun, Frame, Relaxer, StopReason, Structure
from morered_gui.core.arrays import BoolArray
from morered_gui.relaxers.methods import find_method
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer


@dataclass(frozen=True, eq=False)
class RunRequest:
    """Everything that a relaxation needs to know.

    ``fixed``: (n,), True for atoms that stay exactly where they are; None for no such atoms.
    """

    start: Structure
    choice: RelaxerChoice
    seed: int
    max_steps: int
    fixed: BoolArray | None = None


MOST_KEPT = 2
Build = Callable[[RelaxerChoice], Relaxer]


# Imports torch, hence only on the compute thread.
build: Build = partial(build_relaxer, threads=1)


class RelaxerShelf:
    """Keeps the relaxers that were used last, so that a second run starts at once.

    More than one: drawing relaxes by another method than the button does. Used by the compute
    thread only.
    """

    def __init__(self, build: Build = build) -> None:
        self._build = build
        self._kept: dict[RelaxerChoice, Relaxer] = {}

    def holds(self, choice: RelaxerChoice) -> bool:
        """Whether this relaxer is already there."""
        return choice in self._kept

    def get(self, choice: RelaxerChoice) -> Relaxer:
        """The relaxer, built if need be; the one not used for longest goes first."""
        relaxer = self._kept.pop(choice, None)
        while relaxer is None and len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[choice] = relaxer or self._build(choice)
        return self._kept[choice]

    def clear(self) -> None:
        """Keep none: a model may be another one by now, under the same name."""
        self._kept.clear()


def relaxation(request: RunRequest, shelf: RelaxerShelf) -> Work:
    """Build or fetch the relaxer, run it, and post each frame."""

    def work(job: Job) -> None:
        relaxer = None if job.cancelled.is_set() else _fetch(request.choice, shelf, job)
        if relaxer is None or job.cancelled.is_set():
            job.post(Finished(job.number, StopReason.CANCELLED))
            return
        provenance = relaxer.provenance.of_run(request.seed, request.max_steps)
        run = relaxer.relax(
            [request.start],
            max_steps=request.max_steps,
            seed=request.seed,
            fixed=[request.fixed],
        )
        with closing(run):
            job.post(RunReady(job.number, provenance))
            reason = _drain(run, job)
        job.post(Finished(job.number, reason))

    return work


def prediction(choice: RelaxerChoice, structure: Structure, shelf: RelaxerShelf) -> Frame:
    """What a method predicts for a structure, without moving it: frame 0 of a relaxation.

    Raises UnsupportedMoleculeError and ModelError as a relaxation does.
    """
    run = shelf.get(choice).relax([structure], max_steps=1, seed=0)
    with closing(run):
        return next(run).frame


def warming(choice: RelaxerChoice, shelf: RelaxerShelf) -> Work:
    """Build a relaxer ahead of its first use."""

    def work(job: Job) -> None:
        if not job.cancelled.is_set():
            relaxer = _fetch(choice, shelf, job)
            job.post(RunReady(job.number, relaxer.provenance))

    return work


def _fetch(choice: RelaxerChoice, shelf: RelaxerShelf, job: Job) -> Relaxer:
    if not shelf.holds(choice):
        job.post(LoadingModel(job.number, choice.model or find_method(choice.method).title))
    return shelf.get(choice)


def _drain(run: BatchRun, job: Job) -> StopReason:
    """Post the frames until the run ends or the job is cancelled."""
    while not job.cancelled.is_set():
        try:
            item = next(run)
        except StopIteration as end:
            return StopReason(end.value[0])
        job.post(FrameArrived(job.number, item.frame))
    return StopReason.CANCELLED
