"""Run a relaxer to the end and keep what it yields."""

from collections.abc import Callable, Sequence
from contextlib import closing

from morered_gui.core import BatchFrame, BatchRun, Relaxer, StopReason, Structure, Trajectory


def relax_all(
    relaxer: Relaxer,
    starts: Sequence[Structure],
    *,
    max_steps: int,
    seed: int,
    on_frame: Callable[[BatchFrame], None] | None = None,
) -> list[Trajectory]:
    """Relax molecules as one batch; one finished trajectory per molecule, in their order.

    ``on_frame`` is told of each frame as it comes. Errors are those of ``Relaxer.relax``.
    """
    provenance = relaxer.provenance.of_run(seed, max_steps)
    trajectories = [Trajectory(start, provenance) for start in starts]
    with closing(relaxer.relax(starts, max_steps=max_steps, seed=seed)) as run:
        reasons = _drain(run, trajectories, on_frame)
    for trajectory, reason in zip(trajectories, reasons, strict=True):
        trajectory.stop_reason = reason
    return trajectories


def _drain(
    run: BatchRun, trajectories: list[Trajectory], on_frame: Callable[[BatchFrame], None] | None
) -> list[StopReason]:
    while True:
        try:
            item = next(run)
        except StopIteration as end:
            return list(end.value)
        trajectories[item.molecule].append(item.frame)
        if on_frame is not None:
            on_frame(item)
