"""Bonds kept, clashes, open shells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from morered_gui.chem import list_examples, load_example, structure_from_smiles
from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.perception import COVALENT_RADII
from morered_gui.chem.validity import (
    ACCEPTORS,
    CLASH,
    FORMED,
    NEAR_BONDS,
    bonds_kept,
    bonds_kept_in,
    broken_bonds,
    clashes,
    formed_bonds,
    is_radical,
    open_shell,
    squeezed_bonds,
)
from morered_gui.core import Structure

ETHANOL = structure_from_smiles("CCO", seed=1)


@pytest.mark.parametrize("example", [e for e in list_examples() if e.reference], ids=lambda e: e.id)
def test_that_dft_geometries_keep_their_bonds_and_have_no_clashes(example: object) -> None:
    _, reference = load_example(example.id)  # type: ignore[attr-defined]
    assert bonds_kept(reference, reference.positions)
    assert clashes(reference) == []
    assert not is_radical(reference)


def test_that_a_bond_pulled_apart_is_lost() -> None:
    positions = ETHANOL.positions.copy()
    positions[8] += 1.0 * (positions[8] - positions[2])  # the hydroxyl hydrogen, twice as far
    assert not bonds_kept(ETHANOL, positions)
    assert broken_bonds(ETHANOL, positions) == [(2, 8)]


def test_that_a_new_contact_is_no_molecule_any_more() -> None:
    positions = ETHANOL.positions.copy()
    positions[3] = positions[4] + np.array([0.0, 0.0, 0.6])
    assert (3, 4) in formed_bonds(ETHANOL, positions)
    assert not bonds_kept(ETHANOL, positions)


def test_that_many_frames_are_judged_at_once_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    scale = np.linspace(0, 0.4, 30)[:, None, None]
    frames = ETHANOL.positions + scale * rng.normal(size=(30, 9, 3))
    together = bonds_kept_in(ETHANOL, frames)
    assert together.tolist() == [bonds_kept(ETHANOL, frame) for frame in frames]
    assert together[0] and not together[-1]


def test_that_nan_is_not_kept_and_a_wrong_shape_is_refused() -> None:
    assert not bonds_kept(ETHANOL, np.full((9, 3), np.nan))
    with pytest.raises(ValueError, match="shape"):
        bonds_kept(ETHANOL, np.zeros((8, 3)))


def test_that_unknown_bonds_are_those_of_the_own_positions() -> None:
    bare = Structure(ETHANOL.numbers, ETHANOL.positions)
    assert bonds_kept(bare, ETHANOL.positions)
    assert not bonds_kept(bare, ETHANOL.positions * 1.6)


def test_that_a_single_atom_is_always_kept() -> None:
    assert bonds_kept(Structure(np.array([8]), np.zeros((1, 3))), np.ones((1, 3)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_that_motion_changes_no_verdict(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noisy = ETHANOL.positions + 0.1 * rng.normal(size=(9, 3))
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    assert bonds_kept(ETHANOL, noisy) == bonds_kept(ETHANOL, noisy @ rotation + 5.0)


def test_that_far_parts_of_a_chain_pushed_together_clash() -> None:
    hexane = structure_from_smiles("CCCCCC", seed=1)
    positions = hexane.positions.copy()
    positions[5] = positions[0] + np.array([1.6, 0, 0])
    found = clashes(hexane, positions)
    assert any({c.i, c.j} == {0, 5} for c in found)
    assert found == sorted(found, key=lambda c: c.distance)


def crowd(seed: int) -> Structure:
    """Some atoms in a small box, some of them in a chain."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 25))
    bonds = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)[rng.random(n - 1) < 0.8]
    numbers = rng.choice([1, 1, 1, 6, 7, 8, 9, 53, 55], n)
    return Structure(numbers, rng.uniform(0, 4, (n, 3)), bonds, np.ones(len(bonds)))


def all_pairs(structure: Structure, radii: np.ndarray) -> list[tuple[float, float, int, int]]:
    """Distance, distance over the sum of the radii, and the two atoms."""
    x = structure.positions
    i, j = np.triu_indices(len(structure), 1)
    distance = np.linalg.norm(x[i] - x[j], axis=1)
    rows = zip(distance, distance / (radii[i] + radii[j]), i, j, strict=True)
    return [(float(d), float(ratio), int(a), int(b)) for d, ratio, a, b in rows]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_that_a_search_nearby_finds_the_contacts_that_all_pairs_show(seed: int) -> None:
    structure = crowd(seed)
    mol = to_rdkit(structure)
    apart = Chem.GetDistanceMatrix(mol)
    polar = [
        atom.GetAtomicNum() == 1 and any(n.GetAtomicNum() in ACCEPTORS for n in atom.GetNeighbors())
        for atom in mol.GetAtoms()
    ]
    bonding = np.isin(structure.numbers, ACCEPTORS)
    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRvdw(int(z)) for z in structure.numbers])
    expected = sorted(
        (distance, i, j)
        for distance, ratio, i, j in all_pairs(structure, radii)
        if ratio < CLASH and apart[i, j] > NEAR_BONDS
        if not (polar[i] and bonding[j]) and not (polar[j] and bonding[i])
    )
    assert [(c.distance, c.i, c.j) for c in clashes(structure)] == expected
    if len(structure.bonds):  # else those count that the positions show
        assert formed_bonds(structure, structure.positions) == [
            (i, j)
            for _, ratio, i, j in all_pairs(structure, COVALENT_RADII[structure.numbers])
            if ratio < FORMED and apart[i, j] > 1
        ]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("length", "kept"), [(2.2, True), (1.2, False)])
def test_that_an_ion_beside_its_partner_is_not_bonded_to_it(length: float, kept: bool) -> None:
    acetate = structure_from_smiles("CC(=O)[O-].[Na+]")
    positions = acetate.positions.copy()
    out = positions[3] - positions[1]  # from carbon to oxygen
    positions[4] = positions[3] + length * out / np.linalg.norm(out)
    assert (not formed_bonds(acetate, positions)) == kept
    assert bonds_kept(acetate, positions) == kept
    assert clashes(acetate, positions) == []


@pytest.mark.parametrize(
    ("numbers", "charge", "length", "squeezed"),
    [
        ((23, 8, 8), 1, 1.526, False),  # VO2+, its GFN2-xTB minimum
        ((24, 24), 0, 1.68, False),
        ((7, 7), 0, 1.098, False),
        ((23, 8, 8), 1, 1.2, True),
        ((7, 7), 0, 0.98, True),
    ],
)
def test_that_only_bonds_of_no_molecule_are_too_short(
    numbers: tuple[int, ...], charge: int, length: float, squeezed: bool
) -> None:
    directions = np.array([[0.0, 0, 0], [0, 0.8, 0.6], [0, -0.8, 0.6]])[: len(numbers)]
    bonds = np.array([[0, k] for k in range(1, len(numbers))])
    start = Structure(
        np.array(numbers), length * directions, bonds, np.ones(len(bonds)), charge=charge
    )
    assert bool(squeezed_bonds(start, start.positions)) == squeezed


def test_that_thousands_of_atoms_are_checked_without_looking_at_all_pairs() -> None:
    n = 3000
    atoms = np.arange(n)
    x = np.stack([1.3 * atoms, 0.4 * (-1.0) ** atoms, np.zeros(n)], axis=1)
    bonds = np.stack([atoms[:-1], atoms[1:]], axis=1)
    chain = Structure(np.full(n, 6), x, bonds, np.ones(n - 1))
    assert clashes(chain) == []
    assert formed_bonds(chain, x) == []
    x[-1] = x[0] - [1.6, 0, 0]
    (clash,) = clashes(chain, x)
    assert (clash.i, clash.j, clash.distance) == (0, n - 1, pytest.approx(1.6))
    assert formed_bonds(chain, x) == [(0, n - 1)]


def test_that_atoms_without_a_place_are_near_to_none() -> None:
    lost = np.where(np.arange(9)[:, None] == 8, np.nan, ETHANOL.positions)
    assert clashes(ETHANOL, lost) == []
    assert formed_bonds(ETHANOL, np.full((9, 3), np.nan)) == []


@pytest.mark.parametrize("smiles", ["[CH3]", "[O]O", "CC[O]"])
def test_that_radicals_are_named(smiles: str) -> None:
    assert "odd number of electrons" in (open_shell(structure_from_smiles(smiles)) or "")


def test_that_a_carbene_is_a_diradical_and_ions_are_closed() -> None:
    assert "C1" in (open_shell(structure_from_smiles("[CH2]")) or "")
    for smiles in ("C[NH3+]", "CC(=O)[O-]", "C[N+](=O)[O-]", "[Na+].[Cl-]", "O=S(=O)(O)O"):
        assert not is_radical(structure_from_smiles(smiles))
