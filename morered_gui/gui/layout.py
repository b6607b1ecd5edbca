"""Docks and toolbar of the main window."""

import base64
from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QSizePolicy,
    QTabWidget,
    QToolBar,
    QToolButton,
    QWidget,
)

from morered_gui.app.menus import TOOLBAR


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
    """Docks by id behind one another, each with its title; the first one is in front."""
    window.setTabPosition(area, QTabWidget.TabPosition.North)
    docks: dict[str, QDockWidget] = {}
    for name, (title, panel) in panels.items():
        dock = add_dock(window, title, panel, area)
        # At once: the window would grow to hold them all one above the other.
        if docks:
            window.tabifyDockWidget(next(iter(docks.values())), dock)
        docks[name] = dock
    next(iter(docks.values())).raise_()
    return docks


def share_room(window: QMainWindow, docks: Mapping[str, QDockWidget]) -> None:
    """Most of it to the page that one draws on and to the plots."""
    across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    window.resizeDocks([docks["Draw"], docks["Course"]], [420, 400], across)
    window.resizeDocks([docks["Draw"], docks["Molecule"]], [600, 120], down)
    window.resizeDocks([docks["Course"], docks["Relaxation"]], [520, 250], down)


def _labelled(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setAutoRaise(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAccessibleName(action.text().replace("&", ""))
    return button


def fill_toolbar(window: QMainWindow, actions: Mapping[str, QAction]) -> QToolBar:
    """Small tools on the left, the two buttons that matter on the right."""
    toolbar = QToolBar("Tools", window)
    toolbar.setObjectName("Tools")
    toolbar.setMovable(False)
    toolbar.setIconSize(QSize(20, 20))
    toolbar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    for each in TOOLBAR:
        if each:
            toolbar.addWidget(_labelled(actions[each]))
        else:
            toolbar.addSeparator()
    gap = QWidget()
    gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    toolbar.addWidget(gap)
    for name in ("stop", "relax"):
        button = QToolButton()
        button.setObjectName(name)
        button.setDefaultAction(actions[name])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAccessibleName(actions[name].text().replace("&", ""))
        toolbar.addWidget(button)
    window.addToolBar(toolbar)
    return toolbar


def text_of(data: QByteArray) -> str:
    """Bytes for the settings file."""
    return base64.b64encode(data.data()).decode("ascii")


def bytes_of(text: str) -> QByteArray:
    """Qt itself refuses bytes that make no sense to it."""
    return QByteArray.fromBase64(text.encode("ascii", "replace"))
