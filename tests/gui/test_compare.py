"""Several runs beside each other, the explanation panel, the palette, and session files."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from morered_gui.app.measurements import Measurement
from morered_gui.app.references import ReferenceChoice, ReferenceKind
from morered_gui.app.run_state import Activity
from morered_gui.app.state import AppState
from morered_gui.app.view_options import Style, ViewOptions
from morered_gui.core import Frame, Provenance, StopReason
from morered_gui.diffusion.forward import expected_rmsd, noised
from morered_gui.diffusion.schedule import cosine_schedule
from morered_gui.gui.explain_panel import ASK_MS, SAME_NOISE
from morered_gui.gui.runs_panel import RunsPanel
from morered_gui.gui.theme import theme_of
from morered_gui.gui.window import MainWindow
from tests.app.molecules import WATER
from tests.gui.conftest import REAL_DEVICE, n_frames
from tests.gui.pictures import picture
from tests.gui.reopen import camera_of, described, png_of

WAIT = 60_000


def cell(window: MainWindow, row: int, title: str) -> str:
    """What stands in a row of the table below a heading that is shown."""
    table = window.studio.runs.table
    shown = [k for k in range(table.columnCount()) if not table.isColumnHidden(k)]
    heads = (k for k in shown if table.horizontalHeaderItem(k).text().split("\n")[0] == title)
    return str(table.item(row, next(heads)).text())


def forget_runs(window: MainWindow) -> None:
    for run in list(window.state.runs):
        window.state.remove_run(run)


def test_that_the_table_goes_along_with_the_run(
    slow_run: Callable[[int], MainWindow], qtbot: QtBot
) -> None:
    window = slow_run(12)
    for count in (12, 15):
        qtbot.waitUntil(lambda count=count: n_frames(window) >= count, timeout=WAIT)
        run = window.state.run
        row = window.state.runs.index(run)
        assert cell(window, row, "Eval.") == str(run.trajectory[-1].evaluations)
        assert cell(window, row, "RMSD") == f"{run.series.rmsd[-1]:.3f}"
        assert cell(window, row, "Verdict") == "unfinished"


def test_that_seeds_run_in_a_row_and_stand_in_the_table(window: MainWindow, qtbot: QtBot) -> None:
    forget_runs(window)
    window.actions_by_id["run_seeds"].trigger()
    qtbot.waitUntil(lambda: len(window.state.runs) == 3 and not window.state.busy, timeout=WAIT)
    qtbot.waitUntil(lambda: n_frames(window) == 61, timeout=WAIT)
    table = window.studio.runs.table
    assert table.rowCount() == 3
    assert [cell(window, row, "Seed") for row in range(3)] == ["0", "1", "2"]
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
    cells = [cell(window, row, "Apart") for row in range(3)]
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


def test_that_the_table_is_read_without_scrolling(window: MainWindow, qtbot: QtBot) -> None:
    """Three methods on one start, in a dock of its usual width."""
    state = AppState()
    state.load(WATER)
    for made, energy in (
        (Provenance("fast", "everyday", seed=12), None),
        (Provenance("gfn2-xtb"), -892.07),
        (Provenance("uff"), 0.845),
    ):
        state.begin_run(made)
        state.add_frames(
            [
                Frame(0, WATER.positions * 1.1, energy=energy),
                Frame(1, WATER.positions, energy=energy, evaluations=213, seconds=14.7),
            ]
        )
        state.end_run(StopReason.MAX_STEPS)
    panel = RunsPanel(state, window.actions_by_id, theme_of(QGuiApplication.palette()))
    qtbot.addWidget(panel)
    panel.resize(480, 300)
    panel.show()
    table = panel.table
    shown = [k for k in range(table.columnCount()) if not table.isColumnHidden(k)]
    titles = [table.horizontalHeaderItem(k).text().split("\n")[0] for k in shown]
    # No empty ones.
    assert titles == ["Run", "Seed", "RMSD", "Energy", "Eval.", "Time", "Verdict"]
    assert table.horizontalScrollBar().maximum() == 0
    for k in shown[1:]:
        assert table.columnWidth(k) >= table.sizeHintForColumn(k)
    assert table.item(0, 0).toolTip().startswith("Few steps, everyday\nSeed: 12\nRMSD: 0.000 Å")
    panel.resize(1000, 300)
    assert table.columnWidth(0) > 400


def test_that_seeds_of_a_method_without_chance_are_refused(
    window: MainWindow, qtbot: QtBot
) -> None:
    forget_runs(window)
    window.run_panel.choose_method("mmff94")
    window.actions_by_id["run_seeds"].trigger()
    assert "every seed gives the same result" in window.message_bar.text
    assert not window.state.busy and window.studio.queue.waiting == 0


def test_that_the_molecule_dissolves_by_the_process_of_the_model(window: MainWindow) -> None:
    panel, explain = window.run_panel, window.studio.explain
    models = panel.models
    base = next(m for m in models if "jt" in m.methods)
    panel.set_noise_t(300)
    panel.set_models([*models, replace(base, name="short", schedule="cosine", n_steps=100)])
    panel.choose_model("short")
    assert explain.slider.maximum() == 99 and panel.noise_t == 99
    explain.slider.setValue(50)
    expected = expected_rmsd(WATER, cosine_schedule(100))[50]
    assert f"({expected:.2f} Å expected" in explain.told
    dissolved = noised(WATER, 50, seed=SAME_NOISE, schedule=cosine_schedule(100))
    window.actions_by_id["start_dissolved"].trigger()
    assert window.state.structure is not None
    assert np.array_equal(window.state.structure.positions, dissolved.positions)
    panel.choose_model(base.name)
    assert explain.slider.maximum() == 999 and panel.noise_t == 300
    panel.set_models(models)


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
    assert "stopped by you" in cell(window, 0, "Verdict")


def test_that_the_row_that_is_marked_after_a_removal_can_be_looked_at(
    window: MainWindow, qtbot: QtBot
) -> None:
    forget_runs(window)
    for _ in range(2):
        window.actions_by_id["relax"].trigger()
        qtbot.waitUntil(lambda: not window.state.busy, timeout=WAIT)
    first, second = window.state.runs
    for run, row in ((first, 0), (second, 1)):
        window.state.look_at_run(run)
        assert window.studio.runs.table.currentRow() == row
    window.raise_panel("Runs")
    window.state.remove_run(second)
    table = window.studio.runs.table
    assert window.state.run is None and table.currentRow() == 0
    place = table.visualItemRect(table.item(0, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.state.run is first


def test_that_plain_diffusion_is_not_said_to_tell_the_time(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        window.controller, "predict", lambda _structure, choice, _call: asked.append(choice.method)
    )
    for t, method in enumerate(("ddpm", "jt"), start=100):
        assert window.run_panel.choose_method(method)
        window.studio.explain.slider.setValue(t)
        qtbot.wait(2 * ASK_MS)
    assert asked == ["jt"]


def test_that_the_network_is_asked_once_its_model_is_loaded(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    panel, state = window.studio.explain, window.state
    monkeypatch.setattr(window.controller, "predict", lambda *_: asked.append(panel.t))
    state.set_activity(Activity.LOADING, warming=True)
    panel.slider.setValue(123)
    qtbot.wait(2 * ASK_MS)
    assert asked == []
    state.set_activity(Activity.IDLE)
    qtbot.waitUntil(lambda: asked == [123], timeout=WAIT)


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
    assert palette.isVisible()
    palette.close()


def test_that_the_palette_leaves_greyed_out_commands_alone(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.state.clear()
    window.actions_by_id["palette"].trigger()
    palette = window.studio.palette
    qtbot.keyClicks(palette.field, "distance")
    assert palette.found and not window.actions_by_id[palette.found[0]].isEnabled()
    with qtbot.captureExceptions() as raised:
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert not raised
    assert palette.isVisible()
    palette.close()


def test_that_another_molecule_takes_cloud_pin_and_measurements_away(
    window: MainWindow, qtbot: QtBot
) -> None:
    state = window.state
    window.controller.open_text("CCO")
    qtbot.waitUntil(lambda: len(state.structure or ()) == 9, timeout=WAIT)
    window.actions_by_id["run_seeds"].trigger()
    qtbot.waitUntil(lambda: state.ensemble is not None, timeout=WAIT)
    qtbot.waitUntil(lambda: len(state.runs) == 3 and not state.busy, timeout=WAIT)
    assert cloud_atoms(window, qtbot) > 0
    state.load(WATER)
    assert state.ensemble is None
    assert cloud_atoms(window, qtbot) == 0
    window.desk.editing.undo()
    assert len(state.structure or ()) == 9
    qtbot.waitUntil(lambda: state.ensemble is not None, timeout=WAIT)
    window.actions_by_id["pin_frame"].trigger()
    state.set_view(replace(state.view, measurements=(Measurement((6, 7, 8)),)))
    window.course.choose({"left": "atoms:6-7-8"})
    window.desk.editing.redo()
    assert state.structure == WATER
    assert state.pinned is None and not state.view.measurements
    assert window.course.chosen()["left"] == "t"
    assert cloud_atoms(window, qtbot) == 0
    state.pin_frame(state.shown)
    state.set_view(replace(state.view, measurements=(Measurement((0, 1)),)))
    state.clear()
    assert state.pinned is None and not state.view.measurements


def test_that_a_session_shows_the_same_in_a_new_process(
    relaxed: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, path = relaxed, tmp_path / "water.morered"

    def wait(condition: Callable[[], bool]) -> None:
        qtbot.waitUntil(condition, timeout=WAIT)

    window.actions_by_id["noise"].trigger()
    window.actions_by_id["relax"].trigger()
    wait(lambda: not window.state.busy and len(window.state.runs) > 1)
    window.state.show_run(window.state.runs[0], False)
    window.controller.measure_to(ReferenceChoice(ReferenceKind.START))
    wait(lambda: getattr(window.state.reference, "label", "") == "start")
    measured = (Measurement((1, 0, 2)),)
    window.state.set_view(ViewOptions(style=Style.STICK, measurements=measured, arrows=True))
    window.course.choose({"left": "moved", "right": measured[0].id, "progress": "seconds"})
    window.state.select_frame(2)
    window.actions_by_id["pin_frame"].trigger()
    window.state.select_frame(4)
    window.view.set_camera([0.1, 0.2, 0.3, 40.0, 0.1, 0.2, 0.3, 0.9])
    wait(lambda: window.view.is_settled)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), ""))
    window.actions_by_id["save_session"].trigger()
    wait(lambda: path.exists() and "Saved" in window.message_bar.text)
    window.state.say(None)
    top = window.centralWidget()
    wait(lambda: window.view.mapTo(top, QPoint()).y() == 0)  # the room of the message is given back
    before = QImage.fromData(png_of(window, wait))
    wanted = described(window, camera_of(window, wait))
    size = [str(window.width()), str(window.height())]
    command = [sys.executable, "-m", "tests.gui.reopen", str(path), str(tmp_path), *size]
    subprocess.run(command, check=True, timeout=300)
    after = QImage.fromData((tmp_path / "picture.png").read_bytes())
    found = json.loads((tmp_path / "described.json").read_text())
    wanted = json.loads(json.dumps(wanted))
    assert {key for key in wanted if found[key] != wanted[key]} == set()
    assert after.size() == before.size()
    assert np.mean(pixels(after) != pixels(before)) < 1e-3
    window.course.choose({"left": "t", "right": "rmsd", "progress": "step"})
    window.controller.measure_to(ReferenceChoice())
    window.state.pin_frame(None)
    window.state.set_view(ViewOptions())


def pixels(image: QImage) -> np.ndarray:
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    return np.frombuffer(plain.constBits(), np.uint8).copy()
