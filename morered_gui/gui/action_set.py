"""Turns the declared actions into Qt's."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from morered_gui.app.action_spec import ActionSpec
from morered_gui.app.actions import ACTIONS
from morered_gui.gui.theme import Theme


def make_actions(
    callbacks: Mapping[str, Callable[[], None]], theme: Theme, parent: QObject
) -> dict[str, QAction]:
    """One QAction per declaration; raises KeyError where a callback is missing."""
    return {spec.id: _action(spec, callbacks[spec.id], theme, parent) for spec in ACTIONS}


def paint_icons(actions: Mapping[str, QAction], theme: Theme) -> None:
    """Icons in the theme's colours."""
    for spec in ACTIONS:
        if spec.icon:
            colour = theme.accent_text if spec.id == "relax" else None
            actions[spec.id].setIcon(theme.icon(spec.icon, colour))


def _action(
    spec: ActionSpec, callback: Callable[[], None], theme: Theme, parent: QObject
) -> QAction:
    action = QAction(spec.text, parent)
    action.setObjectName(spec.id)
    action.setCheckable(spec.checkable)
    action.setIconText(spec.short or spec.text.replace("&", "").rstrip("…"))
    action.setToolTip(spec.hint)
    action.setStatusTip(spec.hint)
    if spec.shortcut:
        action.setShortcut(QKeySequence(spec.shortcut))
    if spec.icon:
        action.setIcon(theme.icon(spec.icon))
    action.triggered.connect(lambda _checked=False: callback())
    return action
