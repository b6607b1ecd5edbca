"""Workers of a Dask cluster instead of this machine's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from morered_gui.core import ExpectedError
from morered_gui.core.processes import Submit

CONNECT_SECONDS = 10
# A chunk is given up after so many deaths of workers that had it.
RETRIES = 2


@contextmanager
def cluster_workers(address: str) -> Iterator[tuple[Submit, int]]:
    """Connect to a scheduler; yields its ``submit`` and the number of worker threads.

    The workers need this program installed. Work of a worker that dies is done by another one.

    Raises:
        ModuleNotFoundError: Dask isn't installed.
        ExpectedError: there is no scheduler, it has no workers, or a chunk kills every worker.
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
        n_threads = sum(client.nthreads().values())  # type: ignore[no-untyped-call]
        if n_threads == 0:
            raise ExpectedError(f"the scheduler at {address} has no workers; start 'dask worker'")
        try:
            yield partial(client.submit, pure=False, retries=RETRIES), n_threads
        except KilledWorker as error:
            raise ExpectedError(
                "several workers died over the same molecules; go on with --resume"
            ) from error
