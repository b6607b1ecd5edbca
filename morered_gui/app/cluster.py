"""Workers of a Dask cluster instead of this machine's own."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from morered_gui.core import ExpectedError
from morered_gui.core.processes import Pending, Submit

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 10
# A chunk is given up after so many deaths of workers that had it.
RETRIES = 2
LOOK_SECONDS = 5.0  # between two looks whether there are workers
DESERTED_SECONDS = 1800.0  # a queueing system may take its time to start others

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Awaited[R]:
    """A result of the cluster: a plain ``Future`` waits for ever where all workers are gone."""

    future: "Future[R]"
    client: "Client"

    def result(self) -> R:
        """See ``Pending``; raises ExpectedError where no worker comes for long."""
        seen = time.monotonic()
        warned = False
        while not self._is_there():
            if self._n_threads() != 0:
                seen, warned = time.monotonic(), False
            elif time.monotonic() - seen > DESERTED_SECONDS:
                raise ExpectedError("the cluster has no workers any more; go on with --resume")
            elif not warned:
                logger.warning("the cluster has no workers any more; waiting for others")
                warned = True
        return self.future.result()

    def _is_there(self) -> bool:
        """Whether it is, or an error, after a while."""
        with suppress(TimeoutError):  # unlike ``result`` it gives errors back
            self.future.exception(timeout=LOOK_SECONDS)  # type: ignore[no-untyped-call]
        return bool(self.future.done())  # type: ignore[no-untyped-call]

    def _n_threads(self) -> int | None:
        try:
            return n_threads(self.client)
        except (OSError, AttributeError):  # the connection is lost: the next wait says so
            return None


def n_threads(client: "Client") -> int:
    """Of all workers together."""
    return sum(client.nthreads().values())  # type: ignore[no-untyped-call]


@contextmanager
def cluster_workers(address: str) -> Iterator[tuple[Submit, int]]:
    """Connect to a scheduler; yields its ``submit`` and the number of worker threads.

    The workers need this program installed. Work of a worker that dies is done by another one.

    Raises:
        ModuleNotFoundError: Dask isn't installed.
        ExpectedError: there is no scheduler, it ends, it has no workers, or a chunk kills every
            worker.
    """
    try:
        from distributed import Client
        from distributed.scheduler import KilledWorker
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "--scheduler needs Dask: pip install 'morered-gui[cluster]'"
        ) from error
    try:
        client = Client(  # type: ignore[no-untyped-call]
            address, timeout=CONNECT_SECONDS, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise ExpectedError(f"there is no Dask scheduler at {address}: {error}") from error
    with client:
        n = n_threads(client)
        if n == 0:
            raise ExpectedError(f"the scheduler at {address} has no workers; start 'dask worker'")
        try:
            yield _submit(client), n
        except KilledWorker as error:
            raise ExpectedError(
                "several workers died over the same molecules; go on with --resume"
            ) from error
        except CancelledError as error:
            raise ExpectedError(
                f"the scheduler at {address} is gone; go on with --resume when there is one again"
            ) from error


def _submit(client: "Client") -> Submit:
    def submit[T, R](function: Callable[[T], R], argument: T, /) -> Pending[R]:
        if client.status == "closed":  # a while after the scheduler has gone
            raise CancelledError
        return _Awaited(client.submit(function, argument, pure=False, retries=RETRIES), client)

    return submit
