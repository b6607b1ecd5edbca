"""Many molecules: read, relaxed and written as a stream, so that a killed run goes on.

Results are appended in the order of the input. A small file beside the output says how far the
run is, and how long the two files were then; what was written after that is cut off when the run
is resumed.
"""

import csv
import hashlib
import io
import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import batched, islice
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from morered_gui.chem.library import is_library, iter_library
from morered_gui.chem.reading import unpacked
from morered_gui.core import ExpectedError
from morered_gui.core.files import replacing
from morered_gui.core.processes import Submit, in_order
from morered_gui.relaxers.library import (
    Failed,
    LibraryChunk,
    Outcome,
    Relaxed,
    model_hash,
    relax_chunk,
)
from morered_gui.relaxers.registry import RelaxerChoice

RESULTS = ".sdf"
CHUNK = 32  # molecules that are lost at most by a kill, per process
LEAST_CHUNKS = 16  # of a small library: work for all processes, and a progress to look at
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
        return journal_of(self.output)

    @property
    def lock(self) -> Path:
        """Held by the program that writes the results."""
        return self.output.with_name(f"{self.output.name}.lock")

    @property
    def is_unfinished(self) -> bool:
        """Whether an earlier run with this output was stopped on its way."""
        return self.journal.exists()

    def identity(self, weights: str) -> dict[str, Any]:
        """What has to be the same for a run to go on; ``weights`` is the hash of the model's."""
        with self.source.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        return {
            "source": self.source.name,
            "source_sha256": content,
            "model_sha256": weights,
            "choice": {k: str(v) for k, v in asdict(self.choice).items()},
            "max_steps": self.max_steps,
            "seed": self.seed,
            "energies": self.energies,
        }


@dataclass(frozen=True)
class LibraryProgress:
    """Molecules done so far, resumed parts included; seconds are those of this run."""

    total: int = 0
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
            self.total,
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


def journal_of(output: Path) -> Path:
    """Where a run with this output says how far it is."""
    return output.with_name(f"{output.name}.unfinished.json")


def results_beside(source: Path) -> Path:
    """Where results go that have no place."""
    return source.with_name(f"{unpacked(source).stem}-relaxed{RESULTS}")


def run_library(
    job: LibraryJob,
    submit: Submit,
    *,
    workers: int,
    resume: bool = False,
    afresh: bool = False,
    on_outcomes: Callable[[list[Outcome], LibraryProgress], None] = lambda _, __: None,
) -> LibraryProgress:
    """Relax a library; memory is bounded by twice as many chunks as there are workers.

    Args:
        job: what to do.
        submit: hands a chunk to a worker (``worker_processes`` or a Dask client).
        workers: how many there are.
        resume: go on where a killed run was.
        afresh: begin again, where one is there.
        on_outcomes: is told how far the run is, then of each chunk when it is on the disk.

    Raises:
        ExpectedError: bad input or settings; the input would be written over; an unfinished run
            is there, or none to resume, or another program is at it; a worker process was killed
            (what was finished stays).
    """
    _check_paths(job)
    began = time.perf_counter()
    total = sum(1 for _ in iter_library(job.source))
    if total == 0:
        raise ExpectedError(f"{job.source.name} holds no molecule")
    under_way: deque[LibraryChunk] = deque()
    with _alone(job), _killed_workers_said(job, under_way):
        # First of all: bad settings are to leave earlier results alone. Asked of a worker, since
        # that is where the model and the device have to be.
        weights = submit(model_hash, job.choice).result()
        size = chunk_size(total)
        if afresh:
            job.journal.unlink(missing_ok=True)
        mark = _begin(job, {**job.identity(weights), "chunk": size}, total, resume=resume)
        on_outcomes([], mark.progress)
        chunks = _chunks(job, size, mark.progress.done, under_way)
        with _appending(job) as append:
            for outcomes in in_order(submit, relax_chunk, chunks, 2 * workers):
                under_way.popleft()
                seconds = time.perf_counter() - began
                mark = append(mark, outcomes, mark.progress.after(outcomes, seconds))
                on_outcomes(outcomes, mark.progress)
        job.journal.unlink()
    return replace(mark.progress, seconds=time.perf_counter() - began)


def chunk_size(total: int) -> int:
    """Molecules that go to a worker at once. By the file alone: results depend on it."""
    return max(1, min(CHUNK, total // LEAST_CHUNKS))


def _check_paths(job: LibraryJob) -> None:
    """Raise ExpectedError where a file to be written is the one to be read, by whatever name.

    The same where source or results are of another kind.
    """
    for path in (job.output, job.failures, job.journal):
        if path.exists() and path.samefile(job.source):
            raise ExpectedError(f"{path} is the input and would be lost; name another output")
    if not is_library(job.source):
        raise ExpectedError("libraries are sdf, SMILES, CSV or xyz files")
    if job.output.suffix.lower() != RESULTS:
        raise ExpectedError(
            "the results of a library (any csv is one) go to an .sdf file (--output)"
        )


@contextmanager
def _alone(job: LibraryJob) -> Iterator[None]:
    """Two programs would mix up their results; raises ExpectedError where another is at it."""
    lock = FileLock(job.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ExpectedError(f"another program is writing {job.output}; let it finish") from error
    try:
        yield
    finally:
        with suppress(OSError):  # Windows keeps a file that is open
            job.lock.unlink()
        lock.release()


@contextmanager
def _killed_workers_said(job: LibraryJob, under_way: deque[LibraryChunk]) -> Iterator[None]:
    """Say which molecules the workers had when one of them was killed."""
    try:
        yield
    except BrokenProcessPool as error:
        said = "a worker process was killed (out of memory?)"
        if not under_way:
            raise ExpectedError(f"{said} before it had a molecule; try again") from error
        first, last = under_way[0].records[0].line, under_way[-1].records[-1].line
        raise ExpectedError(
            f"{said} over a molecule of lines {first} to {last} of {job.source.name}; "
            "what was finished is kept: resume the run (--resume)"
        ) from error


def _chunks(
    job: LibraryJob, size: int, done: int, under_way: deque[LibraryChunk]
) -> Iterator[LibraryChunk]:
    """What is left to do; each chunk is also put ``under_way`` when it is taken."""
    for part in batched(islice(iter_library(job.source), done, None), size):
        chunk = LibraryChunk(part, job.choice, job.max_steps, job.seed, job.energies)
        under_way.append(chunk)
        yield chunk


def _begin(job: LibraryJob, identity: dict[str, Any], total: int, *, resume: bool) -> _Mark:
    """The state to begin from, both files cut back to it."""
    mark = _Mark.load(job.journal) if job.journal.exists() else None
    if mark is None and resume and job.output.exists():
        raise ExpectedError(f"{job.output} is finished: there is nothing to resume")
    if mark is None or mark.progress.done == 0:
        return _begin_afresh(job, identity, total)
    if not resume:
        raise ExpectedError(
            f"an unfinished run for {job.output} is there: --resume goes on with it; "
            f"to begin again delete {job.journal.name}"
        )
    other = ", ".join(key for key in identity if mark.identity.get(key) != identity[key])
    if other:
        raise ExpectedError(
            f"the unfinished run had another input or other settings ({other}); repeat those"
        )
    _cut_back(job, mark)
    return mark


def _begin_afresh(job: LibraryJob, identity: dict[str, Any], total: int) -> _Mark:
    header = _csv_line(FAILURE_COLUMNS)
    job.output.write_bytes(b"")
    job.failures.write_bytes(header)
    mark = _Mark(identity, LibraryProgress(total), failure_bytes=len(header))
    mark.save(job.journal)
    return mark


def _cut_back(job: LibraryJob, mark: _Mark) -> None:
    """Both files to the mark; raises ExpectedError where one lacks what it had then."""
    sizes = {job.output: mark.output_bytes, job.failures: mark.failure_bytes}
    for path, size in sizes.items():
        if not path.is_file() or path.stat().st_size < size:
            raise ExpectedError(
                f"{path} is missing or shorter than the unfinished run left it; put it back, or "
                f"delete {job.journal.name} to begin again"
            )
    for path, size in sizes.items():
        os.truncate(path, size)


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
