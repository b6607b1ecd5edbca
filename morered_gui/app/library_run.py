"""Many molecules: read, relaxed and written as a stream, so that a killed run goes on.

Results are appended in the order of the input. A small file beside the output says how far the
run is, and how long the two files were then; what was written after that is cut off when the run
is resumed.
"""

import csv
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import batched, islice
from pathlib import Path
from typing import Any

from morered_gui.chem.library import iter_library
from morered_gui.core import ExpectedError
from morered_gui.core.files import replacing
from morered_gui.core.processes import Submit, in_order
from morered_gui.relaxers.library import Failed, LibraryChunk, Outcome, Relaxed, relax_chunk
from morered_gui.relaxers.registry import RelaxerChoice

CHUNK = 32  # molecules that are lost at most by a kill, per process
FAILURE_COLUMNS = ("line", "name", "reason")


@dataclass(frozen=True, kw_only=True)
class LibraryJob:
    """What to relax, and how.

    Attributes:
        source: sdf, SMILES or CSV file.
        output: sdf file for the results.
        choice: the relaxer.
        max_steps: most steps per molecule.
        seed: of embedding and relaxation.
        energies: whether GFN2-xTB judges start and result.
    """

    source: Path
    output: Path
    choice: RelaxerChoice
    max_steps: int
    seed: int
    energies: bool = False

    @property
    def failures(self) -> Path:
        """The list of molecules without a result."""
        return self.output.with_name(f"{self.output.stem}.failures.csv")

    @property
    def journal(self) -> Path:
        """How far the run is; there only while it is not finished."""
        return self.output.with_name(f"{self.output.name}.unfinished.json")

    def identity(self) -> dict[str, Any]:
        """What has to be the same for a run to go on."""
        return {
            "source": self.source.name,
            "source_bytes": self.source.stat().st_size,
            "choice": {k: str(v) for k, v in asdict(self.choice).items()},
            "max_steps": self.max_steps,
            "seed": self.seed,
            "energies": self.energies,
        }


@dataclass(frozen=True)
class LibraryProgress:
    """Molecules done so far, resumed parts included; seconds are those of this run."""

    done: int = 0
    relaxed: int = 0
    failed: int = 0
    bonds_changed: int = 0
    stereo_changed: int = 0
    clashing: int = 0
    seconds: float = 0.0

    def after(self, outcomes: list[Outcome], seconds: float) -> "LibraryProgress":
        """With the outcomes of a chunk."""
        checks = [o.report.check for o in outcomes if isinstance(o, Relaxed)]
        return LibraryProgress(
            self.done + len(outcomes),
            self.relaxed + len(checks),
            self.failed + len(outcomes) - len(checks),
            self.bonds_changed + sum(c.bonds_kept is False for c in checks),
            self.stereo_changed + sum(c.stereo_kept is False for c in checks),
            self.clashing + sum(bool(c.clashes) for c in checks),
            seconds,
        )


@dataclass(frozen=True)
class _Mark:
    """The journal: a state to which both files can be cut back."""

    identity: dict[str, Any]
    progress: LibraryProgress = field(default_factory=LibraryProgress)
    output_bytes: int = 0
    failure_bytes: int = 0

    def save(self, path: Path) -> None:
        with replacing(path) as part:
            part.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "_Mark":
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**table, "progress": LibraryProgress(**table["progress"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ExpectedError(
                f"{path} can't be read ({error}); begin again without it"
            ) from error


def run_library(
    job: LibraryJob,
    submit: Submit,
    *,
    workers: int,
    resume: bool = False,
    on_outcomes: Callable[[list[Outcome], LibraryProgress], None] = lambda _, __: None,
) -> LibraryProgress:
    """Relax a library; memory is bounded by twice as many chunks as there are workers.

    Args:
        job: what to do.
        submit: hands a chunk to a worker (``worker_processes`` or a Dask client).
        workers: how many there are.
        resume: go on where a killed run was.
        on_outcomes: is told how far the run is, then of each chunk when it is on the disk.

    Raises:
        ExpectedError: bad input; an unfinished run is there, or none to resume; a worker process
            was killed (what was finished stays).
    """
    mark = _begin(job, resume)
    began = time.perf_counter()
    on_outcomes([], mark.progress)
    records = islice(iter_library(job.source), mark.progress.done, None)
    chunks = (
        LibraryChunk(part, job.choice, job.max_steps, job.seed, job.energies)
        for part in batched(records, CHUNK)
    )
    try:
        with _appending(job) as append:
            for outcomes in in_order(submit, relax_chunk, chunks, 2 * workers):
                seconds = time.perf_counter() - began
                mark = append(mark, outcomes, mark.progress.after(outcomes, seconds))
                on_outcomes(outcomes, mark.progress)
    except BrokenProcessPool as error:
        raise ExpectedError(
            "a worker process was killed (out of memory?); go on with --resume"
        ) from error
    job.journal.unlink()
    return replace(mark.progress, seconds=time.perf_counter() - began)


def _begin(job: LibraryJob, resume: bool) -> _Mark:
    """The state to begin from, both files cut back to it."""
    fresh = _Mark(job.identity())
    if not job.journal.exists():
        if resume and job.output.exists():
            raise ExpectedError(f"{job.output} is finished: there is nothing to resume")
        job.output.write_bytes(b"")
        header = _csv_line(FAILURE_COLUMNS)
        job.failures.write_bytes(header)
        mark = replace(fresh, failure_bytes=len(header))
        mark.save(job.journal)
        return mark
    if not resume:
        raise ExpectedError(
            f"an unfinished run for {job.output} is there: --resume goes on with it; "
            f"to begin again delete {job.journal.name}"
        )
    mark = _Mark.load(job.journal)
    if mark.identity != fresh.identity:
        raise ExpectedError("the unfinished run had another input or other settings; repeat those")
    os.truncate(job.output, mark.output_bytes)
    os.truncate(job.failures, mark.failure_bytes)
    return mark


_Append = Callable[[_Mark, list[Outcome], LibraryProgress], _Mark]


@contextmanager
def _appending(job: LibraryJob) -> Iterator[_Append]:
    """Yield a function that puts the outcomes of a chunk on the disk, then marks it as done."""
    with job.output.open("ab") as results, job.failures.open("ab") as failures:

        def append(mark: _Mark, outcomes: list[Outcome], progress: LibraryProgress) -> _Mark:
            for outcome in outcomes:
                if isinstance(outcome, Failed):
                    failures.write(_failure_line(outcome))
                else:
                    results.write(outcome.sdf.encode())
            for file in (results, failures):
                file.flush()
                os.fsync(file.fileno())
            after = _Mark(mark.identity, progress, results.tell(), failures.tell())
            after.save(job.journal)
            return after

        yield append


def _failure_line(failed: Failed) -> bytes:
    reason = " ".join(failed.reason.split())
    return _csv_line((failed.record.line, failed.record.name, reason))


def _csv_line(cells: tuple[object, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
