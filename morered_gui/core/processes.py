"""Worker processes of one thread each that never outlive the program."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Protocol


class Pending[R](Protocol):
    """A result to come; ``Future`` of the standard library and of Dask are such."""

    def result(self) -> R:
        """Wait for it; raises what the function raised."""
        ...


class Submit(Protocol):
    """Hands a function and its argument to a worker."""

    def __call__[T, R](self, function: Callable[[T], R], argument: T, /) -> Pending[R]: ...


@contextmanager
def worker_processes(n: int) -> Iterator[Submit]:
    """A pool of n new processes; yields its ``submit``.

    Work that has not begun is dropped when the block ends. A killed worker raises
    ``BrokenProcessPool`` where its result is asked for.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the children when they load their libraries
    context = get_context("spawn")
    with ProcessPoolExecutor(n, mp_context=context, initializer=_end_with_parent) as pool:
        try:
            yield pool.submit
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


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


def _end_with_parent() -> None:
    """A parent that is killed can't tell its children; they look after it themselves."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="watch-parent").start()
