"""Libraries of molecules, one record at a time: sdf, SMILES, CSV and xyz files, also compressed.

A record is cut out of the file as text and built into a structure later, in another process if
need be.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.reading import (
    READING_ERRORS,
    SMILES_HEADERS,
    checked_file,
    open_text,
    unpacked,
)
from morered_gui.chem.reading_rdkit import structure_from_sdf
from morered_gui.chem.reading_xyz import structure_from_xyz, xyz_frames
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core.structure import Structure

# Columns of a CSV file that name the molecule, the first that is there.
NAME_COLUMNS = ("name", "title", "id", "compound", "compound_id", "molecule", "chembl_id")
DELIMITERS = ",;\t|"
RECORD_END = "$$$$"
_MOLECULE_END = "\nM  END"
_NEXT_FIELD = re.compile(r"\n[ \t]*\n(?=>)")  # a value may hold lines that begin with '>'
_FIELD_NAME = re.compile(r">[^<\n]*<([^>\n]*)>")


class RecordKind(StrEnum):
    """What the text of a record is."""

    SDF = "sdf"
    SMILES = "smiles"
    XYZ = "xyz"


@dataclass(frozen=True)
class LibraryRecord:
    """One molecule of a file, not yet interpreted.

    Attributes:
        number: its place in the file, from 0.
        line: where it begins, from 1.
        name: may be empty.
        kind: what ``text`` is.
        text: the record.
    """

    number: int
    line: int
    name: str
    kind: RecordKind
    text: str

    def build(self, seed: int = 0) -> Structure:
        """The molecule in space, see ``chem.reading``; raises MoleculeError.

        ``seed`` is that of the embedding of a SMILES.
        """
        if self.kind == RecordKind.SDF:
            return structure_from_sdf(self.text)
        if self.kind == RecordKind.XYZ:
            return structure_from_xyz(self.text)
        return structure_from_smiles(self.text, seed=seed, name=self.name)

    def fields(self, without: Collection[str] = ()) -> str:
        """The data fields of an sdf record as they stand there, but for those of some names."""
        if self.kind != RecordKind.SDF:
            return ""
        data = self.text.partition(_MOLECULE_END)[2].partition("\n")[2]
        found = [field.strip() for field in _NEXT_FIELD.split(data)]
        return "".join(
            f"{field}\n\n"
            for field in found
            if field.startswith(">") and _name_of_field(field) not in without
        )


def _name_of_field(field: str) -> str:
    name = _FIELD_NAME.match(field)
    return name.group(1).strip() if name else ""


def is_library(path: Path) -> bool:
    """Whether the file is of a kind that can be read record by record."""
    return unpacked(path).suffix.lower() in _READERS


def is_csv(path: Path) -> bool:
    """Whether the file can be read in no other way than record by record."""
    return unpacked(path).suffix.lower() == ".csv"


def iter_library(path: Path) -> Iterator[LibraryRecord]:
    """The records of a file, only one of them in memory at a time.

    Raises:
        MoleculeError: the file can't be opened, is of another kind, lacks a SMILES column, or
            has a quotation mark that is not closed.
    """
    reader = _READERS.get(unpacked(path).suffix.lower())
    if reader is None:
        raise MoleculeError(
            f"{path.name} can't be read record by record; choose one of {', '.join(_READERS)}"
        )
    file = checked_file(path)
    try:
        with open_text(file) as lines:
            for number, (line, name, kind, text) in enumerate(reader(lines)):
                yield LibraryRecord(number, line, name, kind, text)
    except (*READING_ERRORS, csv.Error) as error:
        raise MoleculeError(f"{path} can't be read: {error}") from error
    except MoleculeError as error:
        raise MoleculeError(f"{path.name}: {error}") from error


def record_at(path: Path, number: int) -> LibraryRecord:
    """A record by its place in the file, from 0.

    Raises MoleculeError as ``iter_library`` does, and where the file has fewer.
    """
    record = next(islice(iter_library(path), number, None), None)
    if record is None:
        raise MoleculeError(f"{path.name} has no molecule {number + 1} any more")
    return record


_Cut = tuple[int, str, RecordKind, str]


def _sdf(lines: Iterator[str]) -> Iterator[_Cut]:
    block: list[str] = []
    first = 1
    for k, line in enumerate(lines, start=1):
        if line.startswith(RECORD_END):
            yield first, block[0].strip() if block else "", RecordKind.SDF, "".join(block)
            block, first = [], k + 1
        else:
            block.append(line)
    if "".join(block).strip():
        yield first, block[0].strip(), RecordKind.SDF, "".join(block)


def _smi(lines: Iterator[str]) -> Iterator[_Cut]:
    for k, line in enumerate(lines, start=1):
        words = line.split(maxsplit=1)
        if not words or (k == 1 and words[0].lower() in SMILES_HEADERS):
            continue
        yield k, words[1].strip() if len(words) > 1 else "", RecordKind.SMILES, words[0]


def _csv(lines: Iterator[str]) -> Iterator[_Cut]:
    header = next(lines, "")
    delimiter = max(DELIMITERS, key=header.count)
    heading = csv.reader([header], delimiter=delimiter, skipinitialspace=True)
    columns = [c.strip().lower() for c in next(heading, [])]
    smiles = next((k for k, c in enumerate(columns) if c in SMILES_HEADERS), None)
    if smiles is None:
        raise MoleculeError("there is no column 'smiles'; name it in the first line")
    name = next((columns.index(c) for c in NAME_COLUMNS if c in columns), None)
    for line, row in _rows(lines, delimiter):
        if any(cell.strip() for cell in row):
            named = row[name].strip() if name is not None and name < len(row) else ""
            text = row[smiles].strip() if smiles < len(row) else ""
            yield line, named, RecordKind.SMILES, text


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows below the heading, and the lines where they begin.

    Strict: a quotation mark that nobody closes would make one cell of all rows up to the next.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    line = 2
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 2
    except csv.Error as error:
        raise MoleculeError(
            f"the row in line {line} has a quotation mark that is not closed, or closed too early "
            f"({error}); one inside a cell is written twice"
        ) from error


def _xyz(lines: Iterator[str]) -> Iterator[_Cut]:
    for frame in xyz_frames(lines):
        yield frame.line, frame.name, RecordKind.XYZ, frame.text


_READERS: dict[str, Callable[[Iterator[str]], Iterator[_Cut]]] = {
    ".sdf": _sdf,
    ".sd": _sdf,
    ".smi": _smi,
    ".smiles": _smi,
    ".csv": _csv,
    ".xyz": _xyz,
    ".extxyz": _xyz,
}
LIBRARY_SUFFIXES = tuple(_READERS)
