"""The Models menu: bring models in, look at them, remove one's own."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from morered_gui.app import model_tasks
from morered_gui.app.controller import Controller
from morered_gui.app.messages import Message, Severity
from morered_gui.app.model_tasks import ImportRequest
from morered_gui.core import ExpectedError
from morered_gui.gui.import_dialog import ImportDialog
from morered_gui.gui.models_dialog import ModelsDialog, open_models_folder
from morered_gui.gui.run_panel import RunPanel

FILTER = "Models saved by torch.save (*.pt *.pth *.ckpt);;All files (*)"


class ModelManager(QObject):
    """Commands of the Models menu; the work is done in the task thread."""

    def __init__(self, controller: Controller, panel: RunPanel, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._panel, self._window = controller, panel, window
        self.dialog: ModelsDialog | None = None

    def ask_import(self) -> None:
        """Ask for a file, and for what it does not tell."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Import a model", "", FILTER)
        if name:
            self.describe(Path(name))

    def describe(self, source: Path) -> ImportDialog:
        """Ask for what the file does not tell; not modal, a run may go on."""
        dialog = ImportDialog(source, self._window)
        dialog.import_asked.connect(self.import_)
        dialog.show()
        return dialog

    def import_(self, request: ImportRequest) -> None:
        """Import, choose the model, and tell of it."""
        state = self._controller.state

        def imported(models: model_tasks.Models) -> None:
            self._take(models)
            self._panel.choose_model(request.name)
            state.say(Message(f"{request.name} is imported and chosen."))

        state.say(Message(f"Importing {request.source.name}…"))
        self._controller.run_task(lambda: model_tasks.import_model(request), imported)

    def manage(self) -> None:
        """Show what there is."""
        if self.dialog is None:
            self.dialog = dialog = ModelsDialog(self._window)
            dialog.import_asked.connect(self.ask_import)
            dialog.folder_asked.connect(self.open_folder)
            dialog.remove_asked.connect(self.remove)
            dialog.destroyed.connect(self._forget)
        self.dialog.show()
        self.dialog.raise_()
        self._controller.run_task(model_tasks.list_all, self._take)

    def open_folder(self) -> None:
        """Show the folder of the user's own models."""
        try:
            open_models_folder()
        except ExpectedError as error:
            self._controller.state.say(Message(f"{error}.", Severity.ERROR))

    def remove(self, path: Path) -> None:
        """Delete one of the user's own models."""
        self._controller.run_task(lambda: model_tasks.remove(path), self._take)

    def _take(self, models: model_tasks.Models) -> None:
        if models.usable != self._panel.models:
            self._controller.forget_models()
            self._panel.set_models(models.usable)
        if self.dialog is not None:
            self.dialog.show_models(models)

    def _forget(self) -> None:
        self.dialog = None
