"""Small widgets that several panels are made of."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QLayout, QSizePolicy, QToolButton, QWidget

LONGEST_NAME = 230  # pixels: a column need not be wider for the name of a file


class WrappedLabel(QLabel):
    """Text in as many lines as it needs, which a dock does not leave room for by itself."""

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setWordWrap(True)
        # A long word must not widen the column.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        height = self.heightForWidth(self.width())
        return QSize(0, max(height, self.fontMetrics().lineSpacing()))

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()


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


def recent_button(path: Path) -> QToolButton:
    """A flat button with the name of a file, and its folder in the tooltip."""
    button = QToolButton()
    middle = Qt.TextElideMode.ElideMiddle
    name = button.fontMetrics().elidedText(path.name, middle, LONGEST_NAME)
    button.setText(name.replace("&", "&&"))
    button.setToolTip(str(path))
    button.setAccessibleName(f"Open {path.name}")
    button.setAutoRaise(True)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button


def action_button(
    action: QAction, style: Qt.ToolButtonStyle = Qt.ToolButtonStyle.ToolButtonIconOnly
) -> QToolButton:
    """A button for a command, flat where it has no words; its name is that of the command."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(style)
    button.setAutoRaise(style == Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setAccessibleName(action.text().replace("&", ""))
    return button


def is_seen(widget: QWidget) -> bool:
    """Whether any of it is on the screen; a dock behind others is not, but Qt calls it visible."""
    return not widget.visibleRegion().isEmpty()


def empty_layout(layout: QLayout) -> None:
    """Delete the widgets of a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.deleteLater()


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
