"""Start page and library, with real clicks."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QIcon
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from morered_gui.gui.start_page import CARD_LINES, card_lines
from morered_gui.gui.widgets import recent_button
from morered_gui.gui.window import MainWindow
from tests.gui.test_window import loaded


@pytest.fixture
def empty(window: MainWindow) -> MainWindow:
    window.actions_by_id["new"].trigger()
    return window


def card(window: MainWindow, title: str) -> QToolButton:
    (found,) = (c for c in window.library.page.cards if c.accessibleName() == title)
    return found


def test_that_the_start_page_is_there_while_there_is_no_molecule(
    window: MainWindow, qtbot: QtBot
) -> None:
    page = window.library.page
    assert page.isHidden()
    window.actions_by_id["new"].trigger()
    assert page.isVisible() and window.state.structure is None
    window.actions_by_id["undo"].trigger()
    qtbot.waitUntil(page.isHidden, timeout=60_000)
    assert loaded(window).formula == "H2O"


def test_that_a_long_name_goes_on_in_the_next_line_where_chemists_break_it(qtbot: QtBot) -> None:
    metrics = QFontMetrics(QGuiApplication.font())
    width = metrics.horizontalAdvance("2-(Hydroxymethyl)-")
    name = "2-(Hydroxymethyl)-2-methylpropane-1,3-diol"
    assert card_lines(name, metrics, width) == [
        "2-(Hydroxymethyl)-",
        "2-methylpropane-",
        "1,3-diol",
    ]
    assert card_lines("Cyclohexane (twist-boat)", metrics, width) == ["Cyclohexane", "(twist-boat)"]
    assert card_lines("Aspirin", metrics, width) == ["Aspirin"]


def test_that_no_line_of_a_card_is_too_long(empty: MainWindow) -> None:
    for found in empty.library.page.cards:
        lines = found.text().split("\n")
        assert "…" not in found.text() and len(lines) <= CARD_LINES
        assert "".join(lines).replace(" ", "") == found.accessibleName().replace(" ", "")


def test_that_what_does_not_fit_is_left_out_in_the_middle(qtbot: QtBot) -> None:
    metrics = QFontMetrics(QGuiApplication.font())
    lines = card_lines("a" * 200, metrics, 80)
    assert len(lines) == 1 and "…" in lines[0] and metrics.horizontalAdvance(lines[0]) <= 80


def test_that_an_example_is_opened_by_its_card(empty: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(card(empty, "Glycine"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: empty.state.structure is not None, timeout=30_000)
    assert loaded(empty).name == "Glycine"
    assert empty.library.page.isHidden()


def test_that_the_cards_get_drawings(empty: MainWindow, qtbot: QtBot) -> None:
    def drawn() -> bool:
        icon = card(empty, "Aspirin").icon()
        return isinstance(icon, QIcon) and not icon.isNull() and bool(icon.availableSizes())

    qtbot.waitUntil(drawn, timeout=60_000)


def test_that_an_example_is_searched_and_clicked_in_the_library(
    window: MainWindow, qtbot: QtBot
) -> None:
    panel = window.library.panel
    window.actions_by_id["library"].trigger()
    qtbot.waitUntil(panel.isVisible, timeout=5_000)
    qtbot.keyClicks(panel.search_field, "butadiene")
    assert panel.model.titles == ["Cyclobutadiene"]
    index = panel.model.index(1)  # below its topic
    place = panel.list.visualRect(index).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: loaded(window).name == "Cyclobutadiene", timeout=30_000)
    panel.search_field.setText("xyzzy")
    assert panel.model.titles == []
    panel.search_field.clear()
    assert len(panel.model.titles) > 30
    window.actions_by_id["start_drawing"].trigger()


def test_that_a_recent_file_is_opened_again(
    empty: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "methane.smi"
    path.write_text("C methane\n")
    empty.open_path(path)
    qtbot.waitUntil(lambda: empty.state.structure is not None, timeout=30_000)
    empty.actions_by_id["new"].trigger()
    (button,) = (
        b for b in empty.library.page.findChildren(QToolButton) if b.text() == "methane.smi"
    )
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: empty.state.structure is not None, timeout=30_000)
    assert loaded(empty).name == "methane"


def test_that_a_recent_file_that_can_not_be_looked_for_is_left_out(
    empty: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where its folder may not be read: the system answers with an error.
    settings = replace(empty.settings, recent_files=["x" * 1000])
    monkeypatch.setattr(empty, "settings", settings)
    empty.library.show_recent()
    buttons = empty.library.page.findChildren(QToolButton)
    assert not [b for b in buttons if b.text().startswith("xx")]


def test_that_a_recent_file_keeps_its_ampersand() -> None:
    assert recent_button(Path("salt & water.xyz")).text() == "salt && water.xyz"


def test_that_a_long_file_name_does_not_widen_the_column() -> None:
    path = Path("a name that nobody would ever want to type again " * 3 + ".xyz")
    button = recent_button(path)
    assert button.sizeHint().width() < 280
    assert button.text().startswith("a name") and button.text().endswith(".xyz")
    assert button.toolTip() == str(path)
