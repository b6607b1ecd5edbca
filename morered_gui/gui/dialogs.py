"""Windows that tell or ask. Beside the system's own, none of them holds up the program."""

import html
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.actions import ACTIONS
from morered_gui.app.report import surroundings
from morered_gui.gui.theme import program_icon

ABOUT = """<h3>MoreRed GUI</h3>
<p>Relaxes molecules by reverse diffusion with time step prediction.</p>
<p>Method: K. Kahouli, S. S. P. Hessmann, K.-R. Müller, S. Nakajima, S. Gugler, N. W. A. Gebauer,
<i>Molecular relaxation by reverse diffusion with time step prediction</i>, Mach. Learn.: Sci.
Technol. 2024, doi 10.1088/2632-2153/ad652c.</p>
<p>MIT licence. Drawn with Qt (LGPL), 3Dmol.js (BSD-3-Clause), Ketcher (Apache-2.0) and pyqtgraph
(MIT); molecules by RDKit (BSD-3-Clause) and ASE (LGPL), networks by PyTorch (BSD-3-Clause).</p>
<p><small>{surroundings}</small></p>"""
TEXT_WIDTH, MOST_TEXT_HEIGHT, ICON_SIZE = 460, 560, 72  # pixels


def show_about(parent: QWidget) -> None:
    """Paper, licences, and the versions that a report of an error has to name."""
    known = surroundings()
    text = ABOUT.format(surroundings=html.escape(known).replace("\n", " &middot; "))
    copy = QPushButton("Copy versions")
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(known))
    _show("About MoreRed GUI", text, parent, icon=program_icon(), button=copy)


def show_shortcuts(parent: QWidget) -> None:
    """All keys, from the declarations of the actions."""
    rows = "".join(
        f"<tr><td style='padding-right:18px'><b>{html.escape(spec.shortcut)}</b></td>"
        f"<td>{html.escape(spec.tooltip or spec.text)}</td></tr>"
        for spec in ACTIONS
        if spec.shortcut
    )
    _show("Keyboard shortcuts", f"<table cellpadding='3'>{rows}</table>", parent)


def ask(parent: QWidget, title: str, text: str, answers: Mapping[str, Callable[[], None]]) -> None:
    """A question: the answers to choose from beside Cancel, and what each of them does."""
    cancel = QMessageBox.StandardButton.Cancel
    question = QMessageBox(QMessageBox.Icon.Question, title, text, cancel, parent)
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    question.setDefaultButton(cancel)
    for answer, deed in answers.items():
        button = question.addButton(answer, QMessageBox.ButtonRole.AcceptRole)
        button.clicked.connect(deed)
    question.open()


def ask_path(
    parent: QWidget,
    title: str,
    stem: str,
    suffixes: tuple[str, ...],
    save: Callable[[Path], None],
) -> None:
    """Ask where to save, in one of the formats with these suffixes; then do it."""
    filters = ";;".join(f"{s[1:]} (*{s})" for s in suffixes)
    name, chosen = QFileDialog.getSaveFileName(parent, title, stem + suffixes[0], filters)
    if name:
        suffix = "." + chosen.split(" ", maxsplit=1)[0] if chosen else suffixes[0]
        save_with_suffix(parent, Path(name), suffix, suffixes, save)


def save_with_suffix(
    parent: QWidget,
    typed: Path,
    suffix: str,
    suffixes: tuple[str, ...],
    save: Callable[[Path], None],
) -> None:
    """Save to a path out of a dialog; one that has none of the suffixes gets ``suffix``.

    The dialog has asked before it gave away a file, but only about the name that was typed.
    """
    if typed.suffix.lower() in suffixes:
        return save(typed)
    path = typed.with_name(typed.name + suffix)  # all of it: "run.2" is a name
    if not path.exists():
        return save(path)
    return ask_to_replace(parent, path, lambda: save(path))


def ask_to_replace(parent: QWidget, path: Path, deed: Callable[[], None]) -> None:
    """Do what writes over a file, if that is wanted."""
    text = f"There is a file {path.name} already. Do you want to replace it?"
    ask(parent, "Replace a file", text, {"Replace": deed})


def _show(
    title: str,
    text: str,
    parent: QWidget,
    *,
    icon: QIcon | None = None,
    button: QPushButton | None = None,
) -> None:
    """``icon`` stands beside the text, ``button`` beside the one that closes."""
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    row = QHBoxLayout()
    row.setSpacing(16)
    if icon is not None:
        picture = QLabel()
        picture.setPixmap(icon.pixmap(ICON_SIZE, ICON_SIZE))
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    browser = _text_of(text)
    row.addWidget(browser, 1)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(20, 16, 20, 16)
    column.addLayout(row)
    column.addWidget(buttons)
    if button is not None:
        buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
    _make_room(browser)
    dialog.show()


def _text_of(text: str) -> QTextBrowser:
    """Text on the ground of the window."""
    browser = QTextBrowser()
    browser.setFrameShape(QFrame.Shape.NoFrame)
    browser.viewport().setAutoFillBackground(False)
    browser.setOpenExternalLinks(True)
    browser.setHtml(text)
    browser.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return browser


def _make_room(browser: QTextBrowser) -> None:
    """As high as it needs in the fonts of its window; scrolled where that is too much."""
    browser.ensurePolished()
    document = browser.document()
    document.setDefaultFont(browser.font())
    document.setTextWidth(TEXT_WIDTH - browser.verticalScrollBar().sizeHint().width())
    height = round(document.size().height()) + 1
    browser.setMinimumSize(TEXT_WIDTH, min(height, MOST_TEXT_HEIGHT))
