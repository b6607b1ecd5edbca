"""Where a molecule comes from: an example, a file, a SMILES."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.state import AppState
from morered_gui.chem.drawing import Drawing
from morered_gui.chem.examples import Example
from morered_gui.gui.theme import Theme
from morered_gui.gui.widgets import heading, line, muted

ID_ROLE = Qt.ItemDataRole.UserRole


class MoleculePanel(QWidget):
    """Examples by topic, a SMILES field, and what is loaded.

    Signals:
        example_asked: id of the example.
        smiles_asked: the text of the field.
    """

    example_asked = Signal(str)
    smiles_asked = Signal(str)

    def __init__(
        self, state: AppState, actions: Mapping[str, QAction], examples: list[Example], theme: Theme
    ) -> None:
        super().__init__()
        self._state, self._theme = state, theme
        self._smiles = QLineEdit()
        self._smiles.setPlaceholderText("SMILES, InChI, or an example's name")
        self._smiles.setAccessibleName("SMILES")
        self._smiles.setClearButtonEnabled(True)
        self._smiles.returnPressed.connect(self._ask_smiles)
        self._smiles.textEdited.connect(lambda: self.show_smiles_error(""))
        self._error = QLabel()
        self._error.setProperty("role", "error")
        self._error.setWordWrap(True)
        self._error.setAccessibleName("What is wrong with the SMILES")
        self._error.hide()
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search examples")
        self._search.setAccessibleName("Search examples")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._filter)
        self._list = QListWidget()
        self._list.setAccessibleName("Examples")
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(self._ask_example)
        self._list.itemActivated.connect(self._ask_example)
        self._title, self._facts, self._reference = QLabel(), muted(""), muted("")
        self._lay_out(actions["open"])
        self._fill(examples)
        self.refresh()

    def _lay_out(self, open_action: QAction) -> None:
        open_button = QPushButton(open_action.icon(), "Open file…")
        open_button.setToolTip(open_action.toolTip())
        open_button.clicked.connect(open_action.trigger)
        build = QPushButton("Build")
        build.setToolTip("Build the molecule of this SMILES in three dimensions (Enter)")
        build.clicked.connect(self._ask_smiles)
        row = QHBoxLayout()
        row.addWidget(self._smiles, 1)
        row.addWidget(build)
        self._title.setProperty("role", "heading")
        self._title.setWordWrap(True)
        self._title.setAccessibleName("Molecule")
        self._reference.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 12)
        column.setSpacing(7)
        for widget in (self._title, self._facts, self._reference, line()):
            column.addWidget(widget)
        column.addLayout(row)
        column.addWidget(self._error)
        column.addWidget(open_button)
        column.addWidget(line())
        column.addWidget(heading("Examples"))
        column.addWidget(self._search)
        column.addWidget(self._list, 1)

    def refresh(self) -> None:
        """Show what is loaded."""
        structure, reference = self._state.structure, self._state.known_reference
        if structure is None:
            self._title.setText("No molecule yet")
            self._facts.setText("Pick an example, paste a SMILES,\nor drop a file here.")
            self._reference.hide()
            return
        self._title.setText(structure.name or structure.formula)
        noise = f", noise t = {self._state.noise_step}" if self._state.noise_step else ""
        self._facts.setText(f"{structure.formula}, {len(structure)} atoms{noise}")
        self._reference.setText(f"Reference: {reference.label}" if reference else "No reference")
        self._reference.show()

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

    def select_example(self, identifier: str) -> None:
        """Mark an example as the one that is shown; an empty name marks none."""
        self._list.setCurrentRow(-1)
        for row in range(self._list.count()):
            item = self._list.item(row)
            if identifier and item.data(ID_ROLE) == identifier:
                self._list.setCurrentItem(item)

    @property
    def smiles_field(self) -> QLineEdit:
        """The field for a SMILES."""
        return self._smiles

    @property
    def smiles_error(self) -> str:
        """The words beside the field."""
        return self._error.text()

    def _fill(self, examples: list[Example]) -> None:
        topic = ""
        for example in examples:
            if example.topic != topic:
                topic = example.topic
                self._list.addItem(self._topic_item(topic))
            item = QListWidgetItem(example.title)
            item.setData(ID_ROLE, example.id)
            item.setToolTip(f"{example.description}\n{example.source}".strip())
            self._list.addItem(item)

    def _topic_item(self, topic: str) -> QListWidgetItem:
        item = QListWidgetItem(topic)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = item.font()
        font.setPointSizeF(font.pointSizeF() * 0.9)
        item.setFont(font)
        item.setForeground(self._theme.muted)
        return item

    def _filter(self, text: str) -> None:
        """Keep the examples whose name or topic has the text, and topics that have examples."""
        wanted, topic, topic_row = text.strip().casefold(), "", 0
        for row in range(self._list.count()):
            item = self._list.item(row)
            if item.data(ID_ROLE) is None:
                topic, topic_row = item.text().casefold(), row
                item.setHidden(True)
                continue
            fits = wanted in item.text().casefold() or wanted in topic
            item.setHidden(not fits)
            if fits:
                self._list.item(topic_row).setHidden(False)

    def _ask_example(self, item: QListWidgetItem) -> None:
        identifier = item.data(ID_ROLE)
        if identifier is not None:
            self.example_asked.emit(str(identifier))

    def _ask_smiles(self) -> None:
        self.show_smiles_error("")
        self.smiles_asked.emit(self._smiles.text())

    def set_theme(self, theme: Theme) -> None:
        """Topics in the theme's colours."""
        self._theme = theme
        for row in range(self._list.count()):
            item = self._list.item(row)
            if item.data(ID_ROLE) is None:
                item.setForeground(theme.muted)
