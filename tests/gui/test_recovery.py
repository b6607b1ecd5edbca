import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from morered_gui.app.autosave import autosave_folder
from morered_gui.app.session import Session
from morered_gui.app.session_file import save_session
from morered_gui.app.state import AppState
from morered_gui.core import Frame, Provenance
from morered_gui.gui.window import MainWindow
from tests.app.molecules import IRON_OXIDE, WATER


@pytest.fixture
def lost() -> None:
    """A session that a crash has left."""
    state = AppState()
    state.load(IRON_OXIDE)
    state.begin_run(Provenance("spring", seed=8))
    state.add_frames([Frame(k, IRON_OXIDE.positions * (1 + k / 10), t=9.0 - k) for k in range(4)])
    session = Session.of(state, {"seed": 8, "noise_t": 50})
    assert session is not None
    autosave_folder().mkdir(parents=True)
    save_session(autosave_folder() / "crashed.morered", session)


@pytest.fixture
def begun(lost: None, window: MainWindow) -> Iterator[MainWindow]:
    window.recovery = type(window.recovery)(
        window.controller, window.run_panel, window._enable_actions, window
    )
    window.commands.attach(replace(window.commands.parts, recovery=window.recovery))
    window.recovery.begin()
    yield window
    window.recovery.end()


def test_that_a_lost_session_is_offered_and_comes_back(begun: MainWindow, qtbot: QtBot) -> None:
    window = begun
    assert "without being closed" in window.message_bar.text
    assert window.actions_by_id["restore_session"].isEnabled()
    (button,) = [b for b in window.message_bar.findChildren(QPushButton) if "Restore" in b.text()]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.state.structure == IRON_OXIDE, timeout=20_000)
    assert window.message_bar.text == "iron oxide with 1 run is back."
    assert window.plot.n_points == 4
    assert window.playback.slider.maximum() == 3
    assert (window.run_panel.seed, window.run_panel.noise_t) == (8, 50)
    assert not window.actions_by_id["restore_session"].isEnabled()


def test_that_work_in_the_window_is_kept_until_it_is_closed(
    begun: MainWindow, qtbot: QtBot
) -> None:
    window = begun
    window.actions_by_id["noise"].trigger()
    own = f"*-{os.getpid()}-*.morered"
    qtbot.waitUntil(lambda: bool(list(autosave_folder().glob(own))), timeout=20_000)
    assert window.state.structure != WATER
    window.recovery.end()
    assert not list(autosave_folder().glob(own))
