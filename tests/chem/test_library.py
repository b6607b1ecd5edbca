"""Libraries read record by record."""

from pathlib import Path

import pytest

from morered_gui.chem import MoleculeError, structure_from_smiles, write_structures
from morered_gui.chem.library import iter_library
from morered_gui.chem.writing import sdf_record


def test_that_a_csv_gives_names_and_lines_whatever_its_delimiter(tmp_path: Path) -> None:
    for delimiter in ",;\t":
        path = tmp_path / "l.csv"
        rows = [("ID", "mass", "SMILES"), ("a", "1", "CCO"), ("", "", ""), ("b", "2", "C(")]
        path.write_text("\n".join(delimiter.join(row) for row in rows) + "\n")
        records = list(iter_library(path))
        assert [(r.number, r.line, r.name, r.text) for r in records] == [
            (0, 2, "a", "CCO"),
            (1, 4, "b", "C("),
        ]
        assert records[0].build().formula == "C2H6O"
        with pytest.raises(MoleculeError):
            records[1].build()


def test_that_a_csv_without_a_smiles_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("id,mass\na,1\n")
    with pytest.raises(MoleculeError, match="column 'smiles'"):
        list(iter_library(path))


def test_that_an_sdf_keeps_its_data_fields(tmp_path: Path) -> None:
    path = tmp_path / "l.sdf"
    ethanol, water = (structure_from_smiles(s, name=s) for s in ("CCO", "O"))
    path.write_text(sdf_record(ethanol, {"IC50": 3.5}) + sdf_record(water, {}))
    first, second = iter_library(path)
    assert (first.name, second.name, second.fields) == ("CCO", "O", "")
    assert second.line == first.text.count("\n") + 2
    again = tmp_path / "again.sdf"
    again.write_text(sdf_record(first.build(), {"t": 1}, first.fields))
    text = again.read_text()
    assert text.count(">  <IC50>\n3.5\n\n") == 1 and text.count(">  <t>\n1\n\n") == 1
    assert text.endswith("$$$$\n")


def test_that_a_smiles_file_skips_its_heading_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "l.smi"
    path.write_text("smiles name\n\nCC one two\nO\n")
    assert [(r.line, r.text, r.name) for r in iter_library(path)] == [
        (3, "CC", "one two"),
        (4, "O", ""),
    ]


def test_that_other_files_are_refused(tmp_path: Path) -> None:
    write_structures(tmp_path / "l.xyz", [structure_from_smiles("O")])
    with pytest.raises(MoleculeError, match="record by record"):
        list(iter_library(tmp_path / "l.xyz"))
