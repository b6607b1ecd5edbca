"""The state of the application: what is loaded, drawn and said, and the runs on it.

Qt-free; belongs to the interface's thread, which alone writes to it. Views listen to the
signals and never to each other.
"""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
from psygnal import Signal

from morered_gui.app.history import Moment
from morered_gui.app.messages import Message
from morered_gui.app.records import RunRecord, same_molecule
from morered_gui.app.references import (
    Reference,
    ReferenceChoice,
    ReferenceKind,
    before_noise,
    provisional_reference,
)
from morered_gui.app.run_state import RunState
from morered_gui.app.view_options import ViewOptions
from morered_gui.chem.drawing import Drawing
from morered_gui.core import Provenance, Structure, Trajectory
from morered_gui.core.arrays import BoolArray

_frames = itertools.count(1)


class AppState(RunState):
    """Everything that the views show.

    Signals, besides those of the runs:
        structure_changed: another starting structure, or another reference.
        view_changed: how the molecule is drawn, or what is measured.
        fixed_changed: other atoms are frozen.
        file_changed: other molecules to choose from.
        drawing_changed: another drawing, or None where it is not known.
        message_changed: the message, or None.
    """

    structure_changed = Signal()
    view_changed = Signal()
    fixed_changed = Signal()
    file_changed = Signal()
    drawing_changed = Signal(object)
    message_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.base: Structure | None = None  # before any noise
        self.structure: Structure | None = None  # where a relaxation starts
        self.known_reference: Reference | None = None
        self.noise_step = 0
        self.meant: Structure | None = None  # what the structure was before noise, if any
        self.fixed: frozenset[int] = frozenset()  # atoms that no relaxation moves
        self.drawing: Drawing | None = None  # on the page of the sketcher
        self.valid_drawing: Drawing | None = None  # what the structure was built from
        self.frame = 0  # number of the coordinate frame
        self.reference_choice = ReferenceChoice()
        self.view = ViewOptions()
        self.pinned: Structure | None = None  # a frame drawn faintly in the reference's place
        self.file_molecules: tuple[Structure, ...] = ()  # of the file opened last
        self.file_path: Path | None = None  # where that is
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

    def set_file(self, molecules: tuple[Structure, ...], path: Path | None = None) -> None:
        """What the file opened last has to choose from; empty where it was no file."""
        if molecules is not self.file_molecules:
            self.file_molecules, self.file_path = molecules, path
            self.file_changed.emit()

    def set_noised(self, structure: Structure, t: int) -> None:
        """Replace the starting structure by a diffused one; the base stays what it is."""
        self.set_start(structure, noise_step=t, meant=self.base)

    def set_start(
        self, structure: Structure | None, *, noise_step: int, meant: Structure | None
    ) -> None:
        """Relaxations start here from now on; ``meant`` is what it was before noise."""
        self.structure, self.noise_step, self.meant = structure, noise_step, meant
        self.look_at_no_run()
        self.live = True
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
        self.open_run(
            RunRecord(
                Trajectory(start, provenance), reference, meant=meant, noise_step=self.noise_step
            )
        )

    def remove_run(self, run: RunRecord) -> None:
        """Forget a run; without the one looked at, the start is seen again."""
        looked_at = run is self.run
        super().remove_run(run)
        if looked_at and self.run is None:
            self.structure_changed.emit()

    def keep_run(self, run: RunRecord) -> None:
        """Add a run of the loaded molecule that was computed before, and look at it.

        Raises ValueError where it has other atoms, or no frame.
        """
        if self.structure is None or not self.structure.same_atoms(run.trajectory.start):
            raise ValueError("the trajectory is not one of the loaded molecule")
        if not len(run.trajectory):
            raise ValueError("the trajectory has no frame")
        super().keep_run(run)

    def say(self, message: Message | None) -> None:
        """Show a message, or none."""
        self.message = message
        self.message_changed.emit(message)

    @property
    def shown(self) -> Structure | None:
        """The structure looked at: the frame, or the start where there is no frame."""
        if self.trajectory is not None and len(self.trajectory):
            return self.trajectory.structure(self.frame_index)
        return self.structure

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
