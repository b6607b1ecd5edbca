"""Edits in space and frozen atoms, through the controller; with the fast model that ships."""

from collections.abc import Iterator

import numpy as np
import pytest

from morered_gui.app.controller import Controller
from morered_gui.app.editing import Editing, FollowUp
from morered_gui.app.space_edits import SpaceEdits, moved, substituted
from morered_gui.app.state import AppState
from morered_gui.chem import structure_from_smiles
from morered_gui.chem.drawing import drawing_of_mol, smiles_of_mol
from morered_gui.chem.moving import invert_centre, set_dihedral, set_distance, translate
from morered_gui.chem.smiles import mol_from_smiles, structure_of_mol
from morered_gui.chem.substitution import add_group, change_element, delete_atoms, set_bond
from morered_gui.core.geometry import dihedral
from morered_gui.relaxers.methods import METHODS
from morered_gui.relaxers.registry import RelaxerChoice, capabilities_of
from tests.app.molecules import WATER
from tests.app.test_controller import wait

FAST = RelaxerChoice(method="fast", model=METHODS["fast"].model, device="cpu")
FROZEN = frozenset({0, 1, 2})
EPOXIDE = smiles_of_mol(mol_from_smiles("[13CH2]1CO1"))
UP = np.array([0.0, 0.0, 0.1])


class Bench:
    """A real controller with the fast model, and an editor in space."""

    def __init__(self) -> None:
        self.controller = Controller(AppState())
        self.state = self.controller.state
        follow_up = FollowUp(FAST, capabilities_of(FAST), seed=0, max_steps=60)
        self.editing = Editing(self.controller, lambda: follow_up)
        self.edits = SpaceEdits(self.editing)

    def rest(self) -> None:
        wait(self.controller, lambda: not self.state.busy, seconds=120)

    def changed(self) -> None:
        """Wait until another structure is there, and at rest."""
        before = self.state.structure
        wait(self.controller, lambda: self.state.structure is not before, seconds=120)
        self.rest()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    bench.state.load(structure_from_smiles("CCCO", seed=1))
    bench.controller.pump()
    wait(bench.controller, lambda: bench.state.drawing is not None)
    yield bench
    assert bench.controller.close()


@pytest.mark.parametrize("method", ["fast", "mmff94", "jt"])
def test_that_frozen_atoms_move_by_exactly_nothing(bench: Bench, method: str) -> None:
    start = bench.state.structure
    assert start is not None
    bench.state.set_fixed(FROZEN)
    choice = RelaxerChoice(method=method, model=METHODS[method].model, device="cpu")
    bench.controller.relax(choice, seed=3, max_steps=40)
    bench.rest()
    trajectory = bench.state.trajectory
    assert trajectory is not None
    assert len(trajectory) > 1
    frozen = sorted(FROZEN)
    for frame in trajectory:
        assert np.abs(frame.positions[frozen] - start.positions[frozen]).max() == 0.0
    free = [k for k in range(len(start)) if k not in FROZEN]
    assert np.abs(trajectory[-1].positions[free] - start.positions[free]).max() > 1e-3


def test_that_noise_leaves_frozen_atoms_alone(bench: Bench) -> None:
    base = bench.state.base
    assert base is not None
    bench.state.set_fixed(FROZEN)
    bench.controller.add_noise(200, seed=1)
    noised = bench.state.structure
    assert noised is not None
    frozen = sorted(FROZEN)
    np.testing.assert_array_equal(noised.positions[frozen], base.positions[frozen])
    assert (noised.positions[3:] != base.positions[3:]).all()


def test_that_freezing_is_undone_and_ends_with_the_molecule(bench: Bench) -> None:
    bench.state.set_fixed(FROZEN)
    bench.state.set_fixed(frozenset({4}))
    bench.editing.undo()
    assert bench.state.fixed == FROZEN
    bench.editing.undo()
    assert bench.state.fixed == frozenset()
    bench.editing.redo()
    assert bench.state.fixed == FROZEN
    with pytest.raises(ValueError, match="does not exist"):
        bench.state.set_fixed(frozenset({99}))
    bench.state.load(WATER)
    assert bench.state.fixed == frozenset()


def test_that_undoing_a_freeze_keeps_the_run_before(bench: Bench) -> None:
    bench.controller.relax(FAST, seed=0, max_steps=20)
    bench.rest()
    run = bench.state.run
    bench.state.set_fixed(FROZEN)
    bench.editing.undo()
    assert (bench.state.run, bench.state.fixed) == (run, frozenset())


def test_that_a_substitution_is_drawn_relaxed_and_undone(bench: Bench) -> None:
    start = bench.state.structure
    assert start is not None
    bench.state.set_fixed(FROZEN)
    bench.edits.substitute(lambda s: change_element(s, 3, 7))
    bench.changed()
    state = bench.state
    assert state.drawing is not None
    assert state.drawing.smiles == "CCCN"
    assert state.structure is not None
    assert state.fixed == FROZEN
    assert state.trajectory is not None
    frozen = sorted(FROZEN)
    last = state.trajectory[-1].positions
    assert np.abs(last[frozen] - start.positions[frozen]).max() == 0.0
    bench.editing.undo()
    assert state.structure is start
    assert state.drawing.smiles == "CCCO"
    bench.editing.redo()
    assert state.drawing.smiles == "CCCN"


def test_that_frozen_marks_follow_their_atoms(bench: Bench) -> None:
    bench.editing.follows = False
    bench.state.set_fixed(frozenset({1, 3}))
    bench.edits.substitute(lambda s: delete_atoms(s, (0,)))
    bench.changed()
    assert bench.state.structure is not None
    assert bench.state.structure.formula == "C2H6O"
    assert bench.state.fixed == frozenset({0, 2})


def test_that_a_motion_keeps_the_drawing_and_is_not_relaxed(bench: Bench) -> None:
    drawing = bench.state.drawing
    bench.edits.move(lambda s, held: set_dihedral(s, (0, 1, 2, 3), 60.0, held=held))
    bench.changed()
    assert bench.state.drawing is drawing
    assert bench.state.trajectory is None
    assert bench.state.structure is not None
    assert float(dihedral(*bench.state.structure.positions[:4])) == pytest.approx(60.0)


def test_that_an_inverted_centre_is_drawn_anew(bench: Bench) -> None:
    bench.state.load(structure_from_smiles("C[C@H](N)O", seed=1))
    bench.controller.pump()
    wait(bench.controller, lambda: bench.state.drawing is not None)
    before = bench.state.drawing
    bench.edits.move(lambda s, held: invert_centre(s, 1, held=held))
    bench.changed()
    assert before is not None
    assert bench.state.drawing is not None
    assert {before.smiles, bench.state.drawing.smiles} == {"C[C@H](N)O", "C[C@@H](N)O"}


def test_that_a_refused_edit_leaves_everything_as_it_is(bench: Bench) -> None:
    start = bench.state.structure
    bench.edits.move(lambda s, held: set_distance(s, (0, 3), 1.0, held=held))
    wait(bench.controller, lambda: bench.state.message is not None)
    assert bench.state.message is not None
    assert bench.state.message.text == "C1 and O4 are not bonded to each other."
    assert bench.state.structure is start


def test_that_a_molecule_beyond_the_model_is_kept_unrelaxed(bench: Bench) -> None:
    bench.edits.substitute(lambda s: add_group(s, 0, "bromo"))
    bench.changed()
    assert bench.state.structure is not None
    assert bench.state.structure.formula == "C3H7BrO"
    assert bench.state.trajectory is None
    assert "unsupported element: Br" in bench.editing.verdict.notes[0]


def test_that_isotopes_stay_through_an_edit_in_space() -> None:
    mol = mol_from_smiles("[13CH3]CO")
    structure, drawing = structure_of_mol(mol, seed=1), drawing_of_mol(mol)
    made = substituted(structure, frozenset(), lambda s: change_element(s, 2, 7), drawing)
    assert made.drawing is not None and made.drawing.smiles == "[13CH3]CN"
    ring = substituted(structure, frozenset(), lambda s: set_bond(s, (0, 2), 1), drawing)
    assert ring.drawing is not None and ring.drawing.smiles == EPOXIDE
    gone = substituted(structure, frozenset(), lambda s: change_element(s, 0, 7), drawing)
    assert gone.drawing is not None and "13" not in gone.drawing.smiles
    turned = moved(
        structure, frozenset(), lambda s, held: translate(s, [0], UP, held=held), drawing
    )
    assert turned.drawing is None  # the one before still holds
