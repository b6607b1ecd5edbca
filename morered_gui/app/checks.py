"""Checks of the results as they come, and GFN2-xTB along a run on demand.

Qt-free; lives in the interface's thread, and computes in the thread for checks.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from morered_gui.app.controller import Controller
from morered_gui.app.jobs import Job
from morered_gui.app.messages import Message, Severity
from morered_gui.app.records import RunRecord
from morered_gui.core import Structure, Trajectory
from morered_gui.relaxers.check import Check, check_run, held_atoms, xtb_of
from morered_gui.relaxers.methods import METHODS
from morered_gui.relaxers.registry import RelaxerChoice
from morered_gui.relaxers.xtb import XtbCourse, XtbPoint, xtb_obstacle, xtb_points

PIECE_SECONDS = 0.25  # of a course at a time: progress is told, and other checks get their turn
POLISH = RelaxerChoice(method="gfn2-xtb")
Ends = tuple[XtbPoint | None, XtbPoint | None]


@dataclass(eq=False)
class _Course:
    """GFN2-xTB of a run's frames on its way."""

    run: RunRecord
    copy: Trajectory
    points: Iterator[XtbPoint | None]
    done: list[XtbPoint | None] = field(default_factory=list)


class Checks:
    """Judges each run that ends, and computes energies where they are wanted.

    Attributes:
        energies: whether GFN2-xTB is asked of the start and the result of each run.
    """

    def __init__(self, controller: Controller, *, energies: bool) -> None:
        self._controller, self._state = controller, controller.state
        self.energies = energies
        self._under_way: dict[RunRecord, Job] = {}
        self._course: _Course | None = None
        self._state.trajectory_changed.connect(self.look)

    # --- checks ---------------------------------------------------------------------------------

    def look(self) -> None:
        """Check the run looked at, if it has ended and was not checked."""
        run = self._state.run
        if self._course is not None and self._course.run not in self._state.runs:
            self._course = None  # nobody can see it any more
        if run is None or not _ended(run) or run in self._under_way:
            return
        if run.check is None or (self.energies and self._lacks_energies(run)):
            self._check(run)

    def switch_energies(self, wanted: bool) -> None:
        """From now on ask GFN2-xTB of each result, beginning with the one looked at; or do not."""
        self.energies = wanted
        self.look()

    def _lacks_energies(self, run: RunRecord) -> bool:
        known = run.ends is not None or (run.course is not None and run.course.complete)
        return not known and run.check is not None and run.check.finite and not self.obstacle(run)

    def _check(self, run: RunRecord) -> None:
        copy, meant, course, ends = run.trajectory.copy(), run.meant, run.course, run.ends
        wanted = self.energies

        def checked(result: tuple[Check, Ends | None]) -> None:
            self._under_way.pop(run, None)
            run.check, run.ends = result
            run.measure(run.reference, run.series)
            self._state.run_checked.emit(run)
            self.look()  # the switch may have been turned meanwhile

        def failed(message: Message) -> None:
            self._under_way.pop(run, None)
            self._state.say(message)

        self._under_way[run] = self._controller.run_check(
            lambda: made_check(copy, meant, course, ends, energies=wanted), checked, failed
        )

    # --- energies of all frames -----------------------------------------------------------------

    @property
    def progress(self) -> tuple[int, int] | None:
        """Frames done and all frames of the course under way; None where there is none."""
        if self._course is None:
            return None
        return len(self._course.done), len(self._course.copy)

    @staticmethod
    def obstacle(run: RunRecord) -> str:
        """Why GFN2-xTB can't judge the run; empty where it can."""
        return xtb_obstacle(run.trajectory.start)

    def begin_course(self, run: RunRecord) -> None:
        """GFN2-xTB of all frames of a run that has ended; one that is under way is given up."""
        reason = self.obstacle(run)
        if reason or not _ended(run):
            text = reason or "the run has not ended"
            self._state.say(Message(f"No GFN2-xTB energies: {text}.", Severity.WARNING))
            return
        copy = run.trajectory.copy()
        geometries = [frame.positions for frame in copy]
        points = xtb_points(copy.start, geometries, held_atoms(copy))
        self._course = _Course(run, copy, points)
        self._go_on(self._course)

    def stop_course(self) -> None:
        """Compute no more; what is there stays."""
        if self._course is not None:
            run = self._course.run
            self._course = None
            self._check(run)

    def _go_on(self, course: _Course) -> None:
        def came(points: list[XtbPoint | None]) -> None:
            if course is not self._course:
                return
            course.done += points
            course.run.set_course(XtbCourse.of(course.done, len(course.copy)))
            if len(course.done) < len(course.copy):
                self._go_on(course)
            else:
                self.stop_course()
            self._state.run_checked.emit(course.run)

        def failed(message: Message) -> None:
            if course is not self._course:
                return
            self._course = None
            self._state.say(message)
            self._state.run_checked.emit(course.run)

        self._controller.run_check(lambda: _piece(course.points), came, failed)

    # --- polishing ------------------------------------------------------------------------------

    def can_polish(self, run: RunRecord) -> bool:
        """Whether GFN2-xTB can go on from the result of the run, and has not done so already."""
        method = METHODS.get(run.trajectory.provenance.method)
        # A pipeline may have been stopped before it came to GFN2-xTB.
        came = len(run.trajectory) > 0 and run.trajectory[-1].energy is not None
        by_xtb = method is not None and came and POLISH.method in (method.name, *method.stages)
        sound = run.check is not None and run.check.finite
        return not by_xtb and sound and _ended(run) and not self.obstacle(run)

    def polish(self, run: RunRecord, *, max_steps: int) -> None:
        """A run of its own that goes on from the result with GFN2-xTB."""
        self._controller.relax(POLISH, seed=0, max_steps=max_steps, after=run)


def made_check(
    trajectory: Trajectory,
    meant: Structure | None,
    course: XtbCourse | None,
    ends: Ends | None,
    *,
    energies: bool,
) -> tuple[Check, Ends | None]:
    """A check, with energies if they are wanted, not there yet, and can be had."""
    check = check_run(trajectory, meant=meant, course=course, energies=ends or (None, None))
    if not energies or check.energy is not None or not check.finite:
        return check, ends
    if xtb_obstacle(trajectory.start):
        return check, ends
    ends = xtb_of(trajectory)
    return check_run(trajectory, meant=meant, course=course, energies=ends), ends


def _piece(points: Iterator[XtbPoint | None]) -> list[XtbPoint | None]:
    """The next points, for about as long as a piece may take."""
    end = time.perf_counter() + PIECE_SECONDS
    found = list(islice(points, 1))
    while time.perf_counter() < end and (more := list(islice(points, 1))):
        found += more
    return found


def _ended(run: RunRecord) -> bool:
    """Whether it has a result; one that broke off by an error has none."""
    return run.trajectory.stop_reason is not None and len(run.trajectory) > 0
