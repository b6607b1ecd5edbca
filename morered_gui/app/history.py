"""What can be undone: every state of the document, in the order in which they came."""

from dataclasses import dataclass, field

from morered_gui.app.records import RunRecord
from morered_gui.app.references import Reference, ReferenceChoice
from morered_gui.chem.drawing import Drawing
from morered_gui.core import Structure


@dataclass(frozen=True, eq=False)
class Moment:
    """Everything that an undo brings back. The parts are shared, never copied.

    Attributes:
        drawing: on the page; it may be no valid molecule.
        valid_drawing: the one that the structure was built from.
        meant: what the structure was before noise; None where none was added.
        fixed: atoms that no relaxation moves.
        frame: number of the coordinate frame; edits stay in the frame of the molecule before.
    """

    base: Structure | None = None
    structure: Structure | None = None
    known_reference: Reference | None = None
    noise_step: int = 0
    meant: Structure | None = None
    runs: tuple[RunRecord, ...] = ()
    run: RunRecord | None = None
    reference_choice: ReferenceChoice = field(default_factory=ReferenceChoice)
    frame_index: int = 0
    drawing: Drawing | None = None
    valid_drawing: Drawing | None = None
    frame: int = 0
    fixed: frozenset[int] = frozenset()

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing that could be lost."""
        return self.structure is None and self.drawing is None


class History:
    """Moments without end, and where one stands among them."""

    def __init__(self, first: Moment) -> None:
        self._moments = [first]
        self._at = 0

    @property
    def current(self) -> Moment:
        """The moment that is shown."""
        return self._moments[self._at]

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier moment."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a later moment."""
        return self._at + 1 < len(self._moments)

    def push(self, moment: Moment) -> None:
        """A new step; what was undone before is gone. The blank start is no step."""
        keep = 0 if self._at == 0 and self.current.is_blank else self._at + 1
        self._moments[keep:] = [moment]
        self._at = keep

    def amend(self, moment: Moment) -> None:
        """The current step turned out like this; later ones stay."""
        self._moments[self._at] = moment

    def undo(self) -> Moment:
        """One step back; raises IndexError where there is none."""
        if not self.can_undo:
            raise IndexError("there is nothing to undo")
        self._at -= 1
        return self.current

    def redo(self) -> Moment:
        """One step on; raises IndexError where there is none."""
        if not self.can_redo:
            raise IndexError("there is nothing to redo")
        self._at += 1
        return self.current
