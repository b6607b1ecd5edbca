"""Edits, the relaxations that follow them, and the way back.

Listens to the state: whatever becomes a new starting structure is a step that can be undone,
and so is a relaxation as a whole. A relaxation that only followed an edit belongs to its step.
An editor of any kind therefore has to do no more than to load what it made.

Qt-free; lives in the interface's thread.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from psygnal import Signal

from morered_gui.app.controller import Controller
from morered_gui.app.history import History, Moment
from morered_gui.app.jobs import Job
from morered_gui.app.messages import Message, Severity
from morered_gui.app.records import RunRecord
from morered_gui.app.references import Reference
from morered_gui.app.sketches import Edit, Edited, carried_on, depicted, edited
from morered_gui.app.turns import Turns
from morered_gui.chem.drawing import Drawing
from morered_gui.core import Capabilities, Structure, UnsupportedMoleculeError, superpose
from morered_gui.relaxers.registry import RelaxerChoice

GIVEN_UP = "Another molecule came before the last stroke of the drawing was built; undo shows it."


@dataclass(frozen=True)
class FollowUp:
    """How an edit is relaxed."""

    choice: RelaxerChoice
    capabilities: Capabilities
    seed: int
    max_steps: int


@dataclass(frozen=True)
class Verdict:
    """What there is to say about the drawing.

    Attributes:
        problem: why it is no valid molecule; empty where it is one.
        atoms: of the drawing, those that the problem is about.
        notes: sentences about a valid one.
    """

    problem: str = ""
    atoms: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


class Editing:
    """One stack of steps for drawings, structures and relaxations.

    Signals:
        judged: the verdict on the drawing on the page.
        history_changed: what can be undone or redone.
    """

    judged = Signal(Verdict)
    history_changed = Signal()

    def __init__(self, controller: Controller, follow_up: Callable[[], FollowUp | None]) -> None:
        self.controller, self.state = controller, controller.state
        self._follow_up = follow_up
        self.follows = True  # relax while you draw
        self.verdict = Verdict()
        self._history = History(self.state.moment())
        self._turns = Turns()
        self._job: Job | None = None  # an edit or a depiction on its way
        self._edit: Edit | None = None  # the edit on its way
        self._run: RunRecord | None = None  # on its way, not yet a step
        self._run_follows = False  # it belongs to the edit before
        self._following = 0  # number of the relaxation that follows an edit
        self._amends = False  # what comes now belongs to the step that is there
        self._restoring = False
        self.state.structure_changed.connect(self._on_structure)
        self.state.drawing_changed.connect(self._on_drawing)
        self.state.trajectory_changed.connect(self._on_trajectory)
        self.state.fixed_changed.connect(self._on_fixed)
        self.state.runs_changed.connect(self._on_runs)

    # --- edits ----------------------------------------------------------------------------------

    def edit(self, molblock: str, kept: Sequence[int]) -> None:
        """The drawing has been changed.

        Args:
            molblock: V2000; empty for an empty page.
            kept: per atom its index in the drawing before, -1 for a new one.
        """
        self.controller.cancel_run()
        self.state.drawing = carried_on(self.state.drawing, molblock, kept)
        self._record(new_step=True)
        self._build()

    def take(
        self,
        structure: Structure,
        drawing: Drawing | None,
        reference: Reference | None,
        fixed: frozenset[int],
        *,
        relax: bool,
    ) -> None:
        """The structure has been edited in space: a step of its own, relaxed if wanted."""
        self.controller.cancel_run()
        self.state.load(structure, reference, drawing, continues=True, fixed=fixed)
        follow_up = self._next_follow_up() if relax else None
        if follow_up is None:
            return
        try:
            follow_up.capabilities.check(structure)
        except UnsupportedMoleculeError as refusal:
            self._judge(Verdict(notes=(f"not relaxed: {refusal}",)))
        else:
            self._follow()

    def undo(self) -> None:
        """One step back, if there is one; an edit on its way is a step first."""
        self._turns.ask(lambda: self._go(self._history.undo, possible=self._history.can_undo))

    def redo(self) -> None:
        """One step on, if there is one; an edit on its way is a step first."""
        self._turns.ask(self._redo)

    def _redo(self) -> bool:
        if self.can_redo:
            self._run = None  # as a step of its own it would take the place of what is ahead
        return self._go(self._history.redo, possible=self.can_redo)

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier step, or a step on its way."""
        return self._history.can_undo or self._turns.are_taken

    @property
    def can_redo(self) -> bool:
        """Whether there is a later step."""
        return self._history.can_redo

    def begin(self, edit: Callable[[], bool]) -> None:
        """Begin an edit in its turn; it returns whether it goes on until ``end``."""
        self._turns.ask(edit)
        self.history_changed.emit()

    def end(self) -> None:
        """An edit that went on has become a step, or has been refused."""
        self._turns.end()
        self.history_changed.emit()

    @property
    def is_restoring(self) -> bool:
        """Whether what changes now is an undo or a redo."""
        return self._restoring

    # --- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        state, follow_up = self.state, self._next_follow_up()
        if state.drawing is None:
            return
        edit = Edit(
            state.drawing,
            state.valid_drawing,
            self.looked_at(),
            follow_up.capabilities if follow_up else None,
            seed=follow_up.seed if follow_up else 0,
            fixed=state.fixed,
        )
        self._drop()
        self._edit = edit
        self._job = self.controller.run_task(
            lambda: edited(edit), self._on_edited, self._on_failure
        )

    def _drop(self) -> None:
        """Take no notice of what is on its way."""
        self.controller.drop(self._job)
        self._edit = None

    def looked_at(self) -> Structure | None:
        """The structure looked at, in the frame of the molecule as loaded.

        Frozen atoms are that frame where there are any.
        """
        shown, anchor = self.state.shown, self.state.anchor
        if shown is None or anchor is None or self.state.fixed:
            return shown
        return shown.with_positions(superpose(shown.positions, anchor.positions))

    def _next_follow_up(self) -> FollowUp | None:
        return self._follow_up() if self.follows else None

    def _on_edited(self, result: Edited) -> None:
        self._edit = None
        self._judge(_verdict_on(result))
        if result.structure is not None:
            self._load(result.structure, result.drawing, result.fixed)
            if not result.refusal:
                self._follow()
        elif result.problem:
            if not result.drawing.molblock:
                self._loaded_by_edit(self.state.clear)
            with self._amending():
                self.state.put_on_page(result.drawing)
            self._record(new_step=False)
        else:
            self.state.set_drawing(result.drawing)
            self._record(new_step=False)

    def _load(self, structure: Structure, drawing: Drawing, fixed: frozenset[int]) -> None:
        state = self.state
        continues = state.structure is not None
        self._loaded_by_edit(
            lambda: state.load(structure, None, drawing, continues=continues, fixed=fixed)
        )

    def _loaded_by_edit(self, load: Callable[[], None]) -> None:
        self._run = None  # asked for meanwhile, of the molecule that goes: no step
        self.controller.cancel_run()
        with self._amending():
            load()

    @contextmanager
    def _amending(self) -> Iterator[None]:
        """What the state tells of meanwhile belongs to the step that is there."""
        self._amends = True
        try:
            yield
        finally:
            self._amends = False

    def _follow(self) -> None:
        follow_up = self._next_follow_up()
        if follow_up is not None:
            self.controller.relax(
                follow_up.choice, seed=follow_up.seed, max_steps=follow_up.max_steps
            )
            self._following = self.controller.run_number

    def _on_failure(self, message: Message) -> None:
        self._edit = None
        self._judge(Verdict(problem=message.text))

    def _judge(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.judged.emit(verdict)

    # --- steps ----------------------------------------------------------------------------------

    def _on_structure(self) -> None:
        if self._restoring:
            return
        edit = self._edit
        if not self._amends:
            self._drop()
        goes_on = edit is not None and self._puts_back(edit)
        if not self._amends and self.state.drawing is self.state.valid_drawing:
            self._judge(Verdict())
        self._run = None
        self._record(new_step=not self._amends and (self._is_new_start() or self._lacks_run()))
        if goes_on:
            self._build()  # of what is there now
        elif self.state.drawing is None and self.state.structure is not None:
            self._depict(self.state.structure)
        if edit is not None and not goes_on:
            self.state.say(Message(GIVEN_UP, Severity.WARNING, action="undo"))

    def _on_drawing(self, drawing: Drawing | None) -> None:
        """A session was left before its drawing was built, or valid: an edit like any other."""
        is_own = self._restoring or self._amends
        if is_own or drawing is None or drawing is self.state.valid_drawing:
            return
        if self._edit is None or self._edit.drawing is not drawing:
            self._record(new_step=True)
            self._build()

    def _puts_back(self, edit: Edit) -> bool:
        """See to it that an edit on its way is on the page, if it is one of this molecule."""
        state = self.state
        if state.drawing is edit.drawing:
            return True
        is_same = edit.before is not None and state.valid_drawing is edit.before
        if is_same and state.structure is not None:
            state.drawing = edit.drawing
            return True
        return False

    def _on_fixed(self) -> None:
        """Freezing is a step; what a run has reached until now belongs to the step before."""
        moment = self.state.moment()
        self._history.amend(replace(moment, fixed=self._history.current.fixed))
        self._history.push(moment)
        self.history_changed.emit()
        if moment.drawing is not moment.valid_drawing:
            self._build()  # what is on its way does not know of these atoms

    def _is_new_start(self) -> bool:
        """Another start; not only another reference for it, or another run on it."""
        return self.state.structure is not self._history.current.structure

    def _lacks_run(self) -> bool:
        return not set(self._history.current.runs) <= set(self.state.runs)

    def _on_runs(self) -> None:
        """To forget a run is a step."""
        if not self._restoring and not self.state.relaxing and self._lacks_run():
            self._record(new_step=True)

    def _on_trajectory(self) -> None:
        """A run that has ended is a step; one that followed an edit belongs to the edit."""
        run = self.state.run
        if self._restoring or run is None:
            return
        if self.state.relaxing:
            if run is not self._run:
                self._run = run
                self._run_follows = self.controller.run_number == self._following
            return
        ended = run is self._run
        self._run = None
        self._record(new_step=ended and not self._run_follows)

    def _depict(self, structure: Structure) -> None:
        def done(drawing: Drawing) -> None:
            if self.state.structure is structure:
                self.state.set_drawing(drawing)
                now = self.state.moment()
                # The drawing alone: a run that has begun meanwhile is no part of this step.
                self._history.amend(
                    replace(
                        self._history.current,
                        drawing=now.drawing,
                        valid_drawing=now.valid_drawing,
                    )
                )
                self.history_changed.emit()

        def failed(message: Message) -> None:
            self._judge(Verdict(notes=(message.text,)))

        self._job = self.controller.run_task(lambda: depicted(structure), done, failed)

    def _record(self, *, new_step: bool) -> None:
        moment = self.state.moment()
        if new_step:
            self._history.push(moment)
        else:
            self._history.amend(moment)
        self.history_changed.emit()

    def _go(self, step: Callable[[], Moment], *, possible: bool) -> bool:
        """Done at once: False, see ``Turns``."""
        if possible:
            self.controller.cancel_run()  # recorded as far as it went
            self._drop()
            self._record(new_step=False)
            self._restore(step())
            self.history_changed.emit()
        return False

    def _restore(self, moment: Moment) -> None:
        self._restoring = True
        try:
            self.state.restore(moment)
        finally:
            self._restoring = False
        if self.state.message is not None and self.state.message.text == GIVEN_UP:
            self.state.say(None)  # it is seen now
        self._judge(Verdict())
        if moment.drawing is not moment.valid_drawing:
            self._build()  # says what is wrong with it, or builds what an undo interrupted


def _verdict_on(result: Edited) -> Verdict:
    if not result.drawing.molblock:
        return Verdict(notes=(result.problem,))
    refusal = f"shown as MMFF94 gives it, not relaxed: {result.refusal}" if result.refusal else ""
    notes = tuple(filter(None, (*result.remarks, refusal)))
    return Verdict(result.problem, result.atoms, notes)
