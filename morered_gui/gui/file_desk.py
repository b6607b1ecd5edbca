"""Connects the relaxation of whole files with the program."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from morered_gui.app.controller import Controller
from morered_gui.app.file_run import FileRow, FileRun
from morered_gui.app.library_run import LibraryJob
from morered_gui.app.messages import Message, Severity
from morered_gui.chem.library import is_library
from morered_gui.gui.dialogs import ask, ask_to_replace
from morered_gui.gui.file_run_dialog import FileRequest, FileRunDialog
from morered_gui.gui.run_panel import NO_MODEL, RunPanel
from morered_gui.gui.theme import Theme

PUMP_MS = 100


class Window(Protocol):
    """What the desk needs of the window."""

    controller: Controller
    run_panel: RunPanel

    def widget(self) -> QWidget: ...
    def open_path(self, path: Path) -> None: ...


class FileDesk(QObject):
    """The run, its dialog, and the command that opens it."""

    def __init__(self, window: Window, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self.run = FileRun()
        self._dialog: FileRunDialog | None = None
        self._theme: Theme | None = None
        self._pump = QTimer(self)
        self._pump.setInterval(PUMP_MS)
        self._pump.timeout.connect(self.run.pump)
        self.run.advanced.connect(self._on_rows)
        self.run.ended.connect(self._on_end)

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """By the id of the action."""
        return {"relax_file": self.show}

    def set_theme(self, theme: Theme) -> None:
        """Words in the theme's colours."""
        self._theme = theme
        if self._dialog is not None:
            self._dialog.model.set_theme(theme)

    def show(self, path: Path | None = None) -> None:
        """Open the dialog, for a file or for the one that was opened last."""
        dialog = self.dialog
        opened = self._window.controller.state.file_path
        if path is None and opened is not None and is_library(opened):
            path = opened
        if path is not None and path != dialog.source and not self.run.is_running:
            dialog.set_source(path)
            dialog.model.clear()
            dialog.say(Message(""))
        self._show_method()
        dialog.show()
        dialog.raise_()

    @property
    def dialog(self) -> FileRunDialog:
        """Made when it is first asked for."""
        if self._dialog is None:
            if self._theme is None:
                raise RuntimeError("the window has no theme yet")
            dialog = FileRunDialog(self._theme, self._window.widget())
            dialog.asked.connect(self._on_asked)
            dialog.stop_asked.connect(self._on_stop)
            dialog.row_asked.connect(self._on_row)
            dialog.results_asked.connect(self._window.open_path)
            self._window.run_panel.changed.connect(self._show_method)
            self._dialog = dialog
        return self._dialog

    def close(self) -> None:
        """Stop what is on its way."""
        self._pump.stop()
        self.run.close()

    # --- the run --------------------------------------------------------------------------------

    def _on_asked(self, request: FileRequest) -> None:
        panel, dialog = self._window.run_panel, self.dialog
        if panel.choice is None:
            dialog.say(Message(NO_MODEL))
            return
        library = LibraryJob(
            source=request.source,
            output=request.output,
            choice=panel.choice,
            max_steps=panel.max_steps,
            seed=panel.seed,
            energies=request.energies,
        )
        if library.is_unfinished:
            text = f"A run that writes {library.output.name} was stopped on its way."
            answers = {
                "Go on": lambda: self._start(library, resume=True),
                "Begin again": lambda: self._start(library),
            }
            ask(dialog, "Relax a file", text, answers)
        elif library.output.exists():
            ask_to_replace(dialog, library.output, lambda: self._start(library))
        else:
            self._start(library)

    def _start(self, library: LibraryJob, *, resume: bool = False) -> None:
        self.dialog.model.clear()
        self.run.start(library, resume=resume)
        self._pump.start()
        self.dialog.show_running(running=True)
        self.dialog.show_progress(None, self.run.words)

    def _on_stop(self) -> None:
        self.run.stop()
        self.dialog.say(Message("Stopping…"))

    def _on_rows(self, rows: tuple[FileRow, ...]) -> None:
        self.dialog.model.add(rows)
        if not self.run.is_stopping:
            self.dialog.show_progress(self.run.progress, self.run.words)

    def _on_end(self, message: Message) -> None:
        self._pump.stop()
        self.dialog.show_running(running=False)
        self.dialog.say(message)
        if not self.dialog.isVisible():
            self._window.controller.state.say(message)

    def _on_row(self, row: FileRow) -> None:
        library = self.run.library
        if library is None:
            return
        if row.place is None:
            self.dialog.say(Message(f"{row.name}: {row.said}", Severity.WARNING))
        self._window.controller.open_row(library, row)

    def _show_method(self) -> None:
        panel = self._window.run_panel
        if self._dialog is None or panel.method is None:
            return
        said = [panel.method.title, *([panel.model.name] if panel.model else [])]
        said.append(f"up to {panel.max_steps} steps, seed {panel.seed}")
        self._dialog.show_method(" · ".join(said) + "   (as chosen in the panel Relaxation)")
