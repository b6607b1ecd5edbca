"""Training files from a user's own structures."""

from pathlib import Path

import numpy as np
import pytest

from morered_gui.chem import structure_from_smiles, write_structures
from morered_gui.core import ExpectedError, Structure
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.importing import import_structures

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
    made = import_structures([tmp_path / f"m{suffix}"], level_of_theory="ETKDG", name="three")
    assert made.n_atoms.tolist() == [len(s) for s in molecules()]
    assert made.charge.tolist() == [0, -1, 0]
    assert made.smiles.tolist() == [b"CCO", b"CC(=O)[O-]", b"c1ccccc1"]
    assert (made.meta["name"], made.meta["level_of_theory"]) == ("three", "ETKDG")


@pytest.mark.parametrize("unit", [None, "Ang", "Bohr"])
def test_that_databases_of_ase_and_schnetpack_are_read_in_their_unit(
    unit: str | None, tmp_path: Path
) -> None:
    database(tmp_path / "m.db", molecules(), unit=unit)
    made = import_structures([tmp_path / "m.db"], level_of_theory="ETKDG", name="db")
    for row, structure in enumerate(molecules()):
        numbers, positions = made.geometry(row)
        assert numbers.tolist() == structure.numbers.tolist()
        assert np.allclose(positions, structure.centred().positions, atol=1e-5)
    assert made.charge.tolist() == [0, -1, 0]


def test_that_a_database_is_known_by_capital_letters_too(tmp_path: Path) -> None:
    database(tmp_path / "m.db", molecules(), unit=None)
    (tmp_path / "m.db").rename(tmp_path / "M.DB")
    made = import_structures([tmp_path / "M.DB"], level_of_theory="ETKDG", name="db")
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
    made = import_structures([tmp_path / "m.db"], level_of_theory="by hand", name="db")
    assert made.charge.tolist() == [-1, 0]


def test_that_the_running_number_over_all_files_decides_the_split(tmp_path: Path) -> None:
    water = structure_from_smiles("O")
    write_structures(tmp_path / "a.extxyz", [water] * 6)
    write_structures(tmp_path / "b.extxyz", [water] * 6)
    counts: list[int] = []
    made = import_structures(
        [tmp_path / "a.extxyz", tmp_path / "b.extxyz"],
        level_of_theory="ETKDG",
        name="water",
        progress=counts.append,
    )
    assert made.index.tolist() == list(range(12))
    assert counts == list(range(1, 13))
    assert made.members(Split.TEST).tolist() == [7]
    assert made.members(Split.VALIDATION).tolist() == [8]
    made.save(tmp_path / "water.npz")
    assert len(EquilibriumSet.load(tmp_path / "water.npz")) == 12


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
