"""Atoms clicked in the 3D view are edited and frozen: in the real page."""

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from morered_gui.chem import structure_from_smiles
from morered_gui.core import Frame
from morered_gui.gui.window import MainWindow
from tests.gui.pictures import picture
from tests.gui.test_look import click_atom

BUTANE = structure_from_smiles("CCCC", seed=1)


@pytest.fixture
def butane(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """Not relaxed after each edit, so that what an edit does can be seen."""
    window.desk.editing.follows = False
    window.state.load(BUTANE)
    qtbot.waitUntil(lambda: window.state.drawing is not None, timeout=60_000)
    yield window
    window.studio.picker.select(())
    window.desk.editing.follows = True


def edit(window: MainWindow, qtbot: QtBot, name: str) -> None:
    before = window.state.structure
    assert window.actions_by_id[name].isEnabled()
    window.actions_by_id[name].trigger()
    qtbot.waitUntil(lambda: window.state.structure is not before, timeout=60_000)


def enabled(window: MainWindow) -> set[str]:
    names = ("set_geometry", "change_element", "change_order", "delete_atoms", "freeze")
    return {name for name in names if window.actions_by_id[name].isEnabled()}


def test_that_two_clicked_atoms_get_the_distance_of_the_panel(
    butane: MainWindow, qtbot: QtBot
) -> None:
    assert enabled(butane) == set()
    click_atom(butane, qtbot, 0)
    assert enabled(butane) == {"change_element", "delete_atoms", "freeze"}
    click_atom(butane, qtbot, 1)
    assert enabled(butane) == {"set_geometry", "change_order", "delete_atoms", "freeze"}
    butane.studio.edit.set_value(1.8)
    edit(butane, qtbot, "set_geometry")
    after = butane.state.structure
    assert after is not None
    assert np.linalg.norm(after.positions[0] - after.positions[1]) == pytest.approx(1.8)
    assert butane.studio.picker.selection == (0, 1)
    butane.actions_by_id["undo"].trigger()
    qtbot.waitUntil(lambda: butane.state.structure is BUTANE, timeout=60_000)


def test_that_an_edit_of_atoms_changes_the_drawing_and_ends_the_selection(
    butane: MainWindow, qtbot: QtBot
) -> None:
    butane.studio.picker.select((0,))
    edit(butane, qtbot, "delete_atoms")
    assert butane.state.drawing is not None
    assert butane.state.drawing.smiles == "CCC"
    assert butane.studio.picker.selection == ()
    assert enabled(butane) == set()
    butane.actions_by_id["undo"].trigger()
    qtbot.waitUntil(lambda: butane.state.structure is BUTANE, timeout=60_000)
    assert butane.state.drawing.smiles == "CCCC"


def test_that_frozen_atoms_are_seen_and_freed_again(butane: MainWindow, qtbot: QtBot) -> None:
    plain = picture(butane, qtbot)
    butane.studio.picker.select((0, 3))
    butane.actions_by_id["freeze"].trigger()
    butane.studio.picker.select(())
    assert butane.state.fixed == {0, 3}
    assert (picture(butane, qtbot) != plain).any()
    butane.actions_by_id["unfreeze_all"].trigger()
    assert butane.state.fixed == frozenset()
    assert not (picture(butane, qtbot) != plain).any()


def test_that_frozen_atoms_are_drawn_in_one_place_in_all_frames(butane: MainWindow) -> None:
    frozen = [0, 1, 2]
    butane.state.set_fixed(frozenset(frozen))
    elsewhere = BUTANE.positions.copy()
    elsewhere[3:] += 0.7
    first, _ = butane.scene.picture_of(Frame(0, BUTANE.positions))
    second, _ = butane.scene.picture_of(Frame(1, elsewhere))
    np.testing.assert_allclose(second[frozen], first[frozen], atol=1e-12)
    assert np.abs(second[3:] - first[3:]).max() > 0.5


def test_that_picking_for_a_measurement_selects_nothing(butane: MainWindow, qtbot: QtBot) -> None:
    butane.actions_by_id["measure_distance"].trigger()
    click_atom(butane, qtbot, 0)
    assert butane.studio.picker.selection == ()
    assert enabled(butane) == set()
    butane.studio.look.pick(0)
