"""Measurements by clicks, styles, pinned frames: looked at in the real page."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from morered_gui.app.measurements import Measurement
from morered_gui.app.references import Reference
from morered_gui.app.view_options import ColourBy, Labels, Style, ViewOptions
from morered_gui.gui.window import MainWindow
from tests.app.molecules import WATER
from tests.gui.pictures import n_red, picture


@pytest.fixture(autouse=True)
def plain_view(window: MainWindow) -> Iterator[None]:
    yield
    window.studio.look.pick(0)
    window.state.pin_frame(None)
    window.state.set_view(ViewOptions())


def ask(window: MainWindow, qtbot: QtBot, code: str) -> Any:
    qtbot.waitUntil(lambda: window.view.is_settled, timeout=60_000)
    got: list[str] = []
    window.view.page().runJavaScript(f"JSON.stringify({code})", 0, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=60_000)
    return json.loads(got[0])


def click_atom(window: MainWindow, qtbot: QtBot, index: int) -> None:
    """With the mouse, where the page draws the atom."""
    at = ask(window, qtbot, f"moreredView.atomOnScreen({index})")
    target = window.view.focusProxy()
    place = QPoint(round(at["x"]), round(at["y"]))
    picked = window.studio.picker.atoms, window.state.view.measurements
    qtbot.mouseMove(target, place)
    qtbot.mousePress(target, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseRelease(target, Qt.MouseButton.LeftButton, pos=place)
    changed = (window.studio.picker, window.state)
    qtbot.waitUntil(
        lambda: (changed[0].atoms, changed[1].view.measurements) != picked, timeout=60_000
    )


def test_that_clicked_atoms_become_a_distance_that_follows_the_frames(
    relaxed: MainWindow, qtbot: QtBot
) -> None:
    relaxed.actions_by_id["first"].trigger()
    relaxed.actions_by_id["measure_distance"].trigger()
    click_atom(relaxed, qtbot, 0)
    assert relaxed.studio.picker.atoms == (0,)
    click_atom(relaxed, qtbot, 1)
    assert relaxed.state.view.measurements == (Measurement((0, 1)),)
    assert ask(relaxed, qtbot, "moreredView.labels()") == ["0.960 Å"]
    relaxed.actions_by_id["last"].trigger()
    last = relaxed.state.shown
    assert last is not None
    assert ask(relaxed, qtbot, "moreredView.labels()") == [Measurement((0, 1)).text(last.positions)]
    relaxed.actions_by_id["plot_measurement"].trigger()
    assert relaxed.plot.chosen["left"] == "atoms:0-1"
    assert relaxed.plot.n_points == 61
    relaxed.actions_by_id["remove_measure"].trigger()
    assert ask(relaxed, qtbot, "moreredView.labels()") == []
    assert relaxed.plot.chosen["left"] == "t"


def test_that_styles_and_colours_are_drawn(relaxed: MainWindow, qtbot: QtBot) -> None:
    state = relaxed.state
    relaxed.actions_by_id["first"].trigger()
    seen = [picture(relaxed, qtbot)]
    assert n_red(seen[0]) > 500
    for options in (
        ViewOptions(style=Style.STICK),
        ViewOptions(style=Style.SPHERE),
        ViewOptions(labels=Labels.NUMBER),
        ViewOptions(colour_by=ColourBy.DISPLACEMENT),
        ViewOptions(background="#204060"),
    ):
        state.set_view(options)
        now = picture(relaxed, qtbot)
        assert all((now != other).any() for other in seen)
        seen.append(now)
    assert (seen[-1][2, 2] == (0x20, 0x40, 0x60)).all()
    state.set_view(replace(state.view, style=Style.SURFACE))
    qtbot.waitUntil(lambda: ask(relaxed, qtbot, "moreredView.hasSurface()"), timeout=20_000)
    state.set_view(ViewOptions())
    assert (picture(relaxed, qtbot) == seen[0]).all()


def test_that_a_pinned_frame_stays_in_sight(relaxed: MainWindow, qtbot: QtBot) -> None:
    relaxed.actions_by_id["first"].trigger()
    relaxed.actions_by_id["pin_frame"].trigger()
    relaxed.actions_by_id["last"].trigger()
    with_ghost = picture(relaxed, qtbot)
    relaxed.actions_by_id["pin_frame"].trigger()
    assert (picture(relaxed, qtbot) != with_ghost).any()
    assert relaxed.state.pinned is None


def test_that_measurements_go_with_their_molecule(window: MainWindow) -> None:
    window.state.set_view(ViewOptions(measurements=(Measurement((0, 1)),)))
    window.state.load(WATER.with_positions(WATER.positions * 2))
    assert window.state.view.measurements
    window.open_smiles("CCO")


def test_that_options_survive_as_plain_data() -> None:
    options = ViewOptions(
        Style.STICK, Labels.ELEMENT, ColourBy.NOISE, True, "#123456", (Measurement((2, 0, 1)),)
    )
    assert ViewOptions.of_table(json.loads(json.dumps(options.as_table()))) == options
    with pytest.raises(ValueError, match="style"):
        ViewOptions.of_table({**options.as_table(), "style": "style of tomorrow"})


def test_that_bonds_are_those_of_the_frame_where_it_is_wanted(
    window: MainWindow, qtbot: QtBot
) -> None:
    apart = WATER.positions.copy()
    apart[2] += 4.0
    window.state.load(WATER.with_positions(apart), Reference(WATER, "known"))
    assert ask(window, qtbot, "moreredView.bonds()") == [[1, 2], [0], [0]]
    box = window.studio.look.findChild(QComboBox, "Bonds")
    box.setCurrentIndex(1)
    qtbot.waitUntil(
        lambda: ask(window, qtbot, "moreredView.bonds()") == [[1], [0], []], timeout=60_000
    )
    box.setCurrentIndex(0)
    assert ask(window, qtbot, "moreredView.bonds()") == [[1, 2], [0], [0]]
