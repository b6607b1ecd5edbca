"""The page to draw on, and beside it what RDKit says about the drawing."""

import html
from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAction, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.editing import Verdict
from morered_gui.gui.sketcher import Sketcher
from morered_gui.gui.theme import Theme
from morered_gui.gui.web_scheme import ketcher_is_there

START_MS = 300  # after the panel was first shown: the window comes first
COPIES = ("copy_smiles", "copy_inchi", "copy_molfile")
MISSING = (
    "The sketcher is not installed: morered_gui/assets/ketcher is missing. It is made when the "
    "program is built. In a checkout run 'make setup' or 'pip install -e .' while there is a "
    "network; a SMILES can be typed below all the same."
)


class SketchPanel(QWidget):
    """Sketcher, its loading or missing, the verdict, and a few buttons."""

    def __init__(self, actions: Mapping[str, QAction], theme: Theme) -> None:
        super().__init__()
        self._pixmaps = _pixmaps(theme)
        self._started = False
        self.sketcher = Sketcher(theme)
        self._hint = QLabel()
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setMargin(24)
        self._hint.setProperty("role", "muted")
        self._hint.setAutoFillBackground(True)
        self._icon, self._words = QLabel(), QLabel()
        self._icon.setFixedWidth(16)
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)  # it may quote what was pasted
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Two lines are there at any time, or the page would change its size with every message.
        self._words.setFixedHeight(2 * self._words.fontMetrics().lineSpacing())
        self._words.setAccessibleName("What there is to say about the drawing")
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._verdict = Verdict()
        self._lay_out(actions)
        self._set_hint("The sketcher is loading…" if ketcher_is_there() else MISSING)
        self.sketcher.ready.connect(self._on_ready)
        self.sketcher.refused.connect(self._on_refused)
        self.sketcher.broken.connect(lambda _text: self._set_hint("The sketcher starts again…"))

    def _lay_out(self, actions: Mapping[str, QAction]) -> None:
        frame = QFrame()
        frame.setObjectName("page")
        inside = QStackedLayout(frame)
        # Not one at a time: Ketcher has to know its size while it loads behind the hint.
        inside.setStackingMode(QStackedLayout.StackingMode.StackAll)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.sketcher)
        inside.addWidget(self._hint)
        follow = QToolButton()
        follow.setDefaultAction(actions["follow"])
        follow.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        follow.setAccessibleName("Relax while you draw")
        copy = QToolButton()
        copy.setText("Copy as")
        copy.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        copy.setAccessibleName("Copy the molecule as")
        menu = QMenu(copy)
        menu.addActions([actions[name] for name in COPIES])
        copy.setMenu(menu)
        paste = QToolButton()
        paste.setDefaultAction(actions["paste_molecule"])
        paste.setAccessibleName("Paste a molecule")
        for button in (follow, copy, paste):
            button.setAutoRaise(True)
            button.setIconSize(QSize(18, 18))
        said = QHBoxLayout()
        said.setSpacing(8)
        said.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        said.addWidget(self._words, 1)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(follow)
        row.addStretch(1)
        row.addWidget(copy)
        row.addWidget(paste)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 4)
        column.setSpacing(6)
        column.addWidget(frame, 1)
        column.addLayout(said)
        column.addLayout(row)
        self.show_verdict(self._verdict)

    def show_verdict(self, verdict: Verdict) -> None:
        """What is wrong with the drawing, or what it leaves open; culprits are marked."""
        self._verdict = verdict
        text = verdict.problem or "; ".join(verdict.notes)
        self._words.setText(_sentence(text))
        self._words.setToolTip(text and f"<p>{html.escape(_sentence(text))}</p>")
        self._words.setProperty("role", "error" if verdict.problem else "muted")
        self._words.style().unpolish(self._words)
        self._words.style().polish(self._words)
        self._paint_icon()
        self.sketcher.mark_atoms(verdict.atoms)

    def set_theme(self, theme: Theme) -> None:
        """The page's and the icon's colours."""
        self.sketcher.set_theme(theme)
        self._pixmaps = _pixmaps(theme)
        self._paint_icon()

    @property
    def words(self) -> str:
        """What is said about the drawing."""
        return self._words.text()

    @property
    def hint(self) -> str:
        """What stands in the sketcher's place; empty where it is there."""
        return "" if self._hint.isHidden() else self._hint.text()

    def _paint_icon(self) -> None:
        bad = bool(self._verdict.problem)
        if not self._words.text():
            self._icon.clear()
            return
        self._icon.setPixmap(self._pixmaps[bad])

    def _set_hint(self, text: str) -> None:
        self._hint.setText(text)
        self._hint.show()
        self._hint.raise_()

    def _on_ready(self) -> None:
        self._hint.hide()
        self.sketcher.mark_atoms(self._verdict.atoms)

    def _on_refused(self, message: str) -> None:
        self.show_verdict(Verdict(problem=message))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._started and ketcher_is_there():
            self._started = True
            QTimer.singleShot(START_MS, self, self.sketcher.start)


def _pixmaps(theme: Theme) -> dict[bool, QPixmap]:
    """For a problem and for a note; drawn once, which takes longer than a frame."""
    return {
        True: theme.icon("mdi6.alert-circle-outline", theme.error).pixmap(16, 16),
        False: theme.icon("mdi6.information-outline", theme.muted).pixmap(16, 16),
    }


def _sentence(text: str) -> str:
    return text and text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
