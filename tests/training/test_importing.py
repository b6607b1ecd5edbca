"""Training files from a user's own structures."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rdkit import Chem

from morered_gui.chem import smiles_of, structure_from_smiles, write_structures
from morered_gui.core import ExpectedError, Structure
from morered_gui.training.dataset import EquilibriumSet, Split, residue_of, split_of_index
from morered_gui.training.identity import graph_key, keys_of, molecules_of, residues_of
from morered_gui.training.importing import Imported, import_structures

BOHR = 0.529177210903


def molecules() -> list[Structure]:
    return [structure_from_smiles(s) for s in ("CCO", "CC(=O)[O-]", "c1ccccc1")]


def database(path: Path, structures: list[Structure], *, unit: str | None) -> None:
    from ase import Atoms
    from ase.db import connect

    with connect(str(path)) as file:
        if unit is not None:
            file.metadata = {"_distance_unit": unit, "_property_unit_dict": {}}
        scale = BOHR if unit == "Bohr" else 1.0
        for s in structures:
            atoms = Atoms(s.numbers, s.positions / scale)
            file.write(atoms, data={"total_charge": np.array([float(s.charge)])})


@pytest.mark.parametrize("suffix", [".extxyz", ".sdf"])
def test_that_structures_charges_and_smiles_come_from_files(suffix: str, tmp_path: Path) -> None:
    write_structures(tmp_path / f"m{suffix}", molecules())
    made = import_structures([tmp_path / f"m{suffix}"], level_of_theory="ETKDG", name="three").data
    assert made.n_atoms.tolist() == [len(s) for s in molecules()]
    assert made.charge.tolist() == [0, -1, 0]
    assert made.smiles.tolist() == [b"CCO", b"CC(=O)[O-]", b"c1ccccc1"]
    assert (made.meta["name"], made.meta["level_of_theory"]) == ("three", "ETKDG")


@pytest.mark.parametrize("unit", [None, "Ang", "Bohr"])
def test_that_databases_of_ase_and_schnetpack_are_read_in_their_unit(
    unit: str | None, tmp_path: Path
) -> None:
    database(tmp_path / "m.db", molecules(), unit=unit)
    made = import_structures([tmp_path / "m.db"], level_of_theory="ETKDG", name="db").data
    for row, structure in enumerate(molecules()):
        numbers, positions = made.geometry(row)
        assert numbers.tolist() == structure.numbers.tolist()
        assert np.allclose(positions, structure.centred().positions, atol=1e-5)
    assert made.charge.tolist() == [0, -1, 0]
    assert made.smiles.tolist() == [b"CCO", b"CC(=O)[O-]", b"c1ccccc1"]


def test_that_a_database_is_known_by_capital_letters_too(tmp_path: Path) -> None:
    database(tmp_path / "m.db", molecules(), unit=None)
    (tmp_path / "m.db").rename(tmp_path / "M.DB")
    made = import_structures([tmp_path / "M.DB"], level_of_theory="ETKDG", name="db").data
    assert len(made) == 3


def test_that_a_charge_that_is_no_number_is_refused_with_its_row(tmp_path: Path) -> None:
    from ase import Atoms
    from ase.db import connect

    with connect(str(tmp_path / "m.db")) as file:
        file.write(Atoms("OH", [[0, 0, 0], [0, 0, 0.97]]), data={"charge": None})
    with pytest.raises(ExpectedError, match="row 1 of the database"):
        import_structures([tmp_path / "m.db"], level_of_theory="by hand", name="db")


def test_that_initial_charges_of_a_database_add_up_to_the_charge(tmp_path: Path) -> None:
    from ase import Atoms
    from ase.db import connect

    with connect(str(tmp_path / "m.db")) as file:
        for charges in ([-1.0, 0.0], [-0.3, 0.1]):
            file.write(Atoms("OH", [[0, 0, 0], [0, 0, 0.97]], charges=charges))
    made = import_structures([tmp_path / "m.db"], level_of_theory="by hand", name="db").data
    assert made.charge.tolist() == [-1, 0]


def imported(path: Path, structures: list[Structure], **options: Any) -> Imported:
    """By way of an extended xyz file."""
    write_structures(path / "m.extxyz", structures)
    return import_structures([path / "m.extxyz"], level_of_theory="ETKDG", name="test", **options)


def sides(made: Imported) -> list[Split]:
    return [Split(part) for part in made.data.split.tolist()]


def test_that_the_molecule_decides_the_part_whatever_its_order_and_geometry(
    tmp_path: Path,
) -> None:
    several = ["CCCCO", "C[C@H](O)CC", "C[C@@H](O)CC", "CC(=O)O", "CC(=O)[O-]", "c1ccccc1", "CCN"]
    more = [f"{'C' * n}{end}" for n in range(2, 12) for end in ("F", "OC", "C=O", "NC", "#N", "Cl")]
    smiles = [text for text in several + more if "C#" not in text]
    structures = [structure_from_smiles(text, seed=k) for k in (0, 1) for text in smiles]
    counts: list[int] = []
    one = imported(tmp_path, structures, progress=counts.append)
    other = imported(tmp_path, structures[::-1])
    assert sides(one) == sides(other)[::-1]
    assert sides(one)[: len(smiles)] == sides(one)[len(smiles) :]
    part = dict(zip(smiles, sides(one), strict=False))
    assert part["C[C@H](O)CC"] == part["C[C@@H](O)CC"]
    assert part["CC(=O)O"] == part["CC(=O)[O-]"]
    assert one.n_molecules == len(smiles) - 2 == sum(one.molecules.values())
    assert all(one.molecules.values()) and counts == list(range(1, len(structures) + 1))
    residue = residue_of(graph_key(Chem.MolFromSmiles("CCCCO")))  # as in the everyday data set
    assert one.data.index[0] % 50 == residue
    assert len({*one.data.index.tolist()}) == len(structures)
    one.data.save(tmp_path / "m.npz")
    assert EquilibriumSet.load(tmp_path / "m.npz").meta["split"] == one.data.meta["split"]


def test_that_geometries_with_and_without_known_bonds_are_one_molecule() -> None:
    # Orders are seen in one, in the others not; what is bonded is the same, or none is known.
    nitro = structure_from_smiles("C[N+](=O)[O-]")
    unsure = replace(nitro, orders=np.ones(len(nitro.bonds)), formal_charges=None)
    radical = replace(structure_from_smiles("CC"), charge=1)
    keys = [keys_of(s, smiles_of(s)) for s in (nitro, unsure, radical)]
    assert [len(each) for each in keys] == [2, 1, 1]
    names = molecules_of(keys)
    assert names[0] == names[1] == "C[N+](=O)[O-]" != names[2]
    assert molecules_of(keys[::-1]) == names[::-1]
    cloud = replace(radical, bonds=np.empty((0, 2), int), orders=np.empty(0), formal_charges=None)
    assert molecules_of([keys_of(cloud, None)]) == ["C2H6"]


def test_that_structures_are_one_molecule_by_way_of_others() -> None:
    ion, other, third, alone = (0, "CC"), (1, "x"), (1, "y"), (1, "z")
    assert molecules_of([[other], [ion, third], [third], [ion, other], [alone]]) == [
        *["CC"] * 4,
        "z",
    ]


@pytest.mark.parametrize(("n", "parts"), [(1, 1), (2, 2), (3, 3), (30, 3)])
def test_that_a_few_molecules_have_a_training_part_and_each_other_one(n: int, parts: int) -> None:
    residues = residues_of(f"x{k}" for k in range(n))
    assert len({*split_of_index(np.array(list(residues.values()))).tolist()}) == parts
    assert (9 in residues.values()) == (n > 3)
    if n == 30:
        moved = [k for k, residue in residues.items() if residue != residue_of(k)]
        assert len(moved) < 4 and residues_of([*residues][::-1]) == residues


def test_that_one_molecule_can_only_be_trained_on(tmp_path: Path) -> None:
    made = imported(tmp_path, [structure_from_smiles("O")] * 60)
    assert len(made.data.members(made.data.split[0])) == 60 and made.n_molecules == 1


def with_words(path: Path, words: list[str | None]) -> Path:
    """The molecules with a field 'split' each."""
    structures = [structure_from_smiles("C" * (1 + k)) for k in range(len(words))]
    write_structures(path, structures)
    lines = path.read_text().splitlines()
    heads = [k for k, line in enumerate(lines) if "Properties=" in line]
    for k, word in zip(heads, words, strict=True):
        lines[k] += "" if word is None else f" split={word}"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_that_a_split_of_the_files_goes_first(tmp_path: Path) -> None:
    file = with_words(tmp_path / "m.extxyz", ["train", '"valid"', "test", "Training", "val"])
    made = import_structures([file], level_of_theory="ETKDG", name="own")
    train, validation, test = Split
    assert sides(made) == [train, validation, test, train, validation]
    assert "'split'" in made.data.meta["split"]
    again = import_structures([file], level_of_theory="ETKDG", name="own", by_molecule=True)
    assert again.data.index.tolist() != made.data.index.tolist()
    assert again.data.meta["split"].startswith("by molecule")


def test_that_a_split_field_of_an_sdf_file_counts_too(tmp_path: Path) -> None:
    file = tmp_path / "m.sdf"
    write_structures(file, [structure_from_smiles("C" * k) for k in (1, 2, 3)])
    first, *rest = file.read_text().split("$$$$\n")
    fields = [f">  <split>  ({k})\n{word}\n\n" for k, word in enumerate(("test", "train"))]
    records = [first + fields[0], rest[0] + fields[1], rest[1] + ">  <split>\nval\n\n", ""]
    file.write_text("$$$$\n".join(records))
    made = import_structures([file], level_of_theory="ETKDG", name="own")
    assert sides(made) == [Split.TEST, Split.TRAIN, Split.VALIDATION]


def test_that_a_split_of_a_database_counts_too(tmp_path: Path) -> None:
    from ase.build import molecule
    from ase.db import connect

    with connect(str(tmp_path / "m.db")) as file:
        for name, word in (("CH4", "test"), ("H2O", "train")):
            file.write(molecule(name), split=word)
    made = import_structures([tmp_path / "m.db"], level_of_theory="by hand", name="db")
    assert sides(made) == [Split.TEST, Split.TRAIN]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", None], "structure 2 says nothing, others do"),
        (["train", "fold3"], "structure 2 says 'fold3'"),
    ],
)
def test_that_words_that_are_no_parts_are_refused(
    words: list[str | None], said: str, tmp_path: Path
) -> None:
    file = with_words(tmp_path / "m.extxyz", words)
    with pytest.raises(ExpectedError, match=said):
        import_structures([file], level_of_theory="ETKDG", name="own")


def test_that_a_split_file_of_schnetpack_decides(tmp_path: Path) -> None:
    np.savez(tmp_path / "s.npz", train_idx=[3, 0], val_idx=[1], test_idx=np.array([], dtype=int))
    structures = [structure_from_smiles(text) for text in ("C", "CC", "CO", "CC")]
    made = imported(tmp_path, structures, split=tmp_path / "s.npz")
    assert sides(made) == [Split.TRAIN, Split.VALIDATION, Split.TRAIN]
    assert made.data.smiles.tolist() == [b"C", b"CC", b"CC"] and made.n_left_out == 1
    # Ethane is on both sides: that is told, not mended.
    assert made.n_molecules == 2 and sum(made.molecules.values()) == 3


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"train_idx": [0]}, "no split file"),
        ({"train_idx": [0], "val_idx": [7], "test_idx": [1]}, "structure 7"),
        ({"train_idx": [0], "val_idx": [0], "test_idx": [1]}, "structure 0, counted from 0, twice"),
        ({"train_idx": ["a"], "val_idx": [0], "test_idx": [1]}, "no whole numbers"),
    ],
)
def test_that_a_split_file_that_does_not_fit_is_refused(
    arrays: dict[str, Any], said: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "s.npz", **arrays)
    structures = [structure_from_smiles(text) for text in ("C", "CC")]
    with pytest.raises(ExpectedError, match=said):
        imported(tmp_path, structures, split=tmp_path / "s.npz")


def test_that_a_charge_that_the_file_can_not_hold_is_refused(tmp_path: Path) -> None:
    iodine = Structure(np.full(4, 53), np.eye(4, 3) * 9.0, charge=130)
    with pytest.raises(ExpectedError, match=r"structure 1 has a charge of \+130"):
        imported(tmp_path, [iodine])


def test_that_unusable_input_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, " * 20)
    database(tmp_path / "feet.db", molecules(), unit="feet")
    for paths, words in (
        ([], "at least one file"),
        ([tmp_path / "missing.db"], "there is no file"),
        ([tmp_path / "text.db"], "no ASE database"),
        ([tmp_path / "feet.db"], "feet"),
    ):
        with pytest.raises(ExpectedError, match=words):
            import_structures(paths, level_of_theory="x", name="x")
    with pytest.raises(ExpectedError, match="level of theory"):
        import_structures([tmp_path / "feet.db"], level_of_theory=" ", name="x")
