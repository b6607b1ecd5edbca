"""Molecules from files, in any format that people have."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.reading_ase import ase_structures
from morered_gui.chem.reading_rdkit import mol2_records, pdb_records, sdf_info, sdf_records
from morered_gui.chem.reading_xyz import xyz_info, xyz_records
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core.structure import Structure

Build = Callable[[], Structure]
"""One record of a file, cut out but not yet interpreted; raises MoleculeError when it can't be."""

OnError = Callable[[int, MoleculeError], None]
"""Told the record's place in the file, from 0, and what is wrong with it."""

SMILES_HEADERS = frozenset({"smiles", "canonical_smiles", "isosmiles"})

_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
# Besides OSError these come of a compressed file that is cut off or no such thing.
READING_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError)


def read_structures(path: Path | str) -> list[Structure]:
    """All molecules of a file, in its order.

    xyz, extxyz, mol, sdf, mol2, pdb and smi are told by the suffix; everything else goes to
    ASE. A text file may be compressed (``library.sdf.gz``; gz, bz2, xz). Bonds are kept where
    the file has them (mol, sdf, mol2, pdb, and extxyz written here) and perceived where not.
    Missing hydrogens are added, and coordinates built for drawings in two dimensions (see
    ``reading_rdkit``).

    Raises:
        MoleculeError: any reason for which the file is no use, in one line.
    """
    structures = list(iter_structures(path))
    if not structures:
        raise MoleculeError(f"{Path(path).name} holds no molecule; check that it is the right file")
    return structures


def iter_structures(path: Path | str, on_error: OnError | None = None) -> Iterator[Structure]:
    """The molecules of a file one after another; only one record is in memory at a time.

    Args:
        path: as for ``read_structures``.
        on_error: is told of records that can't be used, which are then left out; without it
            the first of them raises.

    Raises:
        MoleculeError: the file can't be opened, or a record is broken and ``on_error`` is None.
    """
    file = checked_file(Path(path))
    for place, build in enumerate(_records(file)):
        try:
            yield build()
        except MoleculeError as error:
            if on_error is None:
                raise MoleculeError(f"{file.name}, molecule {place + 1}: {error}") from error
            on_error(place, error)


def iter_info(path: Path | str, key: str) -> Iterator[str | None]:
    """What each molecule of an extended xyz or sdf file says of a key; None for nothing.

    Other formats have no such fields. Raises MoleculeError as ``iter_structures`` does.
    """
    file = checked_file(Path(path))
    records = _TEXT_FORMATS.get(unpacked(file).suffix.lower())
    if records is None or records not in _INFO:
        return
    with _lines_of(file) as lines:
        yield from _INFO[records](lines, key)


def checked_file(path: Path) -> Path:
    """The path itself, if there is a file with something in it; else MoleculeError."""
    try:
        is_folder = path.is_dir()
        head = b"" if is_folder else _first_bytes(path)
    except FileNotFoundError as error:
        raise MoleculeError(f"there is no file {path}; check the name") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise MoleculeError(f"{path} can't be opened: {_why(error)}") from error
    if is_folder:
        raise MoleculeError(f"{path} is a folder; name a file in it")
    if not head:
        raise MoleculeError(f"{path.name} is empty")
    if path.suffix.lower() in _TEXT_FORMATS and b"\0" in head:
        raise MoleculeError(f"{path.name} is not a text file, whatever its name says")
    return path


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def unpacked(path: Path) -> Path:
    """The path without the suffix of a compression: what is left tells the format."""
    return path.with_suffix("") if path.suffix.lower() in _OPENERS else path


def open_text(path: Path) -> IO[str]:
    """Open a text file, compressed or not; reading raises any of ``READING_ERRORS``.

    A byte that is no UTF-8 can only be in a name: it becomes a question mark.
    """
    opener = _OPENERS.get(path.suffix.lower(), Path.open)
    lines: IO[str] = opener(path, "rt", encoding="utf-8-sig", errors="replace")
    return lines


def _records(path: Path) -> Iterator[Build]:
    text = _TEXT_FORMATS.get(unpacked(path).suffix.lower())
    if text is None:
        yield from ase_structures(path)
        return
    with _lines_of(path) as lines:
        yield from text(lines)


@contextmanager
def _lines_of(path: Path) -> Iterator[IO[str]]:
    """As ``open_text``; what goes wrong while it is read becomes a MoleculeError."""
    try:
        with open_text(path) as lines:
            yield lines
    except READING_ERRORS as error:
        raise MoleculeError(f"{path} can't be read: {_why(error)}") from error
    except MoleculeError as error:
        raise MoleculeError(f"{path.name}: {error}") from error


def _smi_records(lines: Iterator[str]) -> Iterator[Build]:
    """One SMILES a line, then an optional name; a line with the heading "smiles" is skipped."""
    for k, line in enumerate(lines):
        words = line.split(maxsplit=1)
        if not words or (k == 0 and words[0].lower() in SMILES_HEADERS):
            continue
        name = words[1].strip() if len(words) > 1 else ""
        yield partial(structure_from_smiles, words[0], name=name)


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


Records = Callable[[Iterator[str]], Iterator[Build]]
_TEXT_FORMATS: dict[str, Records] = {
    ".xyz": xyz_records,
    ".extxyz": xyz_records,
    ".mol": sdf_records,
    ".sdf": sdf_records,
    ".sd": sdf_records,
    ".mol2": mol2_records,
    ".pdb": pdb_records,
    ".ent": pdb_records,
    ".smi": _smi_records,
    ".smiles": _smi_records,
}
_INFO: dict[Records, Callable[[Iterator[str], str], Iterator[str | None]]] = {
    xyz_records: xyz_info,
    sdf_records: sdf_info,
}
