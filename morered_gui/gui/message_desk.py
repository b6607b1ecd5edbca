"""Shows what the state says, and does what the buttons of messages promise."""

from collections.abc import Mapping

from PySide6.QtGui import QAction, QGuiApplication

from morered_gui.app.messages import Message
from morered_gui.app.report import report
from morered_gui.app.state import AppState
from morered_gui.gui.message_bar import MessageBar

COPY_REPORT = "copy_report"  # no action of the menus: it needs the message
BUTTONS = {COPY_REPORT: "Copy report"}


class MessageDesk:
    """Between the state's message and the bar that shows it."""

    def __init__(self, state: AppState, bar: MessageBar, actions: Mapping[str, QAction]) -> None:
        self._state, self._bar, self._actions = state, bar, actions
        state.message_changed.connect(self._show)
        bar.action_asked.connect(self._do)
        bar.closed.connect(lambda: state.say(None))

    def _show(self, message: Message | None) -> None:
        action = message.action if message else ""
        button = (message.button if message else "") or BUTTONS.get(action, "")
        if not button and action in self._actions:
            button = self._actions[action].text().replace("&", "")
        self._bar.show_message(message, button)

    def _do(self, action: str) -> None:
        message = self._state.message
        if action == COPY_REPORT and message is not None:
            QGuiApplication.clipboard().setText(report(message.details))
        elif action in self._actions:
            self._actions[action].trigger()
