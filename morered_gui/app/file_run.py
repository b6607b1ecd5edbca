"""All molecules of a file relaxed beside the interface: ``library_run`` in a thread of its own.

Qt-free; belongs to the interface's thread, which calls ``pump`` every now and then.
"""

import os
import queue
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psygnal import Signal
from tqdm import tqdm

from morered_gui.app.events import Done, Event, Failed, Progressed
from morered_gui.app.jobs import Events, Job, Work, Worker
from morered_gui.app.library_run import (
    LibraryJob,
    LibraryProgress,
    journal_of,
    results_beside,
    run_library,
)
from morered_gui.app.messages import Message, Severity, message_of
from morered_gui.core.processes import Stopped, worker_processes
from morered_gui.relaxers.check import Grade
from morered_gui.relaxers.library import Outcome, Relaxed

MOST_PROCESSES = 8  # each takes some 0.7 GB
MOST_NUMBERED = 1000


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """What became of one molecule.

    Attributes:
        number: its place in the source, from 0.
        place: of its result in the output, from 0; None where there is none.
        name: the record's, else the formula, else the line.
        moved: RMSD of the result to the start, Å.
        t: predicted for the result.
        energy_change: GFN2-xTB energy of the result above that of the start, kcal/mol; None
            where it was not asked.
        grade: of the check; None where there is no result.
        said: the check's headline, or the reason why there is no result.
    """

    number: int
    place: int | None
    name: str
    moved: float | None = None
    t: float | None = None
    energy_change: float | None = None
    grade: Grade | None = None
    said: str

    @property
    def needs_a_look(self) -> bool:
        """Whether there is no result, or something odd about it."""
        return self.grade != Grade.GOOD


@dataclass(frozen=True)
class _Part:
    """Of a run: molecules that are done since the last part, and how far all are."""

    rows: tuple[FileRow, ...]
    progress: LibraryProgress


class FileRun:
    """One run at a time, which can be stopped and gone on with.

    Signals:
        advanced: the rows that have come; none where only the progress is new.
        ended: the message that says how.
    """

    advanced = Signal(object)
    ended = Signal(object)

    def __init__(self) -> None:
        self._events: Events = queue.SimpleQueue()
        self._worker: Worker | None = None  # one for each run
        self._job: Job | None = None
        self._done_before = 0  # by the run that this one goes on from
        self.library: LibraryJob | None = None
        self.progress: LibraryProgress | None = None  # None until the model is loaded

    @property
    def is_running(self) -> bool:
        """Whether a file is being relaxed."""
        return self._job is not None

    @property
    def is_stopping(self) -> bool:
        """Whether it has been told to stop."""
        return self._job is not None and self._job.cancelled.is_set()

    def start(self, library: LibraryJob, *, resume: bool = False) -> None:
        """Relax a file, from its beginning or where a run was stopped.

        Raises RuntimeError while another one is being relaxed.
        """
        if self._job is not None:
            raise RuntimeError("a file is being relaxed already")
        self._worker = Worker("file", self._events)
        self.library, self.progress, self._done_before = library, None, 0
        self._job = self._worker.submit(_work(library, n_processes(), resume=resume))

    def stop(self) -> None:
        """Stop as soon as may be; what is finished stays, and can be gone on with."""
        if self._job is not None:
            self._job.cancel()

    def close(self) -> bool:
        """Stop, and end the thread; True where it has ended."""
        worker, self._worker, self._job = self._worker, None, None
        return worker is None or worker.close()

    def pump(self) -> None:
        """Take in what the thread has posted."""
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return
            if self._job is not None and event.job == self._job.number:
                self._take(event)

    @property
    def words(self) -> str:
        """How far it is, how fast, and the time that is left."""
        progress = self.progress
        if progress is None:
            return "Loading the model…" if self.is_running else ""
        said = [f"{progress.done:,} of {progress.total:,} molecules"]
        if progress.failed:
            said.append(f"{progress.failed:,} without a result")
        done = progress.done - self._done_before
        if self.is_running and done and progress.seconds:
            rate = done / progress.seconds
            left = (progress.total - progress.done) / rate
            said += [f"{rate:.2g} a second", f"{tqdm.format_interval(round(left))} left"]
        return ", ".join(said)

    def _take(self, event: Event) -> None:
        match event:
            case Progressed(part=_Part(rows, progress)):
                if self.progress is None:
                    self._done_before = progress.done
                self.progress = progress
                self.advanced.emit(rows)
            case Done(result=finished):
                self._end(self._last_words(finished=bool(finished)))
            case Failed():
                self._end(message_of(event))
            case _:
                pass

    def _end(self, message: Message) -> None:
        self.close()
        self.ended.emit(message)

    def _last_words(self, *, finished: bool) -> Message:
        library, progress = self.library, self.progress
        if library is None or progress is None:
            return Message("Stopped before the first molecule.")
        if not finished:
            text = f"Stopped after {self.words}. Relax the file again to go on."
            return Message(text, Severity.WARNING)
        text = f"Relaxed {progress.relaxed:,} of {progress.done:,} molecules: {library.output}."
        if progress.failed:
            text += f" Without a result: {progress.failed:,}; {library.failures.name} says why."
        return Message(text, Severity.WARNING if progress.failed else Severity.NOTE)


def proposed_output(source: Path) -> Path:
    """A file for the results: a new one, or one whose run was stopped on its way.

    Raises FileExistsError where a thousand are there.
    """
    first = results_beside(source)
    for k in range(1, MOST_NUMBERED):
        path = first if k == 1 else first.with_stem(f"{first.stem}-{k}")
        if not path.exists() or journal_of(path).exists():
            return path
    raise FileExistsError(f"{first} and the numbers after it are all there")


def n_processes() -> int:
    """One core is left to the window."""
    return max(1, min((os.cpu_count() or 1) - 1, MOST_PROCESSES))


def _work(library: LibraryJob, processes: int, *, resume: bool) -> Work:
    """Posts parts, and at last whether all was done (False: it was stopped)."""

    def work(job: Job) -> None:
        def told(outcomes: list[Outcome], progress: LibraryProgress) -> None:
            job.post(Progressed(job.number, _Part(_rows(outcomes, progress), progress)))

        try:
            with worker_processes(processes, job.cancelled.is_set) as submit:
                run_library(
                    library,
                    submit,
                    workers=processes,
                    resume=resume,
                    afresh=not resume,
                    on_outcomes=told,
                )
        except Stopped:
            job.post(Done(job.number, result=False))
        else:
            job.post(Done(job.number, result=True))

    return work


def _rows(outcomes: Sequence[Outcome], progress: LibraryProgress) -> tuple[FileRow, ...]:
    place = progress.relaxed - sum(isinstance(outcome, Relaxed) for outcome in outcomes)
    rows = []
    for outcome in outcomes:
        rows.append(_row(outcome, place))
        place += isinstance(outcome, Relaxed)
    return tuple(rows)


def _row(outcome: Outcome, place: int) -> FileRow:
    record = outcome.record
    if not isinstance(outcome, Relaxed):
        name = record.name or f"line {record.line}"
        return FileRow(number=record.number, place=None, name=name, said=outcome.reason)
    report = outcome.report
    return FileRow(
        number=record.number,
        place=place,
        name=report.name,
        moved=report.rmsd_to_start,
        t=report.t_final,
        energy_change=report.check.energy_change,
        grade=report.check.grade,
        said=report.check.headline,
    )
