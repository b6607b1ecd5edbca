"""Edits in space: carried out in the task thread, then loaded as a step that can be undone.

What changes atoms or bonds is relaxed if the program relaxes while one draws, and so is what was
dragged with the mouse. What sets a value is not: a bond length would be gone again at once.

Qt-free; lives in the interface's thread.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from morered_gui.app.editing import Editing
from morered_gui.app.jobs import Job
from morered_gui.app.state import Message
from morered_gui.chem.drawing import Drawing, drawing_of, isotopes_of
from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.identifiers import name_of_smiles
from morered_gui.chem.substitution import Change
from morered_gui.core import Structure

Move = Callable[[Structure, frozenset[int]], Structure]
Substitution = Callable[[Structure], Change]


@dataclass(frozen=True, eq=False)
class Made:
    """What an edit has made; ``drawing`` None where the one before still holds."""

    structure: Structure
    drawing: Drawing | None
    fixed: frozenset[int]


class SpaceEdits:
    """Carries out edits of the structure looked at; the newest one counts."""

    def __init__(self, editing: Editing) -> None:
        self._editing, self._state = editing, editing.state
        self._job: Job | None = None

    def move(
        self, move: Move, *, relax: bool = False, on_refusal: Callable[[], None] | None = None
    ) -> None:
        """Move atoms.

        Args:
            move: gets the structure and the frozen atoms.
            relax: afterwards, if the program relaxes while one draws.
            on_refusal: called where the edit is impossible.
        """
        drawing = self._state.valid_drawing
        self._begin(
            lambda structure, fixed: moved(structure, fixed, move, drawing),
            relax=relax,
            on_refusal=on_refusal,
        )

    def substitute(self, substitution: Substitution) -> None:
        """Change atoms or bonds; frozen atoms that are still there stay frozen."""
        before = self._state.valid_drawing
        self._begin(
            lambda structure, fixed: substituted(structure, fixed, substitution, before),
            relax=True,
        )

    def _begin(
        self,
        make: Callable[[Structure, frozenset[int]], Made],
        *,
        relax: bool,
        on_refusal: Callable[[], None] | None = None,
    ) -> None:
        controller, state = self._editing.controller, self._state
        controller.cancel_run()
        structure, start, fixed = self._editing.looked_at(), state.structure, state.fixed
        if structure is None:
            return

        def done(made: Made) -> None:
            if state.structure is not start or state.fixed != fixed:
                return  # something else was loaded in the meantime
            state.say(None)
            drawing = made.drawing or state.valid_drawing
            reference = None if made.drawing else state.known_reference
            self._editing.take(made.structure, drawing, reference, made.fixed, relax=relax)

        def refused(message: Message) -> None:
            state.say(message)
            if on_refusal is not None:
                on_refusal()

        controller.drop(self._job)
        self._job = controller.run_task(lambda: make(structure, fixed), done, refused)


def moved(
    structure: Structure, fixed: frozenset[int], move: Move, drawing: Drawing | None = None
) -> Made:
    """The structure after a motion; a new drawing only where its stereo has changed."""
    after, isotopes = move(structure, fixed), isotopes_of(drawing)
    try:
        before, now = drawing_of(structure, isotopes), drawing_of(after, isotopes)
    except MoleculeError:  # bonds not known: it had no drawing before either
        return Made(after, None, fixed)
    return Made(after, None if before.smiles == now.smiles else now, fixed)


def substituted(
    structure: Structure,
    fixed: frozenset[int],
    substitution: Substitution,
    before: Drawing | None = None,
) -> Made:
    """The structure after a substitution, with its drawing and name; isotopes are kept."""
    change, isotopes = substitution(structure), isotopes_of(before)
    same = {k: was for k, was in enumerate(change.origin) if _is_same(change, structure, k)}
    kept = {k: isotopes[was] for k, was in same.items() if was in isotopes}
    drawing = drawing_of(change.structure, kept)
    named = replace(change.structure, name=name_of_smiles(drawing.smiles))
    return Made(named, drawing, change.carried(fixed))


def _is_same(change: Change, before: Structure, k: int) -> bool:
    """Whether an atom was there before, as the same element."""
    was = change.origin[k]
    return was >= 0 and bool(change.structure.numbers[k] == before.numbers[was])
