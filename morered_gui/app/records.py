"""Runs that were kept, so that they can be compared."""

import itertools
from dataclasses import dataclass, field

from morered_gui.app.references import Reference
from morered_gui.app.series import RunSeries
from morered_gui.core import Structure, Trajectory

_numbers = itertools.count(1)


@dataclass(eq=False)
class RunRecord:
    """One run with its measurements; ``number`` is unique and gives it its colour."""

    trajectory: Trajectory
    reference: Reference
    series: RunSeries = field(init=False)
    visible: bool = True
    number: int = field(default_factory=lambda: next(_numbers))

    def __post_init__(self) -> None:
        self.series = self.reference.series()
        self.series.extend(list(self.trajectory))


def same_molecule(first: Structure, second: Structure) -> bool:
    """Whether both have the same atoms and bonds in the same order."""
    return first.same_atoms(second) and first.bonds.tolist() == second.bonds.tolist()
