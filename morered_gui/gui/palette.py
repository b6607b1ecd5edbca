"""The command palette: any action by a few letters of its name."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from morered_gui.app.actions import BY_ID

SIZE = (460, 380)
_MOVES: dict[int, int] = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -8,
    Qt.Key.Key_PageDown: 8,
}


class Palette(QDialog):
    """A field and the actions that fit what is written in it; Enter triggers the chosen one."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.resize(*SIZE)
        self._actions = actions
        self._field = QLineEdit()
        self._field.setPlaceholderText("Type what you want to do")
        self._field.setAccessibleName("Search commands")
        self._field.setClearButtonEnabled(True)
        self._field.textChanged.connect(self._fill)
        self._field.returnPressed.connect(self._run)
        self._field.installEventFilter(self)
        self._list = QListWidget()
        self._list.setAccessibleName("Commands")
        self._list.itemActivated.connect(lambda _item: self._run())
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.addWidget(self._field)
        column.addWidget(self._list, 1)

    def open_empty(self) -> None:
        """Show all actions."""
        self._field.clear()
        self._fill("")
        self.show()
        self.raise_()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def field(self) -> QLineEdit:
        """Where one types."""
        return self._field

    @property
    def found(self) -> list[str]:
        """Ids of the actions in the list."""
        rows = range(self._list.count())
        return [str(self._list.item(row).data(Qt.ItemDataRole.UserRole)) for row in rows]

    def _fill(self, text: str) -> None:
        self._list.clear()
        ranked = sorted(
            (score, name)
            for name in self._actions
            if name != "palette" and (score := fit(text, words_of(name))) is not None
        )
        for _, name in ranked:
            action = self._actions[name]
            title = action.text().replace("&", "")
            keys = action.shortcut().toString()
            item = QListWidgetItem(action.icon(), f"{title}   {keys}" if keys else title)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip(action.toolTip())
            if not action.isEnabled():
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self._list.addItem(item)
        self._move(0)

    def _move(self, by: int) -> None:
        """To the next row that can be chosen."""
        count, row = self._list.count(), self._list.currentRow()
        wanted = max(row, 0) + by
        order = range(wanted, count) if by >= 0 else range(min(wanted, count - 1), -1, -1)
        for each in order:
            if each >= 0 and self._list.item(each).flags() & Qt.ItemFlag.ItemIsEnabled:
                self._list.setCurrentRow(each)
                return

    def _run(self) -> None:
        if self._list.currentRow() < 0:  # nothing was found, or nothing that can be chosen
            return
        item = self._list.currentItem()
        self.close()
        self._actions[str(item.data(Qt.ItemDataRole.UserRole))].trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move through the list while one types."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            by = _MOVES.get(event.key(), 0)
            if by:
                self._move(by)
                return True
        return False


def words_of(name: str) -> str:
    """What an action is searched by."""
    spec = BY_ID[name]
    return f"{spec.text.replace('&', '')} {spec.tooltip}".lower()


def fit(text: str, words: str) -> tuple[int, str] | None:
    """How well a search fits, the lowest first; None where a word is missing."""
    parts = text.lower().split()
    if not all(part in words for part in parts):
        return None
    return sum(words.index(part) for part in parts), words
