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
from morered_gui.app.series import RunSeries
from morered_gui.core import Frame, Provenance, StopReason, rmsd
from morered_gui.diffusion.forward import expected_rmsd
from morered_gui.diffusion.schedule import cosine_schedule
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


def test_that_energies_with_other_zeros_are_left_out_and_told(
    window: MainWindow, qtbot: QtBot
) -> None:
    plot = window.plot
    for run in list(window.state.runs):
        window.state.remove_run(run)
    window.run_panel.choose_device(REAL_DEVICE)
    window.course.choose({"left": "energy", "right": ""})
    for method in ("mmff94", "uff", "uff"):
        window.run_panel.choose_method(method)
        window.actions_by_id["relax"].trigger()
        qtbot.waitUntil(lambda: not window.state.busy, timeout=60_000)
    force_field, uff, _ = window.state.runs
    plot.refresh()
    assert plot.n_overlays == 1  # the other run by UFF
    assert plot.said == "UFF alone: MMFF94 has another zero."
    assert plot.drawn("left")[1].min() == 0.0  # kcal/mol above the lowest
    assert "UFF" in plot.getPlotItem().getAxis("left").labelText
    window.state.look_at_run(force_field)
    plot.refresh()
    assert plot.n_overlays == 0 and "UFF has another zero" in plot.said
    window.state.show_run(uff, visible=False)
    window.state.remove_run(window.state.runs[2])
    plot.refresh()
    assert plot.said == ""
    window.course.choose({"left": "t", "right": "rmsd"})


def test_that_a_long_note_does_not_make_the_plot_wider(window: MainWindow) -> None:
    plot = window.plot
    long = "a note that no plot has room for " * 20
    plot.note(long, "short")
    assert plot.said == "short" and plot.toolTip() == long
    assert plot.getPlotItem().width() <= plot.viewport().width()
    plot.note()
    assert plot.said == "" and plot.toolTip() == ""


def test_that_the_expected_curve_is_that_of_the_model_of_the_run(window: MainWindow) -> None:
    scatter, state = window.course.scatter, window.state
    for run in list(state.runs):
        state.remove_run(run)
    options: dict[str, object] = {"schedule": "cosine", "n_steps": 100}
    for made in (Provenance("jt"), Provenance("jt", "mine", options=options)):
        state.begin_run(made)
        state.add_frames([Frame(0, WATER.positions * 1.1, t=30.0)])
        state.end_run(StopReason.PLATEAU)
    scatter.refresh()
    rmsds, steps = scatter.expected_curve
    assert np.array_equal(rmsds, expected_rmsd(WATER, cosine_schedule(100)))
    assert len(steps) == 100
    assert "another diffusion process" in scatter.said  # its t does not compare
    state.remove_run(state.runs[0])
    scatter.refresh()
    assert scatter.said == ""


def test_that_no_curve_is_expected_of_the_rmsd_to_the_start(relaxed: MainWindow) -> None:
    scatter, run = relaxed.course.scatter, relaxed.state.run
    assert run is not None
    for structure, shown in ((run.trajectory.start, False), (run.trajectory.structure(-1), True)):
        run.measure(Reference(structure, "x"), RunSeries(structure))
        scatter.refresh()
        assert scatter.shows_expected is shown


def test_that_a_time_that_is_given_is_not_called_predicted(window: MainWindow) -> None:
    for run in list(window.state.runs):
        window.state.remove_run(run)
    for method, name in (("ddpm", "Given t"), ("jt", "Predicted t")):
        window.state.begin_run(Provenance(method, "qm9-ddpm"))
        window.state.add_frames([Frame(0, WATER.positions, t=30.0)])
        window.course.refresh()
        window.course.readout.refresh()
        assert control_named(window, name) is not None
    window.state.end_run(None)
    window.plot.refresh()
    assert "Time step t" in window.plot.getPlotItem().getAxis("left").labelText  # of either kind


def test_that_the_molecule_before_noise_is_offered_once_there_is_one(
    window: MainWindow, qtbot: QtBot
) -> None:
    menu = window.course.reference_menu
    unnoised = next(a for a in menu.actions() if a.data() == ReferenceKind.UNNOISED)
    assert not unnoised.isEnabled() and not window.actions_by_id["ghost"].isEnabled()
    window.actions_by_id["noise"].trigger()
    menu.aboutToShow.emit()
    assert unnoised.isEnabled() and window.actions_by_id["ghost"].isEnabled()
    window.actions_by_id["relax"].trigger()
    measured(window, qtbot, "molecule before noise")
    qtbot.waitUntil(lambda: not window.state.busy, timeout=60_000)
    button = control_named(window, "Reference of the RMSD")
    assert button is not None and "molecule before noise" in button.toolTip()


def test_that_the_legend_is_not_put_over_points(relaxed: MainWindow, qtbot: QtBot) -> None:
    measured(relaxed, qtbot)
    for run in relaxed.state.runs[:-1]:  # of other tests: there may be points in each corner
        relaxed.state.remove_run(run)
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
