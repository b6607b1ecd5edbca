"""Runs that were kept, so that they can be compared."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from morered_gui.app.references import Reference
from morered_gui.app.series import RunSeries
from morered_gui.core import Structure, Trajectory

_numbers = itertools.count(1)


@dataclass(eq=False)
class RunRecord:
    """One run with its measurements.

    ``number`` is unique in this process; ``colour`` is a number too, and outlives it.
    """

    trajectory: Trajectory
    reference: Reference
    series: RunSeries = field(init=False)
    visible: bool = True
    number: int = field(default_factory=lambda: next(_numbers))
    colour: int = 0

    def __post_init__(self) -> None:
        self.colour = self.colour or self.number
        self.series = self.reference.series()
        self.series.extend(list(self.trajectory))


def paint(runs: Sequence[RunRecord], colours: Sequence[int]) -> None:
    """Give runs the colours that they had; those to come get others."""
    for run, colour in zip(runs, colours, strict=True):
        run.colour = colour
    latest = max(colours, default=0)
    while next(_numbers) < latest:
        pass


def same_molecule(first: Structure, second: Structure) -> bool:
    """Whether both have the same atoms and bonds in the same order."""
    return first.same_atoms(second) and first.bonds.tolist() == second.bonds.tolist()
