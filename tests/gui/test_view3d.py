"""The page of the 3D view can start late, or die."""

import json
import os
import signal
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from morered_gui.app.view_options import Style
from morered_gui.gui import view3d
from morered_gui.gui.page3d import Extras, Look
from morered_gui.gui.view3d import View3D
from morered_gui.gui.window import MainWindow
from tests.app.molecules import IRON_OXIDE, WATER

WAIT = 90_000


def started(window: MainWindow, qtbot: QtBot) -> View3D:
    """Another view, whose page has not begun."""
    view = View3D(window.theme)
    qtbot.addWidget(view)
    return view


def asked(view: View3D, code: str, qtbot: QtBot) -> Any:
    """What the page says."""
    got: list[str] = []
    view.page().runJavaScript(f"JSON.stringify(moreredView.{code})", 0, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=WAIT)
    return json.loads(got[0])


def places(view: View3D, qtbot: QtBot) -> np.ndarray:
    return np.array(json.loads(asked(view, "positions()", qtbot)))


def test_that_a_view_without_a_page_has_no_camera_and_says_so(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view3d, "PATIENCE_MS", 0)
    view, got = started(window, qtbot), list[list[float]]()
    view.ask_camera(got.append)
    assert got == [[]]
    with qtbot.waitSignal(view.broken, timeout=WAIT) as told:
        pass
    assert "MORERED_SOFTWARE_RENDERING=1" in told.args[0]


def test_that_a_late_page_begins_with_what_was_set_last(window: MainWindow, qtbot: QtBot) -> None:
    view = started(window, qtbot)
    for k in range(100):
        view.show_molecule(WATER if k < 99 else IRON_OXIDE)
        view.set_look(Look(labels="element"))
        view.fit()
        view.move_atoms(IRON_OXIDE.positions + k, Extras(picked=()))
    view.set_camera([0.1, 0.2, 0.3, 40.0, 0.1, 0.2, 0.3, 0.9])
    view.show()
    qtbot.waitUntil(lambda: view.is_settled, timeout=WAIT)
    assert np.allclose(places(view, qtbot), IRON_OXIDE.positions + 99, atol=1e-3)
    assert asked(view, "labels()", qtbot) == IRON_OXIDE.symbols
    got: list[list[float]] = []
    view.ask_camera(got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=WAIT)
    assert got[0][3] == pytest.approx(40.0)


def test_that_a_view_whose_process_has_died_draws_again(relaxed: MainWindow, qtbot: QtBot) -> None:
    view = relaxed.view
    relaxed.playback.slider.setValue(7)
    qtbot.waitUntil(lambda: view.is_settled, timeout=WAIT)
    before, cameras = places(view, qtbot), list[list[float]]()
    with qtbot.waitSignal(view.broken, timeout=WAIT):
        os.kill(view.page().renderProcessPid(), signal.SIGTERM)
        view.ask_camera(cameras.append)
    assert cameras == [[]]  # a session can be saved all the same
    assert "stopped working" in relaxed.message_bar.text
    qtbot.waitUntil(lambda: view.is_settled, timeout=WAIT)
    assert np.allclose(places(view, qtbot), before, atol=1e-3)


def depth(view: View3D, qtbot: QtBot) -> float:
    """How near the camera of 3Dmol is to the molecule once all of it is seen."""
    view.fit()
    qtbot.waitUntil(lambda: view.is_settled, timeout=WAIT)
    got: list[list[float]] = []
    view.ask_camera(got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=WAIT)
    return got[0][3]


def test_that_a_surface_gets_the_room_that_it_needs(relaxed: MainWindow, qtbot: QtBot) -> None:
    balls = depth(relaxed.view, qtbot)
    relaxed.state.set_view(replace(relaxed.state.view, style=Style.SURFACE))
    surface = depth(relaxed.view, qtbot)
    relaxed.state.set_view(replace(relaxed.state.view, style=Style.BALL))
    assert surface < balls  # farther away
