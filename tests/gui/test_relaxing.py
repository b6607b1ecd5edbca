from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from morered_gui.app.run_state import Activity
from morered_gui.app.settings import Settings
from morered_gui.core import StopReason, rmsd
from morered_gui.diffusion.checkpoint import find_model
from morered_gui.gui.window import MainWindow
from tests.app.molecules import IRON_OXIDE, WATER
from tests.gui.conftest import REAL_DEVICE, n_frames
from tests.gui.pictures import n_red, picture


def test_that_the_molecule_is_really_drawn(window: MainWindow, qtbot: QtBot) -> None:
    pixels = picture(window, qtbot)
    assert n_red(pixels) > 500  # one oxygen
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50


def test_that_a_relaxation_fills_plot_slider_and_view(window: MainWindow, qtbot: QtBot) -> None:
    before = picture(window, qtbot)
    window.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: not window.state.busy, timeout=20_000)
    assert n_frames(window) == 61
    assert window.plot.n_points == 61
    assert window.playback.slider.maximum() == 60
    assert window.plot.cursor_step == 60
    after = picture(window, qtbot)
    assert n_red(after) > 500
    assert (before != after).any()


def test_that_stop_in_mid_run_keeps_the_frames(
    slow_run: Callable[[int], MainWindow], qtbot: QtBot
) -> None:
    window = slow_run(20)
    assert window.actions_by_id["stop"].isEnabled()
    window.actions_by_id["stop"].trigger()
    qtbot.waitUntil(lambda: not window.state.busy, timeout=20_000)
    assert window.state.trajectory is not None
    assert window.state.trajectory.stop_reason == StopReason.CANCELLED
    assert n_frames(window) >= 20
    assert not window.actions_by_id["stop"].isEnabled()
    assert window.actions_by_id["relax"].isEnabled()


def test_that_looking_back_during_a_run_stays_there(
    slow_run: Callable[[int], MainWindow], qtbot: QtBot
) -> None:
    window = slow_run(20)
    window.playback.slider.setValue(5)
    count = n_frames(window)
    qtbot.waitUntil(lambda: n_frames(window) > count + 10, timeout=20_000)
    assert window.state.frame_index == 5
    assert window.plot.cursor_step == 5
    window.actions_by_id["live"].trigger()
    qtbot.waitUntil(lambda: window.state.frame_index > count, timeout=20_000)


def test_that_another_molecule_during_a_run_ends_it(
    slow_run: Callable[[int], MainWindow], qtbot: QtBot
) -> None:
    window = slow_run(10)
    window.open_smiles("C=O")
    qtbot.waitUntil(lambda: len(window.state.structure or ()) == 4, timeout=20_000)
    assert window.state.activity == Activity.IDLE
    assert window.plot.n_points == 0


def test_that_an_unsupported_element_is_told_in_the_window(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.state.load(IRON_OXIDE)
    window.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: bool(window.message_bar.text), timeout=20_000)
    assert "Fe" in window.message_bar.text
    assert window.message_bar.isVisible()
    assert window.state.structure is IRON_OXIDE
    assert not window.state.busy


def test_that_the_bonds_are_kept_in_a_noisy_structure(window: MainWindow, qtbot: QtBot) -> None:
    window.run_panel.set_noise_t(400)
    window.actions_by_id["noise"].trigger()
    assert window.state.structure is not None
    assert window.state.base is not None
    assert window.state.structure.bonds.tolist() == window.state.base.bonds.tolist()
    assert window.state.noise_step == 400
    assert n_red(picture(window, qtbot)) > 100


def test_that_a_report_can_be_copied(window: MainWindow) -> None:
    window.show_problem("a test", "the traceback")
    assert window.message_bar.isVisible()
    window.message_bar.action_asked.emit("copy_report")
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("the traceback\n") and f"torch {version('torch')}\n" in copied


@pytest.mark.filterwarnings("ignore")  # what torch warns of is not this test's concern
def test_that_the_shipped_model_relaxes_a_noisy_example(window: MainWindow, qtbot: QtBot) -> None:
    if window.run_panel.model is None:
        pytest.skip("no model is shipped yet")
    window.open_example("benzaldehyde")
    qtbot.waitUntil(lambda: window.state.known_reference is not None, timeout=20_000)
    window.run_panel.choose_device(REAL_DEVICE)
    window.run_panel.set_max_steps(120)
    window.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: not window.state.busy, timeout=120_000)
    assert window.state.trajectory is not None
    reference = window.state.known_reference
    assert reference is not None
    target = reference.structure.positions
    first, last = window.state.trajectory[0], window.state.trajectory[-1]
    assert rmsd(last.positions, target) < rmsd(first.positions, target)
    assert window.plot.n_points == n_frames(window) > 10
    qtbot.mouseClick(window.view, Qt.MouseButton.LeftButton)


def test_that_a_larger_molecule_is_warned_of_and_relaxed_all_the_same(
    window: MainWindow, qtbot: QtBot
) -> None:
    largest = find_model("everyday").config.max_atoms or 0
    n_carbons = largest // 3 + 1
    n_atoms = 3 * n_carbons + 2  # of an alkane
    window.open_smiles("C" * n_carbons)
    qtbot.waitUntil(lambda: len(window.state.structure or ()) == n_atoms, timeout=20_000)
    window.actions_by_id["relax"].trigger()
    assert window.state.busy
    said = window.message_bar.text
    assert f"{n_atoms} atoms" in said and f"{largest}" in said
    qtbot.waitUntil(lambda: not window.state.busy, timeout=20_000)
    assert n_frames(window) == 61


def test_that_what_follows_an_edit_takes_the_evaluations_of_its_own_method(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    monkeypatch.setattr(
        window.controller, "relax", lambda _choice, **rest: taken.append(rest["max_steps"])
    )
    assert window.run_panel.max_steps == 60  # of MoreRed-JT
    monkeypatch.setattr(window.desk.editing, "follows", True)
    window.desk.editing.take(WATER, None, None, frozenset(), relax=True)
    assert taken == [Settings().evaluations]
