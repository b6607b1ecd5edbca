"""Asks for what a published model's file does not tell."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.model_tasks import ImportRequest
from morered_gui.core import ExpectedError
from morered_gui.core.elements import atomic_number
from morered_gui.diffusion.checkpoint import name_from, new_user_model
from morered_gui.gui.widgets import muted
from morered_gui.relaxers.methods import charges_from

LEVELS = ("B3LYP/6-31G(2df,p)", "ωB97X/6-31G(d)", "PBE0+MBD", "GFN2-xTB")  # QM9, ANI-1, QM7-X
UNKNOWN = "unknown"
MOST_ATOMS = 10_000


class ImportDialog(QDialog):
    """Name, level of theory, elements, charges and size, checked while they are typed.

    Signals:
        import_asked: an ImportRequest.
    """

    import_asked = Signal(object)

    def __init__(self, source: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self._source = source
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Import a model")
        self.name = QLineEdit(name_from(source.stem))
        self.level = QComboBox()
        self.level.setEditable(True)
        self.level.addItems([UNKNOWN, *LEVELS])
        self.elements = QLineEdit("H C N O F")
        self.elements.setPlaceholderText("such as H C N O F")
        self.charges = QLineEdit("0")
        self.charges.setPlaceholderText("any")
        self.max_atoms = QSpinBox()
        self.max_atoms.setRange(0, MOST_ATOMS)
        self.max_atoms.setSpecialValueText("not known")
        self.max_atoms.setSuffix(" atoms")
        for widget, name in (
            (self.name, "Name of the model"),
            (self.level, "Level of theory of its training data"),
            (self.elements, "Elements of its training data"),
            (self.charges, "Charges of its training molecules"),
            (self.max_atoms, "Largest molecule of its training data"),
        ):
            widget.setAccessibleName(name)
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.setAccessibleName("What is wrong")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._import = self.buttons.addButton("Import", QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self._ask)
        self.buttons.rejected.connect(self.close)
        self._lay_out()
        for field in (self.name, self.elements, self.charges):
            field.textChanged.connect(self._check)
        self._check()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("File", QLabel(self._source.name))
        form.addRow("Name", self.name)
        form.addRow("Level of theory", self.level)
        form.addRow("Elements", self.elements)
        form.addRow("Charges", self.charges)
        form.addRow("Largest molecule", self.max_atoms)
        words = muted(
            "The file does not tell what the model was trained on. Elements and charges decide "
            "which molecules it is given; leave them empty for no limit. For larger molecules "
            "there is a warning. No code in the file is run."
        )
        words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(words)
        column.addWidget(self.problem)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.resize(460, 380)

    def _request(self) -> ImportRequest:
        """Raises ExpectedError where something can't be meant."""
        name = self.name.text().strip()
        new_user_model(name)
        words = self.elements.text().replace(",", " ").split()
        numbers = tuple(sorted({atomic_number(word) for word in words}))
        level = self.level.currentText().strip() or UNKNOWN
        charges = charges_from(self.charges.text())
        largest = self.max_atoms.value() or None
        return ImportRequest(self._source, name, level, numbers, charges, largest)

    def _check(self) -> None:
        try:
            self._request()
        except ExpectedError as error:
            text = str(error)
            self.problem.setText(f"{text[:1].upper()}{text[1:]}.")
            self._import.setEnabled(False)
        else:
            self.problem.setText("")
            self._import.setEnabled(True)

    def _ask(self) -> None:
        self._check()  # the name may be taken by now
        if self._import.isEnabled():
            self.import_asked.emit(self._request())
            self.close()
