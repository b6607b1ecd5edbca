"""The table of the molecules of a file that is relaxed."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush

from morered_gui.app.file_run import FileRow
from morered_gui.gui.theme import Theme
from morered_gui.relaxers.check import Grade

Index = QModelIndex | QPersistentModelIndex
MOST_ROWS = 20_000  # more would take a noticeable time to sort
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Column(NamedTuple):
    """Heading, what it means, its value in a row, and decimals where it is a number."""

    title: str
    hint: str
    value: Callable[[FileRow], float | str | None]
    digits: int | None = None


COLUMNS = (
    Column("#", "Place in the file", lambda row: row.number + 1, 0),
    Column("Molecule", "Name in the file, else the formula", lambda row: row.name),
    Column("Moved / Å", "RMSD of the result to the start", lambda row: row.moved, 3),
    Column("t", "Time step predicted for the result; 0 is at rest", lambda row: row.t, 0),
    Column(
        "GFN2-xTB / kcal/mol",
        "Energy of the result above that of the start",
        lambda row: row.energy_change,
        2,
    ),
    Column("Result", "What the check says, or why there is no result", lambda row: row.said),
)
NUMBER, RESULT = 0, len(COLUMNS) - 1
ENERGY = next(k for k, column in enumerate(COLUMNS) if column.title.startswith("GFN2"))


class FileRunModel(QAbstractTableModel):
    """Rows for Qt; sorted by whoever clicks a heading, later rows come below."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._all: list[FileRow] = []
        self._shown: list[FileRow] = []
        self._order = NUMBER, False  # column, and whether it descends
        self._only_odd = False
        self.has_energies = False  # whether GFN2-xTB was asked of any

    def row(self, index: Index) -> FileRow:
        """What stands there."""
        return self._shown[index.row()]

    def clear(self) -> None:
        """Another file."""
        self.beginResetModel()
        self._all, self._shown, self.has_energies = [], [], False
        self.endResetModel()

    def add(self, rows: Iterable[FileRow]) -> None:
        """Further molecules are done. In a large table only those that need a look come in."""
        full = len(self._all) >= MOST_ROWS
        rows = [row for row in rows if row.needs_a_look or not full]
        self._all += rows
        self.has_energies |= any(row.energy_change is not None for row in rows)
        seen = list(filter(self._is_shown, rows))
        if seen:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(seen) - 1)
            self._shown += seen
            self.endInsertRows()

    def show_only_odd(self, only: bool) -> None:
        """Leave out what nobody need look at."""
        self._only_odd = only
        self._arrange()

    def set_theme(self, theme: Theme) -> None:
        """Words in the theme's colours."""
        self._theme = theme
        self._arrange()

    # --- Qt -------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if COLUMNS[section].digits is None else CENTRE
        return COLUMNS[section].hint if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._shown[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(column, row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.said if index.column() == RESULT else None
        if role == Qt.ItemDataRole.TextAlignmentRole and column.digits is not None:
            return RIGHT
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == RESULT:
            return self._brush(row)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._order = max(column, NUMBER), order == Qt.SortOrder.DescendingOrder
        self._arrange()

    # --- inside ---------------------------------------------------------------------------------

    def _arrange(self) -> None:
        """Sort what is shown; rows without a value come last."""
        value, descending = COLUMNS[self._order[0]].value, self._order[1]
        self.beginResetModel()
        shown = list(filter(self._is_shown, self._all))
        values = list(map(value, shown))
        known: list[Any] = [(its, k) for k, its in enumerate(values) if its is not None]
        known.sort(reverse=descending)  # by place where values are the same
        unknown = (row for row, its in zip(shown, values, strict=True) if its is None)
        self._shown = [*(shown[place] for _, place in known), *unknown]
        self.endResetModel()

    def _is_shown(self, row: FileRow) -> bool:
        return row.needs_a_look or not self._only_odd

    def _brush(self, row: FileRow) -> QBrush | None:
        if row.grade == Grade.GOOD:
            return None
        return QBrush(self._theme.warning if row.grade == Grade.CARE else self._theme.error)


def _text(column: Column, row: FileRow) -> str:
    value = column.value(row)
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.{column.digits}f}"
