"""Leaves keys to the control that has the focus, where it has a use for them.

Space, arrows, Home, End and single letters are shortcuts of the playback. A focused button
still has to be pressed by Space, a list to be walked by arrows, or the window could not be used
by keyboard.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QWidget,
)

_ARROWS = {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End}
_OWN_KEYS: tuple[tuple[type[QWidget], frozenset[Qt.Key]], ...] = (
    (QAbstractButton, frozenset({Qt.Key.Key_Space})),
    (QComboBox, frozenset({Qt.Key.Key_Space, *_ARROWS})),
    (QAbstractSlider, frozenset(_ARROWS)),
    (QAbstractSpinBox, frozenset(_ARROWS)),
    (QAbstractItemView, frozenset({Qt.Key.Key_Space, Qt.Key.Key_Home, Qt.Key.Key_End})),
)


class KeyGuard(QObject):
    """Installed on the controls of a window, not on the application: its filter is Python."""

    def protect(self, window: QWidget) -> None:
        """Watch over all controls that the window has now."""
        for kind, _ in _OWN_KEYS:
            for child in window.findChildren(kind):
                child.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in {
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.KeypadModifier,
            }
            if plain and Qt.Key(event.key()) in _keys_of(watched):
                event.accept()
                return True
        return False


def _keys_of(watched: QObject) -> frozenset[Qt.Key]:
    for kind, keys in _OWN_KEYS:
        if isinstance(watched, kind):
            return keys
    return frozenset()
