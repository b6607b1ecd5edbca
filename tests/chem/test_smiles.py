"""SMILES, the conversion to RDKit, force-field minima."""

import numpy as np
import pytest
from rdkit import Chem

from morered_gui.chem import (
    MoleculeError,
    conformers,
    from_rdkit,
    mmff94_minimum,
    molblock_of,
    smiles,
    smiles_of,
    structure_from_smiles,
    to_rdkit,
)
from morered_gui.chem.drawing import drawing_of
from morered_gui.chem.perception import with_perceived_bonds
from morered_gui.chem.validity import clashes, formed_bonds
from morered_gui.core import Structure, rmsd

SMILES = (
    "C",
    "CCO",
    "C[C@H](N)C(=O)O",
    "C[C@@H](N)C(=O)O",
    "F/C=C/F",
    "F/C=C\\F",
    "[NH3+]CC(=O)[O-]",
    "C[N+](=O)[O-]",
    "c1cc[nH]c1",
    "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "CC(C)Cc1ccc([C@H](C)C(=O)O)cc1",
    "[Cl-].[Na+]",
    "CN=[N+]=[N-]",
    "[C-]#[O+]",
    "CC(=N)N",
    "[CH3]",
    "C12C3C4C1C1C2C3C41",
)
REFUSED = {
    "": "is empty",
    "   ": "is empty",
    "C1CC": "unclosed ring",
    "CCX": "syntax error",
    "c1ccccc1C(C)(C)(C)C": "valence for atom # 6",
    "c1cccc1": "kekulize",
    "*C": "placeholder",
    "CC\u00d6": "the character",
    "CC O": "a blank",
    "C" * 400: "too many",
}


@pytest.mark.parametrize("optimise", [False, True])
@pytest.mark.parametrize(
    "smiles",
    [
        "CC(=O)[O-].[Na+]",
        "[NH4+].[Cl-]",
        "c1ccncc1.Cl",
        "O.O.O",
        "[S-2].[Na+].[Na+]",
        "OC(=O)C(F)(F)F.NCC",
        "CC(=O)Nc1ccc(O)cc1.CC(=O)Nc1ccc(O)cc1",
    ],
)
def test_that_parts_of_a_salt_do_not_lie_in_each_other(smiles: str, optimise: bool) -> None:
    structure = structure_from_smiles(smiles, optimise=optimise)
    assert not clashes(structure)
    assert not formed_bonds(structure, structure.positions)


@pytest.mark.parametrize("smiles", SMILES)
def test_that_smiles_survive_the_way_to_space_and_back(smiles: str) -> None:
    structure = structure_from_smiles(smiles, seed=7, name="x y")
    assert smiles_of(structure) == Chem.CanonSmiles(smiles)
    assert structure.name == "x y"
    assert len(structure.bonds) >= 0


@pytest.mark.parametrize("smiles", SMILES)
def test_that_rdkit_and_back_changes_nothing(smiles: str) -> None:
    structure = structure_from_smiles(smiles)
    assert from_rdkit(to_rdkit(structure)) == structure


@pytest.mark.parametrize("smiles", REFUSED)
def test_that_a_bad_smiles_is_refused_with_the_reason(smiles: str) -> None:
    with pytest.raises(MoleculeError, match=REFUSED[smiles]) as caught:
        structure_from_smiles(smiles)
    assert "\n" not in str(caught.value)


def test_that_a_seed_decides_the_conformer() -> None:
    first, again, other = (structure_from_smiles("CCCCCO", seed=s) for s in (1, 1, 2))
    assert first == again
    assert rmsd(first.positions, other.positions) > 0.1


def test_that_a_strained_cage_gets_coordinates() -> None:
    assert structure_from_smiles("C12C3C1C1C2C31").formula == "C6H6"


def test_that_clean_up_reaches_the_mmff94_minimum() -> None:
    cleaned = structure_from_smiles("CCO", seed=1, optimise=True)
    raw = structure_from_smiles("CCO", seed=1)
    assert rmsd(mmff94_minimum(cleaned).positions, cleaned.positions) < 1e-3
    assert rmsd(mmff94_minimum(raw).positions, cleaned.positions) < 1e-2


def test_that_mmff94_says_what_it_lacks() -> None:
    with pytest.raises(MoleculeError, match="no parameters"):
        mmff94_minimum(structure_from_smiles("CB(O)O"))
    with pytest.raises(MoleculeError, match="did not converge in 1 iterations"):
        mmff94_minimum(structure_from_smiles("CCO"), max_iterations=1)


def test_that_unknown_bond_orders_give_no_smiles() -> None:
    benzene = structure_from_smiles("c1ccccc1")
    single = Structure(benzene.numbers, benzene.positions, benzene.bonds, np.ones(12))
    bare = Structure(benzene.numbers, benzene.positions)
    five = structure_from_smiles("C")
    bound = Structure(
        np.append(five.numbers, 1),
        np.vstack([five.positions, [0, 0, 2]]),
        np.vstack([five.bonds, [0, 5]]),
        np.ones(5),
    )
    assert [smiles_of(s) for s in (single, bare, bound)] == [None, None, None]
    assert Chem.MolFromMolBlock(molblock_of(single), sanitize=False).GetNumBonds() == 12


def test_that_missing_hydrogens_or_coordinates_are_refused_by_the_conversion() -> None:
    with pytest.raises(MoleculeError, match="no coordinates"):
        from_rdkit(Chem.MolFromSmiles("C"))
    bare = Chem.RemoveHs(to_rdkit(structure_from_smiles("CC")), sanitize=False)
    for atom in bare.GetAtoms():
        atom.SetNoImplicit(False)
    with pytest.raises(MoleculeError, match="hydrogens"):
        from_rdkit(bare)


@pytest.mark.parametrize(
    "smiles", ["CCO", "[NH3+]CC(=O)[O-]", "CC(=O)[O-]", "C1C2CC1O2", "C12CC1C2", "F/C=C/F", "FF"]
)
def test_that_bonds_are_perceived_from_coordinates_and_charge(smiles: str) -> None:
    structure = structure_from_smiles(smiles, optimise=True)
    bare = Structure(structure.numbers, structure.positions, charge=structure.charge)
    assert smiles_of(with_perceived_bonds(bare)) == smiles_of(structure)


def test_that_an_ion_of_one_atom_carries_its_charge() -> None:
    sodium = with_perceived_bonds(Structure(np.array([11]), np.zeros((1, 3)), charge=1))
    assert smiles_of(sodium) == "[Na+]"


def test_that_no_smiles_leaves_out_a_charge_whose_atom_is_not_known() -> None:
    nitrenium = structure_from_smiles("C[NH2+]")  # single bonds, and all valences are filled
    perceived = with_perceived_bonds(nitrenium)
    assert perceived.charge == 1
    assert not perceived.formal_charges.any()
    assert smiles_of(perceived) is None  # it was CN, which is neutral
    with pytest.raises(MoleculeError, match="not known"):
        drawing_of(perceived)


def test_that_long_chains_are_given_up_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smiles, "EMBEDDING_SECONDS", 1)
    with pytest.raises(MoleculeError, match="602 atoms take too long to build"):
        structure_from_smiles("C" * 200)


def test_that_the_clean_up_of_a_large_molecule_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    mol = to_rdkit(structure_from_smiles("CCCCC"))
    before = mol.GetConformer().GetPositions()
    monkeypatch.setattr(conformers, "WORK", 1)
    conformers.minimise(mol)
    assert (mol.GetConformer().GetPositions() == before).all()
    monkeypatch.undo()
    conformers.minimise(mol)
    assert (mol.GetConformer().GetPositions() != before).any()
