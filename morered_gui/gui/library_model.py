"""The examples as rows of a list: topics, and below each its molecules with small drawings."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFont

from morered_gui.app.controller import Controller
from morered_gui.chem.examples import Example, search_examples
from morered_gui.gui.theme import Theme
from morered_gui.gui.thumbnails import Thumbnails

THUMBNAIL = QSize(72, 50)
Index = QModelIndex | QPersistentModelIndex


class LibraryModel(QAbstractListModel):
    """Rows for Qt: a topic is a string, a molecule an ``Example``."""

    def __init__(self, controller: Controller, examples: Sequence[Example], theme: Theme) -> None:
        super().__init__()
        self._examples, self._theme = tuple(examples), theme
        self._places = {example.id: k for k, example in enumerate(self._examples)}
        self._thumbnails = Thumbnails(controller, THUMBNAIL, self)
        self._thumbnails.drawn.connect(self._on_drawn)
        self._thumbnails.show([e.smiles for e in self._examples], dark=theme.dark)
        self._rows = _with_topics(self._examples)
        self._topic_font = QFont()
        self._topic_font.setBold(True)
        self._topic_font.setPointSizeF(self._topic_font.pointSizeF() * 0.9)

    def search(self, text: str) -> None:
        """Keep what the text finds."""
        self.beginResetModel()
        self._rows = _with_topics(search_examples(self._examples, text))
        self.endResetModel()

    def set_theme(self, theme: Theme) -> None:
        """Drawings and topics in the theme's colours."""
        if theme.dark != self._theme.dark:
            self.beginResetModel()
            self._theme = theme
            self._thumbnails.show([e.smiles for e in self._examples], dark=theme.dark)
            self.endResetModel()

    def example(self, row: int) -> Example | None:
        """The molecule of a row; None for a topic."""
        found = self._rows[row]
        return found if isinstance(found, Example) else None

    def row_of(self, identifier: str) -> int:
        """Where an example stands, -1 where it is not in the list."""
        wanted = (k for k, row in enumerate(self._rows) if _is(row, identifier))
        return next(wanted, -1)

    @property
    def titles(self) -> list[str]:
        """Of the molecules in the list."""
        return [row.title for row in self._rows if isinstance(row, Example)]

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if isinstance(row, str):
            return self._topic_data(row, role)
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{row.title}\n{_first_sentence(row.description)}"
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.icon(self._places[row.id])
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.title}\n{row.description}\n{row.source}".strip()
        return None

    def _topic_data(self, topic: str, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return topic
            case Qt.ItemDataRole.FontRole:
                return self._topic_font
            case Qt.ItemDataRole.ForegroundRole:
                return self._theme.muted
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self._rows[index.row()] if index.isValid() else ""
        return super().flags(index) if isinstance(row, Example) else Qt.ItemFlag.NoItemFlags

    def _on_drawn(self, place: int) -> None:
        row = self.row_of(self._examples[place].id)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))


def _with_topics(examples: Sequence[Example]) -> list[str | Example]:
    """Topics in the order in which they first come, each with all of its molecules."""
    topics: dict[str, list[Example]] = {}
    for example in examples:
        topics.setdefault(example.topic, []).append(example)
    rows: list[str | Example] = []
    for topic, those in topics.items():
        rows += [topic, *those]
    return rows


def _is(row: str | Example, identifier: str) -> bool:
    return isinstance(row, Example) and row.id == identifier


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")
