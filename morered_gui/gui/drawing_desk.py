"""Connects sketcher, undo and clipboard with the program."""

from collections.abc import Callable, Mapping
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QGuiApplication

from morered_gui.app.controller import Controller
from morered_gui.app.editing import Editing, FollowUp
from morered_gui.app.messages import Message, Severity
from morered_gui.app.sketches import inchi_of_drawing
from morered_gui.chem.drawing import Drawing
from morered_gui.core import ExpectedError
from morered_gui.gui.run_panel import RunPanel
from morered_gui.gui.sketch_panel import SketchPanel
from morered_gui.gui.theme import Theme
from morered_gui.gui.view3d import View3D
from morered_gui.relaxers.methods import METHODS, default_model
from morered_gui.relaxers.registry import RelaxerChoice, capabilities_of

FOLLOW_METHOD = "fast"


class Window(Protocol):
    """What the desk needs of the window."""

    controller: Controller
    actions_by_id: dict[str, QAction]
    run_panel: RunPanel
    view: View3D

    def open_smiles(self, smiles: str) -> None: ...


class DrawingDesk(QObject):
    """The sketcher's panel, the steps that can be undone, and the commands for both."""

    def __init__(self, window: Window, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window

    @property
    def _actions(self) -> Mapping[str, QAction]:
        return self._window.actions_by_id

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """By the id of the action."""
        return {
            "undo": self._undo,
            "redo": self._redo,
            "follow": self._on_follow,
            "copy_smiles": lambda: self._copy(self._drawing.smiles, "SMILES"),
            "copy_molfile": lambda: self._copy(self._drawing.molblock, "Molfile"),
            "copy_inchi": self._copy_inchi,
            "paste_molecule": self._paste,
        }

    def build(self, theme: Theme, *, follows: bool) -> SketchPanel:
        """Make the panel; actions and run panel have to be there."""
        controller = self._window.controller
        self.state = controller.state
        self.editing = Editing(controller, self._follow_up)
        self.editing.follows = follows
        self._actions["follow"].setChecked(follows)
        self.panel = SketchPanel(self._actions, theme)
        sketcher = self.panel.sketcher
        sketcher.edited.connect(self.editing.edit)
        sketcher.undo_asked.connect(self._undo)
        sketcher.redo_asked.connect(self._redo)
        self.editing.judged.connect(self.panel.show_verdict)
        self.editing.history_changed.connect(self._enable)
        self.state.drawing_changed.connect(self._on_drawing)
        self._enable()
        return self.panel

    def _undo(self) -> None:
        self._after_strokes(self.editing.undo)

    def _redo(self) -> None:
        self._after_strokes(self.editing.redo)

    def _after_strokes(self, deed: Callable[[], None]) -> None:
        """After all that was drawn or moved until now, also what the pages have yet to tell."""
        self.panel.sketcher.then(lambda: self._window.view.then(deed))

    # --- drawing --------------------------------------------------------------------------------

    @property
    def _drawing(self) -> Drawing:
        return self.state.drawing or Drawing("")

    def _on_drawing(self, drawing: Drawing | None) -> None:
        molblock = drawing.molblock if drawing else ""
        self.panel.sketcher.show_drawing(molblock, in_place=self.editing.is_restoring)
        self._enable()

    def _follow_up(self) -> FollowUp | None:
        panel = self._window.run_panel
        model = default_model(METHODS[FOLLOW_METHOD], panel.models)
        choice = RelaxerChoice(
            method=FOLLOW_METHOD,
            model=model.name if model else "",
            device=(panel.choice.device if panel.choice else "") or "auto",
        )
        try:
            capabilities = capabilities_of(choice)
        except ExpectedError:
            return None  # the run panel tells already that there is no model
        most = panel.steps_of(FOLLOW_METHOD)  # whatever the chosen method counts
        return FollowUp(choice, capabilities, seed=panel.seed, max_steps=most)

    def follow_choice(self) -> RelaxerChoice | None:
        """What relaxes while one draws; None where nothing does."""
        follow_up = self._follow_up() if self.editing.follows else None
        return follow_up.choice if follow_up else None

    def _on_follow(self) -> None:
        self.editing.follows = self._actions["follow"].isChecked()

    def _enable(self) -> None:
        self._actions["undo"].setEnabled(self.editing.can_undo)
        self._actions["redo"].setEnabled(self.editing.can_redo)
        for name in ("copy_smiles", "copy_inchi"):
            self._actions[name].setEnabled(bool(self._drawing.smiles))
        self._actions["copy_molfile"].setEnabled(bool(self._drawing.molblock))

    # --- clipboard ------------------------------------------------------------------------------

    def _copy(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.state.say(Message(f"{what} copied."))

    def _copy_inchi(self) -> None:
        drawing = self._drawing
        self._window.controller.run_task(
            lambda: inchi_of_drawing(drawing), lambda text: self._copy(text, "InChI")
        )

    def _paste(self) -> None:
        text = QGuiApplication.clipboard().text()
        if not text.strip():
            self.state.say(Message("There is no text to paste.", Severity.WARNING))
            return
        self._window.open_smiles(text)
