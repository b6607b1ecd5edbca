"""Docks of the main window, and their place in the settings."""

import base64
from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QFrame,
    QMainWindow,
    QScrollArea,
    QScrollBar,
    QTabWidget,
    QWidget,
)

LEAST_TAB_HEIGHT = 90  # pixels; the rest of a form is scrolled to
TURNED_BY_WHEEL = (QAbstractSlider, QAbstractSpinBox, QComboBox)


class Scrolled(QScrollArea):
    """As wide as what it holds, but lower where there is little room."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # arrows belong to the playback
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self._content = content
        self.setWidget(content)
        for each in content.findChildren(QWidget):
            if isinstance(each, TURNED_BY_WHEEL) and not isinstance(each, QScrollBar):
                each.installEventFilter(self)

    def sizeHint(self) -> QSize:
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        least = self._content.minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()  # also without it: the width stays
        return QSize(least.width() + bar, min(least.height(), LEAST_TAB_HEIGHT))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.updateGeometry()  # nobody has told it while it was behind others

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and self._passes_by(watched):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _passes_by(self, watched: QObject) -> bool:
        """Whether the wheel is to scroll: who scrolls past a control does not mean to change it."""
        own = watched in (self._content, self.verticalScrollBar(), self.horizontalScrollBar())
        chosen = watched is QApplication.focusWidget()
        return not own and not chosen and self.verticalScrollBar().maximum() > 0

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # it has become wider, or narrower
            self.updateGeometry()
        return super().viewportEvent(event)


def add_dock(
    window: QMainWindow, title: str, content: QWidget, area: Qt.DockWidgetArea
) -> QDockWidget:
    """A column's part that can be moved, hidden, and is remembered."""
    dock = QDockWidget(title, window)
    dock.setObjectName(title)
    dock.setAccessibleName(title)
    dock.setWidget(content)
    dock.setFeatures(
        QDockWidget.DockWidgetFeature.DockWidgetMovable
        | QDockWidget.DockWidgetFeature.DockWidgetClosable
    )
    window.addDockWidget(area, dock)
    return dock


def add_tabs(
    window: QMainWindow, panels: Mapping[str, tuple[str, QWidget]], area: Qt.DockWidgetArea
) -> dict[str, QDockWidget]:
    """Docks by id behind one another, each with its title; the first one is in front.

    On the right they are forms below the plots, and scroll: a small window has to hold both.
    """
    scrolls = area == Qt.DockWidgetArea.RightDockWidgetArea
    window.setTabPosition(area, QTabWidget.TabPosition.North)
    docks: dict[str, QDockWidget] = {}
    for name, (title, panel) in panels.items():
        dock = add_dock(window, title, Scrolled(panel) if scrolls else panel, area)
        # At once: the window would grow to hold them all one above the other.
        if docks:
            window.tabifyDockWidget(next(iter(docks.values())), dock)
        docks[name] = dock
    next(iter(docks.values())).raise_()
    return docks


def share_room(window: QMainWindow, docks: Mapping[str, QDockWidget], *, low: bool = False) -> None:
    """Most of it to the page that one draws on and to the plots; in a low window to the forms."""
    across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    window.resizeDocks([docks["Draw"], docks["Course"]], [380, 400], across)
    window.resizeDocks([docks["Draw"], docks["Molecule"]], [600, 120], down)
    plots_and_forms = [1, 1000] if low else [425, 345]  # the plots keep what they need
    window.resizeDocks([docks["Course"], docks["Relaxation"]], plots_and_forms, down)


def text_of(data: QByteArray) -> str:
    """Bytes for the settings file."""
    return base64.b64encode(data.data()).decode("ascii")


def bytes_of(text: str) -> QByteArray:
    """Qt itself refuses bytes that make no sense to it."""
    return QByteArray.fromBase64(text.encode("ascii", "replace"))
