"""Files that people have, the broken ones included."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from morered_gui.chem import (
    MoleculeError,
    iter_structures,
    molblock_of,
    read_structures,
    smiles_of,
    structure_from_smiles,
    write_structures,
)

WATER = "O 0.0 0.0 0.117\nH 0.0 0.757 -0.470\nH 0.0 -0.757 -0.470\n"
EXTENDED = "3\nProperties=species:S:1:pos:R:3"
N_TO_H = """
     RDKit          3D

  2  1  0  0  0  0  0  0  0  0999 V2000
    0.0000    0.0000    0.1000 N   0  0
    0.0000    0.0000    1.1000 H   0  0
  1  2  1  0
M  END
"""
BAD_FILES = {
    "empty.xyz": (b"", "empty"),
    "blank.xyz": (b"\n\n", "holds no molecule"),
    "prose.xyz": (b"Dear reader,\n", "number of atoms"),
    "zero.xyz": (b"0\n\n", "0 atoms"),
    "huge.xyz": (b"999999999\n\nO 0 0 0\n", "ends after 1 of 999999999"),
    "superscript.xyz": ("\u00b2\n\nO 0 0 0\n".encode(), "number of atoms"),
    "broken.gz": (b"\x1f\x8b\x08garbage", "not known"),
    "plain.sdf.gz": (b"not compressed", "can't be read: not a gzipped file"),
    "broken.sdf.gz": (gzip.compress(b"x" * 99)[:10] + b"garbage", "can't be read"),
    "cut.smi.xz": (lzma.compress(b"CCO\n" * 99)[:-20], "can't be read"),
    "broken.traj": (b"\x80\x04\x95garbage", "can't be read as traj"),
    "cut.mol": (b"\n     RDKit          3D\n\n  9  8  0  0  0  0  0  0  0  0999 V2000\n", "broken"),
    "short.xyz": (b"3\nwater\nO 0 0 0\n", "ends after 1 of 3"),
    "words.xyz": (b"1\n\nO zero 0 0\n", "line 3"),
    "element.xyz": (b"1\n\nQq 0 0 0\n", "line 3"),
    "number.xyz": (b"1\n\n99999999999999999999999 0 0 0\n", "line 3"),
    "119.xyz": (b"1\n\n119 0 0 0\n", "line 3"),
    "charge.xyz": (f"3\ncharge=99999999999999999999\n{WATER}".encode(), "the 10 electrons"),
    "negative_charge.xyz": (f"3\ncharge: -3000000000\n{WATER}".encode(), "the 10 electrons"),
    "half_charge.xyz": (f"3\ncharge = 0.5\n{WATER}".encode(), "0.5 .* not a whole number"),
    "order.extxyz": (f'{EXTENDED} bonds="0-1-nan"\n{WATER}'.encode(), "bond orders"),
    "index.extxyz": (
        f'{EXTENDED} charge=1 bonds="0-1-1" formal_charges="-1:1"\n{WATER}'.encode(),
        "an atom that does not exist",
    ),
    "nan.xyz": (b"1\n\nO nan 0 0\n", "NaN"),
    "infinite.xyz": (b"1\n\nO 1e999 0 0\n", "NaN or infinite"),
    "negative.xyz": (b"-1\n\n", "number of atoms"),
    "binary.xyz": (bytes(range(256)) * 20, "not a text file"),
    "half.extxyz": (b"1\nProperties=species:S:1:pos:R:3\nO 0 0\n", "broken"),
    "charge.extxyz": (b"1\nProperties=species:S:1:pos:R:3 charge=0.4\nO 0 0 0\n", "whole"),
    "infinite.extxyz": (f"{EXTENDED} charge=inf\n{WATER}".encode(), "inf .* not a whole number"),
    "total.extxyz": (f"{EXTENDED} total_charge=nan\n{WATER}".encode(), "nan .* not a whole number"),
    "huge.extxyz": (
        f"{EXTENDED} charge=99999999999999999999\n{WATER}".encode(),
        "larger than the 10 electrons",
    ),
    "formal.extxyz": (
        f'{EXTENDED} charge=1 bonds="0-1-1" formal_charges="0:99999999999999999999"\n'
        f"{WATER}".encode(),
        "beyond all bounds",
    ),
    "formal_9.extxyz": (
        f'{EXTENDED} charge=9 bonds="0-1-1 0-2-1" formal_charges="0:9"\n{WATER}'.encode(),
        "formal charge is larger",
    ),
    "atom.extxyz": (
        f'{EXTENDED} bonds="0-99999999999999999999-1"\n{WATER}'.encode(),
        "beyond all bounds",
    ),
    "twice.extxyz": (f'{EXTENDED} bonds="0-1-1 0-1-1"\n{WATER}'.encode(), "bonded twice"),
    "crystal.extxyz": (
        b'1\nLattice="1.5 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3 pbc="T T T"\nC 0 0 0\n',
        "periodic crystal",
    ),
    "prose.mol": (b"Dear reader,\n", "broken"),
    "any_bond.sdf": (
        N_TO_H.replace("  1  2  1", "  1  2  8").encode(),
        "one bond .* only searches",
    ),
    "either.mol": (N_TO_H.replace("  1  2  1", "  1  2  5").encode(), "choose an order"),
    "any_atom.sdf": (N_TO_H.replace(" N ", " A ").encode(), "one atom is a placeholder"),
    "list.sdf": (
        N_TO_H.replace(" N ", " L ").replace("M  END", "M  ALS   1  2 F N   P   \nM  END").encode(),
        "give each an element",
    ),
    "any_bond.smi": (b"C~C\n", "only searches use"),
    "binary.sdf": (b"\x00\x01" * 99, "not a text file"),
    "prose.pdb": (b"REMARK nothing here\n", "no ATOM"),
    "prose.mol2": (b"Dear reader,\n", "TRIPOS"),
    "valence.smi": (b"C(C)(C)(C)(C)C five\n", "valence for atom"),
    "unclosed.smi": (b"C1CC\n", "unclosed ring"),
    "header.smi": (b"SMILES name\n", "holds no molecule"),
    "unknown.qqq": (b"what is this?", "format of unknown.qqq is not known"),
    "noise.bin": (bytes(range(7, 200)) * 9, "not known"),
    "broken.cif": (b"data_x\nloop_\n_atom_site_label\n", "holds no molecule"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_that_a_bad_file_is_refused_in_one_clear_line(name: str, tmp_path: Path) -> None:
    content, words = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MoleculeError, match=words) as caught:
        read_structures(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_that_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MoleculeError, match="there is no file"):
        read_structures(tmp_path / "nothing.xyz")
    with pytest.raises(MoleculeError, match="is a folder"):
        read_structures(tmp_path)
    with pytest.raises(MoleculeError, match="can't be opened"):
        read_structures("nu\0ll.xyz")


def test_that_bad_input_leaves_the_screen_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.smi").write_text("C1CC\n")
    (tmp_path / "bad.mol").write_text("nonsense\n\n\nnonsense\n")
    for name in ("bad.smi", "bad.mol"):
        with pytest.raises(MoleculeError):
            read_structures(tmp_path / name)
    assert capfd.readouterr() == ("", "")


def test_that_a_plain_xyz_has_name_charge_and_bonds(tmp_path: Path) -> None:
    acetate = structure_from_smiles("CC(=O)[O-]")
    lines = [
        f"{s} {x} {y} {z}"
        for s, (x, y, z) in zip(acetate.symbols, acetate.positions.tolist(), strict=True)
    ]
    path = tmp_path / "a.xyz"
    path.write_text(f"{len(lines)}\nacetate ion charge=-1\n" + "\n".join(lines) + "\n")
    (read,) = read_structures(path)
    assert (read.name, read.charge) == ("acetate ion", -1)
    assert smiles_of(read) == "CC(=O)[O-]"


@pytest.mark.parametrize("charge", [0, -1])
def test_that_a_name_like_a_charge_stays_a_name(charge: int, tmp_path: Path) -> None:
    smiles = "CC(=O)[O-]" if charge else "CC(=O)O"
    named = structure_from_smiles(smiles).with_name("scan charge=2 frame")
    write_structures(tmp_path / "a.xyz", [named])
    (read,) = read_structures(tmp_path / "a.xyz")
    assert (read.name, read.charge) == (named.name, charge)


def test_that_several_frames_are_several_structures(tmp_path: Path) -> None:
    path = tmp_path / "two.xyz"
    path.write_text(f"3\nfirst\n{WATER}3\nsecond\n{WATER}\n\n")
    assert [s.name for s in read_structures(path)] == ["first", "second"]


@pytest.mark.parametrize(
    ("suffix", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)]
)
def test_that_a_compressed_file_keeps_all_its_molecules(
    tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    molecules = [structure_from_smiles(s, name=s) for s in ("C[NH+](C)C", "C[N+](=O)[O-]")]
    plain = tmp_path / "l.sdf"
    write_structures(plain, molecules)
    packed = tmp_path / f"l.SDF.{suffix}"
    packed.write_bytes(compress(plain.read_bytes()))
    read = read_structures(packed)
    assert read == read_structures(plain)
    assert [(s.name, s.charge, smiles_of(s)) for s in read] == [
        ("C[NH+](C)C", 1, "C[NH+](C)C"),
        ("C[N+](=O)[O-]", 0, "C[N+](=O)[O-]"),
    ]


def test_that_a_molecule_without_an_assignment_of_bond_orders_still_loads(tmp_path: Path) -> None:
    nitro = structure_from_smiles("CC(=O)[O-]")
    path = tmp_path / "no_charge.xyz"
    rows = zip(nitro.symbols, nitro.positions.tolist(), strict=True)
    body = "\n".join(f"{s} {x} {y} {z}" for s, (x, y, z) in rows)
    path.write_text(f"{len(nitro)}\nacetate, its charge forgotten\n{body}\n")
    (read,) = read_structures(path)
    assert np.array_equal(read.bonds, nitro.bonds)
    assert smiles_of(read) is None


@pytest.mark.timeout(60)
def test_that_large_and_odd_molecules_load_in_bounded_time(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for n in (250, 1500):
        body = "\n".join(
            f"{rng.choice(['C', 'N', 'S', 'P', 'Fe'])} {x} {y} {z}"
            for x, y, z in rng.uniform(0, (8 * n) ** (1 / 3), (n, 3))
        )
        path = tmp_path / f"{n}.xyz"
        path.write_text(f"{n}\nsoup\n{body}\n")
        assert len(read_structures(path)[0]) == n


def test_that_a_drawing_becomes_a_molecule_in_space_with_its_stereo(tmp_path: Path) -> None:
    drawing = Chem.MolFromSmiles("C[C@H](N)C(=O)O")
    drawing.SetProp("_Name", "L-alanine")
    path = tmp_path / "drawing.mol"
    Chem.MolToMolFile(drawing, str(path))
    (read,) = read_structures(path)
    assert (read.formula, read.name) == ("C3H7NO2", "L-alanine")
    assert smiles_of(read) == "C[C@H](N)C(=O)O"
    assert np.ptp(read.positions[:, 2]) > 1.0


def test_that_missing_hydrogens_are_added_and_the_other_atoms_stay(tmp_path: Path) -> None:
    full = structure_from_smiles("C[C@H](N)C(=O)O", seed=3)
    bare = Chem.RemoveHs(Chem.MolFromMolBlock(molblock_of(full)))
    path = tmp_path / "bare.sdf"
    path.write_text(Chem.MolToMolBlock(bare) + "$$$$\n")
    (read,) = read_structures(path)
    assert read.formula == full.formula
    assert np.allclose(read.positions[:6], full.positions[full.numbers > 1], atol=1e-4)
    assert smiles_of(read) == smiles_of(full)


def test_that_planar_molecules_keep_their_coordinates(tmp_path: Path) -> None:
    path = tmp_path / "water.sdf"
    water = structure_from_smiles("O")
    flat = water.with_positions(np.array([[0.0, 0.117, 0], [0.757, -0.47, 0], [-0.757, -0.47, 0]]))
    path.write_text(molblock_of(flat) + "$$$$\n")
    (read,) = read_structures(path)
    assert np.allclose(read.positions, flat.positions, atol=1e-4)


def test_that_a_pdb_without_hydrogens_and_orders_is_refused(tmp_path: Path) -> None:
    bare = Chem.RemoveHs(Chem.MolFromMolBlock(molblock_of(structure_from_smiles("c1ccccc1"))))
    path = tmp_path / "benzene.pdb"
    path.write_text(Chem.MolToPDBBlock(bare, flavor=2))
    with pytest.raises(MoleculeError, match="neither hydrogens nor bond orders"):
        read_structures(path)


def test_that_bond_orders_missing_in_a_pdb_are_perceived(tmp_path: Path) -> None:
    path = tmp_path / "benzene.pdb"
    benzene = Chem.MolFromMolBlock(molblock_of(structure_from_smiles("c1ccccc1")), removeHs=False)
    path.write_text(Chem.MolToPDBBlock(benzene, flavor=8))
    assert smiles_of(read_structures(path)[0]) == "c1ccccc1"


def test_that_what_else_ase_reads_is_read(tmp_path: Path) -> None:
    from ase import Atoms
    from ase.io import write

    ethanol = structure_from_smiles("CCO")
    atoms = Atoms(ethanol.numbers, ethanol.positions)
    atoms.center(vacuum=3.0)
    for name in ("ethanol.traj", "ethanol.gen", "ethanol.cube"):
        write(tmp_path / name, atoms)
        assert smiles_of(read_structures(tmp_path / name)[0]) == "CCO"


def test_that_a_box_around_a_molecule_is_no_crystal(tmp_path: Path) -> None:
    from ase import Atoms
    from ase.io import write

    ethanol = structure_from_smiles("CCO")
    atoms = Atoms(ethanol.numbers, ethanol.positions, pbc=True)
    atoms.center(vacuum=3.0)
    write(tmp_path / "boxed.extxyz", atoms)
    assert smiles_of(read_structures(tmp_path / "boxed.extxyz")[0]) == "CCO"


def test_that_a_list_of_smiles_is_read_with_names_and_without_its_header(tmp_path: Path) -> None:
    path = tmp_path / "list.smi"
    path.write_text("smiles name\nCCO ethyl alcohol\n\nO\n")
    assert [(s.formula, s.name) for s in read_structures(path)] == [
        ("C2H6O", "ethyl alcohol"),
        ("H2O", ""),
    ]


def test_that_bad_records_can_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "list.smi"
    path.write_text("CCO\nC1CC\nO\n")
    failures: list[int] = []
    good = list(iter_structures(path, on_error=lambda place, _: failures.append(place)))
    assert [s.formula for s in good] == ["C2H6O", "H2O"]
    assert failures == [1]
    with pytest.raises(MoleculeError, match="molecule 2"):
        read_structures(path)
