"""The verdict below the molecule: what it says, and what its buttons do."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from morered_gui.core import Frame, Provenance, StopReason
from morered_gui.gui.verdict import WAITING, VerdictStrip
from morered_gui.gui.window import MainWindow
from tests.app.molecules import IRON_OXIDE, WATER

WAIT = 60_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def checked(relaxed: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window after a relaxation, with its verdict."""
    qtbot.waitUntil(lambda: has_verdict(relaxed), timeout=WAIT)
    yield relaxed
    relaxed.verdicts.strip.wanted.setChecked(False)
    relaxed.course.choose({"left": "t", "right": "rmsd", "progress": "step"})


def has_verdict(window: MainWindow) -> bool:
    return window.state.run is not None and window.state.run.check is not None


def strip(window: MainWindow) -> VerdictStrip:
    return window.verdicts.strip


def test_that_the_result_is_judged_and_a_run_under_way_is_waited_for(
    checked: MainWindow, qtbot: QtBot
) -> None:
    assert strip(checked).isVisible()
    assert strip(checked).headline.text() == "Same bonds, no clashes"
    checked.state.begin_run(Provenance("jt", "test"))
    assert strip(checked).headline.text() == WAITING
    assert not checked.actions_by_id["xtb_energies"].isEnabled()
    checked.state.add_frames([Frame(0, WATER.positions * 1.6, t=3.0)])
    checked.state.end_run(StopReason.PLATEAU)
    qtbot.waitUntil(lambda: has_verdict(checked), timeout=WAIT)
    assert strip(checked).headline.text() == "Bonds changed: O1-H2 and O1-H3 broken"
    assert strip(checked).headline.property("role") == "error"


def test_that_the_switch_asks_for_energies_and_is_remembered(
    checked: MainWindow, qtbot: QtBot
) -> None:
    assert not checked.current_settings().check_energies
    qtbot.mouseClick(strip(checked).wanted, LEFT)
    assert checked.current_settings().check_energies
    qtbot.waitUntil(lambda: "eV/Å" in strip(checked).energies.text(), timeout=WAIT)
    assert "kcal/mol above the start" in strip(checked).energies.text()  # the springs are poor


def test_that_energies_of_all_frames_are_plotted_until_there_are_none(
    checked: MainWindow, qtbot: QtBot
) -> None:
    qtbot.mouseClick(strip(checked).course, LEFT)
    assert checked.course.chosen()["right"] == "xtb"
    qtbot.waitUntil(lambda: checked.verdicts.checks.progress is None, timeout=WAIT)
    run = checked.state.run
    assert run is not None and np.isfinite(run.series.column("xtb")).all()
    qtbot.waitUntil(lambda: run.check is not None and run.check.better is not None, timeout=WAIT)
    assert "GFN2-xTB energy is" in strip(checked).headline.toolTip()
    assert "is better</a>" in strip(checked).headline.text()
    strip(checked).headline.linkActivated.emit("best")
    assert checked.state.frame_index == int(np.argmin(run.series.column("xtb")))
    assert "kcal/mol" in checked.plot.getPlotItem().getAxis("right").labelText
    checked.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: checked.state.run is not run and has_verdict(checked), timeout=WAIT)
    assert checked.course.chosen()["right"] == "rmsd"


def test_that_energies_under_way_can_be_stopped(checked: MainWindow, qtbot: QtBot) -> None:
    state = checked.state
    state.begin_run(Provenance("jt", "test"))
    state.add_frames([Frame(k, WATER.positions, t=1.0) for k in range(3000)])
    state.end_run(StopReason.PLATEAU)
    qtbot.waitUntil(lambda: has_verdict(checked), timeout=WAIT)
    qtbot.mouseClick(strip(checked).course, LEFT)
    assert strip(checked).course.text() == "Stop"
    qtbot.waitUntil(lambda: "of 3000" in strip(checked).energies.text(), timeout=WAIT)
    qtbot.mouseClick(strip(checked).course, LEFT)
    assert strip(checked).course.text() == "All frames"
    assert checked.verdicts.checks.progress is None


def test_that_polishing_goes_on_from_the_result_in_one_click(
    checked: MainWindow, qtbot: QtBot
) -> None:
    first = checked.state.run
    assert first is not None
    qtbot.mouseClick(strip(checked).polish, LEFT)
    qtbot.waitUntil(lambda: checked.state.run is not first, timeout=WAIT)
    qtbot.waitUntil(lambda: not checked.state.busy, timeout=WAIT)
    second = checked.state.run
    assert second is not None and checked.state.runs[-2:] == [first, second]
    start = second.trajectory.start.positions
    assert np.array_equal(start, first.trajectory.result().positions)
    assert second.trajectory.provenance.options["continues"] == "spring"
    checked.actions_by_id["undo"].trigger()
    qtbot.waitUntil(lambda: checked.state.run is first, timeout=WAIT)


def test_that_a_refusal_offers_what_takes_the_molecule_in_one_click(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.state.load(IRON_OXIDE)
    window.actions_by_id["relax"].trigger()
    assert "Fe" in window.message_bar.text
    (button,) = [b for b in window.message_bar.findChildren(QPushButton) if b.isVisible()]
    assert button.text() == "Relax with GFN2-xTB"
    window.run_panel.choose_device("auto")
    qtbot.mouseClick(button, LEFT)
    choice = window.run_panel.choice
    assert choice is not None and choice.method == "gfn2-xtb"
    assert window.state.busy
