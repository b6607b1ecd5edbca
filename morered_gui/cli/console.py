"""What the commands have in common: streams, progress and errors."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps

import typer
from rich.console import Console
from tqdm import tqdm

from morered_gui.core import ExpectedError

BAD_INPUT = 2
INTERRUPTED = 130

# Standard output is for results; everything else goes here.
messages = Console(stderr=True, highlight=False, soft_wrap=True)


class Device(StrEnum):
    """Where networks are computed."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


def fail(message: object) -> None:
    """One clear line on standard error, markup switched off."""
    line = " ".join(str(message).split())
    messages.print(f"error: {line}", markup=False, style="red")


def guarded[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Turn expected errors into one line and exit code 2, Ctrl+C into 130."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ExpectedError, OSError, ModuleNotFoundError) as error:
            fail(error)
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt as error:
            fail("interrupted")
            raise typer.Exit(INTERRUPTED) from error

    return run


@contextmanager
def progress_bar(
    title: str, total: int | None, unit: str, *, resumed: bool = False
) -> Iterator[Callable[..., None]]:
    """A bar on standard error, only on a terminal.

    Yields a function that sets the count, and the total where it is given as well. Of a resumed
    run the first count was there before: rate and time left leave it out.
    """
    first = resumed

    def show(count: int, total: int | None = None) -> None:
        nonlocal first
        if first:
            bar.initial = bar.n = count
            first = False
        bar.total = bar.total if total is None else total
        bar.update(count - bar.n)

    with tqdm(
        desc=title, total=total, unit=unit, file=sys.stderr, disable=None, leave=False
    ) as bar:
        yield show
