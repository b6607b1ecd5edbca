"""Connects library, start page and recent files with the program."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedLayout, QWidget

from morered_gui.app.controller import Controller
from morered_gui.app.settings import Settings
from morered_gui.chem.examples import Example
from morered_gui.gui.library_model import LibraryModel
from morered_gui.gui.library_panel import LibraryPanel
from morered_gui.gui.start_page import StartPage
from morered_gui.gui.theme import Theme


class Window(Protocol):
    """What the desk needs of the window."""

    controller: Controller
    settings: Settings
    actions_by_id: dict[str, QAction]

    def open_example(self, identifier: str) -> None: ...
    def open_path(self, path: Path) -> None: ...
    def raise_panel(self, name: str) -> None: ...


class LibraryDesk(QObject):
    """The panel of examples, and the page that is there while no molecule is."""

    def __init__(self, window: Window, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """By the id of the action."""
        return {
            "new": self._new,
            "start_drawing": lambda: self._window.raise_panel("Draw"),
            "library": lambda: self._window.raise_panel("Library"),
        }

    def build(self, examples: Sequence[Example], theme: Theme) -> None:
        """Make the panel and the page; the actions have to be there."""
        window = self._window
        self._state = window.controller.state
        actions = window.actions_by_id
        self.model = LibraryModel(window.controller, examples, theme)
        self.panel = LibraryPanel(self.model, actions)
        self.page = StartPage(window.controller, actions, examples, theme)
        for part in (self.panel, self.page):
            part.example_asked.connect(window.open_example)
            part.file_asked.connect(lambda name: window.open_path(Path(name)))
        self._state.structure_changed.connect(self.refresh)
        self._state.drawing_changed.connect(lambda _drawing: self.refresh())
        self.show_recent()

    def in_front_of(self, view: QWidget) -> QWidget:
        """The view, with the start page in front of it while there is no molecule."""
        both = QWidget()
        stack = QStackedLayout(both)
        # Not one at a time: a page that is not shown would not start.
        stack.setStackingMode(QStackedLayout.StackingMode.StackAll)
        stack.addWidget(view)
        stack.addWidget(self.page)
        self.refresh()
        return both

    def refresh(self) -> None:
        """Show the start page while there is nothing else to see."""
        drawing = self._state.drawing
        empty = self._state.structure is None and not (drawing and drawing.molblock)
        self.page.setVisible(empty)
        if empty:
            self.page.raise_()

    def show_recent(self) -> None:
        """The files of the settings, as far as they are still there."""
        # os.path: where a folder may not be read, or its drive is gone, a Path raises OSError.
        there = [name for name in self._window.settings.recent_files if os.path.exists(name)]  # noqa: PTH110
        self.panel.show_recent(there)
        self.page.show_recent(there)

    def set_theme(self, theme: Theme) -> None:
        """New colours."""
        self.model.set_theme(theme)
        self.page.set_theme(theme)

    def _new(self) -> None:
        """An empty page; undo brings the molecule back."""
        controller = self._window.controller
        controller.cancel_run()
        self._state.say(None)
        self._state.start_anew()
        self.panel.select_example("")
        self._window.raise_panel("Draw")
