import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from morered_gui.app import editing
from morered_gui.app.controller import Controller
from morered_gui.app.editing import Editing, FollowUp
from morered_gui.app.history import History, Moment
from morered_gui.app.session import Session
from morered_gui.app.sketches import depicted, inchi_of_drawing
from morered_gui.app.state import AppState
from morered_gui.chem.drawing import Drawing, drawn
from morered_gui.chem.smiles import mol_from_smiles
from morered_gui.core import Capabilities, StopReason, Structure
from morered_gui.relaxers.registry import RelaxerChoice
from tests.app.molecules import WATER
from tests.app.spring import KNOWN, Pace, SpringRelaxer
from tests.app.test_controller import wait
from tests.chem.test_drawing import page

CHOICE = RelaxerChoice(method="spring", model="test")
METHYL = Structure(
    numbers=np.array([6, 1, 1, 1]),
    positions=np.array(
        [[0.0, 0.0, 0.0], [1.08, 0.0, 0.0], [-0.54, 0.94, 0.0], [-0.54, -0.94, 0.0]]
    ),
    bonds=np.array([[0, 1], [0, 2], [0, 3]]),
    orders=np.ones(3),
)


class Desk:
    """An editing with springs, and a pen."""

    def __init__(self) -> None:
        self.pace = Pace()
        self.controller = Controller(AppState(), build=lambda _: SpringRelaxer(self.pace))
        self.state = self.controller.state
        self.editing = Editing(
            self.controller,
            lambda: FollowUp(CHOICE, Capabilities(elements=KNOWN), seed=0, max_steps=20),
        )

    def draw(self, smiles: str, kept: list[int]) -> None:
        self.editing.edit(drawn(mol_from_smiles(smiles)) if smiles else "", kept)

    def draw_and_wait(self, smiles: str, kept: list[int]) -> Structure:
        before = self.state.run
        self.draw(smiles, kept)
        self.wait(lambda: self.state.run not in {None, before} and not self.state.busy)
        return self.shown

    def wait(self, condition: Callable[[], bool]) -> None:
        wait(self.controller, condition)

    @property
    def shown(self) -> Structure:
        assert self.state.shown is not None
        return self.state.shown

    @property
    def smiles(self) -> str:
        return self.state.drawing.smiles if self.state.drawing else ""


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    assert desk.controller.close()


def test_that_an_edit_is_relaxed_at_once(desk: Desk) -> None:
    desk.draw_and_wait("CCO", [-1, -1, -1])
    assert desk.state.trajectory is not None
    assert len(desk.state.trajectory) == 21
    assert desk.smiles == "CCO"
    assert desk.state.structure is not None
    assert desk.state.structure.formula == "C2H6O"


def test_that_it_is_not_relaxed_where_the_switch_is_off(desk: Desk) -> None:
    desk.editing.follows = False
    desk.draw("CCO", [-1, -1, -1])
    desk.wait(lambda: desk.state.structure is not None)
    assert not desk.state.busy
    assert desk.state.trajectory is None


def test_that_undo_and_redo_give_identical_structures(desk: Desk) -> None:
    shown = [
        desk.draw_and_wait("C", [-1]),
        desk.draw_and_wait("CC", [0, -1]),
        desk.draw_and_wait("CCO", [0, 1, -1]),
        desk.draw_and_wait("CCO.C", [0, 1, 2, -1]),
        desk.draw_and_wait("CCN.C", [0, 1, 2, 3]),
        desk.draw_and_wait("CCN", [0, 1, 2]),
    ]
    for expected in reversed(shown[:-1]):
        desk.editing.undo()
        assert desk.shown == expected
        assert desk.state.trajectory is not None
    assert not desk.editing.can_undo
    for expected in shown[1:]:
        desk.editing.redo()
        assert desk.shown == expected
    assert not desk.editing.can_redo
    assert desk.smiles == "CCN"
    assert not desk.state.busy


def test_that_a_relaxation_asked_for_is_one_step(desk: Desk) -> None:
    desk.state.load(WATER)
    desk.controller.relax(CHOICE, seed=0, max_steps=30)
    desk.wait(lambda: desk.state.busy)
    desk.wait(lambda: not desk.state.busy)
    relaxed = desk.shown
    desk.editing.undo()
    assert desk.shown == WATER
    assert desk.state.trajectory is None
    desk.editing.redo()
    assert desk.shown == relaxed
    assert desk.state.trajectory is not None
    assert desk.state.trajectory.stop_reason == StopReason.MAX_STEPS


def test_that_a_drawing_that_comes_during_a_run_takes_no_run_into_its_step(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = threading.Event()

    def late(structure: Structure) -> Drawing:
        assert running.wait(20.0)
        return depicted(structure)

    monkeypatch.setattr(editing, "depicted", late)
    desk.pace.seconds = 0.02
    desk.state.load(WATER)
    desk.controller.relax(CHOICE, seed=0, max_steps=30)
    desk.wait(lambda: bool(desk.state.trajectory))
    running.set()
    desk.wait(lambda: desk.smiles == "O")
    assert desk.state.busy
    desk.wait(lambda: not desk.state.busy)
    desk.editing.undo()
    assert desk.shown == WATER and desk.smiles == "O"
    assert desk.state.trajectory is None
    desk.editing.redo()
    assert desk.state.trajectory is not None and desk.smiles == "O"


def test_that_an_edit_during_a_run_gives_it_up(desk: Desk) -> None:
    desk.draw_and_wait("C", [-1])
    desk.pace.seconds = 0.02
    desk.draw("CC", [0, -1])
    desk.wait(lambda: desk.state.busy and bool(desk.state.trajectory))
    desk.pace.seconds = 0.0
    final = desk.draw_and_wait("CCC", [0, 1, -1])
    assert final.formula == "C3H8"
    desk.editing.undo()
    assert desk.shown.formula == "C2H6"  # as far as it had gone


def test_that_only_the_last_of_quick_edits_is_built(desk: Desk) -> None:
    desk.draw("C", [-1])
    desk.draw("CC", [0, -1])
    desk.draw_and_wait("CCO", [0, 1, -1])
    assert desk.shown.formula == "C2H6O"
    desk.editing.undo()  # what the pen drew in between is built when it is asked for
    desk.wait(lambda: desk.state.structure is not None)
    assert desk.shown.formula == "C2H6"


def test_that_an_invalid_drawing_never_reaches_the_molecule(desk: Desk) -> None:
    before = desk.draw_and_wait("CC(C)(C)C", [-1] * 5)
    desk.editing.edit(page("CC(C)(C)(C)C"), [0, 1, 2, 3, 4, -1])
    desk.wait(lambda: bool(desk.editing.verdict.problem))
    assert "5 bonds" in desk.editing.verdict.problem
    assert desk.editing.verdict.atoms == (1,)
    assert desk.shown == before
    after = desk.draw_and_wait("CC(C)(C)C.C", [0, 1, 2, 3, 4, 5])
    assert after.formula == "C6H16"
    assert not desk.editing.verdict.problem
    desk.editing.undo()
    assert desk.shown == before
    desk.wait(lambda: bool(desk.editing.verdict.problem))
    desk.editing.undo()
    assert desk.smiles == "CC(C)(C)C"


def test_that_unknown_elements_are_cleaned_up_and_told(desk: Desk) -> None:
    desk.draw("CCl", [-1, -1])
    desk.wait(lambda: bool(desk.editing.verdict.notes))
    assert "not relaxed: unsupported element: Cl" in desk.editing.verdict.notes[0]
    assert desk.shown.formula == "CH3Cl"
    assert not desk.state.busy


def test_that_an_empty_page_empties_the_view(desk: Desk) -> None:
    before = desk.draw_and_wait("CO", [-1, -1])
    desk.draw("", [])
    desk.wait(lambda: desk.state.structure is None)
    assert "empty" in desk.editing.verdict.notes[0]
    desk.editing.undo()
    assert desk.shown == before


def test_that_moving_the_picture_changes_no_structure(desk: Desk) -> None:
    before = desk.draw_and_wait("CCO", [-1, -1, -1])
    block = drawn(mol_from_smiles("CCO")).replace("0.0000 C", "0.5000 C")
    desk.editing.edit(block, [0, 1, 2])
    desk.wait(lambda: desk.smiles == "CCO")
    assert desk.shown == before
    assert desk.state.trajectory is not None
    desk.editing.undo()
    assert desk.state.drawing is not None
    assert desk.state.drawing.molblock != block


def test_that_a_clean_up_that_renumbers_all_atoms_changes_no_structure(desk: Desk) -> None:
    before = desk.draw_and_wait("CCO", [-1, -1, -1])
    desk.draw("OCC", [-1, -1, -1])
    desk.wait(lambda: desk.smiles == "CCO")
    assert desk.shown == before
    desk.draw_and_wait("OCCN", [0, 1, 2, -1])
    assert desk.shown.numbers[:4].tolist() == [8, 6, 6, 7]


def test_that_a_clean_up_that_renumbers_all_atoms_knows_each_of_them(desk: Desk) -> None:
    before = desk.draw_and_wait("Cc1cnc[nH]1", [-1] * 6)
    desk.draw("[nH]1cnc(C)c1", [-1] * 6)  # another tautomer: N and NH change places
    desk.wait(lambda: desk.smiles == "Cc1c[nH]cn1")
    other = desk.shown
    assert other != before
    desk.wait(lambda: bool(desk.state.trajectory) and not desk.state.busy)
    other = desk.shown
    desk.draw("c1nc(C)c[nH]1", [-1] * 6)
    desk.wait(lambda: desk.state.drawing is desk.state.valid_drawing)
    assert desk.shown == other
    assert desk.state.drawing is not None
    assert [other.symbols[k] for k in desk.state.drawing.atoms] == list("CNCCCN")
    assert desk.state.drawing.atoms[1] == 2 and desk.state.drawing.atoms[5] == 0


def test_that_atoms_that_change_their_parts_are_no_mere_picture(desk: Desk) -> None:
    before = desk.draw_and_wait("CC(=O)O", [-1] * 4)
    desk.editing.edit(page("CC(=O)=O"), [0, 1, 2, 3])
    desk.wait(lambda: bool(desk.editing.verdict.problem))
    after = desk.draw_and_wait("CC(O)=O", [0, 1, 2, 3])
    assert after != before
    orders = {
        tuple(pair): order
        for pair, order in zip(after.bonds.tolist(), after.orders.tolist(), strict=True)
    }
    assert orders[1, 2] == 1.0 and orders[1, 3] == 2.0


def test_that_anything_can_be_drawn_in_the_place_of_a_radical(desk: Desk) -> None:
    desk.state.load(METHYL)
    desk.wait(lambda: desk.state.drawing is not None)
    assert desk.draw_and_wait("CO", [-1, -1]).formula == "CH4O"


def test_that_a_loaded_molecule_is_drawn_and_can_be_edited(desk: Desk) -> None:
    desk.state.load(WATER)
    desk.wait(lambda: desk.state.drawing is not None)
    assert desk.smiles == "O"
    desk.draw_and_wait("CO", [-1, 0])
    assert desk.shown.formula == "CH4O"
    desk.editing.undo()
    assert desk.shown == WATER
    assert desk.smiles == "O"
    assert not desk.editing.can_undo  # the empty start is no step


def test_that_an_edited_molecule_stays_in_its_frame(desk: Desk) -> None:
    desk.state.load(WATER)
    frame = desk.state.frame
    desk.wait(lambda: desk.state.drawing is not None)
    desk.draw_and_wait("CO", [-1, 0])
    assert desk.state.frame == frame
    desk.state.load(WATER)
    assert desk.state.frame != frame


def test_that_the_inchi_of_a_drawing_is_known() -> None:
    drawing = Drawing(drawn(mol_from_smiles("CCO")))
    assert inchi_of_drawing(drawing) == "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3"


def test_that_a_new_step_forgets_what_was_undone() -> None:
    history = History(Moment())
    moments = [Moment(noise_step=k, drawing=Drawing(str(k))) for k in range(4)]
    for moment in moments[:3]:
        history.push(moment)
    assert history.undo() is moments[1]
    history.push(moments[3])
    assert not history.can_redo
    assert history.undo() is moments[1]
    assert history.undo() is moments[0]
    with pytest.raises(IndexError):
        history.undo()
    history.amend(moments[2])
    assert history.current is moments[2]
    assert history.redo() is moments[1]


def test_that_frozen_atoms_stay_frozen_through_an_edit_of_the_drawing(desk: Desk) -> None:
    desk.draw_and_wait("CCO", [-1, -1, -1])
    desk.state.adopt_frame()
    desk.state.set_fixed(frozenset({0, 1}))
    before = desk.shown
    desk.draw_and_wait("CCOC", [0, 1, 2, -1])
    assert desk.state.fixed == {0, 1}
    assert desk.state.structure is not None
    assert np.array_equal(desk.state.structure.positions[[0, 1]], before.positions[[0, 1]])
    before = desk.shown
    desk.draw_and_wait("COC", [1, 2, 3])
    assert desk.state.fixed == {0}
    assert np.array_equal(desk.state.structure.positions[0], before.positions[1])
    desk.editing.undo()
    assert desk.state.fixed == {0, 1}


def test_that_a_run_asked_for_while_an_edit_is_built_goes_with_its_molecule(desk: Desk) -> None:
    desk.editing.follows = False
    desk.draw("CCO", [-1, -1, -1])
    desk.wait(lambda: desk.state.structure is not None)
    before = desk.shown
    desk.pace.seconds = 0.02
    desk.draw("CCON", [0, 1, 2, -1])
    desk.controller.relax(CHOICE, seed=0, max_steps=100_000)
    desk.wait(lambda: desk.shown.formula == "C2H7NO")
    desk.wait(lambda: not desk.state.busy)
    assert not desk.state.runs
    desk.editing.undo()
    assert desk.shown == before and not desk.state.runs


def test_that_atoms_frozen_while_an_edit_is_built_are_held_by_it(desk: Desk) -> None:
    desk.editing.follows = False
    desk.draw("CCO", [-1, -1, -1])
    desk.wait(lambda: desk.state.structure is not None)
    before = desk.shown
    desk.draw("CCON", [0, 1, 2, -1])
    desk.state.set_fixed(frozenset({0}))
    desk.wait(lambda: desk.shown.formula == "C2H7NO")
    assert desk.state.fixed == {0}
    np.testing.assert_array_equal(desk.shown.positions[0], before.positions[0])


def test_that_frozen_atoms_in_the_way_of_a_ring_are_freed_and_told(desk: Desk) -> None:
    desk.draw_and_wait("CCCCCC", [-1] * 6)
    desk.state.adopt_frame()
    desk.state.set_fixed(frozenset({0, 5}))
    desk.draw_and_wait("C1CCCCC1", list(range(6)))
    assert desk.state.fixed == frozenset()
    assert any("free again" in note for note in desk.editing.verdict.notes)


def relaxed_water(desk: Desk, runs: int = 1) -> None:
    """Water, drawn, with runs that were asked for."""
    desk.state.load(WATER)
    desk.wait(lambda: desk.state.drawing is not None)
    for _ in range(runs):
        desk.controller.relax(CHOICE, seed=0, max_steps=10)
        desk.wait(lambda: not desk.state.busy)


def test_that_a_redo_during_a_run_loses_nothing(desk: Desk) -> None:
    relaxed_water(desk)
    ahead = desk.state.run
    desk.editing.undo()
    desk.pace.seconds = 0.02
    desk.controller.relax(CHOICE, seed=1, max_steps=1000)
    desk.wait(lambda: bool(desk.state.trajectory))
    given_up = desk.state.run
    desk.editing.redo()
    assert not desk.state.busy
    assert desk.state.run is ahead
    desk.editing.undo()
    assert desk.state.run is given_up
    assert given_up is not None and given_up.trajectory.stop_reason == StopReason.CANCELLED


@pytest.mark.parametrize("place", [0, 1])
def test_that_a_run_that_was_forgotten_comes_back(desk: Desk, place: int) -> None:
    relaxed_water(desk, runs=2)
    runs = list(desk.state.runs)
    desk.state.remove_run(runs[place])
    assert desk.state.runs == [runs[1 - place]]
    desk.editing.undo()
    assert desk.state.runs == runs
    assert desk.state.run is runs[1]
    desk.editing.redo()
    assert desk.state.runs == [runs[1 - place]]


def test_that_a_session_leaves_the_runs_before_it_alone(desk: Desk) -> None:
    relaxed_water(desk)
    session = Session.of(desk.state, {})
    assert session is not None
    relaxed_water(desk)
    runs, seen = list(desk.state.runs), len(desk.state.runs)
    session.restore(desk.state)
    assert len(desk.state.runs) == seen - 1
    while desk.state.runs != runs:
        assert desk.editing.can_undo
        desk.editing.undo()
    assert desk.state.run is runs[-1]


def test_that_a_session_goes_on_with_a_drawing_that_was_not_built_yet(desk: Desk) -> None:
    before = desk.draw_and_wait("CCO", [-1, -1, -1])
    desk.draw("CCCO", [0, 1, -1, 2])
    session = Session.of(desk.state, {})
    assert session is not None and session.page is not None
    other = Desk()
    try:
        session.restore(other.state)
        other.wait(lambda: other.shown.formula == "C3H8O" and not other.state.busy)
        assert len(other.state.runs) == 1  # which followed
        other.editing.undo()
        assert other.smiles == "CCO" and other.shown == before
        assert len(other.state.runs) == 1
    finally:
        assert other.controller.close()


def test_that_a_session_says_what_is_wrong_with_its_drawing(desk: Desk) -> None:
    desk.draw_and_wait("CCO", [-1, -1, -1])
    session = Session.of(desk.state, {})
    assert session is not None
    page = Drawing(drawn(mol_from_smiles("CCO")).replace("M  END", ""), (0, 1, 2))
    replace(session, page=page).restore(desk.state)
    desk.wait(lambda: bool(desk.editing.verdict.problem))
    assert desk.state.drawing == page and desk.shown.formula == "C2H6O"
