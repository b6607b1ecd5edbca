"""Nothing is cut off: small windows, long words, long lists."""

from collections.abc import Iterator
from importlib.metadata import version

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTextBrowser,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from morered_gui.app.atoms import displacements
from morered_gui.app.settings import log_path
from morered_gui.gui.demo_player import reveal
from morered_gui.gui.dialogs import show_shortcuts
from morered_gui.gui.theme import dark_palette, style_sheet, theme_of
from morered_gui.gui.widgets import WrappedLabel, is_seen
from morered_gui.gui.window import MainWindow
from tests.gui.pictures import picture

LAPTOP, HALF = QSize(1366, 700), QSize(960, 640)  # half of a screen of 1,920 pixels
LEAST_VIEW = 400  # pixels of the molecule, in width; 300 in height
OUTCOMES = ["Relaxation", "Runs", "Look and measure", "Explain", "Edit in 3D"]
CANVAS_RANGE = 12  # the background of the 3D view is of one colour, give or take


@pytest.fixture(params=[LAPTOP, HALF], ids=["laptop", "half"])
def small(window: MainWindow, qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[MainWindow]:
    yield from sized(window, qtbot, request.param)


@pytest.fixture
def narrow(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    yield from sized(window, qtbot, HALF)


def sized(window: MainWindow, qtbot: QtBot, size: QSize) -> Iterator[MainWindow]:
    before = window.size()
    window.resize(size)
    qtbot.waitUntil(lambda: window.size() == size, timeout=5_000)
    yield window
    window.resize(before)
    window.raise_panel("Draw")


def sides(window: MainWindow) -> set[str]:
    """Of which panels are seen."""
    found = {"left": "Molecule", "right": "Course"}
    return {side for side, name in found.items() if window.columns.is_seen(name)}


def wait_for_sides(window: MainWindow, qtbot: QtBot, *wanted: str) -> None:
    def has_settled() -> bool:
        view = window.view.size()
        has_room = view.width() >= LEAST_VIEW and view.height() >= 300
        return sides(window) == set(wanted) and has_room

    qtbot.waitUntil(has_settled, timeout=5_000)
    switches = {side: window.actions_by_id[f"{side}_panels"] for side in ("left", "right")}
    assert {side for side, switch in switches.items() if switch.isChecked()} == set(wanted)


def shown_dialogs(window: MainWindow) -> list[QDialog]:
    return [d for d in window.findChildren(QDialog) if d.isVisible()]


@pytest.mark.parametrize("name", OUTCOMES)
def test_that_a_small_window_has_room_for_both_plots(
    small: MainWindow, qtbot: QtBot, name: str
) -> None:
    size = small.size()
    small.raise_panel(name)
    dock = small.docks[name]
    qtbot.waitUntil(lambda: dock.height() >= 150 and small.columns.is_seen(name), timeout=5_000)
    assert small.size() == size
    assert small.course.plot.height() >= 100
    assert small.course.scatter.height() >= 100
    scrolled = dock.widget()
    assert isinstance(scrolled, QScrollArea)
    form, port = scrolled.widget(), scrolled.viewport()
    qtbot.waitUntil(lambda: form.width() <= port.width(), timeout=5_000)


def test_that_a_narrow_window_shows_one_side_at_a_time_and_a_wide_one_both(
    narrow: MainWindow, qtbot: QtBot
) -> None:
    narrow.raise_panel("Draw")
    wait_for_sides(narrow, qtbot, "left")
    narrow.actions_by_id["right_panels"].trigger()
    wait_for_sides(narrow, qtbot, "right")
    narrow.actions_by_id["right_panels"].trigger()
    wait_for_sides(narrow, qtbot)
    narrow.actions_by_id["left_panels"].trigger()
    wait_for_sides(narrow, qtbot, "left")
    narrow.actions_by_id["right_panels"].trigger()
    narrow.resize(1400, 800)
    wait_for_sides(narrow, qtbot, "left", "right")
    qtbot.waitUntil(lambda: narrow.docks["Draw"].width() >= 300, timeout=5_000)
    narrow.resize(HALF)
    wait_for_sides(narrow, qtbot, "right")  # it was opened last


@pytest.mark.parametrize("way", ["raise_panel", "menu", "reveal"])
def test_that_a_panel_that_is_asked_for_brings_its_side(
    narrow: MainWindow, qtbot: QtBot, way: str
) -> None:
    narrow.raise_panel("Draw")
    wait_for_sides(narrow, qtbot, "left")
    if way == "raise_panel":
        narrow.raise_panel("Runs")
    elif way == "menu":
        narrow.docks["Runs"].toggleViewAction().trigger()
    else:
        reveal(narrow.studio.runs)
    wait_for_sides(narrow, qtbot, "right")
    if way != "menu":
        assert narrow.columns.is_seen("Runs")


def test_that_a_measurement_brings_its_panel(narrow: MainWindow, qtbot: QtBot) -> None:
    narrow.raise_panel("Draw")
    narrow.actions_by_id["measure_distance"].trigger()
    wait_for_sides(narrow, qtbot, "right")
    assert narrow.columns.is_seen("Look and measure")
    narrow.studio.look.pick(0)


def test_that_bars_are_those_of_a_run_that_came_while_they_were_folded_away(
    narrow: MainWindow, qtbot: QtBot
) -> None:
    narrow.course.tabs.setCurrentWidget(narrow.course.atoms)
    narrow.raise_panel("Draw")
    wait_for_sides(narrow, qtbot, "left")
    narrow.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: bool(narrow.state.runs) and not narrow.state.busy, timeout=60_000)
    narrow.state.select_frame(3)
    narrow.actions_by_id["right_panels"].trigger()
    wait_for_sides(narrow, qtbot, "right")
    run = narrow.state.run
    assert run is not None
    apart = displacements(run.trajectory[3], run.reference.structure)
    qtbot.waitUntil(lambda: np.array_equal(narrow.course.atoms.heights[1], apart), timeout=5_000)
    narrow.course.tabs.setCurrentWidget(narrow.course.scatter)


def test_that_a_narrow_window_is_remembered_with_both_sides(
    narrow: MainWindow, qtbot: QtBot
) -> None:
    wait_for_sides(narrow, qtbot, "left")
    layout = narrow.current_settings().window_layout
    wait_for_sides(narrow, qtbot, "left")
    narrow.resize(1400, 800)
    narrow.columns.restore(layout)
    wait_for_sides(narrow, qtbot, "left", "right")


def test_that_a_side_that_was_put_away_does_not_come_back_by_itself(
    narrow: MainWindow, qtbot: QtBot
) -> None:
    narrow.resize(1400, 800)
    wait_for_sides(narrow, qtbot, "left", "right")
    narrow.actions_by_id["left_panels"].trigger()
    wait_for_sides(narrow, qtbot, "right")
    narrow.resize(HALF)
    narrow.resize(1400, 800)
    wait_for_sides(narrow, qtbot, "right")
    narrow.docks["Course"].close()
    narrow.actions_by_id["left_panels"].trigger()
    narrow.raise_panel("Course")
    wait_for_sides(narrow, qtbot, "left", "right")


def test_that_the_toolbar_of_a_narrow_window_has_all_its_buttons(
    narrow: MainWindow, qtbot: QtBot
) -> None:
    buttons = [b for b in narrow.toolbar.findChildren(QToolButton) if b.defaultAction()]
    names = {b.defaultAction().objectName() for b in buttons if is_seen(b)}
    assert {"new", "undo", "fit", "stop", "relax", "left_panels", "right_panels"} <= names
    (relax,) = [b for b in buttons if b.objectName() == "relax"]
    assert relax.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    assert narrow.toolbar.rect().contains(relax.geometry())


def test_that_the_panels_of_a_low_window_have_no_titles(narrow: MainWindow, qtbot: QtBot) -> None:
    assert all(dock.titleBarWidget() is not None for dock in narrow.docks.values())
    narrow.resize(960, 800)
    qtbot.waitUntil(
        lambda: all(dock.titleBarWidget() is None for dock in narrow.docks.values()), timeout=5_000
    )


def test_that_the_wheel_scrolls_past_a_control_without_changing_it(
    small: MainWindow, qtbot: QtBot
) -> None:
    small.raise_panel("Relaxation")
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


def test_that_about_names_licences_and_versions_for_a_report(window: MainWindow) -> None:
    window.actions_by_id["about"].trigger()
    (dialog,) = shown_dialogs(window)
    browser = dialog.findChild(QTextBrowser)
    assert browser.verticalScrollBar().maximum() == 0  # all of it is seen
    text = browser.toPlainText()
    assert "Ketcher (Apache-2.0)" in text and f"rdkit {version('rdkit')}" in text
    (copy,) = (b for b in dialog.findChildren(QPushButton) if b.text() == "Copy versions")
    copy.click()
    copied = QGuiApplication.clipboard().text()
    assert f"morered-gui {version('morered-gui')}" in copied and str(log_path()) in copied
    dialog.close()


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
