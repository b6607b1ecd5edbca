"""Questions that the window asks, and answers to them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot


def questions(parent: QWidget) -> list[QMessageBox]:
    """Those that wait for an answer."""
    return [box for box in parent.findChildren(QMessageBox) if box.isVisible()]


def answer(parent: QWidget, words: str, qtbot: QtBot) -> str:
    """Give an answer to the only question; returns what was asked."""
    (box,) = questions(parent)
    text = box.text()
    (button,) = [b for b in box.buttons() if b.text().replace("&", "") == words]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not questions(parent), timeout=5_000)
    return text
