"""Libraries read record by record."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from morered_gui.chem import (
    MoleculeError,
    read_structures,
    structure_from_smiles,
    write_structures,
)
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
    assert (first.name, second.name, second.fields()) == ("CCO", "O", "")
    assert second.line == first.text.count("\n") + 2
    again = tmp_path / "again.sdf"
    again.write_text(sdf_record(first.build(), {"t": 1}, first.fields()))
    text = again.read_text()
    assert text.count(">  <IC50>\n3.5\n\n") == 1 and text.count(">  <t>\n1\n\n") == 1
    assert text.endswith("$$$$\n")


def test_that_data_fields_are_told_from_titles_and_values(tmp_path: Path) -> None:
    path = tmp_path / "l.sdf"
    fields = ">  <IC50> (7)\n>50\nnM\n\n>  <t>\n3\n\n>  <empty>\n\n"
    path.write_text(sdf_record(structure_from_smiles("O", name=">CHEMBL25"), {}, fields))
    (record,) = iter_library(path)
    assert (record.name, record.fields()) == (">CHEMBL25", fields)
    assert record.fields(without=("t", "IC")) == fields.replace(">  <t>\n3\n\n", "")


def test_that_a_compressed_library_is_read_like_a_plain_one(tmp_path: Path) -> None:
    for name, text in (("l.csv", "smiles,id\nCCO,a\nO,b\n"), ("l.smi", "CCO a\nO b\n")):
        path = tmp_path / f"{name}.gz"
        path.write_bytes(gzip.compress(text.encode()))
        assert [(r.name, r.text) for r in iter_library(path)] == [("a", "CCO"), ("b", "O")]
        path.write_bytes(path.read_bytes()[:-12])
        with pytest.raises(MoleculeError, match="gz can't be read"):
            list(iter_library(path))


def test_that_blanks_behind_a_comma_do_not_cut_a_quoted_name(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text('id, "name", smiles\n1, "phenol, pure", Oc1ccccc1\n', encoding="utf-8")
    (record,) = iter_library(path)
    assert (record.name, record.text) == ("phenol, pure", "Oc1ccccc1")


def test_that_a_csv_with_an_unclosed_quotation_mark_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    for rows in ('"a,CCO\nb,O\nc,C\n', '"a,CCO\nb,O\n"c",C\n'):
        path.write_text(f"name,smiles\nz,N\n{rows}")
        with pytest.raises(MoleculeError, match=r"line 3 has a quotation mark"):
            list(iter_library(path))


def test_that_a_row_of_several_lines_is_named_by_its_first(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text('name,smiles\n"a\n""b""",CCO\nc,O\n')
    assert [(r.line, r.name) for r in iter_library(path)] == [(2, 'a\n"b"'), (4, "c")]


def test_that_a_smiles_file_skips_its_heading_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "l.smi"
    path.write_text("smiles name\n\nCC one two\nO\n")
    assert [(r.line, r.text, r.name) for r in iter_library(path)] == [
        (3, "CC", "one two"),
        (4, "O", ""),
    ]


def test_that_other_files_are_refused(tmp_path: Path) -> None:
    write_structures(tmp_path / "l.pdb", [structure_from_smiles("O")])
    with pytest.raises(MoleculeError, match="record by record"):
        list(iter_library(tmp_path / "l.pdb"))


@pytest.mark.parametrize("suffix", ["xyz", "extxyz"])
def test_that_frames_of_xyz_files_are_records(suffix: str, tmp_path: Path) -> None:
    ions = [
        structure_from_smiles("C[NH3+]").with_name("methylammonium"),
        structure_from_smiles("[OH-]").with_name(""),
    ]
    path = tmp_path / f"l.{suffix}"
    write_structures(path, ions)
    records = list(iter_library(path))
    assert [(r.number, r.line, r.name) for r in records] == [(0, 1, "methylammonium"), (1, 11, "")]
    for record, read in zip(records, read_structures(path), strict=True):
        built = record.build()
        assert built.charge == read.charge != 0
        assert built.name == read.name
        np.testing.assert_array_equal(built.positions, read.positions)
        assert built.bonds is not None and read.bonds is not None


def test_that_an_xyz_file_that_is_cut_off_is_said(tmp_path: Path) -> None:
    path = tmp_path / "l.xyz"
    path.write_text("1\nhelium\nHe 0 0 0\n2\nhydrogen\nH 0 0 0\n")
    with pytest.raises(MoleculeError, match=r"l\.xyz: the file ends after 1 of 2 atoms"):
        list(iter_library(path))
