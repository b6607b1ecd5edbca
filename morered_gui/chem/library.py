"""Libraries of molecules, read one record at a time: sdf, SMILES and CSV files.

A record is cut out of the file as text and built into a structure later, in another process if
need be.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.reading import SMILES_HEADERS, checked_file
from morered_gui.chem.reading_rdkit import structure_from_sdf
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core.structure import Structure

# Columns of a CSV file that name the molecule, the first that is there.
NAME_COLUMNS = ("name", "title", "id", "compound", "compound_id", "molecule", "chembl_id")
DELIMITERS = ",;\t|"
RECORD_END = "$$$$"


class RecordKind(StrEnum):
    """What the text of a record is."""

    SDF = "sdf"
    SMILES = "smiles"


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
        return structure_from_smiles(self.text, seed=seed, name=self.name)

    @property
    def fields(self) -> str:
        """The data fields of an sdf record, as they stand there."""
        lines = self.text.splitlines(keepends=True)
        starts = [k for k, line in enumerate(lines) if line.startswith(">")]
        if self.kind != RecordKind.SDF or not starts:
            return ""
        return "".join(lines[starts[0] :]).rstrip() + "\n\n"


def is_library(path: Path) -> bool:
    """Whether the file is of a kind that can be read record by record."""
    return path.suffix.lower() in _READERS


def iter_library(path: Path) -> Iterator[LibraryRecord]:
    """The records of a file, only one of them in memory at a time.

    Raises:
        MoleculeError: the file can't be opened, is of another kind, or lacks a SMILES column.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise MoleculeError(
            f"{path.name} can't be read record by record; choose one of {', '.join(_READERS)}"
        )
    file = checked_file(path)
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as lines:
            for number, (line, name, kind, text) in enumerate(reader(lines)):
                yield LibraryRecord(number, line, name, kind, text)
    except (OSError, csv.Error) as error:
        raise MoleculeError(f"{path} can't be read: {error}") from error
    except MoleculeError as error:
        raise MoleculeError(f"{path.name}: {error}") from error


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
    columns = [c.strip().lower() for c in next(csv.reader([header], delimiter=delimiter), [])]
    smiles = next((k for k, c in enumerate(columns) if c in SMILES_HEADERS), None)
    if smiles is None:
        raise MoleculeError("there is no column 'smiles'; name it in the first line")
    name = next((columns.index(c) for c in NAME_COLUMNS if c in columns), None)
    reader = csv.reader(lines, delimiter=delimiter)
    for row in reader:
        if any(cell.strip() for cell in row):
            named = row[name].strip() if name is not None and name < len(row) else ""
            text = row[smiles].strip() if smiles < len(row) else ""
            yield reader.line_num + 1, named, RecordKind.SMILES, text


_READERS: dict[str, Callable[[Iterator[str]], Iterator[_Cut]]] = {
    ".sdf": _sdf,
    ".sd": _sdf,
    ".smi": _smi,
    ".smiles": _smi,
    ".csv": _csv,
}
