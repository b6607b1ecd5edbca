"""Atoms moved and selected by the mouse: real events on the real page."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from morered_gui.chem import structure_from_smiles
from morered_gui.core import Structure, rmsd
from morered_gui.gui.window import MainWindow
from tests.gui.pen import move_mouse
from tests.gui.test_look import ask

ETHANOL = structure_from_smiles("CCO", seed=1)
STEPS = 6  # of a movement
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def ethanol(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """Not relaxed after an edit, so that what the hand does can be seen."""
    window.desk.editing.follows = False
    window.state.load(ETHANOL)
    qtbot.waitUntil(lambda: window.state.drawing is not None, timeout=60_000)
    qtbot.waitUntil(lambda: window.view.is_settled, timeout=60_000)
    yield window
    window.studio.picker.select(())
    window.actions_by_id["hand_turn"].trigger()
    window.desk.editing.follows = True


def take(window: MainWindow, qtbot: QtBot, name: str) -> None:
    window.actions_by_id[name].trigger()
    qtbot.waitUntil(lambda: window.view.is_settled, timeout=60_000)


def on_screen(window: MainWindow, qtbot: QtBot, index: int) -> QPoint:
    at = ask(window, qtbot, f"moreredView.atomOnScreen({index})")
    return QPoint(round(at["x"]), round(at["y"]))


def drag(
    window: MainWindow,
    qtbot: QtBot,
    start: QPoint,
    by: QPoint,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press, move in small steps, let go."""
    target = window.view.focusProxy()
    assert target is not None
    QTest.mouseMove(target, start)
    QTest.mousePress(target, LEFT, keys, start)
    for k in range(1, STEPS + 1):
        QTest.mouseMove(target, start + by * k / STEPS)
        qtbot.wait(15)
    QTest.mouseRelease(target, LEFT, keys, start + by)


def edited(window: MainWindow, qtbot: QtBot, before: Structure) -> Structure:
    qtbot.waitUntil(lambda: window.state.structure is not before, timeout=60_000)
    qtbot.waitUntil(lambda: window.view.is_settled, timeout=60_000)
    assert window.state.structure is not None
    return window.state.structure


def test_that_a_dragged_atom_takes_its_hydrogens_along_and_goes_where_the_mouse_goes(
    ethanol: MainWindow, qtbot: QtBot
) -> None:
    take(ethanol, qtbot, "hand_move")
    start = on_screen(ethanol, qtbot, 2)
    drag(ethanol, qtbot, start, QPoint(40, 25))
    after = edited(ethanol, qtbot, ETHANOL)
    shift = after.positions - ETHANOL.positions
    oxygen_and_hydrogen = [2, 8]
    others = [k for k in range(9) if k not in oxygen_and_hydrogen]
    np.testing.assert_allclose(shift[others], 0.0, atol=1e-9)
    np.testing.assert_allclose(shift[2], shift[8], atol=1e-9)
    assert 0.1 < np.linalg.norm(shift[2]) < 3.0
    away = on_screen(ethanol, qtbot, 2) - start - QPoint(40, 25)
    assert away.manhattanLength() <= 4
    ethanol.actions_by_id["undo"].trigger()  # one step
    qtbot.waitUntil(lambda: ethanol.state.structure is ETHANOL, timeout=60_000)


def test_that_undo_right_after_a_drag_takes_back_that_drag(
    ethanol: MainWindow, qtbot: QtBot
) -> None:
    take(ethanol, qtbot, "hand_move")
    drag(ethanol, qtbot, on_screen(ethanol, qtbot, 2), QPoint(40, 25))
    ethanol.actions_by_id["undo"].trigger()  # before the page has told of it
    qtbot.waitUntil(lambda: ethanol.desk.editing.can_redo, timeout=60_000)
    assert ethanol.state.structure is ETHANOL
    ethanol.actions_by_id["redo"].trigger()
    qtbot.waitUntil(lambda: ethanol.state.structure is not ETHANOL, timeout=60_000)
    moved = ethanol.state.structure
    assert moved is not None and moved.formula == ETHANOL.formula


def test_that_another_button_does_not_end_a_drag(ethanol: MainWindow, qtbot: QtBot) -> None:
    take(ethanol, qtbot, "hand_move")
    start = on_screen(ethanol, qtbot, 2)
    target = ethanol.view.focusProxy()
    assert target is not None
    move(ethanol, start)
    QTest.mousePress(target, LEFT, pos=start)
    move(ethanol, start + QPoint(20, 10), LEFT)
    qtbot.wait(30)
    QTest.mouseClick(target, Qt.MouseButton.RightButton, pos=start + QPoint(20, 10))
    qtbot.wait(30)
    move(ethanol, start + QPoint(40, 25), LEFT)
    qtbot.wait(30)
    QTest.mouseRelease(target, LEFT, pos=start + QPoint(40, 25))
    edited(ethanol, qtbot, ETHANOL)
    away = on_screen(ethanol, qtbot, 2) - start - QPoint(40, 25)
    assert away.manhattanLength() <= 4


@pytest.mark.parametrize("mode", ["hand_move", "hand_box"])
def test_that_a_drag_ends_where_the_button_was_let_go_unseen(
    ethanol: MainWindow, qtbot: QtBot, mode: str
) -> None:
    take(ethanol, qtbot, mode)
    start = on_screen(ethanol, qtbot, 2)
    target = ethanol.view.focusProxy()
    assert target is not None
    begin = start if mode == "hand_move" else start - QPoint(12, 12)
    move(ethanol, begin)
    QTest.mousePress(target, LEFT, pos=begin)
    move(ethanol, start + QPoint(12, 12), LEFT)
    qtbot.wait(30)
    back = "new MouseEvent('mousemove', { clientX: 5, clientY: 5, buttons: 0 })"
    ask(ethanol, qtbot, f"(window.dispatchEvent({back}), 1)")
    if mode == "hand_move":
        edited(ethanol, qtbot, ETHANOL)
        away = on_screen(ethanol, qtbot, 2) - start - QPoint(12, 12)
        assert away.manhattanLength() <= 4
    else:
        qtbot.waitUntil(lambda: 2 in ethanol.studio.picker.selection, timeout=60_000)


def move(window: MainWindow, to: QPoint, buttons: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
    """Move the mouse with these buttons down."""
    target = window.view.focusProxy()
    assert target is not None
    move_mouse(target, to, buttons)


def test_that_a_dragged_selection_moves_as_one_and_can_be_turned(
    ethanol: MainWindow, qtbot: QtBot
) -> None:
    take(ethanol, qtbot, "hand_move")
    group = (0, 3, 4, 5)
    ethanol.studio.picker.select(group)
    qtbot.waitUntil(lambda: ethanol.view.is_settled, timeout=60_000)
    control = Qt.KeyboardModifier.ControlModifier
    drag(ethanol, qtbot, on_screen(ethanol, qtbot, 0), QPoint(60, 0), control)
    after = edited(ethanol, qtbot, ETHANOL)
    chosen = list(group)
    assert rmsd(after.positions[chosen], ETHANOL.positions[chosen]) < 1e-6
    assert np.abs(after.positions[chosen] - ETHANOL.positions[chosen]).max() > 0.2
    np.testing.assert_allclose(after.positions[[1, 2]], ETHANOL.positions[[1, 2]], atol=1e-9)
    centre = after.positions[chosen].mean(0) - ETHANOL.positions[chosen].mean(0)
    np.testing.assert_allclose(centre, 0.0, atol=1e-9)


def test_that_a_drag_is_relaxed_where_the_program_relaxes_while_one_draws(
    ethanol: MainWindow, qtbot: QtBot
) -> None:
    ethanol.desk.editing.follows = True
    take(ethanol, qtbot, "hand_move")
    drag(ethanol, qtbot, on_screen(ethanol, qtbot, 2), QPoint(30, 30))
    edited(ethanol, qtbot, ETHANOL)
    state = ethanol.state
    qtbot.waitUntil(lambda: bool(state.trajectory) and not state.busy, timeout=60_000)
    ethanol.actions_by_id["undo"].trigger()  # drag and relaxation are one step
    qtbot.waitUntil(lambda: ethanol.state.structure is ETHANOL, timeout=60_000)


def test_that_a_frozen_atom_stays_below_the_hand(ethanol: MainWindow, qtbot: QtBot) -> None:
    ethanol.state.set_fixed(frozenset({0}))
    take(ethanol, qtbot, "hand_move")
    ethanol.studio.picker.select((0, 1))
    qtbot.waitUntil(lambda: ethanol.view.is_settled, timeout=60_000)
    drag(ethanol, qtbot, on_screen(ethanol, qtbot, 1), QPoint(30, 30))
    qtbot.waitUntil(lambda: "rozen" in ethanol.message_bar.text, timeout=60_000)
    assert ethanol.state.structure is ETHANOL
    ethanol.state.set_fixed(frozenset())


def test_that_a_box_selects_what_is_in_it(ethanol: MainWindow, qtbot: QtBot) -> None:
    take(ethanol, qtbot, "hand_box")
    corner = QPoint(3, 3)
    size = QPoint(ethanol.view.width() - 8, ethanol.view.height() - 8)
    drag(ethanol, qtbot, corner, size)
    picker = ethanol.studio.picker
    qtbot.waitUntil(lambda: len(picker.selection) == 9, timeout=60_000)
    around = on_screen(ethanol, qtbot, 2) - QPoint(8, 8)
    drag(ethanol, qtbot, around, QPoint(16, 16))
    qtbot.waitUntil(lambda: picker.selection == (2,), timeout=60_000)
    around = on_screen(ethanol, qtbot, 0) - QPoint(8, 8)
    drag(ethanol, qtbot, around, QPoint(16, 16), Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: picker.selection == (2, 0), timeout=60_000)


def test_that_a_click_still_selects_and_the_menu_does_the_rest(
    ethanol: MainWindow, qtbot: QtBot
) -> None:
    picker, actions = ethanol.studio.picker, ethanol.actions_by_id
    for mode in ("hand_move", "hand_box"):
        take(ethanol, qtbot, mode)
        drag(ethanol, qtbot, on_screen(ethanol, qtbot, 1), QPoint(0, 0))
        qtbot.waitUntil(lambda: picker.selection == (1,), timeout=60_000)
        actions["select_none"].trigger()
    actions["select_all"].trigger()
    assert len(picker.selection) == 9
    picker.select((0,))
    actions["select_element"].trigger()
    assert set(picker.selection) == {0, 1}
    actions["select_rest"].trigger()
    assert set(picker.selection) == set(range(2, 9))
    picker.select((1, 2))
    actions["select_fragment"].trigger()
    assert set(picker.selection) == {2, 8}
    ethanol.studio.edit.select_elements({8})
    assert picker.selection == (2,)
