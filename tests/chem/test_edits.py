from collections.abc import Sequence

import numpy as np
import pytest
from rdkit import Chem

from morered_gui.chem import MoleculeError, smiles_of, structure_from_smiles
from morered_gui.chem.edits import change_after_edit, common_atoms
from morered_gui.chem.smiles import mol_from_smiles
from morered_gui.chem.validity import bonds_kept
from morered_gui.core import Structure, rmsd

PARACETAMOL = "CC(=O)Nc1ccc(O)cc1"


def start(smiles: str = PARACETAMOL) -> Structure:
    return structure_from_smiles(smiles, optimise=True)


def structure_after_edit(mol: Chem.Mol, old: Structure | None, kept: Sequence[int]) -> Structure:
    return change_after_edit(mol, old, kept).structure


def with_new_atom(smiles: str, on: int, number: int = 6) -> Chem.Mol:
    """The molecule with one atom more, the last one."""
    mol = Chem.RWMol(mol_from_smiles(smiles))
    mol.AddBond(on, mol.AddAtom(Chem.Atom(number)), Chem.BondType.SINGLE)
    Chem.SanitizeMol(mol)
    return mol.GetMol()


def test_that_a_new_atom_moves_no_other() -> None:
    old = start()
    n = 11
    new = structure_after_edit(with_new_atom(PARACETAMOL, 0, 9), old, [*range(n), -1])
    unchanged = [k for k in range(n) if k != 0]  # atom 0 has another neighbour now
    assert np.array_equal(new.positions[unchanged], old.positions[unchanged])
    assert np.linalg.norm(new.positions[0] - old.positions[0]) < 0.4
    assert new.formula == "C8H8FNO2"
    assert bonds_kept(new, new.positions)


def test_that_the_hydrogens_of_unchanged_atoms_stay_as_well() -> None:
    old = start()
    new = structure_after_edit(with_new_atom(PARACETAMOL, 0), old, [*range(11), -1])
    kept = {tuple(x) for x in old.positions} & {tuple(x) for x in new.positions}
    assert len(kept) == len(old) - 4  # all but the methyl group


def test_that_a_deleted_atom_moves_no_other() -> None:
    old = start()
    mol = mol_from_smiles("CC(=O)Nc1ccccc1")
    kept = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10]  # without the oxygen, atom 8
    new = structure_after_edit(mol, old, kept)
    assert smiles_of(new) == "CC(=O)Nc1ccccc1"
    still = [k for k in range(10) if kept[k] != 7]
    assert np.array_equal(new.positions[still], old.positions[[kept[k] for k in still]])


def test_that_another_element_stays_in_its_place() -> None:
    old = start()
    new = structure_after_edit(mol_from_smiles("CC(=O)Nc1ccc(S)cc1"), old, range(11))
    assert smiles_of(new) == "CC(=O)Nc1ccc(S)cc1"
    assert np.array_equal(new.positions[:7], old.positions[:7])
    assert np.linalg.norm(new.positions[8] - old.positions[8]) < 0.8


def test_that_a_drawn_stereocentre_has_its_form_in_space() -> None:
    old = start("CC(N)C(=O)O")
    for smiles in ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"):
        new = structure_after_edit(mol_from_smiles(smiles), old, range(6))
        assert smiles_of(new) == Chem.CanonSmiles(smiles)


def test_that_a_closed_ring_gives_a_sound_molecule() -> None:
    new = structure_after_edit(mol_from_smiles("C1CCCCC1"), start("CCCCCC"), range(6))
    assert smiles_of(new) == "C1CCCCC1"
    assert bonds_kept(new, new.positions)


def test_that_a_new_part_leaves_the_first_where_it_is() -> None:
    old = start("CCO")
    new = structure_after_edit(mol_from_smiles("CCO.[Na+].[Cl-]"), old, [0, 1, 2, -1, -1])
    assert np.array_equal(new.positions[:3], old.positions[:3])


def test_that_indices_that_make_no_sense_are_new_atoms() -> None:
    old = start("CCO")
    new = structure_after_edit(mol_from_smiles("CCO"), old, [0, 0, 99])
    assert smiles_of(new) == "CCO"


def test_that_the_same_edit_gives_the_same_structure() -> None:
    mol = with_new_atom(PARACETAMOL, 0)
    first, second = (structure_after_edit(mol, start(), [*range(11), -1]) for _ in range(2))
    assert first == second


def test_that_without_anything_kept_it_is_built_anew() -> None:
    mol = mol_from_smiles("CCO")
    fresh = structure_after_edit(mol, None, [-1] * 3)
    replaced = structure_after_edit(mol, start("c1ccccc1"), [-1] * 3)
    assert rmsd(fresh.positions, replaced.positions) < 1e-6


def test_that_an_impossible_molecule_is_refused_in_words() -> None:
    with pytest.raises(MoleculeError):
        structure_after_edit(mol_from_smiles("C12C3C1C23.C1#CC1"), None, [-1] * 7)


def test_that_lost_identities_are_found_by_the_graph() -> None:
    old = mol_from_smiles(PARACETAMOL)
    shuffled = Chem.RenumberAtoms(old, [10, 3, 2, 5, 4, 1, 0, 7, 8, 9, 6])
    found = common_atoms(shuffled, old)
    assert sorted(found) == list(range(11))
    numbers = [a.GetAtomicNum() for a in old.GetAtoms()]
    assert [numbers[k] for k in found] == [a.GetAtomicNum() for a in shuffled.GetAtoms()]
    more = common_atoms(mol_from_smiles("CCC(=O)Nc1ccc(O)cc1"), old)
    assert sum(k >= 0 for k in more) == 11
    assert common_atoms(mol_from_smiles("[Na+]"), old) == [-1]


@pytest.mark.parametrize("frozen", [{0, 1}, {3, 4}, {0, 3, 10}, set(range(11))])
def test_that_frozen_atoms_stay_in_their_places_whatever_is_bonded_to_them(
    frozen: set[int],
) -> None:
    old = start()
    for on, number in ((0, 9), (6, 6), (10, 8)):
        mol = with_new_atom(PARACETAMOL, on, number)
        change = change_after_edit(mol, old, [*range(11), -1], frozen=frozen)
        still = sorted(change.carried(frozen))
        assert len(still) == len(frozen)
        assert np.array_equal(
            change.structure.positions[still], old.positions[[change.origin[k] for k in still]]
        )
        assert bonds_kept(change.structure, change.structure.positions)


def test_that_frozen_atoms_that_a_new_ring_has_to_move_are_moved() -> None:
    old = start("CCCCCC")
    ring = mol_from_smiles("C1CCCCC1")
    change = change_after_edit(ring, old, range(6), frozen={0, 5})
    assert smiles_of(change.structure) == "C1CCCCC1"
    assert bonds_kept(change.structure, change.structure.positions)


@pytest.mark.parametrize(
    ("drawn", "redrawn"),
    [
        ("C[C@H]1CC[C@@H](C)CC1", "C[C@H]1CC[C@H](C)CC1"),
        ("O[C@H]1C[C@@H](O)C1", "O[C@H]1C[C@H](O)C1"),
        ("C[C@H](O)F", "C[C@@H](O)F"),
        ("C/C=C/C", "C/C=C\\C"),
    ],
)
def test_that_a_stereo_change_alone_changes_the_structure(drawn: str, redrawn: str) -> None:
    old, mol = start(drawn), mol_from_smiles(redrawn)
    assert smiles_of(old) != Chem.MolToSmiles(mol)
    kept = list(range(mol.GetNumAtoms()))
    new = structure_after_edit(mol, old, kept)
    assert smiles_of(new) == Chem.MolToSmiles(mol)
    again = structure_after_edit(mol, new, kept)
    np.testing.assert_array_equal(again.positions, new.positions)
