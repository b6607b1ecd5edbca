"""The state of the application: what is loaded, what was computed, what is looked at.

Qt-free; belongs to the interface's thread, which alone writes to it. Views listen to the
signals and never to each other.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
from psygnal import Signal

from morered_gui.app.ensembles import Ensemble
from morered_gui.app.history import Moment
from morered_gui.app.records import RunRecord, same_molecule
from morered_gui.app.references import (
    Reference,
    ReferenceChoice,
    ReferenceKind,
    before_noise,
    provisional_reference,
)
from morered_gui.app.series import RunSeries
from morered_gui.app.view_options import ViewOptions
from morered_gui.chem.drawing import Drawing
from morered_gui.core import Frame, Provenance, StopReason, Structure, Trajectory
from morered_gui.core.arrays import BoolArray

_frames = itertools.count(1)
MOST_RUNS = 50  # kept for comparison; the oldest goes first


class Activity(StrEnum):
    """What the compute thread does."""

    IDLE = "idle"
    LOADING = "loading model"
    RUNNING = "relaxing"
    STOPPING = "stopping"


class Severity(StrEnum):
    """Of a message."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Message:
    """Words for the message bar.

    Attributes:
        text: a sentence.
        action: id of an action whose button helps, or empty.
        button: what the button says; empty for the text of the action.
        details: a report that can be copied, or empty.
    """

    text: str
    severity: Severity = Severity.NOTE
    action: str = ""
    details: str = ""
    button: str = ""

    @classmethod
    def of_defect(cls, what: str, details: str) -> Self:
        """Words for an error of the program itself, with a report to copy."""
        text = f"Something in the program went wrong ({what}). Your molecule is kept."
        return cls(text, Severity.ERROR, action="copy_report" if details else "", details=details)


class AppState:
    """Everything that the views show.

    Signals:
        structure_changed: another starting structure, or another reference.
        trajectory_changed: a trajectory has begun, ended, or gone; or its reference changed.
        frames_added: the index of the first new frame.
        frame_selected: the index of the frame looked at.
        frame_hovered: the index of the frame pointed at, or None.
        view_changed: how the molecule is drawn, or what is measured.
        fixed_changed: other atoms are frozen.
        run_checked: the check or the energies of a run are there, or have come further.
        runs_changed: a run has come, gone, been renamed, shown or hidden.
        ensemble_changed: the runs that differ from the one looked at by their seed alone.
        file_changed: other molecules to choose from.
        drawing_changed: another drawing, or None where it is not known.
        activity_changed: what the compute thread does.
        message_changed: the message, or None.
    """

    structure_changed = Signal()
    trajectory_changed = Signal()
    frames_added = Signal(int)
    frame_selected = Signal(int)
    frame_hovered = Signal(object)
    view_changed = Signal()
    fixed_changed = Signal()
    run_checked = Signal(object)
    runs_changed = Signal()
    ensemble_changed = Signal()
    file_changed = Signal()
    drawing_changed = Signal(object)
    activity_changed = Signal(object)
    message_changed = Signal(object)

    def __init__(self) -> None:
        self.base: Structure | None = None  # before any noise
        self.structure: Structure | None = None  # where a relaxation starts
        self.known_reference: Reference | None = None
        self.noise_step = 0
        self.meant: Structure | None = None  # what the structure was before noise, if any
        self.fixed: frozenset[int] = frozenset()  # atoms that no relaxation moves
        self.drawing: Drawing | None = None  # on the page of the sketcher
        self.valid_drawing: Drawing | None = None  # what the structure was built from
        self.frame = 0  # number of the coordinate frame
        self.runs: list[RunRecord] = []  # on this molecule, oldest first
        self.run: RunRecord | None = None  # the one looked at
        self.ensemble: Ensemble | None = None
        self.reference_choice = ReferenceChoice()
        self.view = ViewOptions()
        self.pinned: Structure | None = None  # a frame drawn faintly in the reference's place
        self.file_molecules: tuple[Structure, ...] = ()  # of the file opened last
        self.frame_index = 0
        self.hovered: int | None = None
        self.live = True
        self.activity = Activity.IDLE
        self.warming = False  # a model is loaded ahead: nothing relaxes yet
        self.message: Message | None = None

    def load(
        self,
        structure: Structure,
        reference: Reference | None = None,
        drawing: Drawing | None = None,
        *,
        continues: bool = False,
        fixed: frozenset[int] | None = None,
        meant: Structure | None = None,
    ) -> None:
        """Start over with another molecule.

        Args:
            structure: where relaxations start.
            reference: what is known to be right, if anything.
            drawing: of the structure, if there is one.
            continues: it is an edit of the one before, in the same coordinate frame.
            fixed: atoms that are frozen; None for those before, if it is the same molecule.
            meant: what it was before noise, where it is a frame of a run from noise.
        """
        self._make_way_for(structure)
        gone = {ReferenceKind.KNOWN: reference is None, ReferenceKind.UNNOISED: meant is None}
        if gone.get(self.reference_choice.kind, False):
            self.reference_choice = replace(self.reference_choice, kind=ReferenceKind.AUTOMATIC)
        if fixed is not None:
            self.fixed = fixed
        self.base = structure
        self.known_reference = reference
        self.drawing = self.valid_drawing = drawing
        if not continues:
            self.frame = next(_frames)
        self.set_start(structure, noise_step=0, meant=meant)
        self.runs_changed.emit()
        self.drawing_changed.emit(self.drawing)  # an edit on its way may have been put back

    def set_file(self, molecules: tuple[Structure, ...]) -> None:
        """What the file opened last has to choose from; empty where it was no file."""
        if molecules is not self.file_molecules:
            self.file_molecules = molecules
            self.file_changed.emit()

    def set_noised(self, structure: Structure, t: int) -> None:
        """Replace the starting structure by a diffused one; the base stays what it is."""
        self.set_start(structure, noise_step=t, meant=self.base)

    def set_start(
        self, structure: Structure | None, *, noise_step: int, meant: Structure | None
    ) -> None:
        """Relaxations start here from now on; ``meant`` is what it was before noise."""
        self.structure, self.noise_step, self.meant = structure, noise_step, meant
        self.run, self.hovered = None, None
        self.frame_index, self.live = 0, True
        self.structure_changed.emit()
        self.trajectory_changed.emit()

    def adopt_frame(self) -> None:
        """Make the frame looked at the new starting structure; the reference stays."""
        shown = self.shown
        meant = self.meant if self.run is None else self.run.meant
        if shown is not None:
            self.load(shown, self.known_reference, self.valid_drawing, meant=meant)

    def clear(self) -> None:
        """No molecule any more; the drawing stays what it is."""
        self._make_way_for(None)
        self.base, self.known_reference, self.valid_drawing = None, None, None
        self.set_start(None, noise_step=0, meant=None)
        self.runs_changed.emit()

    def start_anew(self) -> None:
        """No molecule and an empty page."""
        self.drawing = None
        self.clear()
        self.drawing_changed.emit(None)

    def set_drawing(self, drawing: Drawing | None) -> None:
        """The structure has this drawing; it stays itself."""
        self.drawing = self.valid_drawing = drawing
        self.drawing_changed.emit(drawing)

    def put_on_page(self, drawing: Drawing) -> None:
        """Somebody drew this, which the structure does not have (yet)."""
        self.drawing = drawing
        self.drawing_changed.emit(drawing)

    def moment(self) -> Moment:
        """All that an undo has to bring back."""
        return Moment(
            base=self.base,
            structure=self.structure,
            known_reference=self.known_reference,
            noise_step=self.noise_step,
            meant=self.meant,
            runs=tuple(self.runs),
            run=self.run,
            reference_choice=self.reference_choice,
            frame_index=self.frame_index,
            drawing=self.drawing,
            valid_drawing=self.valid_drawing,
            frame=self.frame,
            fixed=self.fixed,
        )

    def restore(self, moment: Moment) -> None:
        """Be as it was at that moment."""
        self._make_way_for(moment.base)
        self.base, self.known_reference = moment.base, moment.known_reference
        self.structure, self.noise_step = moment.structure, moment.noise_step
        self.meant = moment.meant
        self.runs, self.run = list(moment.runs), moment.run
        self.reference_choice = moment.reference_choice
        self.drawing, self.valid_drawing = moment.drawing, moment.valid_drawing
        self.frame, self.frame_index = moment.frame, moment.frame_index
        self.fixed = moment.fixed
        self.hovered, self.live = None, False
        self.structure_changed.emit()
        self.trajectory_changed.emit()
        self.runs_changed.emit()
        self.drawing_changed.emit(self.drawing)

    def begin_run(
        self,
        provenance: Provenance,
        start: Structure | None = None,
        meant: Structure | None = None,
    ) -> None:
        """Open an empty trajectory from the starting structure, or from another one.

        ``meant`` is what another start was before noise, see ``RunRecord``.
        """
        if self.structure is None:
            raise ValueError("there is no structure to relax")
        if start is None:
            start, meant = self.structure, self.meant
        reference = provisional_reference(self.reference_choice, start, self.known_reference, meant)
        self.run = RunRecord(
            Trajectory(start, provenance), reference, meant=meant, noise_step=self.noise_step
        )
        self.runs = [*self.runs, self.run][-MOST_RUNS:]
        self.frame_index, self.hovered, self.live = 0, None, True
        self.trajectory_changed.emit()
        self.runs_changed.emit()

    def add_frames(self, frames: list[Frame]) -> None:
        """Append frames of the current run; in live mode the last one is looked at."""
        if self.trajectory is None or self.series is None or not frames:
            return
        first = len(self.trajectory)
        for frame in frames:
            self.trajectory.append(frame)
        self.series.extend(frames)
        if self.live:
            self.frame_index = len(self.trajectory) - 1
        self.frames_added.emit(first)
        if self.live:
            self.frame_selected.emit(self.frame_index)

    def end_run(self, reason: StopReason | None) -> None:
        """Close the trajectory.

        ``reason`` is None where the run broke off by an error. A trajectory that has ended
        before stays as it is.
        """
        if self.trajectory is None or self.trajectory.stop_reason is not None:
            return
        self.trajectory.stop_reason = reason
        self.live = False
        self.trajectory_changed.emit()
        self.runs_changed.emit()

    def set_measured(self, measured: Sequence[tuple[RunRecord, Reference, RunSeries]]) -> None:
        """Measure runs to other references; frames that a series lacks are added to it."""
        for run, reference, series in measured:
            run.measure(reference, series)
        self.runs_changed.emit()
        if any(run is self.run for run, _, _ in measured):
            self.trajectory_changed.emit()

    def look_at_run(self, run: RunRecord) -> None:
        """Look at another run that was kept; not while one is computed."""
        if run is self.run or self.relaxing:
            return
        self.run, self.hovered, self.live = run, None, False
        self.frame_index = max(len(run.trajectory) - 1, 0)
        self.trajectory_changed.emit()
        self.frame_selected.emit(self.frame_index)

    def show_run(self, run: RunRecord, visible: bool) -> None:
        """Draw the curves of a run beside those of the one looked at, or not."""
        run.visible = visible
        self.runs_changed.emit()

    def set_ensemble(self, ensemble: Ensemble | None) -> None:
        """What the runs with other seeds have in common; None where there are none."""
        if ensemble is not self.ensemble:
            self.ensemble = ensemble
            self.ensemble_changed.emit()

    def remove_run(self, run: RunRecord) -> None:
        """Forget a run; not the one that is computed."""
        if run is self.run and self.relaxing:
            return
        self.runs = [other for other in self.runs if other is not run]
        if run is self.run:
            self.run, self.frame_index, self.hovered = None, 0, None
            self.structure_changed.emit()
            self.trajectory_changed.emit()
        self.runs_changed.emit()

    def hover(self, index: int | None) -> None:
        """Point at a frame without going there; None where nothing is pointed at."""
        if index != self.hovered:
            self.hovered = index
            self.frame_hovered.emit(index)

    def keep_run(self, run: RunRecord) -> None:
        """Add a run of the loaded molecule that was computed before, and look at it.

        Raises ValueError where it has other atoms, or no frame.
        """
        if self.structure is None or not self.structure.same_atoms(run.trajectory.start):
            raise ValueError("the trajectory is not one of the loaded molecule")
        if not len(run.trajectory):
            raise ValueError("the trajectory has no frame")
        self.runs = [*self.runs, run][-MOST_RUNS:]
        self.look_at_run(run)
        self.runs_changed.emit()

    def select_frame(self, index: int) -> None:
        """Look at a frame, clipped to what is there; looking back leaves the live mode."""
        if self.trajectory is None or not len(self.trajectory):
            return
        last = len(self.trajectory) - 1
        index = min(max(index, 0), last)
        self.live = self.live and index == last
        if index != self.frame_index:
            self.frame_index = index
            self.frame_selected.emit(index)

    def go_live(self) -> None:
        """Look at the newest frame, and follow the run while there is one."""
        self.live = self.activity != Activity.IDLE
        if self.trajectory is not None:
            self.select_frame(len(self.trajectory) - 1)

    def set_activity(self, activity: Activity, *, warming: bool = False) -> None:
        """Tell what the compute thread does; ``warming``: ahead of any relaxation."""
        self.warming = warming
        if activity != self.activity:
            self.activity = activity
            self.activity_changed.emit(activity)

    def say(self, message: Message | None) -> None:
        """Show a message, or none."""
        self.message = message
        self.message_changed.emit(message)

    @property
    def trajectory(self) -> Trajectory | None:
        """Of the run looked at."""
        return None if self.run is None else self.run.trajectory

    @property
    def series(self) -> RunSeries | None:
        """Of the run looked at."""
        return None if self.run is None else self.run.series

    @property
    def reference(self) -> Reference | None:
        """What the series is measured to."""
        return None if self.run is None else self.run.reference

    @property
    def shown(self) -> Structure | None:
        """The structure looked at: the frame, or the start where there is no frame."""
        if self.trajectory is not None and len(self.trajectory):
            return self.trajectory.structure(self.frame_index)
        return self.structure

    @property
    def busy(self) -> bool:
        """Whether a relaxation is on its way, or a model is loaded ahead of one."""
        return self.activity != Activity.IDLE

    @property
    def relaxing(self) -> bool:
        """Whether a relaxation is on its way."""
        return self.busy and not self.warming

    def set_view(self, view: ViewOptions) -> None:
        """Draw in another way, or measure something else."""
        if view != self.view:
            self.view = view
            self.view_changed.emit()

    def pin_frame(self, structure: Structure | None) -> None:
        """Draw a frame faintly beside the one looked at; None unpins it."""
        self.pinned = structure
        self.view_changed.emit()

    def set_fixed(self, atoms: frozenset[int]) -> None:
        """Freeze these atoms, and no others, where the starting structure has them.

        Raises ValueError where one of them does not exist.
        """
        if self.structure is None or not atoms <= set(range(len(self.structure))):
            raise ValueError("an atom that is to be frozen does not exist")
        if atoms != self.fixed:
            self.fixed = atoms
            self.fixed_changed.emit()

    @property
    def fixed_mask(self) -> BoolArray | None:
        """(n,), True for frozen atoms; None where there are none."""
        if self.structure is None or not self.fixed:
            return None
        mask = np.zeros(len(self.structure), dtype=bool)
        mask[list(self.fixed)] = True
        return mask

    def _make_way_for(self, base: Structure | None) -> None:
        """Forget what names the atoms of the molecule that goes, if another one comes."""
        if self.base is not None and base is not None and same_molecule(base, self.base):
            return
        self.set_ensemble(None)  # told while the rest still fits together
        self.runs, self.pinned, self.fixed = [], None, frozenset()
        self.reference_choice = ReferenceChoice()
        self.view = replace(self.view, measurements=())

    @property
    def target(self) -> Reference | None:
        """Where a relaxation should come to, as far as it is known without a choice."""
        return self.known_reference or before_noise(self.meant)

    @property
    def anchor(self) -> Structure | None:
        """What everything is superposed on: the known reference, else the molecule as loaded."""
        return self.known_reference.structure if self.known_reference else self.base
