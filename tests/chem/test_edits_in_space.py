"""Edits of the molecule in space: moved fragments, substituted atoms, and what is refused."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdkit import Chem

from morered_gui.chem import MoleculeError, structure_from_smiles
from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.drawing import drawing_of, refuse_invalid
from morered_gui.chem.moving import (
    invert_centre,
    rotate,
    set_angle,
    set_dihedral,
    set_distance,
    translate,
)
from morered_gui.chem.selecting import all_but, fragment_of, of_elements
from morered_gui.chem.substitution import (
    GROUPS,
    add_group,
    change_charge,
    change_element,
    delete_atoms,
    set_bond,
)
from morered_gui.chem.validity import bonds_kept
from morered_gui.core import Structure
from morered_gui.core.geometry import angle, dihedral

BUTANE = structure_from_smiles("CCCC", seed=1)
ETHANOL = structure_from_smiles("CCO", seed=1)
BENZENE = structure_from_smiles("c1ccccc1", seed=1)
ALANINE = structure_from_smiles("C[C@H](N)C(=O)O", seed=1)


def smiles(structure: Structure) -> str:
    return drawing_of(structure).smiles


def bond_lengths(structure: Structure) -> np.ndarray:
    i, j = structure.bonds.T
    return np.linalg.norm(structure.positions[i] - structure.positions[j], axis=1)


def moved_atoms(before: Structure, after: Structure) -> set[int]:
    return set(np.flatnonzero((before.positions != after.positions).any(1)).tolist())


def hydrogens_of(structure: Structure, atom: int) -> list[int]:
    pairs = [p for p in structure.bonds.tolist() if atom in p]
    others = [a if b == atom else b for a, b in pairs]
    return [k for k in others if structure.numbers[k] == 1]


# --- moving -------------------------------------------------------------------------------------


def test_that_a_bond_length_is_set_by_moving_the_smaller_fragment() -> None:
    after = set_distance(BUTANE, (1, 0), 1.9)
    assert np.linalg.norm(after.positions[0] - after.positions[1]) == pytest.approx(1.9)
    assert moved_atoms(BUTANE, after) == {0, *hydrogens_of(BUTANE, 0)}
    changed = np.abs(bond_lengths(after) - bond_lengths(BUTANE)) > 1e-9
    assert changed.sum() == 1


def test_that_the_order_in_which_atoms_are_picked_does_not_matter() -> None:
    one, other = set_distance(BUTANE, (1, 0), 1.9), set_distance(BUTANE, (0, 1), 1.9)
    np.testing.assert_allclose(one.positions, other.positions, atol=1e-12)
    one, other = set_angle(BUTANE, (0, 1, 2), 95), set_angle(BUTANE, (2, 1, 0), 95)
    np.testing.assert_allclose(one.positions, other.positions, atol=1e-12)


@pytest.mark.parametrize("value", [1.0, 60.0, 109.5, 150.0, 180.0])
def test_that_an_angle_is_set_and_no_bond_changes_its_length(value: float) -> None:
    after = set_angle(ETHANOL, (0, 1, 2), value)
    assert float(angle(*after.positions[[0, 1, 2]])) == pytest.approx(value, abs=1e-5)
    np.testing.assert_allclose(bond_lengths(after), bond_lengths(ETHANOL), atol=1e-9)
    assert len(moved_atoms(ETHANOL, after)) == 2


def test_that_an_angle_leaves_180_degrees_again() -> None:
    straight = set_angle(ETHANOL, (0, 1, 2), 180.0)
    back = set_angle(straight, (0, 1, 2), 110.0)
    assert float(angle(*back.positions[[0, 1, 2]])) == pytest.approx(110.0)


@pytest.mark.parametrize("value", [-179.0, -60.0, 0.0, 60.0, 180.0])
def test_that_a_dihedral_is_set_with_its_sign(value: float) -> None:
    after = set_dihedral(BUTANE, (0, 1, 2, 3), value)
    seen = float(dihedral(*after.positions[[0, 1, 2, 3]]))
    assert (seen - value + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(bond_lengths(after), bond_lengths(BUTANE), atol=1e-9)
    assert float(angle(*after.positions[1:4])) == pytest.approx(
        float(angle(*BUTANE.positions[1:4]))
    )


def test_that_held_atoms_make_the_other_fragment_move() -> None:
    held = frozenset({0, 1})
    after = set_distance(BUTANE, (0, 1), 1.9, held={0})
    assert 0 not in moved_atoms(BUTANE, after)
    assert np.linalg.norm(after.positions[0] - after.positions[1]) == pytest.approx(1.9)
    turned = set_dihedral(BUTANE, (0, 1, 2, 3), 60.0, held=held)
    assert not moved_atoms(BUTANE, turned) & held
    bent = set_angle(BUTANE, (0, 1, 2), 95.0, held=held)
    assert not moved_atoms(BUTANE, bent) & held
    assert float(angle(*bent.positions[:3])) == pytest.approx(95.0)
    with pytest.raises(MoleculeError, match="frozen atoms are in the way"):
        set_distance(BUTANE, (0, 1), 1.9, held=held)


def test_that_atoms_in_a_ring_or_not_bonded_are_refused() -> None:
    with pytest.raises(MoleculeError, match="C1 and C2 are in one ring"):
        set_distance(BENZENE, (0, 1), 1.5)
    with pytest.raises(MoleculeError, match="in one ring"):
        set_angle(BENZENE, (0, 1, 2), 100)
    with pytest.raises(MoleculeError, match="in one ring"):
        set_dihedral(BENZENE, (0, 1, 2, 3), 10)
    with pytest.raises(MoleculeError, match="C1 and C3 are not bonded"):
        set_distance(BUTANE, (0, 2), 2.0)
    with pytest.raises(MoleculeError, match="2 different atoms"):
        set_distance(BUTANE, (1, 1), 2.0)
    with pytest.raises(MoleculeError, match="does not exist any more"):
        set_distance(BUTANE, (0, 99), 2.0)
    with pytest.raises(MoleculeError, match="between"):
        set_distance(BUTANE, (0, 1), 0.0)
    with pytest.raises(MoleculeError, match="on one line"):
        set_dihedral(structure_from_smiles("CC#CC", seed=1), (0, 1, 2, 3), 60.0)


def test_that_a_hydrogen_of_a_ring_can_be_bent() -> None:
    hydrogen = hydrogens_of(BENZENE, 0)[0]
    after = set_angle(BENZENE, (hydrogen, 0, 1), 100.0)
    assert moved_atoms(BENZENE, after) == {hydrogen}
    assert float(angle(*after.positions[[hydrogen, 0, 1]])) == pytest.approx(100.0)


def test_that_a_fragment_is_shifted_and_turned_as_a_rigid_body() -> None:
    water = structure_from_smiles("O.O", seed=1)
    first = [0, *hydrogens_of(water, 0)]
    shifted = translate(water, first, np.array([0.0, 0.0, 2.0]))
    np.testing.assert_allclose((shifted.positions - water.positions)[first], [[0, 0, 2.0]] * 3)
    turned = rotate(water, first, np.array([0.0, 1.0, 0.0]), 90.0)
    np.testing.assert_allclose(bond_lengths(turned), bond_lengths(water), atol=1e-12)
    np.testing.assert_allclose(
        turned.positions[first].mean(0), water.positions[first].mean(0), atol=1e-12
    )
    assert moved_atoms(water, turned) <= set(first)
    with pytest.raises(MoleculeError, match="axis"):
        rotate(water, first, np.zeros(3), 90.0)
    with pytest.raises(MoleculeError, match="frozen"):
        translate(water, first, np.ones(3), held={0})


@pytest.mark.parametrize(
    ("before", "atom", "after"),
    [
        ("C[C@H](N)C(=O)O", 1, "C[C@@H](N)C(=O)O"),
        ("C[C@H](O)[C@H](N)F", 1, "C[C@@H](O)[C@H](N)F"),
        ("C1CC[C@H](F)OC1", 3, "C1CC[C@@H](F)OC1"),
    ],
)
def test_that_only_the_chosen_stereocentre_is_inverted(before: str, atom: int, after: str) -> None:
    start = structure_from_smiles(before, seed=1)
    done = invert_centre(start, atom)
    assert smiles(done) == Chem.CanonSmiles(after)
    np.testing.assert_allclose(bond_lengths(done), bond_lengths(start), atol=1e-9)
    assert smiles(invert_centre(done, atom)) == Chem.CanonSmiles(before)


def test_that_inverting_is_refused_where_it_makes_no_sense() -> None:
    with pytest.raises(MoleculeError, match="C1 is no stereocentre"):
        invert_centre(ALANINE, 0)
    fused = structure_from_smiles("C[C@]12CCCC[C@H]1CCO2", seed=1)
    with pytest.raises(MoleculeError, match="two of its substituents"):
        invert_centre(fused, 1)


# --- substituting -------------------------------------------------------------------------------


def test_that_oh_becomes_sh_and_other_atoms_stay_to_the_last_bit() -> None:
    change = change_element(ETHANOL, 2, 16)
    assert smiles(change.structure) == "CCS"
    assert change.origin == tuple(range(9))
    np.testing.assert_array_equal(change.structure.positions, ETHANOL.positions)


@pytest.mark.parametrize(
    ("number", "expected"), [(6, "CCC"), (7, "CCN"), (9, "CCF"), (1, "CC"), (14, "CC[SiH3]")]
)
def test_that_hydrogens_follow_the_element(number: int, expected: str) -> None:
    change = change_element(ETHANOL, 2, number)
    assert smiles(change.structure) == expected
    assert bonds_kept(change.structure, change.structure.positions)


def test_that_a_charge_goes_with_its_column() -> None:
    ammonium = structure_from_smiles("C[NH3+]", seed=1)
    assert smiles(change_element(ammonium, 1, 15).structure) == "C[PH3+]"
    carbon = change_element(ammonium, 1, 6).structure
    assert (smiles(carbon), carbon.charge) == ("CC", 0)


def test_that_too_many_bonds_are_told_in_words() -> None:
    with pytest.raises(MoleculeError, match="oxygen bonded to C, C, C, C has 4 bonds"):
        change_element(structure_from_smiles("CC(C)(C)C", seed=1), 1, 8)
    with pytest.raises(MoleculeError, match="is O already"):
        change_element(ETHANOL, 2, 8)
    with pytest.raises(MoleculeError, match="5 bonds"):
        set_bond(structure_from_smiles("CC(C)(C)C", seed=1), (0, 1), 2)


@pytest.mark.parametrize(
    ("group", "expected"),
    [("methyl", "CCC"), ("hydroxy", "CCO"), ("amino", "CCN"), ("fluoro", "CCF"), ("bromo", "CCBr")],
)
def test_that_a_group_takes_the_place_of_a_hydrogen(group: str, expected: str) -> None:
    ethane = structure_from_smiles("CC", seed=1)
    for atom in (0, hydrogens_of(ethane, 0)[0]):
        change = add_group(ethane, atom, group)
        assert smiles(change.structure) == expected
        assert bonds_kept(change.structure, change.structure.positions)
        kept = [k for k, was in enumerate(change.origin) if was >= 0]
        assert len(kept) == len(ethane) - 1
        np.testing.assert_array_equal(
            change.structure.positions[kept], ethane.positions[[change.origin[k] for k in kept]]
        )
    with pytest.raises(MoleculeError, match="no hydrogen"):
        add_group(structure_from_smiles("FC(F)(F)F", seed=1), 1, group)


def test_that_deleted_atoms_take_their_hydrogens_along_and_valences_are_filled() -> None:
    change = delete_atoms(ETHANOL, [2])
    assert smiles(change.structure) == "CC"
    assert bonds_kept(change.structure, change.structure.positions)
    assert smiles(delete_atoms(BUTANE, [1, 2]).structure) == "C.C"
    assert change.carried({0, 2}) == {0}
    ring = structure_from_smiles("C1CCCCC1", seed=1)
    assert smiles(delete_atoms(ring, [0]).structure) == "CCCCC"


def test_that_what_cannot_be_deleted_is_told_in_words() -> None:
    with pytest.raises(MoleculeError, match="no atom would be left"):
        delete_atoms(ETHANOL, range(9))
    with pytest.raises(MoleculeError, match="would be filled again"):
        delete_atoms(ETHANOL, hydrogens_of(ETHANOL, 0))
    with pytest.raises(MoleculeError, match="no atom is picked"):
        delete_atoms(ETHANOL, [])
    with pytest.raises(MoleculeError, match="bonds of this structure are not known"):
        delete_atoms(Structure(ETHANOL.numbers, ETHANOL.positions), [0])


def test_that_a_bond_order_adjusts_the_hydrogens_both_ways() -> None:
    ethane = structure_from_smiles("CC", seed=1)
    ethene = set_bond(ethane, (0, 1), 2).structure
    assert smiles(ethene) == "C=C"
    assert smiles(set_bond(ethene, (1, 0), 3).structure) == "C#C"
    back = set_bond(ethene, (0, 1), 1).structure
    assert smiles(back) == "CC"
    assert smiles(set_bond(ALANINE, (3, 4), 1).structure).count("O") == 2
    with pytest.raises(MoleculeError, match="aromatic"):
        set_bond(BENZENE, (0, 1), 1)
    with pytest.raises(MoleculeError, match="this order already"):
        set_bond(ethane, (0, 1), 1)
    with pytest.raises(MoleculeError, match="not bonded"):
        set_bond(ETHANOL, (0, 2), 0)


def test_that_a_bond_is_broken_and_its_parts_drawn_apart() -> None:
    change = set_bond(BUTANE, (1, 2), 0)
    assert smiles(change.structure) == "CC.CC"
    assert bonds_kept(change.structure, change.structure.positions)
    ring = structure_from_smiles("C1CCCCC1", seed=1)
    opened = set_bond(ring, (0, 1), 0).structure
    assert smiles(opened) == "CCCCCC"


def test_that_a_bond_is_made_between_atoms_that_lie_apart() -> None:
    chain = structure_from_smiles("CCCCCC", seed=1)
    closed = set_bond(chain, (0, 5), 1)
    assert smiles(closed.structure) == "C1CCCCC1"
    assert bonds_kept(closed.structure, closed.structure.positions)
    held = set_bond(chain, (0, 5), 1, held={2, 3})
    assert held.carried({2, 3}) == {2, 3}
    np.testing.assert_array_equal(held.structure.positions[[2, 3]], chain.positions[[2, 3]])
    with pytest.raises(MoleculeError, match="5 bonds"):
        set_bond(structure_from_smiles("CC(C)(C)C", seed=1), (0, 1), 2)


def test_that_hydrogens_follow_a_charge() -> None:
    amine = structure_from_smiles("CN", seed=1)
    ammonium = change_charge(amine, 1, 1).structure
    assert (smiles(ammonium), ammonium.charge) == ("C[NH3+]", 1)
    assert smiles(change_charge(ammonium, 1, 0).structure) == "CN"
    assert smiles(change_charge(ETHANOL, 2, -1).structure) == "CC[O-]"
    with pytest.raises(MoleculeError, match=r"N2 has the charge \+0 already"):
        change_charge(amine, 1, 0)
    with pytest.raises(MoleculeError, match="between -3 and"):
        change_charge(ETHANOL, 2, 5)


def test_that_atoms_are_selected_by_element_fragment_and_branch() -> None:
    assert of_elements(ETHANOL, {6, 8}) == (0, 1, 2)
    assert set(all_but(ETHANOL, (0, 1, 2))) == set(range(3, 9))
    two = set_bond(BUTANE, (1, 2), 0).structure
    left = fragment_of(two, (0,))
    assert {0, 1} <= set(left) and not {2, 3} & set(left) and len(left) == len(two) // 2
    side = fragment_of(BUTANE, (1, 2))
    assert {2, 3} <= set(side) and not {0, 1} & set(side)
    assert set(fragment_of(BENZENE, (0, 1))) == set(range(12))
    assert set(fragment_of(BUTANE, (0, 3))) == set(range(len(BUTANE)))


# --- any sequence -------------------------------------------------------------------------------

KINDS = ["distance", "angle", "dihedral", "delete", "element", "order", "group", "invert", "turn"]
KINDS += ["bond", "charge", "drag"]


def walk_from(structure: Structure, start: int, count: int, turns: list[int]) -> tuple[int, ...]:
    """Atoms along bonds, so that many edits make sense."""
    path = [start % len(structure)]
    for turn in turns[: count - 1]:
        ends = [
            a if b == path[-1] else b for a, b in structure.bonds.tolist() if path[-1] in (a, b)
        ]
        ends = [k for k in ends if k not in path] or [turn % len(structure)]
        path.append(ends[turn % len(ends)])
    return tuple(path)


def apply(structure: Structure, kind: str, start: int, turns: list[int], value: float) -> Structure:
    a, b, c, d = walk_from(structure, start, 4, turns)
    element = [1, 6, 7, 8, 9, 16][turns[0] % 6]
    group = list(GROUPS)[turns[0] % len(GROUPS)]
    edits: dict[str, Callable[[], Structure]] = {
        "distance": lambda: set_distance(structure, (a, b), 1.0 + value),
        "angle": lambda: set_angle(structure, (a, b, c), 70 + 100 * value),
        "dihedral": lambda: set_dihedral(structure, (a, b, c, d), 360 * value),
        "delete": lambda: delete_atoms(structure, (a,)).structure,
        "element": lambda: change_element(structure, a, element).structure,
        "order": lambda: set_bond(structure, (a, b), 1 + turns[1] % 3).structure,
        "bond": lambda: set_bond(structure, (a, d), turns[1] % 3).structure,
        "charge": lambda: change_charge(structure, a, turns[0] % 3 - 1).structure,
        "drag": lambda: translate(structure, (a, b), np.array([value, -value, 0.5])),
        "group": lambda: add_group(structure, a, group).structure,
        "invert": lambda: invert_centre(structure, a),
        "turn": lambda: rotate(structure, (a, b), np.array([1.0, value, 0.0]), 90 * value),
    }
    return edits[kind]()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    start=st.sampled_from([BUTANE, ETHANOL, BENZENE, ALANINE]),
    steps=st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.integers(0, 40),
            st.lists(st.integers(0, 40), min_size=3, max_size=3),
            st.floats(0, 1),
        ),
        min_size=1,
        max_size=30,
    ),
)
def test_that_no_sequence_of_edits_gives_an_invalid_molecule(
    start: Structure, steps: list[tuple[str, int, list[int], float]]
) -> None:
    history = [(start, start.positions.copy())]
    for kind, first, turns, value in steps:
        now = history[-1][0]
        try:
            after = apply(now, kind, first, turns, value)
        except MoleculeError:
            continue
        assert np.all(np.isfinite(after.positions))
        refuse_invalid(to_rdkit(after))
        assert "." in smiles(after) or len(after.bonds) >= len(after) - 1
        history.append((after, after.positions.copy()))
    for structure, positions in history:
        np.testing.assert_array_equal(structure.positions, positions)
    assert history[0][0] is start
