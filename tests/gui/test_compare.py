"""Several runs beside each other, the explanation panel, the palette, and session files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from morered_gui.app.controller import Controller
from morered_gui.app.measurements import Measurement
from morered_gui.app.runs import Build
from morered_gui.app.settings import Settings
from morered_gui.app.state import AppState
from morered_gui.app.view_options import Style, ViewOptions
from morered_gui.gui.main import window_with
from morered_gui.gui.window import MainWindow
from tests.gui.conftest import REAL_DEVICE, n_frames, relaxer_of
from tests.gui.pictures import picture

WAIT = 60_000


def forget_runs(window: MainWindow) -> None:
    for run in list(window.state.runs):
        window.state.remove_run(run)


def test_that_seeds_run_in_a_row_and_stand_in_the_table(window: MainWindow, qtbot: QtBot) -> None:
    forget_runs(window)
    window.actions_by_id["run_seeds"].trigger()
    qtbot.waitUntil(lambda: len(window.state.runs) == 3 and not window.state.busy, timeout=WAIT)
    qtbot.waitUntil(lambda: n_frames(window) == 61, timeout=WAIT)
    table = window.studio.runs.table
    assert table.rowCount() == 3
    assert [table.item(row, 1).text() for row in range(3)] == ["0", "1", "2"]
    assert window.plot.n_overlays == 4  # two curves of each of the others
    table.item(0, 0).setCheckState(Qt.CheckState.Unchecked)
    assert window.plot.n_overlays == 2
    table.setCurrentCell(1, 0)
    assert window.state.run is window.state.runs[1]
    window.actions_by_id["remove_run"].trigger()
    assert table.rowCount() == 2
    forget_runs(window)
    assert window.state.trajectory is None


def test_that_seeds_are_drawn_as_a_cloud_with_their_spread(
    window: MainWindow, qtbot: QtBot
) -> None:
    forget_runs(window)
    plain = picture(window, qtbot)
    window.run_panel.choose_device(REAL_DEVICE)
    window.run_panel.set_max_steps(12)
    window.actions_by_id["noise"].trigger()
    window.actions_by_id["run_seeds"].trigger()
    state = window.state
    qtbot.waitUntil(
        lambda: state.ensemble is not None and len(state.ensemble.numbers) == 3, timeout=WAIT
    )
    ensemble = state.ensemble
    assert ensemble is not None and ensemble.spread.min() > 1e-4
    assert window.actions_by_id["cloud"].isChecked()
    assert cloud_atoms(window, qtbot) == 9
    cells = [window.studio.runs.table.item(row, 4).text() for row in range(3)]
    assert cells == [f"{x:.3f}" for x in ensemble.apart]
    window.course.tabs.setCurrentIndex(1)
    assert np.array_equal(window.course.atoms.spread, ensemble.spread)
    window.course.choose({"left": "spread"})
    assert window.course.chosen()["left"] == "spread"
    window.actions_by_id["cloud"].trigger()
    assert cloud_atoms(window, qtbot) == 0
    assert (picture(window, qtbot) != plain).any()
    forget_runs(window)
    assert state.ensemble is None and not window.actions_by_id["cloud"].isEnabled()
    assert window.course.chosen()["left"] == "t"
    window.course.tabs.setCurrentIndex(0)


def cloud_atoms(window: MainWindow, qtbot: QtBot) -> int:
    """How many atoms the page draws in the cloud."""
    qtbot.waitUntil(lambda: window.view.is_settled, timeout=WAIT)
    got: list[int] = []
    window.view.page().runJavaScript("moreredView.cloudSize()", 0, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=WAIT)
    return int(got[0])


def test_that_stop_ends_the_row_of_runs(
    slow_run: Callable[[int], MainWindow], qtbot: QtBot
) -> None:
    window = slow_run(5)
    window.actions_by_id["stop"].trigger()
    qtbot.waitUntil(lambda: not window.state.busy, timeout=WAIT)
    forget_runs(window)
    window.actions_by_id["run_seeds"].trigger()
    qtbot.waitUntil(lambda: n_frames(window) > 3, timeout=WAIT)
    window.actions_by_id["stop"].trigger()
    qtbot.waitUntil(lambda: not window.state.busy, timeout=WAIT)
    assert window.studio.queue.waiting == 0
    assert len(window.state.runs) == 1
    assert "stopped by you" in window.studio.runs.table.item(0, 8).text()


def test_that_the_slider_dissolves_and_the_network_tells_the_time(
    window: MainWindow, qtbot: QtBot
) -> None:
    before = picture(window, qtbot)
    panel = window.studio.explain
    panel.slider.setValue(400)
    qtbot.waitUntil(lambda: "The network says t = 1." in panel.told, timeout=WAIT)
    assert "t = 400" in panel.told  # the spring's frame 0 of 1 step has t = 1
    assert (picture(window, qtbot) != before).any()
    assert window.state.structure is window.state.base
    window.actions_by_id["start_dissolved"].trigger()
    assert window.state.noise_step == 400
    assert panel.t == 0


def test_that_the_palette_finds_and_triggers(relaxed: MainWindow, qtbot: QtBot) -> None:
    relaxed.actions_by_id["palette"].trigger()
    palette = relaxed.studio.palette
    assert len(palette.found) > 30
    qtbot.keyClicks(palette.field, "first frame")
    assert palette.found[0] == "first"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert relaxed.state.frame_index == 0
    relaxed.actions_by_id["palette"].trigger()
    qtbot.keyClicks(palette.field, "nothing is called so")
    assert not palette.found
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    palette.close()


@pytest.fixture
def restarted(qapp: QApplication) -> MainWindow:
    """A program that was started anew."""
    build: Build = relaxer_of
    window, _ = window_with(Controller(AppState(), build=build), Settings())
    window.resize(1200, 800)
    window.show()
    return window


def test_that_a_session_shows_the_same_after_a_restart(
    relaxed: MainWindow,
    restarted: MainWindow,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "water.morered"
    options = ViewOptions(style=Style.STICK, measurements=(Measurement((1, 0, 2)),))
    relaxed.state.set_view(options)
    relaxed.course.choose({"left": "moved", "progress": "seconds"})
    relaxed.state.select_frame(4)
    relaxed.view.set_camera([0.1, 0.2, 0.3, 40.0, 0.1, 0.2, 0.3, 0.9])
    before = picture(relaxed, qtbot)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), ""))
    relaxed.actions_by_id["save_session"].trigger()
    qtbot.waitUntil(path.exists, timeout=WAIT)
    qtbot.waitUntil(lambda: restarted.view.is_ready, timeout=WAIT)
    restarted.open_path(path)
    qtbot.waitUntil(lambda: "is back" in restarted.message_bar.text, timeout=WAIT)
    restarted.message_bar.hide()
    relaxed.message_bar.hide()
    old, new = relaxed.state, restarted.state
    assert new.view == replace(options)
    assert restarted.course.chosen() == relaxed.course.chosen()
    assert (new.frame_index, len(new.runs)) == (4, len(old.runs))
    assert old.trajectory is not None and new.trajectory is not None
    assert new.trajectory.provenance == old.trajectory.provenance
    for one, other in zip(old.trajectory, new.trajectory, strict=True):
        assert one.positions.tobytes() == other.positions.tobytes()
        assert (one.t, one.seconds) == (other.t, other.seconds)
    qtbot.waitUntil(lambda: restarted.view.size() == relaxed.view.size(), timeout=WAIT)
    after = picture(restarted, qtbot)
    assert after.shape == before.shape
    assert np.mean(after != before) < 0.01
    restarted.close()
    shiboken6.delete(restarted)
    relaxed.course.choose({"left": "t", "progress": "step"})
    relaxed.state.set_view(ViewOptions())
