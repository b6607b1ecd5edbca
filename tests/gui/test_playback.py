from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from morered_gui.gui.window import MainWindow
from tests.gui.conftest import n_frames
from tests.gui.pictures import picture


def test_that_the_slider_moves_view_and_cursor(relaxed: MainWindow, qtbot: QtBot) -> None:
    last = picture(relaxed, qtbot)
    relaxed.playback.slider.setValue(0)
    assert relaxed.state.frame_index == 0
    assert relaxed.plot.cursor_step == 0
    assert (picture(relaxed, qtbot) != last).any()
    relaxed.playback.slider.setValue(60)
    assert (picture(relaxed, qtbot) == last).all()


def test_that_a_click_in_the_plot_goes_to_the_frame(relaxed: MainWindow, qtbot: QtBot) -> None:
    plot = relaxed.plot
    box = plot.getPlotItem().getViewBox()
    point = box.mapViewToScene(QPointF(20.0, box.viewRect().center().y()))
    target: QPoint = plot.mapFromScene(point)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=target)
    assert relaxed.state.frame_index == 20
    assert relaxed.playback.slider.value() == 20
    assert relaxed.plot.cursor_step == 20


def test_that_keys_go_through_the_frames(relaxed: MainWindow) -> None:
    go = relaxed.actions_by_id
    go["first"].trigger()
    go["next"].trigger()
    go["forward_ten"].trigger()
    assert relaxed.state.frame_index == 11
    go["previous"].trigger()
    go["back_ten"].trigger()
    assert relaxed.state.frame_index == 0
    go["last"].trigger()
    assert relaxed.state.frame_index == n_frames(relaxed) - 1


def test_that_space_plays_but_still_presses_a_focused_button(
    relaxed: MainWindow, qtbot: QtBot
) -> None:
    relaxed.activateWindow()
    relaxed.setFocus()
    qtbot.keyClick(relaxed, Qt.Key.Key_Space)
    assert relaxed.playback.is_playing
    relaxed.playback.pause()
    button = relaxed.playback.findChildren(QToolButton)[0]
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert not relaxed.playback.is_playing
    assert relaxed.state.frame_index == 0


def test_that_best_is_the_lowest_predicted_t(relaxed: MainWindow) -> None:
    relaxed.actions_by_id["first"].trigger()
    relaxed.actions_by_id["best"].trigger()
    assert relaxed.state.frame_index == 60


def test_that_play_runs_from_the_start_to_the_end(relaxed: MainWindow, qtbot: QtBot) -> None:
    seen: list[int] = []
    relaxed.state.frame_selected.connect(seen.append)
    relaxed.actions_by_id["play"].trigger()
    assert relaxed.playback.is_playing
    qtbot.waitUntil(lambda: not relaxed.playback.is_playing, timeout=120_000)
    relaxed.state.frame_selected.disconnect(seen.append)
    assert seen == list(range(61))


def test_that_a_frame_becomes_the_start(relaxed: MainWindow) -> None:
    relaxed.actions_by_id["adopt_frame"].trigger()
    assert relaxed.state.trajectory is None
    assert relaxed.plot.n_points == 0
    assert not relaxed.actions_by_id["play"].isEnabled()
