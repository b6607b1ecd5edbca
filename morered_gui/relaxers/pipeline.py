"""One relaxer after another as one."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from morered_gui.core import (
    BatchFrame,
    BatchRun,
    Capabilities,
    Frame,
    Provenance,
    Relaxer,
    StopReason,
    Structure,
    Trajectory,
)
from morered_gui.core.arrays import BoolArray
from morered_gui.relaxers.requests import check_request, masks


@dataclass(frozen=True)
class Pipeline:
    """The second relaxer starts where the first arrived; both are one trajectory.

    The hand-over takes a step: the first frame of the second stage has the positions of the
    last frame of the first. Steps, evaluations and seconds go on counting.
    """

    first: Relaxer
    second: Relaxer
    method: str

    @property
    def capabilities(self) -> Capabilities:
        """What both take."""
        return self.first.capabilities & self.second.capabilities

    @property
    def provenance(self) -> Provenance:
        """Model of the first, level of theory of the last; options and versions of both."""
        first, second = self.first.provenance, self.second.provenance
        return replace(
            first,
            method=self.method,
            level_of_theory=second.level_of_theory,
            options={
                **first.options,
                **second.options,
                "stages": [first.method, second.method],
                "start_level_of_theory": first.level_of_theory,
            },
            versions={**first.versions, **second.versions},
        )

    def relax(
        self,
        starts: Sequence[Structure],
        *,
        max_steps: int,
        seed: int,
        fixed: Sequence[BoolArray | None] | None = None,
    ) -> BatchRun:
        """See ``Relaxer``. ``max_steps`` are those of both stages together.

        What either refuses is refused at once. In the second stage each molecule is a batch of
        its own.
        """
        check_request(starts, max_steps, self.capabilities)
        self.second.relax(starts, max_steps=max_steps, seed=seed, fixed=fixed).close()
        first = self.first.relax(starts, max_steps=max_steps, seed=seed, fixed=fixed)
        return self._run(starts, first, max_steps, seed, masks(fixed, starts))

    def _run(
        self,
        starts: Sequence[Structure],
        first: BatchRun,
        max_steps: int,
        seed: int,
        held: Sequence[BoolArray | None],
    ) -> Generator[BatchFrame, None, list[StopReason]]:
        done = [Trajectory(start, self.provenance) for start in starts]
        with closing(first):
            reasons = yield from _noted(first, done)
        for molecule, trajectory in enumerate(done):
            trajectory.stop_reason = reasons[molecule]
            left = max_steps - trajectory[-1].step - 1
            if left < 1 or reasons[molecule] == StopReason.DIVERGED:
                continue
            second = self.second.relax(
                [trajectory.result()], max_steps=left, seed=seed, fixed=[held[molecule]]
            )
            with closing(second):
                reasons[molecule] = yield from _continued(second, molecule, trajectory[-1])
        return reasons


def _noted(
    run: BatchRun, done: Sequence[Trajectory]
) -> Generator[BatchFrame, None, list[StopReason]]:
    """Pass the frames on and keep them."""
    while True:
        try:
            item = next(run)
        except StopIteration as end:
            return list(end.value)
        done[item.molecule].append(item.frame)
        yield item


def _continued(
    run: BatchRun, molecule: int, last: Frame
) -> Generator[BatchFrame, None, StopReason]:
    """Pass on the frames of a run of one molecule that goes on after another's last frame."""
    while True:
        try:
            frame = next(run).frame
        except StopIteration as end:
            return StopReason(end.value[0])
        later = replace(
            frame,
            step=last.step + 1 + frame.step,
            evaluations=last.evaluations + frame.evaluations,
            seconds=last.seconds + frame.seconds,
            stage=last.stage + 1 + frame.stage,
        )
        yield BatchFrame(molecule, later)
