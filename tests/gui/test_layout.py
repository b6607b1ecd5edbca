"""Nothing is cut off: small windows, long words, long lists."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QDialog, QScrollArea, QSpinBox, QTextBrowser
from pytestqt.qtbot import QtBot

from morered_gui.gui.dialogs import show_shortcuts
from morered_gui.gui.theme import dark_palette, style_sheet, theme_of
from morered_gui.gui.widgets import WrappedLabel
from morered_gui.gui.window import MainWindow
from tests.gui.pictures import picture

LAPTOP = QSize(1366, 700)
CANVAS_RANGE = 12  # the background of the 3D view is of one colour, give or take


@pytest.fixture
def small(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    before = window.size()
    window.resize(LAPTOP)
    qtbot.waitUntil(lambda: window.size() == LAPTOP, timeout=5_000)
    yield window
    window.resize(before)


def shown_dialogs(window: MainWindow) -> list[QDialog]:
    return [d for d in window.findChildren(QDialog) if d.isVisible()]


@pytest.mark.parametrize(
    "name", ["Relaxation", "Runs", "Look and measure", "Explain", "Edit in 3D"]
)
def test_that_a_small_window_has_room_for_both_plots(
    small: MainWindow, qtbot: QtBot, name: str
) -> None:
    (dock,) = [d for d in small.docks.values() if d.windowTitle() == name]
    dock.raise_()
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty(), timeout=5_000)
    assert small.size() == LAPTOP
    assert small.course.plot.height() >= 100
    assert small.course.scatter.height() >= 100
    scrolled = dock.widget()
    assert isinstance(scrolled, QScrollArea)
    form, port = scrolled.widget(), scrolled.viewport()
    qtbot.waitUntil(lambda: form.width() <= port.width(), timeout=5_000)


def test_that_the_wheel_scrolls_past_a_control_without_changing_it(
    small: MainWindow, qtbot: QtBot
) -> None:
    small.docks["Relaxation"].raise_()
    scrolled = small.docks["Relaxation"].widget()
    assert isinstance(scrolled, QScrollArea)
    qtbot.waitUntil(lambda: scrolled.verticalScrollBar().maximum() > 0, timeout=5_000)
    seed = small.run_panel.seed
    (field,) = [f for f in small.run_panel.findChildren(QSpinBox) if f.accessibleName() == "Seed"]
    place = QPointF(field.rect().center())
    event = QWheelEvent(
        place,
        QPointF(field.mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)
    assert small.run_panel.seed == seed
    assert not event.isAccepted()  # so that Qt gives a real one to what holds the control


def test_that_a_long_message_beside_the_smiles_is_seen_whole(
    small: MainWindow, qtbot: QtBot
) -> None:
    panel = small.molecule_panel
    panel.show_smiles_error("This SMILES can't be read, for reasons that take several lines. " * 3)
    (label,) = [c for c in panel.findChildren(WrappedLabel) if c.text() == panel.smiles_error]
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()), timeout=5_000)
    assert label.height() > 2 * label.fontMetrics().lineSpacing()
    assert label.visibleRegion().boundingRect().size() == label.size()
    panel.show_smiles_error("")


def test_that_the_list_of_keys_fits_a_small_screen(window: MainWindow, qtbot: QtBot) -> None:
    show_shortcuts(window)
    (dialog,) = shown_dialogs(window)
    assert dialog.height() < 700
    text = dialog.findChild(QTextBrowser)
    assert text is not None and "Ctrl+R" in text.toPlainText()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not shown_dialogs(window), timeout=5_000)


def test_that_the_dark_theme_shows_links_and_empty_boxes(qapp: QApplication) -> None:
    dark = theme_of(dark_palette())
    assert dark_palette().link().color() == dark.accent
    assert "indicator:unchecked" in style_sheet(dark)
    assert "indicator" not in style_sheet(theme_of(qapp.palette()))


def test_that_no_atom_is_cut_at_the_edge_of_the_view(window: MainWindow, qtbot: QtBot) -> None:
    window.view.fit()
    pixels = picture(window, qtbot).astype(int)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert np.ptp(edge, axis=0).max() < CANVAS_RANGE
