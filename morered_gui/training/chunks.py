"""Long work in chunks that are files, over processes, so that a stopped run goes on."""

from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from morered_gui.core import ExpectedError
from morered_gui.core.processes import in_order, worker_processes

AHEAD = 4  # chunks under way per process; a slow one holds none up
Progress = Callable[[int], None]


class Chunk(Protocol):
    """A part of the work: it travels to another process, and its file says that it is done."""

    @property
    def path(self) -> Path:
        """The file of its results."""
        ...

    def __len__(self) -> int:
        """How many molecules it has."""
        ...


@dataclass(frozen=True)
class RowChunk[T]:
    """Some rows of a training file, and what is to be done with them."""

    path: Path
    rows: tuple[int, ...]
    task: T

    def __len__(self) -> int:
        return len(self.rows)


def row_chunks[T](folder: Path, rows: Sequence[int], task: T, size: int) -> list[RowChunk[T]]:
    """Rows in chunks of ``size``; those of fewer rows are the beginning of those of more."""
    starts = range(0, len(rows), size)
    parts = [(k, tuple(rows[k : k + size])) for k in starts]
    return [
        RowChunk(folder / f"chunk-{k:07d}-{len(part):03d}.npz", part, task) for k, part in parts
    ]


def chunks_folder(output: Path) -> Path:
    """Where the finished chunks of a training file lie: beside it."""
    return output.with_name(f"{output.stem}-chunks")


def make_missing[C: Chunk](
    chunks: Sequence[C], make: Callable[[C], object], processes: int, progress: Progress
) -> None:
    """Make the chunks that have no file; ``progress`` is told the number of molecules done.

    ``make`` is a module's function, which writes the file in one piece.

    Raises ExpectedError where a process is killed; what is finished stays, start it again.
    """
    missing = [chunk for chunk in chunks if not chunk.path.exists()]
    for folder in {chunk.path.parent for chunk in missing}:
        folder.mkdir(parents=True, exist_ok=True)
    done = sum(map(len, chunks)) - sum(map(len, missing))
    progress(done)
    try:
        with worker_processes(processes) as submit:
            made = in_order(submit, make, missing, AHEAD * processes)
            for chunk, _ in zip(missing, made, strict=True):
                done += len(chunk)
                progress(done)
    except BrokenProcessPool as error:
        raise ExpectedError(
            "a process was killed (out of memory?); start the command again, it goes on"
        ) from error
