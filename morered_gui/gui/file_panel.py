"""The molecules of a file that has several, with small drawings; one is chosen."""

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListView, QVBoxLayout, QWidget

from morered_gui.app.controller import Controller
from morered_gui.core import Structure
from morered_gui.gui.theme import Theme
from morered_gui.gui.thumbnails import Thumbnails
from morered_gui.gui.widgets import action_button, muted

THUMBNAIL = QSize(68, 54)

Index = QModelIndex | QPersistentModelIndex


class MoleculesModel(QAbstractListModel):
    """Rows for Qt; a drawing is made when its row comes into view."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._molecules: tuple[Structure, ...] = ()
        self._thumbnails = Thumbnails(controller, THUMBNAIL, self)
        self._thumbnails.drawn.connect(
            lambda row: self.dataChanged.emit(self.index(row), self.index(row))
        )

    def show(self, molecules: tuple[Structure, ...], *, dark: bool) -> None:
        """Other molecules, or other colours."""
        self.beginResetModel()
        self._molecules = molecules
        self._thumbnails.show(molecules, dark=dark)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._molecules)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        structure = self._molecules[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{structure.name}\n{structure.formula}, {len(structure)} atoms"
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.icon(index.row())
        return None

    @property
    def n_drawn(self) -> int:
        """How many drawings there are."""
        return self._thumbnails.n_drawn


class FilePanel(QWidget):
    """The list, which is only seen where a file has several molecules.

    Signals:
        several: whether there is something to choose from.
    """

    several = QtSignal(bool)

    def __init__(self, controller: Controller, relax_all: QAction, theme: Theme) -> None:
        super().__init__()
        self._controller, self._state, self._theme = controller, controller.state, theme
        self.model = MoleculesModel(controller)
        self._facts: QLabel = muted("")
        self.list = QListView()
        self.list.setObjectName("file")
        self.list.setAccessibleName("Molecules in the file")
        self.list.setModel(self.model)
        self.list.setIconSize(THUMBNAIL)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._choose)
        self.list.activated.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 12)
        column.setSpacing(7)
        row = QHBoxLayout()
        row.addWidget(self._facts, 1)
        row.addWidget(action_button(relax_all, Qt.ToolButtonStyle.ToolButtonTextBesideIcon))
        column.addLayout(row)
        column.addWidget(self.list, 1)
        self._state.file_changed.connect(self._on_file)
        self._state.structure_changed.connect(self._mark)

    def set_theme(self, theme: Theme) -> None:
        """Drawings in the theme's colours."""
        if theme.dark != self._theme.dark:
            self._theme = theme
            self.model.show(self._state.file_molecules, dark=theme.dark)
            self._mark()

    @property
    def has_several(self) -> bool:
        """Whether there is something to choose from."""
        return len(self._state.file_molecules) > 1

    def _on_file(self) -> None:
        molecules = self._state.file_molecules
        self._facts.setText(f"{len(molecules)} molecules")
        self.model.show(molecules, dark=self._theme.dark)
        self._mark()
        self.several.emit(self.has_several)

    def _mark(self) -> None:
        """The molecule looked at, where it is one of the list and not an edit of one."""
        base, molecules = self._state.base, self._state.file_molecules
        found = (row for row, structure in enumerate(molecules) if structure is base)
        row = next(found, None)
        self.list.setCurrentIndex(QModelIndex() if row is None else self.model.index(row))

    def _choose(self, index: QModelIndex) -> None:
        molecules = self._state.file_molecules
        if molecules[index.row()] is not self._state.base:
            self._controller.choose_from_file(index.row())
