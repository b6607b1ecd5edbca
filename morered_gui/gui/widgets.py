"""Small widgets that several panels are made of."""

from PySide6.QtWidgets import QFrame, QLabel, QWidget


def heading(text: str) -> QLabel:
    """A heading within a panel."""
    return _label(text, "heading")


def muted(text: str) -> QLabel:
    """Text that stays in the background."""
    return _label(text, "muted")


def line() -> QFrame:
    """A thin horizontal line."""
    frame = QFrame()
    frame.setFrameShape(QFrame.Shape.HLine)
    frame.setProperty("role", "line")
    return frame


def restyle(widget: QWidget, role: str) -> None:
    """Give a widget that is already shown another role in the style sheet."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    return label
