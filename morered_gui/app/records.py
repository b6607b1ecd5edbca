"""Runs that were kept, so that they can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from morered_gui.app.made_by import energy_name
from morered_gui.app.references import Reference
from morered_gui.app.series import RunSeries
from morered_gui.core import Provenance, Structure, Trajectory
from morered_gui.relaxers.check import Check
from morered_gui.relaxers.methods import METHODS
from morered_gui.relaxers.xtb import XtbCourse, XtbPoint

GFN2_XTB = METHODS["gfn2-xtb"].title


class Numbers:
    """1, 2, 3 and so on; any thread may ask."""

    def __init__(self) -> None:
        self._latest = 0
        self._lock = Lock()

    def next(self) -> int:
        """One that nobody has."""
        with self._lock:
            self._latest += 1
            return self._latest

    def leave_out(self, number: int) -> None:
        """Go on behind this one, at once however large it is."""
        with self._lock:
            self._latest = max(self._latest, number)


_numbers = Numbers()


@dataclass(eq=False)
class RunRecord:
    """One run with its measurements.

    ``number`` is unique in this process; ``colour`` is a number too, and outlives it.

    Attributes:
        noise_step: time step t to which the start was diffused; 0 for none.
        meant: the molecule before noise, whose stereo counts; None where the start shows it.
        check: of the result, once it is made.
        ends: GFN2-xTB of start and result, once they were asked for.
        course: GFN2-xTB of all frames, as far as they were asked for.
    """

    trajectory: Trajectory
    reference: Reference
    series: RunSeries = field(init=False)
    visible: bool = True
    number: int = field(default_factory=_numbers.next)
    colour: int = 0
    noise_step: int = 0
    meant: Structure | None = None
    check: Check | None = None
    ends: tuple[XtbPoint | None, XtbPoint | None] | None = None
    course: XtbCourse | None = None

    def __post_init__(self) -> None:
        self.colour = self.colour or self.number
        self.measure(self.reference, self.reference.series())

    def measure(self, reference: Reference, series: RunSeries) -> None:
        """Take a series to a reference; frames and energies that it lacks are added to it."""
        series.extend(list(self.trajectory)[len(series) :])
        self.reference, self.series = reference, series
        if self.course is not None:
            series.set_xtb(self.course.energies)
        elif energy_name(self.made) == GFN2_XTB:
            series.set_xtb(series.column("energy"))  # of its last stage, where it has several

    def set_course(self, course: XtbCourse) -> None:
        """GFN2-xTB of the frames, as far as it has come."""
        self.course = course
        self.series.set_xtb(course.energies)

    @property
    def made(self) -> Provenance:
        """What made the trajectory."""
        return self.trajectory.provenance

    @property
    def best_index(self) -> int:
        """The best frame, by the check where there is one; raises IndexError without frames."""
        if self.check is not None and self.check.better is not None:
            return self.check.better.index
        known = self.check is not None and self.course is not None and self.course.complete
        return len(self.trajectory) - 1 if known else self.trajectory.best_index


def paint(runs: Sequence[RunRecord], colours: Sequence[int]) -> None:
    """Give runs the colours that they had; those to come get others."""
    for run, colour in zip(runs, colours, strict=True):
        run.colour = colour
    _numbers.leave_out(max(colours, default=0))


def same_molecule(first: Structure, second: Structure) -> bool:
    """Whether both have the same atoms and bonds in the same order."""
    return first.same_atoms(second) and first.bonds.tolist() == second.bonds.tolist()
