"""All models with their cards; one's own can be removed."""

import html
from collections.abc import Mapping

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.model_tasks import Models
from morered_gui.core import ExpectedError
from morered_gui.core.elements import symbol
from morered_gui.diffusion.checkpoint import BrokenModel, user_models_folder
from morered_gui.relaxers.methods import METHODS, ModelInfo

Row = ModelInfo | BrokenModel


class ModelsDialog(QDialog):
    """A list, the card of the one chosen, and what can be done with it.

    Signals:
        import_asked: another model is wanted.
        folder_asked: the folder of one's own models is wanted.
        remove_asked: the folder of a model to delete; the user has agreed.
    """

    import_asked = Signal()
    folder_asked = Signal()
    remove_asked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Models")
        self.resize(760, 440)
        self._hashes: Mapping[str, str] = {}
        self._rows: list[Row] = []
        self.list = QListWidget()
        self.list.setAccessibleName("Models")
        self.list.setMaximumWidth(230)
        self.list.currentRowChanged.connect(self._show_card)
        self.card = QLabel("Reading the models…")
        self.card.setTextFormat(Qt.TextFormat.RichText)
        self.card.setWordWrap(True)
        self.card.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.card.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.card.setAccessibleName("Card of the model")
        self.remove = QPushButton("Remove…")
        self.remove.setToolTip("Delete this model; only your own can be removed")
        self.remove.setEnabled(False)
        self.remove.clicked.connect(self._ask_remove)
        self._lay_out()

    def _lay_out(self) -> None:
        import_, folder, close = (QPushButton(t) for t in ("Import…", "Open folder", "Close"))
        import_.clicked.connect(self.import_asked)
        folder.setToolTip("Show the folder of your own models")
        folder.clicked.connect(self.folder_asked)
        close.clicked.connect(self.close)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.card)
        upper = QHBoxLayout()
        upper.setSpacing(18)
        upper.addWidget(self.list)
        upper.addWidget(scroll, 1)
        lower = QHBoxLayout()
        for button in (import_, folder, self.remove):
            lower.addWidget(button)
        lower.addStretch(1)
        lower.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(12)
        column.addLayout(upper, 1)
        column.addLayout(lower)

    def show_models(self, models: Models) -> None:
        """List them anew; the one chosen stays chosen."""
        chosen = self._chosen
        self._hashes = models.hashes
        self.list.clear()
        self._rows = [*models.usable, *models.broken]
        for row in self._rows:
            broken = isinstance(row, BrokenModel)
            self.list.addItem(f"{row.path.name} (broken)" if broken else row.path.name)
            self.list.item(self.list.count() - 1).setToolTip(str(row.path))
        paths = [row.path for row in self._rows]
        kept = chosen is not None and chosen.path in paths
        self.list.setCurrentRow(paths.index(chosen.path) if chosen and kept else 0)

    @property
    def _chosen(self) -> Row | None:
        place = self.list.currentRow()
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def _show_card(self) -> None:
        chosen = self._chosen
        self.remove.setEnabled(chosen is not None and _own(chosen))
        if chosen is None:
            self.card.setText("There is no model. Import one.")
        elif isinstance(chosen, BrokenModel):
            self.card.setText(
                f"<h3>{html.escape(chosen.path.name)}</h3>"
                f"<p>This folder can't be used: {html.escape(chosen.reason)}.</p>"
                f"<p>{html.escape(str(chosen.path))}</p>"
            )
        else:
            self.card.setText(card_of(chosen, self._hashes.get(chosen.name, "")))

    def _ask_remove(self) -> None:
        chosen = self._chosen
        if chosen is None:
            return
        path = chosen.path
        question = QMessageBox(
            QMessageBox.Icon.Question,
            "Remove a model",
            f"Delete the model '{path.name}' and all its files?",
            QMessageBox.StandardButton.Cancel,
            self,
        )
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setInformativeText(str(path))
        delete = question.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        delete.clicked.connect(lambda: self.remove_asked.emit(path))
        question.open()


def open_models_folder() -> None:
    """Show the folder of the user's models, which is made if need be; raises ExpectedError."""
    folder = user_models_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise ExpectedError(f"{folder} can't be made: {reason}") from error
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def card_of(model: ModelInfo, sha256: str) -> str:
    """All that is known of a model, as a table."""
    elements = " ".join(symbol(z) for z in sorted(model.elements)) or "not known"
    methods = ", ".join(METHODS[m].title for m in model.methods)
    rows = {
        "Level of theory": model.level_of_theory,
        "Elements": elements,
        "Charges": model.charge_words.removeprefix("charges "),
        "Sizes": model.size_words.removeprefix("sizes "),
        "Network": str(model.kind),
        "Methods": methods or "goes with a noise network",
        "Time model": model.time_model,
        **_training(model),
        "SHA-256": f"{sha256[:32]} {sha256[32:]}".strip() if len(sha256) == 64 else sha256,
    }
    table = "".join(
        f"<tr><td style='padding-right:14px; white-space:nowrap'>{name}</td>"
        f"<td>{html.escape(value)}</td></tr>"
        for name, value in rows.items()
        if value
    )
    whose = "your own" if model.own else "comes with the program"
    return (
        f"<h3>{html.escape(model.name)}</h3><p>{html.escape(model.summary)} ({whose})</p>"
        f"<table cellspacing='0' cellpadding='3' style='margin-top:8px'>{table}</table>"
    )


def _training(model: ModelInfo) -> dict[str, str]:
    """As far as the record has it; the file may be anybody's."""
    record = model.training
    data, figures = record.get("data"), record.get("validation")
    name = data.get("name", "") if isinstance(data, dict) else ""
    rows = {"Training data": str(name)}
    if "steps" in record and "hours" in record:
        rows["Training"] = f"{record['steps']} steps in {record['hours']} hours"
    if isinstance(figures, dict):
        rows["Validation"] = ", ".join(f"{k.replace('_', ' ')}: {v}" for k, v in figures.items())
    return rows


def _own(model: Row) -> bool:
    return isinstance(model, BrokenModel) or model.own
