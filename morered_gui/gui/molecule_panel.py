"""What is loaded, and a field for a SMILES that stays in step with the drawing."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.state import AppState
from morered_gui.chem.drawing import Drawing
from morered_gui.gui.widgets import WrappedLabel, muted


class MoleculePanel(QWidget):
    """Name, formula and reference of the molecule, and its SMILES.

    Signals:
        smiles_asked: the text of the field.
    """

    smiles_asked = Signal(str)

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self._smiles = QLineEdit()
        self._smiles.setPlaceholderText("SMILES, InChI, or an example's name")
        self._smiles.setAccessibleName("SMILES")
        self._smiles.setClearButtonEnabled(True)
        self._smiles.returnPressed.connect(self._ask_smiles)
        self._smiles.textEdited.connect(lambda: self.show_smiles_error(""))
        self._error = WrappedLabel("error")
        self._error.setAccessibleName("What is wrong with the SMILES")
        self._error.hide()
        self._title, self._facts = WrappedLabel("heading"), muted("")
        self._reference = WrappedLabel("muted")
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        build = QPushButton("Build")
        build.setToolTip("Build the molecule of this SMILES in three dimensions (Enter)")
        build.clicked.connect(self._ask_smiles)
        row = QHBoxLayout()
        row.addWidget(self._smiles, 1)
        row.addWidget(build)
        self._title.setAccessibleName("Molecule")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 2, 12, 12)
        column.setSpacing(6)
        for widget in (self._title, self._facts, self._reference):
            column.addWidget(widget)
        column.addLayout(row)
        column.addWidget(self._error)
        # The page to draw on takes all the room that there is.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def refresh(self) -> None:
        """Show what is loaded."""
        structure, reference = self._state.structure, self._state.target
        if structure is None:
            self._title.setText("No molecule yet")
            self._facts.setText("Draw one, pick an example, or paste a SMILES.")
            self._reference.setText("")  # not hidden: the page above would change its height
            return
        self._title.setText(structure.name or structure.formula)
        noise = f", noise t = {self._state.noise_step}" if self._state.noise_step else ""
        self._facts.setText(f"{structure.formula}, {len(structure)} atoms{noise}")
        self._reference.setText(f"Reference: {reference.label}" if reference else "No reference")

    def show_smiles_error(self, text: str) -> None:
        """Words beside the field, or none."""
        self._error.setText(text)
        self._error.setVisible(bool(text))

    def show_drawing(self, drawing: Drawing | None) -> None:
        """The SMILES of the drawing, unless somebody is typing one."""
        if self._smiles.hasFocus() and self._smiles.isModified():
            return
        self._smiles.setText(drawing.smiles if drawing else "")
        self._smiles.setCursorPosition(0)

    @property
    def smiles_field(self) -> QLineEdit:
        """The field for a SMILES."""
        return self._smiles

    @property
    def smiles_error(self) -> str:
        """The words beside the field."""
        return self._error.text()

    def _ask_smiles(self) -> None:
        self.show_smiles_error("")
        self.smiles_asked.emit(self._smiles.text())
