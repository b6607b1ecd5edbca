"""Molecules at hand: the examples by topic, found by name or SMILES, and recent files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QLineEdit, QListView, QPushButton, QVBoxLayout, QWidget

from morered_gui.gui.library_model import THUMBNAIL, LibraryModel
from morered_gui.gui.widgets import empty_layout, heading, muted, recent_button

MOST_RECENT = 4


class LibraryPanel(QWidget):
    """A search field, the list, recent files.

    Signals:
        example_asked: id of the example.
        file_asked: path of a recent file.
    """

    example_asked = Signal(str)
    file_asked = Signal(str)

    def __init__(self, model: LibraryModel, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.model = model
        self.search_field = QLineEdit()
        self.search_field.setPlaceholderText("Search by name, topic or SMILES")
        self.search_field.setAccessibleName("Search examples")
        self.search_field.setClearButtonEnabled(True)
        self.search_field.textChanged.connect(self._search)
        self._nothing = muted("")
        self._nothing.setWordWrap(True)
        self._nothing.hide()
        self.list = QListView()
        self.list.setObjectName("file")
        self.list.setAccessibleName("Examples")
        self.list.setModel(model)
        self.list.setIconSize(THUMBNAIL)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.clicked.connect(self._ask)
        self.list.activated.connect(self._ask)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self._recent_heading: QLabel = heading("Recent files")
        opened = QPushButton(actions["open"].icon(), "Open file…")
        opened.setToolTip(actions["open"].toolTip())
        opened.clicked.connect(actions["open"].trigger)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 12)
        column.setSpacing(7)
        for widget in (self.search_field, self._nothing):
            column.addWidget(widget)
        column.addWidget(self.list, 1)
        column.addWidget(self._recent_heading)
        column.addLayout(self._recent)
        column.addWidget(opened)
        self.show_recent(())

    def show_recent(self, files: Sequence[str]) -> None:
        """The files opened last, the newest first."""
        empty_layout(self._recent)
        self._recent_heading.setVisible(bool(files))
        for name in files[:MOST_RECENT]:
            button = recent_button(Path(name))
            button.clicked.connect(lambda _checked=False, n=name: self.file_asked.emit(n))
            self._recent.addWidget(button)

    def select_example(self, identifier: str) -> None:
        """Mark an example as the one that is shown; an empty name marks none."""
        row = self.model.row_of(identifier)
        self.list.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())

    def _search(self, text: str) -> None:
        self.model.search(text)
        found = bool(self.model.titles)
        self._nothing.setText(f"No example is called “{text}” or has it as a part.")
        self._nothing.setVisible(not found)

    def _ask(self, index: QModelIndex) -> None:
        example = self.model.example(index.row())
        if example is not None:
            self.example_asked.emit(example.id)
