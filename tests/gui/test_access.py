"""Controls have names for those who can't see them, and a way to them for those without a mouse."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QHeaderView,
    QLineEdit,
    QMenu,
    QScrollBar,
    QTabWidget,
    QTextEdit,
    QWidget,
)

from morered_gui.app.actions import ACTIONS
from morered_gui.gui.frame_plot import FramePlot
from morered_gui.gui.window import MainWindow

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QTabWidget,
    QTextEdit,
    QWebEngineView,
    FramePlot,
)
# pyqtgraph hides controls in a menu that this program never shows.
PARTS_OF_OTHERS = (QComboBox, QAbstractSpinBox, QLineEdit, QAbstractItemView, QMenu)


def controls(window: QWidget) -> list[QWidget]:
    """What one can use; not the parts that Qt makes controls of."""
    found = [w for w in window.findChildren(QWidget) if isinstance(w, CONTROLS)]
    return [w for w in found if not isinstance(w, QScrollBar | QHeaderView) and not inside(w)]


def inside(widget: QWidget) -> bool:
    """Whether it is the list of a box, the close button of a dock, and the like."""
    if widget.objectName().startswith("qt_"):
        return True
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, PARTS_OF_OTHERS):
            return True
        parent = parent.parentWidget()
    return False


def spoken(widget: QWidget) -> str:
    """What a screen reader says; of boxes Qt gives the choice, where the name is wanted."""
    if widget.accessibleName() or isinstance(widget, QComboBox):
        return widget.accessibleName().strip()
    face = QAccessible.queryAccessibleInterface(widget)
    return "" if face is None else face.text(QAccessible.Text.Name).strip()


def test_that_every_control_has_a_name(window: MainWindow) -> None:
    window.actions_by_id["export"].trigger()
    window.actions_by_id["palette"].trigger()
    found = controls(window)
    assert len(found) > 90
    nameless = [
        f"{type(w).__name__} '{w.objectName()}' in {type(w.parentWidget()).__name__}"
        for w in found
        if not spoken(w)
    ]
    assert not nameless, "\n".join(nameless)
    window.studio.palette.close()
    window.studio.exporter.dialog.close()


def test_that_names_say_more_than_dots(window: MainWindow) -> None:
    for widget in controls(window):
        assert any(c.isalpha() for c in spoken(widget)), (widget, spoken(widget))
        assert "&" not in widget.accessibleName()


@pytest.mark.parametrize("kind", [QComboBox, QAbstractSpinBox, QLineEdit, QAbstractSlider])
def test_that_what_takes_input_is_reached_by_tab(window: MainWindow, kind: type[QWidget]) -> None:
    found = [w for w in controls(window) if isinstance(w, kind)]
    assert found
    for widget in found:
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, spoken(widget)


def test_that_every_command_is_in_a_menu_or_on_a_key(window: MainWindow) -> None:
    listed = {a.objectName() for menu in window.menus.values() for a in menu.actions()}
    for spec in ACTIONS:
        assert spec.id in listed or spec.shortcut, spec.id


def test_that_no_two_commands_share_a_key() -> None:
    keys = [spec.shortcut for spec in ACTIONS if spec.shortcut]
    assert len(keys) == len(set(keys))
