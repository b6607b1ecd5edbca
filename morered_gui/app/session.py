"""What a user has on the screen, to be found again: molecules, trajectories, choices."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Self

from morered_gui.app.records import RunRecord, paint
from morered_gui.app.references import (
    Reference,
    ReferenceChoice,
    chosen_reference,
    provisional_reference,
)
from morered_gui.app.state import AppState
from morered_gui.chem.drawing import Drawing
from morered_gui.chem.errors import MoleculeError
from morered_gui.core import ExpectedError, Structure, Trajectory
from morered_gui.relaxers.xtb import XtbCourse


class SessionError(ExpectedError):
    """A file that is no session, or a broken one; the message says why."""


@dataclass(frozen=True, eq=False)
class Findings:
    """What is known of a run beside its frames, see ``RunRecord``."""

    meant: Structure | None = None
    course: XtbCourse | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Session:
    """What is to be found again.

    Attributes:
        start: where a relaxation starts.
        base: the molecule before any noise.
        reference: what the RMSD is measured to, where one is known.
        drawing: of the molecule in 2D, with isotopes, which a structure does not know.
        page: what is on the sketcher's page where that is another drawing: no valid molecule,
            or one that was not built yet.
        fixed: atoms that are frozen.
        noise_step: time step t to which ``start`` is the diffused ``base``; 0 for none.
        meant: what ``start`` was before noise, if there was any.
        trajectories: of all runs with a frame, in the order in which they were computed.
        findings: what else is known of the same runs; may be fewer.
        current: which of them is looked at; -1 for none.
        frame_index: of the frame looked at.
        pinned: a frame that is kept in sight.
        measured_to: by choice, what the runs are measured to.
        visible: per run, whether its curves are drawn beside those of others.
        colours: per run, the number that gives its colour.
        noise_steps: per run, to which its start was diffused; 0 for none.
        choices: names of settings and their values, plain data; not checked.
    """

    start: Structure
    base: Structure
    reference: Reference | None = None
    drawing: Drawing | None = None
    page: Drawing | None = None
    fixed: frozenset[int] = frozenset()
    noise_step: int = 0
    meant: Structure | None = None
    trajectories: tuple[Trajectory, ...] = ()
    findings: tuple[Findings, ...] = ()
    current: int = -1
    frame_index: int = 0
    pinned: Structure | None = None
    measured_to: ReferenceChoice = field(default_factory=ReferenceChoice)
    visible: tuple[bool, ...] = ()
    colours: tuple[int, ...] = ()
    noise_steps: tuple[int, ...] = ()
    choices: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, state: AppState, choices: Mapping[str, Any]) -> Self | None:
        """What the state holds, for another thread to write; None where there is no molecule.

        Frames are shared and copied by reference only: this takes microseconds.
        """
        if state.structure is None or state.base is None:
            return None
        runs = [run for run in state.runs if len(run.trajectory)]
        return cls(
            start=state.structure,
            base=state.base,
            reference=state.known_reference,
            drawing=state.valid_drawing,
            page=None if state.drawing is state.valid_drawing else state.drawing,
            fixed=state.fixed,
            noise_step=state.noise_step,
            meant=state.meant,
            trajectories=tuple(run.trajectory.copy() for run in runs),
            findings=tuple(Findings(run.meant, run.course) for run in runs),
            current=runs.index(state.run) if state.run in runs else -1,
            frame_index=state.frame_index,
            pinned=state.pinned,
            measured_to=state.reference_choice,
            visible=tuple(run.visible for run in runs),
            colours=tuple(run.colour for run in runs),
            noise_steps=tuple(run.noise_step for run in runs),
            choices=dict(choices),
        )

    def records(self) -> list[RunRecord]:
        """The runs, measured as they were; takes time."""
        found = (*self.findings, *repeat(Findings(), len(self.trajectories)))
        made = []
        for trajectory, known in zip(self.trajectories, found, strict=False):
            meant = _fitting(known.meant, trajectory.start)
            reference = self._reference_of(trajectory, meant)
            made.append(RunRecord(trajectory, reference, meant=meant, course=known.course))
        for run, visible in zip(made, self.visible, strict=False):  # older files have none
            run.visible = visible
        for run, noise_step in zip(made, self.noise_steps, strict=False):
            run.noise_step = noise_step
        if len(self.colours) == len(made):
            paint(made, self.colours)
        return made

    def _reference_of(self, trajectory: Trajectory, meant: Structure | None) -> Reference:
        """By choice; a file must open though the choice was another molecule."""
        choice, known = self.measured_to, self.reference
        try:
            return chosen_reference(choice, trajectory, known, meant)
        except MoleculeError:
            return provisional_reference(choice, trajectory.start, known, meant)

    def restore(self, state: AppState, records: list[RunRecord] | None = None) -> None:
        """Put everything but the choices back into the state.

        ``records`` are those of ``records()`` where another thread has made them already.
        """
        state.runs = []  # silently: those of the same molecule go, and an undo brings them back
        state.load(self.base, self.reference, self.drawing, fixed=self.fixed)
        state.reference_choice = self.measured_to
        for record in self.records() if records is None else records:
            state.keep_run(record)
        if self.pinned is not None and self.pinned.same_atoms(self.start):
            state.pin_frame(self.pinned)
        meant = _fitting(self.meant, self.start)
        if self.trajectories or self.noise_step or meant or self.start != self.base:
            state.set_start(self.start, noise_step=self.noise_step, meant=meant)
        if 0 <= self.current < len(state.runs):
            state.look_at_run(state.runs[self.current])
            state.select_frame(self.frame_index)
        if self.page is not None:  # an edit of what is there now
            state.put_on_page(self.page)


def _fitting(meant: Structure | None, start: Structure) -> Structure | None:
    """The molecule before noise; None where it has other atoms than the start."""
    return meant if meant is not None and meant.same_atoms(start) else None
