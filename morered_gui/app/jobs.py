"""Worker threads: one job at a time each, results as events in a queue.

Qt-free. The interface drains the queue in its own thread, all at once, at the rate of its
display; nothing of the interface is ever touched from here.
"""

import itertools
import logging
import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from morered_gui.app.events import Done, Event, Failed, Started
from morered_gui.core import ExpectedError

logger = logging.getLogger(__name__)

_numbers = itertools.count(1)
Events = queue.SimpleQueue[Event]


@dataclass(frozen=True, eq=False)
class Job:
    """One piece of work: its number, where its events go, and whether it is still wanted."""

    number: int
    post: Callable[[Event], None]
    cancelled: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Ask the job to stop at its next look; returns at once."""
        self.cancelled.set()


# Looks at ``job.cancelled`` as often as it can; a relaxation always says how it ended.
Work = Callable[[Job], None]


def task(function: Callable[[], object]) -> Work:
    """Work that calls a function without arguments and posts what it returns."""

    def work(job: Job) -> None:
        if not job.cancelled.is_set():
            job.post(Done(job.number, function()))

    return work


class Worker:
    """One thread that does jobs in the order of their submission."""

    def __init__(self, name: str, events: Events) -> None:
        self._events = events
        self._queue: queue.SimpleQueue[tuple[Job, Work] | None] = queue.SimpleQueue()
        self._open: dict[int, Job] = {}
        # A daemon: a computation that does not look up must not keep the program from ending.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> Job:
        """Queue the work; its events carry the returned job's number."""
        job = Job(next(_numbers), self._events.put)
        self._open[job.number] = job
        self._queue.put((job, work))
        return job

    def close(self, seconds: float = 5.0) -> bool:
        """Cancel everything and wait for the thread; True where it has ended in time."""
        for job in list(self._open.values()):
            job.cancel()
        self._queue.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _serve(self) -> None:
        while (item := self._queue.get()) is not None:
            job, work = item
            _run(job, work)
            self._open.pop(job.number, None)


def _run(job: Job, work: Work) -> None:
    job.post(Started(job.number))
    try:
        work(job)
    except ExpectedError as error:
        job.post(Failed(job.number, str(error), expected=True))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        job.post(Failed(job.number, f"{where}{error.strerror or error}", expected=True))
    except MemoryError:
        job.post(Failed(job.number, "there is not enough memory for this", expected=True))
    except Exception as error:
        logger.exception("job %d failed", job.number)
        message = f"{type(error).__name__}: {error}"
        job.post(Failed(job.number, message, expected=False, details=traceback.format_exc()))
