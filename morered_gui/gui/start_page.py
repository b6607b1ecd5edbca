"""What stands in the middle while there is no molecule: ways to begin, and all examples."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFontMetrics, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.controller import Controller
from morered_gui.chem.examples import Example
from morered_gui.gui.flow_layout import FlowLayout
from morered_gui.gui.theme import Theme
from morered_gui.gui.thumbnails import Thumbnails
from morered_gui.gui.widgets import empty_layout, heading, muted, recent_button

CARD = QSize(104, 72)  # of the drawing
CARD_SIZE = QSize(130, 132)
CARD_PADDING = 5  # of the style sheet, with the border
CARD_LINES = 3
# A name goes on in the next line after a hyphen (not that of -ol), a bracket or a substituent.
NAME_PIECE = re.compile(r".+?(?:yl(?=[a-z])|[\])]-?|-(?!\w{1,3}$)|$)")
WAYS = ("start_drawing", "open", "paste_molecule")  # actions


class StartPage(QScrollArea):
    """Large buttons, recent files, and a card for each example.

    Signals:
        example_asked: id of the example.
        file_asked: path of a recent file.
    """

    example_asked = Signal(str)
    file_asked = Signal(str)

    def __init__(
        self,
        controller: Controller,
        actions: Mapping[str, QAction],
        examples: Sequence[Example],
        theme: Theme,
    ) -> None:
        super().__init__()
        self._examples, self._theme = tuple(examples), theme
        self.setObjectName("start")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Start page")
        self._thumbnails = Thumbnails(controller, CARD, self)
        self._thumbnails.drawn.connect(self._on_drawn)
        self.cards = [self._card(example) for example in self._examples]
        self._recent = FlowLayout(spacing=2)
        self._recent_heading: QLabel = heading("Recent files")
        self._inside = QWidget()
        self._inside.setObjectName("startinside")
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(22, 24, 8, 24)
        self._column.setSpacing(8)
        self._lay_out(actions)
        self.setWidget(self._inside)
        self.show_recent(())
        self._draw_anew()

    def _lay_out(self, actions: Mapping[str, QAction]) -> None:
        title = QLabel("Which molecule shall relax?")
        title.setProperty("role", "title")
        self._column.addWidget(title)
        words = muted(
            "Draw one, open a file or drop it here, paste a SMILES, or begin with an example."
        )
        words.setWordWrap(True)
        self._column.addWidget(words)
        ways = QHBoxLayout()
        ways.setSpacing(8)
        for name in WAYS:
            button = QToolButton()
            button.setObjectName("way")
            button.setDefaultAction(actions[name])
            button.setIconSize(QSize(20, 20))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setAccessibleName(actions[name].text().replace("&", ""))
            ways.addWidget(button)
        ways.addStretch(1)
        self._column.addSpacing(4)
        self._column.addLayout(ways)
        self._column.addSpacing(6)
        self._column.addWidget(self._recent_heading)
        self._column.addLayout(self._recent)
        for topic in dict.fromkeys(example.topic for example in self._examples):
            self._column.addSpacing(6)
            self._column.addWidget(heading(topic))
            flow = FlowLayout()
            for example, card in zip(self._examples, self.cards, strict=True):
                if example.topic == topic:
                    flow.addWidget(card)
            self._column.addLayout(flow)
        self._column.addStretch(1)

    def _card(self, example: Example) -> QToolButton:
        card = QToolButton()
        card.setObjectName("card")
        card.setFixedSize(CARD_SIZE)
        card.setIconSize(CARD)
        card.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        width = CARD_SIZE.width() - 2 * CARD_PADDING
        card.setText("\n".join(card_lines(example.title, card.fontMetrics(), width)))
        card.setToolTip(f"{example.title}\n{example.description}")
        card.setAccessibleName(example.title)
        card.clicked.connect(lambda: self.example_asked.emit(example.id))
        return card

    def show_recent(self, files: Sequence[str]) -> None:
        """The files opened last, the newest first."""
        empty_layout(self._recent)
        self._recent_heading.setVisible(bool(files))
        for name in files:
            button = recent_button(Path(name))
            button.clicked.connect(lambda _checked=False, n=name: self.file_asked.emit(n))
            self._recent.addWidget(button)

    def set_theme(self, theme: Theme) -> None:
        """Drawings in the theme's colours."""
        if theme.dark != self._theme.dark:
            self._theme = theme
            self._draw_anew()

    def _draw_anew(self) -> None:
        self._thumbnails.show([e.smiles for e in self._examples], dark=self._theme.dark)
        if self.isVisible():
            self._ask_for_drawings()

    def _ask_for_drawings(self) -> None:
        for place in reversed(range(len(self.cards))):  # the last asked for is drawn first
            self.cards[place].setIcon(self._thumbnails.icon(place))

    def _on_drawn(self, place: int) -> None:
        self.cards[place].setIcon(self._thumbnails.icon(place))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The scroll area by itself asks for less than rows of cards take at this width."""
        self._inside.setMinimumHeight(self._column.heightForWidth(self.viewport().width()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._fit)  # only now headings have their fonts
        self._ask_for_drawings()


def card_lines(title: str, metrics: QFontMetrics, width: int) -> list[str]:
    """A chemical name, and the form in brackets after it, in lines of at most ``width`` pixels.

    There are at most ``CARD_LINES``; what is too long for its line is left out in the middle of it.
    """
    name, _, form = title.partition(" (")
    pieces = NAME_PIECE.findall(name) + ([f" ({form}"] if form else [])
    lines = [""]
    for piece in pieces:
        full = len(lines) == CARD_LINES
        if full or metrics.horizontalAdvance((lines[-1] + piece).strip()) <= width:
            lines[-1] += piece
        else:
            lines.append(piece)
    middle = Qt.TextElideMode.ElideMiddle
    return [metrics.elidedText(line.strip(), middle, width) for line in lines if line]
