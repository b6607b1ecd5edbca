"""``morered relax`` for libraries: one molecule after another, on several processes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import typer

from morered_gui.app.cluster import cluster_workers
from morered_gui.app.library_run import RESULTS, LibraryJob, LibraryProgress, run_library
from morered_gui.chem.library import is_library, iter_library
from morered_gui.cli.console import messages, progress_bar
from morered_gui.core.processes import Submit, worker_processes
from morered_gui.relaxers.library import Outcome, Relaxed

# Files with more molecules than this are libraries.
STREAM_FROM = 100


def wants_stream(source: Path, output: Path | None) -> bool:
    """Whether a file is too large to be relaxed as one batch with all frames."""
    if not is_library(source) or (output is not None and output.suffix.lower() != RESULTS):
        return False
    return sum(1 for _ in islice(iter_library(source), STREAM_FROM + 1)) > STREAM_FROM


def relax_library(
    job: LibraryJob, *, processes: int, scheduler: str, resume: bool, as_json: bool
) -> None:
    """Relax a library, with progress, and say what came of it; exit code 1 where nothing did."""
    with (
        _workers(processes, scheduler) as (submit, n),
        progress_bar("relaxing", None, "molecule", resumed=True) as show,
    ):

        def told(outcomes: list[Outcome], progress: LibraryProgress) -> None:
            show(progress.done, progress.total)
            for outcome in outcomes if as_json else ():
                typer.echo(json.dumps(_as_dict(outcome)))

        result = run_library(job, submit, workers=n, resume=resume, on_outcomes=told)
    _summary(job, result)
    if result.relaxed == 0:
        raise typer.Exit(1)


@contextmanager
def _workers(processes: int, scheduler: str) -> Iterator[tuple[Submit, int]]:
    if scheduler:
        with cluster_workers(scheduler) as workers:
            yield workers
        return
    with worker_processes(processes) as submit:
        yield submit, processes


def _as_dict(outcome: Outcome) -> dict[str, object]:
    if isinstance(outcome, Relaxed):
        return outcome.report.as_dict()
    return {"name": outcome.record.name, "line": outcome.record.line, "failed": outcome.reason}


def _summary(job: LibraryJob, result: LibraryProgress) -> None:
    lines = [f"relaxed {result.relaxed} of {result.done} molecules in {result.seconds:.0f} s"]
    for count, what in (
        (result.bonds_changed, "have other bonds than before"),
        (result.stereo_changed, "are another stereoisomer"),
        (result.clashing, "have clashes"),
    ):
        if count:
            lines.append(f"{count} of them {what}")
    if result.failed:
        lines.append(f"{result.failed} failed, listed in {job.failures}")
    messages.print("; ".join(lines), f"({job.output})", markup=False)
