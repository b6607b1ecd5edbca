"""Run a relaxer to the end and keep what it yields."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing

from morered_gui.core import (
    BatchFrame,
    BatchRun,
    ExpectedError,
    Relaxer,
    StopReason,
    Structure,
    Trajectory,
)

# Pairs of atoms of a batch, padding included; the frames of one batch are kept in memory.
BATCH_PAIRS = 20_000
# torch's, after which its process can do no more on the device; being out of memory is another.
DEVICE_ERROR = "AcceleratorError"


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


def relax_each(
    relaxer: Relaxer,
    starts: Sequence[Structure],
    *,
    max_steps: int,
    seed: int,
    caught: type[Exception] = ExpectedError,
) -> list[Trajectory | ExpectedError]:
    """Relax molecules as one batch, or one by one where it fails: none spoils another.

    ``caught`` is what counts as a failure of a molecule; anything else is raised.
    """
    try:
        return list(relax_all(relaxer, starts, max_steps=max_steps, seed=seed))
    except caught as error:
        if len(starts) == 1:
            return [as_expected(error)]
    return [
        one
        for start in starts
        for one in relax_each(relaxer, [start], max_steps=max_steps, seed=seed, caught=caught)
    ]


def as_expected(error: Exception) -> ExpectedError:
    """The error as the reason why a molecule has no result, of what type where nobody foresaw it.

    Raises ExpectedError where the device itself has failed: all molecules to come would fail.
    """
    if isinstance(error, ExpectedError):
        return error
    if type(error).__name__ == DEVICE_ERROR:
        raise ExpectedError(f"the device has failed ({error}); go on with --resume") from error
    return ExpectedError(f"{type(error).__name__}: {error}")


def batches_by_size[T](
    starts: Iterable[tuple[T, Structure]],
) -> Iterator[list[tuple[T, Structure]]]:
    """Named molecules, those of like size together, so that little of a batch is padding."""
    batch: list[tuple[T, Structure]] = []
    for item in sorted(starts, key=lambda item: len(item[1])):
        if batch and (len(batch) + 1) * len(item[1]) ** 2 > BATCH_PAIRS:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


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
