"""Worker processes of one thread each that never outlive the program."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Protocol

LOOK_SECONDS = 0.1  # between two looks at whether a result is still wanted


class Stopped(Exception):  # noqa: N818 - what happened is no error
    """Nobody wants the result any more."""


class Pending[R](Protocol):
    """A result to come; ``Future`` of the standard library and of Dask are such."""

    def result(self) -> R:
        """Wait for it; raises what the function raised."""
        ...


class Submit(Protocol):
    """Hands a function and its argument to a worker."""

    def __call__[T, R](self, function: Callable[[T], R], argument: T, /) -> Pending[R]: ...


@dataclass(frozen=True)
class _Wanted[R]:
    """A future that is waited for as long as it is wanted."""

    future: Future[R]
    stopped: Callable[[], bool]

    def result(self) -> R:
        while not wait_for([self.future], LOOK_SECONDS).done:
            if self.stopped():
                raise Stopped
        return self.future.result()


@contextmanager
def worker_processes(n: int, stopped: Callable[[], bool] = lambda: False) -> Iterator[Submit]:
    """A pool of n new processes; yields its ``submit``.

    Work that has not begun is dropped when the block ends; where an error ends it, the workers
    are killed over what they have under way. A killed worker raises ``BrokenProcessPool`` where
    its result is asked for, and ``Stopped`` is raised there once ``stopped()`` is true.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the children when they load their libraries
    context = get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(n, mp_context=context, initializer=_end_with, initargs=(theirs,))

    def submit[T, R](function: Callable[[T], R], argument: T, /) -> Pending[R]:
        return _Wanted(pool.submit(function, argument), stopped)

    try:
        yield submit
    except BaseException:
        ours.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        ours.close()
        theirs.close()


def in_order[T, R](
    submit: Submit, function: Callable[[T], R], arguments: Iterable[T], window: int
) -> Iterator[R]:
    """Results in the order of the arguments, at most ``window`` of them under way or waiting."""
    pending: deque[Pending[R]] = deque()
    for argument in arguments:
        pending.append(submit(function, argument))
        if len(pending) >= window:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def _end_with(pipe: Connection) -> None:
    """End this process when the other end of the pipe is closed: by the parent, or by its death.

    A parent that is killed can't tell its children; they look after it themselves.
    """

    def watch() -> None:
        wait([pipe])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="watch-parent").start()
