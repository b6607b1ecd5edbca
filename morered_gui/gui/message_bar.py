"""Messages in the window, in words, with a button that helps; never in the way."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from morered_gui.app.messages import Message, Severity
from morered_gui.gui.theme import Theme

ICONS = {
    Severity.NOTE: "mdi6.information-outline",
    Severity.WARNING: "mdi6.alert-outline",
    Severity.ERROR: "mdi6.alert-circle-outline",
}


class MessageBar(QFrame):
    """One message at a time.

    Signals:
        action_asked: the id of the message's action, when its button is pressed.
        closed: the message was put away.
    """

    action_asked = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self._theme = theme
        self._message: Message | None = None
        self._icon, self._text = QLabel(), QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setAccessibleName("Message")
        self._button = QPushButton()
        self._button.setAccessibleName("What helps")
        self._button.clicked.connect(self._on_button)
        self._close = QToolButton()
        self._close.setAutoRaise(True)
        self._close.setAccessibleName("Dismiss message")
        self._close.setToolTip("Dismiss")
        self._close.clicked.connect(self.closed)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 15, 16, 15)  # the outer 8 px are the margin of the style
        row.setSpacing(10)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        row.addWidget(self._close)
        self.show_message(None)

    @property
    def text(self) -> str:
        """The words shown; empty where there is no message."""
        return "" if self._message is None else self._message.text

    def show_message(self, message: Message | None, button: str = "") -> None:
        """Show a message with a button of this text, or nothing."""
        self._message = message
        self.setVisible(message is not None)
        if message is None:
            return
        self.setProperty("severity", str(message.severity))
        self.style().unpolish(self)
        self.style().polish(self)
        self._text.setText(message.text)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self._paint_icons()

    def set_theme(self, theme: Theme) -> None:
        """Icons in the theme's colours."""
        self._theme = theme
        self._paint_icons()

    def _paint_icons(self) -> None:
        if self._message is None:
            return
        theme, severity = self._theme, self._message.severity
        colours = {Severity.ERROR: theme.error, Severity.WARNING: theme.warning}
        colour = colours.get(severity, theme.accent)
        self._icon.setPixmap(theme.icon(ICONS[severity], colour).pixmap(20, 20))
        self._close.setIcon(theme.icon("mdi6.close", theme.muted))

    def _on_button(self) -> None:
        if self._message is not None:
            self.action_asked.emit(self._message.action)
