"""What relaxers share: a request is checked at once, and molecules may go one after another."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager

from morered_gui.chem.errors import MoleculeError
from morered_gui.core import (
    BatchFrame,
    Capabilities,
    ExpectedError,
    Frame,
    StopReason,
    Structure,
    UnsupportedMoleculeError,
)
from morered_gui.core.arrays import BoolArray

MoleculeRun = Generator[Frame, None, StopReason]


def check_request(starts: Sequence[Structure], max_steps: int, *capabilities: Capabilities) -> None:
    """Refuse what a relaxer can't do, before the first frame is asked for.

    Raises:
        ExpectedError: there is no molecule, or no step.
        UnsupportedMoleculeError: names the molecule that lies outside the capabilities.
    """
    if not starts:
        raise ExpectedError("there is no molecule to relax")
    if max_steps < 1:
        raise ExpectedError("the largest number of steps has to be at least 1")
    for start in starts:
        with naming(start):
            for one in capabilities:
                one.check(start)


@contextmanager
def naming(start: Structure) -> Iterator[None]:
    """Put the molecule's name before what is said against it."""
    try:
        yield
    except (UnsupportedMoleculeError, MoleculeError) as error:
        name = start.name or start.formula
        raise UnsupportedMoleculeError(f"{name}: {error}") from error


def masks(
    fixed: Sequence[BoolArray | None] | None, starts: Sequence[Structure]
) -> Sequence[BoolArray | None]:
    """One mask of fixed atoms, or None, for each molecule."""
    return [None] * len(starts) if fixed is None else fixed


def one_after_another(
    runs: Iterable[MoleculeRun],
) -> Generator[BatchFrame, None, list[StopReason]]:
    """The frames of molecules that know nothing of each other, as a batch."""
    reasons = []
    for molecule, run in enumerate(runs):
        reasons.append((yield from _of_molecule(molecule, run)))
    return reasons


def _of_molecule(molecule: int, run: MoleculeRun) -> Generator[BatchFrame, None, StopReason]:
    try:
        while True:
            try:
                frame = next(run)
            except StopIteration as end:
                return StopReason(end.value)
            yield BatchFrame(molecule, frame)
    finally:
        run.close()
