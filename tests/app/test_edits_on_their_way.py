"""Edits that are being made while something else is asked for: none is lost without a word."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from morered_gui.app.turns import Turns
from morered_gui.chem import structure_from_smiles
from morered_gui.chem.drawing import drawn
from morered_gui.chem.moving import translate
from morered_gui.chem.smiles import mol_from_smiles
from morered_gui.chem.substitution import change_element
from morered_gui.core import Structure
from tests.app.molecules import WATER
from tests.app.test_controller import wait
from tests.app.test_space_edits import FAST as CHOICE
from tests.app.test_space_edits import Bench
from tests.chem.test_drawing import page

UP = np.array([0.0, 0.0, 0.1])
FROZEN = frozenset({0, 1, 2})
STROKE = [0, 1, 2, 3, -1]  # a fifth heavy atom


class Desk(Bench):
    """Nothing is relaxed after an edit, so that each can be seen as it was made."""

    def __init__(self) -> None:
        super().__init__()
        self.editing.follows = False
        self.state.load(structure_from_smiles("CCCO", seed=1))
        wait(self.controller, lambda: self.state.drawing is not None)

    @property
    def shown(self) -> Structure:
        assert self.state.shown is not None
        return self.state.shown

    @property
    def words(self) -> str:
        return self.state.message.text if self.state.message else ""

    def draw(self, smiles: str) -> None:
        self.editing.edit(drawn(mol_from_smiles(smiles)), STROKE)

    def settle(self) -> None:
        """Wait until nothing is on its way, nor what that has sent on its way."""
        for _ in range(5):
            done: list[bool] = []
            self.controller.run_task(lambda: True, done.append)
            wait(self.controller, lambda: bool(done))  # noqa: B023 - at once


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    assert desk.controller.close()


def push(atom: int) -> Callable[[Structure, frozenset[int]], Structure]:
    """Moves an atom up by 0.1 Å."""
    return lambda structure, held: translate(structure, [atom], UP, held=held)


def test_that_an_edit_of_a_molecule_that_is_gone_is_refused_in_words(desk: Desk) -> None:
    refused: list[bool] = []
    desk.edits.move(push(0), on_refusal=lambda: refused.append(True))
    desk.edits.substitute(lambda s: change_element(s, 3, 7))
    desk.state.load(WATER)
    desk.settle()
    assert desk.state.structure is WATER
    assert "do it again" in desk.words
    assert refused == [True]
    assert not desk.editing.can_redo
    desk.editing.undo()
    assert desk.shown.formula == "C3H8O"


def test_that_an_edit_is_made_of_what_the_start_has_become_meanwhile(desk: Desk) -> None:
    desk.edits.move(push(0))
    desk.controller.add_noise(100, seed=1)
    noised, laid_over = desk.shown, desk.editing.looked_at()
    assert laid_over is not None
    desk.settle()
    np.testing.assert_allclose(desk.shown.positions[0], laid_over.positions[0] + UP)
    np.testing.assert_allclose(desk.shown.positions[1:], laid_over.positions[1:])
    desk.editing.undo()
    assert desk.shown is noised


def test_that_an_edit_is_judged_by_the_atoms_that_were_frozen_meanwhile(desk: Desk) -> None:
    start = desk.state.structure
    desk.edits.move(push(0))
    desk.state.set_fixed(FROZEN)
    desk.settle()
    assert desk.state.structure is start
    assert "rozen" in desk.words


def test_that_quick_edits_are_all_made_in_their_order(desk: Desk) -> None:
    start = desk.shown
    for atom in (0, 1, 2):
        desk.edits.move(push(atom))
    desk.settle()
    expected = start.positions.copy()
    expected[:3] += UP
    np.testing.assert_allclose(desk.shown.positions, expected)
    for atom in (2, 1, 0):
        desk.editing.undo()
        np.testing.assert_allclose(desk.shown.positions[atom], start.positions[atom])
    assert desk.shown is start


def test_that_an_undo_takes_back_the_edit_that_is_on_its_way(desk: Desk) -> None:
    start = desk.shown
    desk.state.set_fixed(FROZEN)
    desk.edits.move(push(3))
    desk.editing.undo()
    desk.settle()
    assert desk.state.structure is start
    assert desk.state.fixed == FROZEN
    desk.editing.redo()
    np.testing.assert_allclose(desk.shown.positions[3], start.positions[3] + UP)


def test_that_a_first_edit_can_be_undone_before_it_is_made(desk: Desk) -> None:
    start = desk.shown
    assert not desk.editing.can_undo
    desk.edits.move(push(3))
    assert desk.editing.can_undo
    desk.editing.undo()
    desk.settle()
    assert desk.shown is start
    assert not desk.editing.can_undo and desk.editing.can_redo


def test_that_a_stroke_and_an_edit_in_3d_at_the_same_time_are_both_made(desk: Desk) -> None:
    before = desk.shown
    assert desk.state.drawing is not None
    desk.edits.move(push(0))
    desk.draw("CCCON")
    desk.settle()
    assert desk.shown.formula == "C3H9NO"
    np.testing.assert_allclose(desk.shown.positions[0], before.positions[0] + UP)
    assert desk.state.drawing is desk.state.valid_drawing


def test_that_a_stroke_overtaken_by_a_substitution_is_told_and_brought_back(desk: Desk) -> None:
    desk.edits.substitute(lambda s: change_element(s, 3, 7))
    desk.draw("CCCOC")
    desk.settle()
    assert desk.shown.formula == "C3H9N"
    assert desk.state.message is not None and desk.state.message.action == "undo"
    desk.editing.undo()
    desk.settle()
    assert desk.shown.formula == "C4H10O"


def test_that_a_stroke_is_built_of_what_the_start_has_become_meanwhile(desk: Desk) -> None:
    desk.draw("CCCON")
    desk.controller.add_noise(20, seed=1)
    laid_over = desk.editing.looked_at()
    assert laid_over is not None
    desk.settle()
    assert desk.shown.formula == "C3H9NO"
    np.testing.assert_allclose(desk.shown.positions[0], laid_over.positions[0])
    desk.editing.undo()
    assert desk.shown.formula == "C3H8O"


def test_that_a_stroke_is_built_after_its_molecule_was_made_the_start_anew(desk: Desk) -> None:
    desk.draw("CCCON")
    desk.state.adopt_frame()
    desk.settle()
    assert desk.shown.formula == "C3H9NO"
    assert desk.state.drawing is desk.state.valid_drawing
    assert not desk.words


def test_that_a_stroke_is_built_though_a_run_is_forgotten(desk: Desk) -> None:
    desk.controller.relax(CHOICE, seed=0, max_steps=3)
    desk.rest()
    desk.draw("CCCON")
    assert desk.state.run is not None
    desk.state.remove_run(desk.state.run)
    desk.settle()
    assert desk.shown.formula == "C3H9NO"


@pytest.mark.parametrize("smiles", ["CO", ""])
def test_that_a_stroke_that_another_molecule_overtakes_is_told_and_brought_back(
    desk: Desk, smiles: str
) -> None:
    desk.draw("CCCON")
    if smiles:
        desk.state.load(structure_from_smiles(smiles, seed=1))
    else:
        desk.state.start_anew()
    desk.settle()
    assert "undo" in desk.words
    desk.editing.undo()
    desk.settle()
    assert desk.shown.formula == "C3H9NO"
    assert not desk.words


def test_that_a_problem_of_the_drawing_stays_told_while_it_is_on_the_page(desk: Desk) -> None:
    desk.editing.edit(page("CCC(C)(C)(C)O"), [0, 1, 2, -1, -1, -1, 3])
    desk.settle()
    assert "5 bonds" in desk.editing.verdict.problem
    desk.controller.add_noise(20, seed=1)
    assert "5 bonds" in desk.editing.verdict.problem
    desk.state.load(WATER)
    assert not desk.editing.verdict.problem


def test_that_a_turn_that_fails_holds_up_none_after_it() -> None:
    turns, done = Turns(), list[str]()

    def fail() -> bool:
        raise ValueError("no")

    def begin() -> bool:
        done.append("begun")
        return True

    with pytest.raises(ValueError, match="no"):
        turns.ask(fail)
    turns.ask(begin)
    turns.ask(lambda: bool(done.append("next")))
    assert done == ["begun"] and turns.are_taken
    turns.end()
    assert done == ["begun", "next"] and not turns.are_taken
