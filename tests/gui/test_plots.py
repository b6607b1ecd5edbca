"""The plots and the 3D view show the same frame, whoever is moved."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from morered_gui.app.references import Reference, ReferenceChoice, ReferenceKind
from morered_gui.core import rmsd
from morered_gui.gui.demo_player import control_named
from morered_gui.gui.frame_plot import FramePlot
from morered_gui.gui.plot_picture import plot_file
from morered_gui.gui.window import MainWindow
from tests.app.molecules import WATER
from tests.gui.conftest import REAL_DEVICE, n_frames
from tests.gui.pictures import picture

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def long_run(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window after a relaxation of 1,000 frames."""
    window.run_panel.set_max_steps(999)
    window.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: not window.state.busy, timeout=90_000)
    measured(window, qtbot)
    yield window
    window.controller.measure_to(ReferenceChoice())


def measured(window: MainWindow, qtbot: QtBot, label: str = "final frame") -> None:
    qtbot.waitUntil(lambda: getattr(window.state.reference, "label", "") == label, timeout=60_000)


def pixel(plot: FramePlot, x: float, y: float) -> QPoint:
    """Where a point of the plot lies on the screen."""
    scene = plot.getPlotItem().getViewBox().mapViewToScene(QPointF(x, y))
    found: QPoint = plot.mapFromScene(scene)
    return found


def drawn_frame(window: MainWindow, qtbot: QtBot) -> int:
    """Which frame the 3D view shows, told by its shape alone."""
    trajectory = window.state.trajectory
    assert trajectory is not None
    qtbot.waitUntil(lambda: window.view.is_settled, timeout=60_000)
    got: list[str] = []
    window.view.page().runJavaScript("moreredView.positions()", 0, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=60_000)
    positions = np.array(json.loads(got[0]))
    return int(np.argmin([rmsd(frame.positions, positions) for frame in trajectory]))


def test_that_a_click_in_either_plot_shows_that_frame(long_run: MainWindow, qtbot: QtBot) -> None:
    course, state = long_run.course, long_run.state
    assert n_frames(long_run) == 1000
    series = state.series
    assert series is not None
    wanted = 3  # the spring arrives early: only the first frames differ enough to be told apart
    at = pixel(course.scatter, series.rmsd[wanted], series.t[wanted])
    qtbot.mouseClick(course.scatter.viewport(), LEFT, pos=at)
    assert state.frame_index == wanted
    assert drawn_frame(long_run, qtbot) == wanted
    at = pixel(course.plot, 600.0, 300.0)
    qtbot.mouseClick(course.plot.viewport(), LEFT, pos=at)
    assert abs(state.frame_index - 600) <= 3  # a pixel is some three frames
    assert course.plot.cursor_step == state.frame_index
    assert long_run.playback.slider.value() == state.frame_index


def test_that_the_slider_moves_the_cursor_in_every_plot(long_run: MainWindow) -> None:
    course, series = long_run.course, long_run.state.series
    assert series is not None
    for index in (0, 7, 400, 999):
        long_run.playback.slider.setValue(index)
        assert course.plot.cursor_step == index
        assert course.scatter.cursor_point == pytest.approx((series.rmsd[index], series.t[index]))


def test_that_dragging_in_the_plot_scrubs(long_run: MainWindow, qtbot: QtBot) -> None:
    plot, seen = long_run.course.plot, []
    long_run.state.frame_selected.connect(seen.append)
    qtbot.mousePress(plot.viewport(), LEFT, pos=pixel(plot, 900, 300))
    for x in (700, 500, 300):
        qtbot.mouseMove(plot.viewport(), pixel(plot, x, 300))
        qtbot.wait(1)
    drag = pixel(plot, 100, 300)
    qtbot.mouseMove(plot.viewport(), drag)
    qtbot.mouseRelease(plot.viewport(), LEFT, pos=drag)
    long_run.state.frame_selected.disconnect(seen.append)
    assert seen[0] == pytest.approx(900, abs=3)


def test_that_pointing_shows_a_frame_for_as_long_as_one_points(
    long_run: MainWindow, qtbot: QtBot
) -> None:
    plot, state = long_run.course.plot, long_run.state
    at_rest = picture(long_run, qtbot)
    qtbot.mouseMove(plot.viewport(), pixel(plot, 500, 300))
    qtbot.mouseMove(plot.viewport(), pixel(plot, 4, 300))
    qtbot.waitUntil(lambda: state.hovered is not None and state.hovered < 9, timeout=5_000)
    assert state.frame_index == 999
    assert (picture(long_run, qtbot) != at_rest).any()
    state.hover(None)
    assert (picture(long_run, qtbot) == at_rest).all()


def test_that_any_quantity_can_be_drawn(long_run: MainWindow) -> None:
    boxes = {b.accessibleName(): b for b in long_run.course.findChildren(QComboBox)}
    left = boxes["Quantity on the left axis"]
    for k in range(left.count()):
        left.setCurrentIndex(k)
        assert long_run.plot.chosen["left"] == left.itemData(k)
    boxes["Horizontal axis"].setCurrentIndex(2)
    assert long_run.plot.progress == "seconds"
    assert long_run.plot.cursor_step == pytest.approx(9.99)
    boxes["Horizontal axis"].setCurrentIndex(0)
    left.setCurrentIndex(0)
    assert long_run.plot.n_points == 1000


def test_that_the_scatter_says_why_it_is_empty(window: MainWindow, qtbot: QtBot) -> None:
    scatter = window.course.scatter
    for run in window.state.runs:
        window.state.remove_run(run)
    scatter.refresh()
    assert scatter.hint.startswith("After the first steps")
    window.run_panel.choose_device(REAL_DEVICE)
    window.run_panel.choose_method("mmff94")
    window.actions_by_id["relax"].trigger()
    reason = "This method predicts no time step."
    qtbot.waitUntil(lambda: scatter.hint == reason, timeout=60_000)
    qtbot.waitUntil(lambda: not window.state.busy, timeout=60_000)
    assert scatter.hint == reason
    window.run_panel.choose_device("auto")
    window.run_panel.choose_method("jt")
    window.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: not window.state.busy and scatter.n_points > 1, timeout=60_000)
    assert scatter.hint == ""


def test_that_hints_do_not_stand_across_the_curves_of_other_runs(
    relaxed: MainWindow, qtbot: QtBot
) -> None:
    scatter = relaxed.course.scatter
    relaxed.run_panel.choose_device(REAL_DEVICE)
    relaxed.run_panel.choose_method("mmff94")
    relaxed.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: not relaxed.state.busy, timeout=60_000)
    scatter.refresh()
    assert not scatter.n_points
    assert scatter.hint == ""
    for run in relaxed.state.runs:
        relaxed.state.show_run(run, visible=False)
    scatter.refresh()
    assert scatter.hint == "This method predicts no time step."


def test_that_the_legend_is_not_put_over_points(relaxed: MainWindow) -> None:
    scatter = relaxed.course.scatter
    scatter.refresh()
    legend = scatter.legend_area
    series = relaxed.state.series
    assert series is not None
    inside = [
        legend.contains(QPointF(pixel(scatter, x, y)))
        for x, y in zip(series.rmsd, series.t, strict=True)
    ]
    assert not any(inside)


def test_that_the_bars_are_those_of_the_frame(long_run: MainWindow) -> None:
    long_run.course.tabs.setCurrentIndex(1)
    long_run.playback.slider.setValue(0)
    _, apart = long_run.course.atoms.heights
    series = long_run.state.series
    assert series is not None
    assert np.sqrt((apart**2).mean()) == pytest.approx(series.rmsd[0])
    long_run.course.tabs.setCurrentIndex(0)


def test_that_bars_that_nobody_sees_are_those_of_the_frame_in_a_file(
    long_run: MainWindow,
) -> None:
    long_run.course.tabs.setCurrentIndex(0)
    atoms, series = long_run.course.atoms, long_run.state.series
    assert series is not None
    for index in (3, 400):
        long_run.playback.slider.setValue(index)
        plot_file(atoms, ".png")
        assert np.sqrt((atoms.heights[1] ** 2).mean()) == pytest.approx(series.rmsd[index])


def test_that_pointing_at_a_frame_does_not_outlive_its_run(
    long_run: MainWindow, qtbot: QtBot
) -> None:
    long_run.state.hover(900)
    long_run.run_panel.set_max_steps(10)
    long_run.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: n_frames(long_run) == 11, timeout=60_000)
    qtbot.waitUntil(lambda: not long_run.state.busy, timeout=60_000)
    assert long_run.state.hovered is None


def test_that_only_references_that_there_are_can_be_chosen(window: MainWindow) -> None:
    menu = window.course.reference_menu
    known = next(a for a in menu.actions() if a.data() == ReferenceKind.KNOWN)
    assert not known.isEnabled()
    window.state.load(WATER, Reference(WATER, "DFT geometry"))
    assert known.isEnabled()
    known.setChecked(True)
    menu.aboutToShow.emit()
    assert not known.isChecked()  # it was clicked, but is not what the state has
    window.state.clear()
    button = control_named(window, "Reference of the RMSD")
    assert button is not None and not button.isEnabled()


def test_that_the_reference_is_by_choice(long_run: MainWindow, qtbot: QtBot) -> None:
    actions = {a.data(): a for a in long_run.course.reference_menu.actions() if a.data()}
    for kind, label, index in (
        (ReferenceKind.START, "start", 0),
        (ReferenceKind.BEST, "best frame", 999),
        (ReferenceKind.FINAL, "final frame", 999),
    ):
        actions[kind].trigger()
        measured(long_run, qtbot, label)
        assert long_run.state.series is not None
        assert long_run.state.series.rmsd[index] == pytest.approx(0.0, abs=1e-6)
        assert len(long_run.state.series) == 1000


def test_that_a_loaded_reference_is_matched_by_its_graph(
    long_run: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "shuffled.xyz"
    x = WATER.positions[[1, 0, 2]]
    rows = [f"{s} {a} {b} {c}" for s, (a, b, c) in zip("HOH", x.tolist(), strict=True)]
    path.write_text("\n".join(["3", "shuffled", *rows, ""]))
    long_run.controller.load_reference(path, symmetric=True)
    measured(long_run, qtbot, "shuffled.xyz, symmetry-aware")
    assert long_run.state.series is not None
    assert long_run.state.series.rmsd[0] == pytest.approx(0.0, abs=1e-6)
    path.write_text("1\nneon\nNe 0 0 0\n")
    long_run.controller.load_reference(path, symmetric=False)
    qtbot.waitUntil(lambda: "another molecule" in long_run.message_bar.text, timeout=60_000)
