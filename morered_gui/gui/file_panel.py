"""The molecules of a file that has several, with small drawings; one is chosen."""

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QLabel, QListView, QVBoxLayout, QWidget

from morered_gui.app import operations
from morered_gui.app.controller import Controller
from morered_gui.app.state import Message
from morered_gui.core import Structure
from morered_gui.gui.theme import Theme
from morered_gui.gui.widgets import muted

THUMBNAIL = QSize(68, 54)
SHARPNESS = 2  # drawn larger, for fine screens
AT_ONCE = 6  # drawn in one task, so that other tasks need not wait long

Index = QModelIndex | QPersistentModelIndex


class MoleculesModel(QAbstractListModel):
    """Rows for Qt; a drawing is made when its row comes into view."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._molecules: tuple[Structure, ...] = ()
        self._icons: dict[int, QIcon] = {}
        self._wanted: list[int] = []
        self._dark, self._drawing = False, False
        self._blank = QPixmap(THUMBNAIL)
        self._blank.fill(Qt.GlobalColor.transparent)

    def show(self, molecules: tuple[Structure, ...], *, dark: bool) -> None:
        """Other molecules, or other colours."""
        self.beginResetModel()
        self._molecules, self._dark = molecules, dark
        self._icons, self._wanted = {}, []
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._molecules)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        structure = self._molecules[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{structure.name}\n{structure.formula}, {len(structure)} atoms"
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(index.row())
        return None

    @property
    def n_drawn(self) -> int:
        """How many drawings there are."""
        return len(self._icons)

    def _icon(self, row: int) -> QIcon | QPixmap:
        if row in self._icons:
            return self._icons[row]
        if row not in self._wanted:
            self._wanted.append(row)
            QTimer.singleShot(0, self, self._draw)
        return self._blank

    def _draw(self) -> None:
        """Have the rows that came into view last drawn first."""
        if self._drawing or not self._wanted:
            return
        rows, self._wanted = self._wanted[-AT_ONCE:], self._wanted[:-AT_ONCE]
        molecules, dark = self._molecules, self._dark
        chosen = [molecules[row] for row in rows]
        size = THUMBNAIL * SHARPNESS

        def drawn(pictures: list[bytes]) -> None:
            self._drawing = False
            if molecules is self._molecules and dark == self._dark:
                self._take(rows, pictures)
            self._draw()

        def failed(message: Message) -> None:
            self._drawing = False
            self._controller.state.say(message)

        self._drawing = True
        self._controller.run_task(
            lambda: operations.pictures(chosen, size.width(), size.height(), dark=dark),
            drawn,
            failed,
        )

    def _take(self, rows: list[int], pictures: list[bytes]) -> None:
        for row, png in zip(rows, pictures, strict=True):
            pixmap = QPixmap()
            pixmap.loadFromData(png)
            pixmap.setDevicePixelRatio(SHARPNESS)
            self._icons[row] = QIcon(pixmap)
            self.dataChanged.emit(self.index(row), self.index(row))


class FilePanel(QWidget):
    """The list, which is only seen where a file has several molecules.

    Signals:
        several: whether there is something to choose from.
    """

    several = QtSignal(bool)

    def __init__(self, controller: Controller, theme: Theme) -> None:
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
        column.addWidget(self._facts)
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
        base = self._state.base
        for row, structure in enumerate(self._state.file_molecules):
            if structure is base:
                self.list.setCurrentIndex(self.model.index(row))

    def _choose(self, index: QModelIndex) -> None:
        molecules = self._state.file_molecules
        if molecules[index.row()] is not self._state.base:
            self._controller.choose_from_file(index.row())
