"""RMSD under symmetry, and the order of atoms."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from morered_gui.chem import smiles_of, structure_from_smiles
from morered_gui.chem.conversion import bond_arrays
from morered_gui.chem.matching import match_atoms, reordered, symmetric_rmsd
from morered_gui.core import Structure, rmsd

CF2, CF3, SIME2, ETHER = "C(F)(F)", "C(F)(F)F", "[Si](C)(C)O", "O[Si](C)(C)"
SMILES = ("C", "[H][H]", "O", "CC#CC", "c1ccccc1", "C[C@H](N)C(=O)O", "CC(C)(C)C", "C[N+](=O)[O-]")


def shuffled(structure: Structure, seed: int) -> Structure:
    """Atoms in another order, turned and shifted."""
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    rotation *= np.sign(np.linalg.det(rotation))
    mixed = reordered(structure, rng.permutation(len(structure)))
    return mixed.with_positions(mixed.positions @ rotation + rng.normal(size=3))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(SMILES), st.integers(0, 1000))
def test_that_the_same_geometry_in_another_order_is_found(smiles: str, seed: int) -> None:
    structure = structure_from_smiles(smiles, seed=1)
    other = shuffled(structure, seed)
    assert symmetric_rmsd(structure, other) < 1e-6
    matched = match_atoms(other, structure)
    assert matched is not None
    assert matched.same_atoms(structure)
    assert matched.bonds.tolist() == structure.bonds.tolist()
    assert rmsd(matched.positions, structure.positions) < 1e-6


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(SMILES), st.integers(0, 1000))
def test_that_the_rmsd_is_symmetric_and_at_most_the_plain_one(smiles: str, seed: int) -> None:
    a = structure_from_smiles(smiles, seed=1)
    rng = np.random.default_rng(seed)
    b = a.with_positions(a.positions + 0.1 * rng.normal(size=a.positions.shape))
    assert symmetric_rmsd(a, b) <= rmsd(a.positions, b.positions) + 1e-9
    assert symmetric_rmsd(a, b) == pytest.approx(symmetric_rmsd(b, a), abs=1e-8)
    assert symmetric_rmsd(a, shuffled(b, seed)) == pytest.approx(symmetric_rmsd(a, b), abs=1e-8)


def test_that_turning_a_methyl_group_by_a_third_costs_nothing() -> None:
    toluene = structure_from_smiles("Cc1ccccc1", seed=1)
    turned = toluene.positions.copy()
    turned[[7, 8, 9]] = turned[[8, 9, 7]]
    assert toluene.numbers[7:10].tolist() == [1, 1, 1]
    assert rmsd(turned, toluene.positions) > 0.3
    assert symmetric_rmsd(toluene.with_positions(turned), toluene) < 1e-9


@pytest.mark.parametrize(
    "smiles",
    ["CC(C)(C)c1cc(C(C)(C)C)cc(C(C)(C)C)c1", "C" * 40, "FC(F)(F)C(F)(F)C(F)(F)C(F)(F)F"],
)
def test_that_many_symmetries_take_bounded_time(smiles: str) -> None:
    structure = structure_from_smiles(smiles, seed=1)
    before = time.perf_counter()
    assert symmetric_rmsd(structure, shuffled(structure, 3)) < 1e-6
    assert time.perf_counter() - before < 10.0


def scattered(smiles: str, seed: int) -> Structure:
    """The molecule with its atoms anywhere: large ones take long to build."""
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    numbers = np.array([a.GetAtomicNum() for a in mol.GetAtoms()])
    positions = 5 * np.random.default_rng(seed).normal(size=(len(numbers), 3))
    return Structure(numbers, positions, *bond_arrays(mol))


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("smiles", "backwards"),
    [
        ("OC(=O)" + CF2 * 30 + CF3, "FC(F)(F)" + CF2 * 30 + "C(=O)O"),
        ("O" + SIME2 * 20 + "[Si](C)(C)C", "C[Si](C)(C)" + ETHER * 20 + "O"),
        (f"C({CF3})({CF3})({CF3}){CF3}", f"FC(F)(F)C({CF3})({CF3}){CF3}"),
        ("C1(F)(F)" + CF2 * 18 + "C1(F)F", "FC1(F)" + CF2 * 18 + "C1(F)F"),
        (
            f"C1({CF3})(F)" + CF2 * 12 + "C2(F)C1(F)" + CF2 * 8 + "C2(F)F",
            "FC1(F)" + "C2(F)" + CF2 * 12 + f"C({CF3})(F)C2(F)" + CF2 * 7 + CF2 + "1",
        ),
    ],
    ids=["perfluoro acid", "silicone", "four CF3", "ring of CF2", "fused rings of CF2"],
)
def test_that_groups_with_many_symmetries_are_matched_and_assigned(
    smiles: str, backwards: str
) -> None:
    structure = scattered(smiles, seed=1)
    assert symmetric_rmsd(structure, shuffled(structure, 3)) < 1e-6
    other = scattered(backwards, seed=2)
    matched = match_atoms(other, structure)
    assert matched is not None
    assert matched.bonds.tolist() == structure.bonds.tolist()


def test_that_many_equal_molecules_in_the_same_order_are_never_mixed_up() -> None:
    benzenes = scattered(".".join(["c1ccccc1"] * 8), seed=1)  # 8! 12**8 ways
    moved = benzenes.positions + 0.01 * np.random.default_rng(2).normal(size=(96, 3))
    assert symmetric_rmsd(benzenes, benzenes.with_positions(moved)) < 0.03


def test_that_the_molecules_of_a_cluster_are_found_in_any_order() -> None:
    water = structure_from_smiles("O", optimise=True)
    rng = np.random.default_rng(1)
    turns = np.linalg.qr(rng.normal(size=(20, 3, 3)))[0]
    places = np.argwhere(np.ones((5, 2, 2))) * 4.0 + rng.uniform(size=(20, 3))
    cluster = structure_from_smiles(".".join(["O"] * 20))
    positions = water.positions @ turns + places[:, None]
    # Oxygens first, then the hydrogens of each.
    laid = np.concatenate([positions[:, 0], positions[:, 1:].reshape(-1, 3)])
    cluster = cluster.with_positions(laid)
    assert symmetric_rmsd(cluster, shuffled(cluster, 3)) < 1e-6


def test_that_parts_alike_at_each_atom_but_of_other_graphs_are_other_molecules() -> None:
    prism = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (0, 3), (1, 4), (2, 5)]
    utility = [(i, j) for i in range(3) for j in range(3, 6)]  # as many bonds at each atom

    def together(*parts: list[tuple[int, int]]) -> Structure:
        bonds = [(i + 6 * k, j + 6 * k) for k, part in enumerate(parts) for i, j in part]
        positions = np.random.default_rng(0).normal(size=(6 * len(parts), 3))
        return Structure(
            np.full(6 * len(parts), 6), positions, np.array(bonds), np.ones(len(bonds))
        )

    assert match_atoms(together(prism, prism), together(prism, utility)) is None
    mixed = together(*[prism, utility] * 3)
    assert symmetric_rmsd(mixed, mixed) < 1e-6
    assert match_atoms(shuffled(mixed, 1), mixed) is not None


def test_that_bridging_hydrogens_keep_their_bonds_where_others_are_assigned_in_space() -> None:
    neopentane = scattered("CC(C)(C)C.[H][H].[Na+]", 1)  # has more ways than are tried one by one
    diborane = np.array([[0, 2], [0, 3], [0, 4], [0, 5], [1, 2], [1, 3], [1, 6], [1, 7]])
    together = Structure(
        np.array([5, 5, 1, 1, 1, 1, 1, 1, *neopentane.numbers]),
        np.random.default_rng(0).normal(size=(8 + len(neopentane), 3)),
        np.concatenate([diborane, neopentane.bonds + 8]),
        np.ones(8 + len(neopentane.bonds)),
    )
    matched = match_atoms(shuffled(together, 5), together)
    assert matched is not None
    assert matched.bonds.tolist() == together.bonds.tolist()
    assert rmsd(matched.positions, together.positions) < 1e-6


def test_that_other_molecules_do_not_match() -> None:
    ether, ethanol = structure_from_smiles("COC"), structure_from_smiles("CCO")
    assert match_atoms(ether, ethanol) is None
    assert match_atoms(structure_from_smiles("O"), ethanol) is None
    with pytest.raises(ValueError, match="not the same molecule"):
        symmetric_rmsd(ether, ethanol)


def test_that_unknown_bonds_need_the_same_order() -> None:
    water = structure_from_smiles("O")
    bare = Structure(water.numbers, water.positions)
    assert match_atoms(bare, water) is not None
    assert match_atoms(reordered(bare, np.array([1, 0, 2])), water) is None


def test_that_reordering_keeps_the_molecule() -> None:
    glycine = structure_from_smiles("[NH3+]CC(=O)[O-]")
    mixed = reordered(glycine, np.random.default_rng(0).permutation(len(glycine)))
    assert smiles_of(mixed) == "[NH3+]CC(=O)[O-]"
