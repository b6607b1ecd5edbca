"""Units spread over worker processes, one thread each."""

import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Self

from morered_gui.bench.protocol import Unit
from morered_gui.bench.work import Record, Task, Worker
from morered_gui.core import ExpectedError

# A fresh interpreter per worker: threads and locks of the parent do not come along.
_CONTEXT = multiprocessing.get_context("spawn")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Lost:
    """A unit without a record: its worker died, or the program has a defect."""

    key: str
    reason: str


@dataclass(frozen=True)
class _Refused:
    """The benchmark can't go on."""

    reason: str


class Workers:
    """Worker processes, as a context; they start with the first unit and end with the block."""

    def __init__(self, task: Task, processes: int) -> None:
        self._task, self._processes = task, processes
        self._hands: list[_Hand] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for hand in self._hands:
            hand.stop()
        self._hands.clear()

    def run(self, units: Iterable[Unit]) -> Iterator[Record | Lost]:
        """Yield what comes out of each unit, as it comes.

        A worker that dies costs the unit that it was at; another one takes its place.

        Raises ExpectedError where a unit says that the benchmark can't go on.
        """
        waiting = deque(units)
        while len(self._hands) < min(self._processes, len(waiting)):
            self._hands.append(_Hand(self._task))
        for hand in self._hands[: len(waiting)]:
            hand.give(waiting.popleft())
        while busy := {hand.connection: hand for hand in self._hands if hand.unit is not None}:
            for connection in wait(list(busy)):
                assert isinstance(connection, Connection)
                hand = busy[connection]
                answer = hand.answer()
                if isinstance(answer, _Refused):
                    raise ExpectedError(answer.reason)
                if hand.died:
                    hand = self._replaced(hand)
                if waiting:
                    hand.give(waiting.popleft())
                yield answer

    def _replaced(self, dead: "_Hand") -> "_Hand":
        dead.stop()
        hand = _Hand(self._task)
        self._hands[self._hands.index(dead)] = hand
        return hand


class _Hand:
    """A worker process, seen from the parent."""

    def __init__(self, task: Task) -> None:
        self.connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(theirs, task), daemon=True)
        with _one_thread():
            self._process.start()
        theirs.close()  # or the end of the process would not be the end of the pipe
        self.unit: Unit | None = None
        self.died = False

    def give(self, unit: Unit) -> None:
        self.unit = unit
        with suppress(OSError):  # it died meanwhile: its answer says so
            self.connection.send(unit)

    def answer(self) -> Record | Lost | _Refused:
        """What became of the unit; waits for it."""
        assert self.unit is not None
        key, self.unit = self.unit.key, None
        try:
            answer: Record | Lost | _Refused = self.connection.recv()
        except (EOFError, OSError):
            self.died = True
            self._process.join()
            return Lost(key, f"its process died (exit code {self._process.exitcode})")
        return answer

    def stop(self) -> None:
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _serve(connection: Connection, task: Task) -> None:
    """The life of a worker; it ends with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's affair
    worker = Worker(task)
    with suppress(EOFError, OSError):  # the parent is gone
        while True:
            connection.send(_answer(worker, connection.recv()))


def _answer(worker: Worker, unit: Unit) -> Record | Lost | _Refused:
    try:
        return worker.do(unit)
    except (ExpectedError, ModuleNotFoundError) as error:
        return _Refused(str(error))
    except Exception:  # noqa: BLE001 - a defect costs a unit and is reported, not hours of others
        return Lost(unit.key, traceback.format_exc())


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes started meanwhile compute with one thread each."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
