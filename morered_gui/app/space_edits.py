"""Edits in space: carried out in the task thread, then loaded as a step that can be undone.

What changes atoms or bonds is relaxed if the program relaxes while one draws, and so is what was
dragged with the mouse. What sets a value is not: a bond length would be gone again at once.

Qt-free; lives in the interface's thread.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from morered_gui.app.editing import Editing
from morered_gui.app.messages import Message, Severity
from morered_gui.app.records import same_molecule
from morered_gui.chem.drawing import Drawing, drawing_of, isotopes_of
from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.identifiers import name_of_smiles
from morered_gui.chem.substitution import Change
from morered_gui.core import Structure

Move = Callable[[Structure, frozenset[int]], Structure]
Substitution = Callable[[Structure], Change]
GONE = (
    "The molecule has changed before the edit in 3D was made, which names its atoms: do it again."
)


@dataclass(frozen=True, eq=False)
class Made:
    """What an edit has made; ``drawing`` None where the one before still holds."""

    structure: Structure
    drawing: Drawing | None
    fixed: frozenset[int]


@dataclass(frozen=True, eq=False)
class Wish:
    """An edit that was asked for.

    Attributes:
        molecule: whose atoms it names.
        make: of structure, frozen atoms and drawing, what is to be loaded.
        relax: afterwards, if the program relaxes while one draws.
        on_refusal: called where the edit is impossible.
    """

    molecule: Structure
    make: Callable[[Structure, frozenset[int], Drawing | None], Made]
    relax: bool
    on_refusal: Callable[[], None] | None = None


class SpaceEdits:
    """Carries out edits of the structure looked at, one after the other."""

    def __init__(self, editing: Editing) -> None:
        self._editing, self._state = editing, editing.state

    def move(
        self, move: Move, *, relax: bool = False, on_refusal: Callable[[], None] | None = None
    ) -> None:
        """Move atoms.

        Args:
            move: gets the structure and the frozen atoms.
            relax: afterwards, if the program relaxes while one draws.
            on_refusal: called where the edit is impossible.
        """
        self._ask(
            lambda structure, fixed, drawing: moved(structure, fixed, move, drawing),
            relax=relax,
            on_refusal=on_refusal,
        )

    def substitute(self, substitution: Substitution) -> None:
        """Change atoms or bonds; frozen atoms that are still there stay frozen."""
        self._ask(
            lambda structure, fixed, before: substituted(structure, fixed, substitution, before),
            relax=True,
        )

    def _ask(
        self,
        make: Callable[[Structure, frozenset[int], Drawing | None], Made],
        *,
        relax: bool,
        on_refusal: Callable[[], None] | None = None,
    ) -> None:
        molecule = self._state.structure
        if molecule is not None:
            wish = Wish(molecule, make, relax, on_refusal)
            self._editing.begin(lambda: self._begin(wish))

    def _begin(self, wish: Wish) -> bool:
        """Whether it is on its way: False where the molecule has gone meanwhile."""
        controller, state = self._editing.controller, self._state
        start, fixed = state.structure, state.fixed
        if start is None or not same_molecule(start, wish.molecule):
            self._refuse(wish, Message(GONE, Severity.WARNING))
            return False
        controller.cancel_run()
        structure, drawing = self._editing.looked_at() or start, state.valid_drawing
        controller.run_task(
            lambda: wish.make(structure, fixed, drawing),
            lambda made: self._finish(wish, made, start, fixed),
            lambda message: self._finish(wish, message, start, fixed),
        )
        return True

    def _finish(
        self, wish: Wish, found: Made | Message, start: Structure, fixed: frozenset[int]
    ) -> None:
        goes_on = False
        try:
            if self._state.structure is not start or self._state.fixed != fixed:
                goes_on = self._begin(wish)  # of what is there now
            elif isinstance(found, Message):
                self._refuse(wish, found)
            else:
                self._load(wish, found)
        finally:
            if not goes_on:
                self._editing.end()

    def _load(self, wish: Wish, made: Made) -> None:
        state = self._state
        state.say(None)
        drawing = made.drawing or state.valid_drawing
        reference = None if made.drawing else state.known_reference
        self._editing.take(made.structure, drawing, reference, made.fixed, relax=wish.relax)

    def _refuse(self, wish: Wish, message: Message) -> None:
        self._state.say(message)
        if wish.on_refusal is not None:
            wish.on_refusal()


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
