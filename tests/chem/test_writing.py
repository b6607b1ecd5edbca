"""What is written can be read back."""

import json
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from morered_gui.chem import MoleculeError, read_structures, smiles_of, structure_from_smiles
from morered_gui.chem.writing import write_structures, write_trajectory
from morered_gui.core import Frame, Provenance, StopReason, Structure, Trajectory

SMILES = (
    "CCO",
    "C[C@H](N)C(=O)O",
    "[NH3+]CC(=O)[O-]",
    "C[N+](=O)[O-]",
    "c1cc[nH]c1",
    "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "CC(=O)[O-]",
    "C[NH3+]",
    "F/C=C/F",
    "O=S(=O)(N)c1ccccc1",
    "[C-]#[O+]",
    "[Na+].[Cl-]",
    "[CH3]",
)
KEEP_ALL = (".extxyz", ".sdf", ".mol", ".traj")


def roundtrip(path: Path, structure: Structure) -> Structure:
    write_structures(path, [structure])
    (read,) = read_structures(path)
    return read


@pytest.mark.parametrize("suffix", KEEP_ALL)
@pytest.mark.parametrize("smiles", SMILES)
def test_that_bonds_charges_and_names_survive(smiles: str, suffix: str, tmp_path: Path) -> None:
    structure = structure_from_smiles(smiles, name="a name, with (spaces)")
    read = roundtrip(tmp_path / f"m{suffix}", structure)
    assert read.name == structure.name
    assert (read.charge, read.formula) == (structure.charge, structure.formula)
    assert read.formal_charges.tolist() == structure.formal_charges.tolist()
    assert read.bonds.tolist() == structure.bonds.tolist()
    assert read.orders.tolist() == structure.orders.tolist()
    assert np.allclose(read.positions, structure.positions, atol=1e-4)


@pytest.mark.parametrize("smiles", [s for s in SMILES if s != "[CH3]" and "." not in s])
def test_that_pdb_keeps_the_molecule(smiles: str, tmp_path: Path) -> None:
    structure = structure_from_smiles(smiles, name="two words")
    read = roundtrip(tmp_path / "m.pdb", structure)
    assert (smiles_of(read), read.name) == (smiles_of(structure), "two words")
    assert np.allclose(read.positions, structure.positions, atol=1e-3)


def test_that_bonds_in_extxyz_are_those_written_even_if_the_geometry_is_noise(
    tmp_path: Path,
) -> None:
    benzene = structure_from_smiles("c1ccccc1")
    noise = np.random.default_rng(0).normal(size=benzene.positions.shape)
    assert smiles_of(roundtrip(tmp_path / "n.extxyz", benzene.with_positions(noise))) == "c1ccccc1"


def test_that_a_charge_of_unknown_place_survives(tmp_path: Path) -> None:
    ion = Structure(np.array([26]), np.zeros((1, 3)), charge=2, name="iron")
    for suffix in (".xyz", *KEEP_ALL[:2]):
        assert roundtrip(tmp_path / f"i{suffix}", ion).charge == 2


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.sampled_from(string.printable + "äλ=\"'\\$"), max_size=30))
def test_that_any_name_can_be_written(name: str, tmp_path: Path) -> None:
    water = structure_from_smiles("O", name=name)
    for suffix in (".extxyz", ".sdf"):
        (read,) = [roundtrip(tmp_path / f"w{suffix}", water)]
        assert read.name == " ".join(name.replace("$$$$", "$").split())
        assert read.orders.tolist() == [1.0, 1.0]


def trajectory(n_frames: int = 3) -> Trajectory:
    start = structure_from_smiles("c1ccccc1O", name="phenol")
    source = Provenance("jt", model="qm9-jt", model_hash="ab12", seed=4, options={"max_steps": 9})
    made = Trajectory(start, source)
    for k in range(n_frames):
        made.append(Frame(k, start.positions + 0.01 * k, t=90.5 - k, energy=-k / 2, evaluations=k))
    made.stop_reason = StopReason.PLATEAU
    return made


def test_that_a_trajectory_in_extxyz_has_its_record_with_it(tmp_path: Path) -> None:
    from ase.io import read

    write_trajectory(tmp_path / "t.extxyz", trajectory())
    frames = read(tmp_path / "t.extxyz", index=":")
    assert [a.info["step"] for a in frames] == [0, 1, 2]
    assert [a.info["t"] for a in frames] == [90.5, 89.5, 88.5]
    assert [a.get_potential_energy() for a in frames] == [0.0, -0.5, -1.0]
    provenance = frames[0].info["provenance"]
    provenance = json.loads(provenance) if isinstance(provenance, str) else provenance
    assert (provenance["model"], provenance["options"]) == ("qm9-jt", {"max_steps": 9})
    assert frames[-1].info["stop_reason"] == "plateau"
    assert all(smiles_of(s) == "Oc1ccccc1" for s in read_structures(tmp_path / "t.extxyz"))


@pytest.mark.parametrize("suffix", [".xyz", ".sdf", ".pdb", ".traj"])
def test_that_all_frames_of_a_trajectory_are_written(suffix: str, tmp_path: Path) -> None:
    made = trajectory(12)
    write_trajectory(tmp_path / f"t{suffix}", made)
    read = read_structures(tmp_path / f"t{suffix}")
    assert len(read) == 12
    assert np.allclose(read[-1].positions, made[-1].positions, atol=1e-3)
    assert smiles_of(read[-1]) == "Oc1ccccc1"


def test_that_what_cannot_be_written_is_refused_and_nothing_is_left_behind(tmp_path: Path) -> None:
    water, methane = structure_from_smiles("O"), structure_from_smiles("C")
    for name, structures, words in (
        ("a.doc", [water], "choose one of"),
        ("a.sdf", [], "no structure"),
        ("a.mol", [water, methane], "choose sdf"),
        ("a.pdb", [water, methane], "choose sdf"),
        ("missing/a.sdf", [water], "can't be written"),
    ):
        with pytest.raises(MoleculeError, match=words):
            write_structures(tmp_path / name, structures)
    assert list(tmp_path.iterdir()) == []


def test_that_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mol"
    write_structures(path, [structure_from_smiles("O")])
    before = path.read_bytes()
    with pytest.raises(MoleculeError):
        write_structures(path, [structure_from_smiles("C")] * 2)
    assert path.read_bytes() == before
