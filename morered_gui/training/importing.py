"""A training file from somebody's own equilibrium structures."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from morered_gui.chem import MoleculeError, iter_structures, smiles_of
from morered_gui.chem.reading import checked_file
from morered_gui.chem.reading_ase import summed_charge
from morered_gui.core import ExpectedError, Structure
from morered_gui.training.dataset import EquilibriumSet, Record

DATABASES = frozenset({".db"})
# Lengths in Å; the names as ASE and SchNetPack write them.
UNITS = {
    "ang": 1.0,
    "angstrom": 1.0,
    "a": 1.0,
    "å": 1.0,
    "bohr": 0.529177210903,
    "nm": 10.0,
    "nanometer": 10.0,
}
CHARGE_KEYS = ("charge", "total_charge")

Progress = Callable[[int], None]


def import_structures(
    paths: Sequence[Path | str],
    *,
    level_of_theory: str,
    name: str,
    progress: Progress | None = None,
) -> EquilibriumSet:
    """Collect equilibrium structures from any files that the program reads, and ASE databases.

    The running number over all files becomes the index, which decides the split. The same
    files in the same order therefore give the same split.

    Args:
        paths: files; .db is an ASE or SchNetPack database (SQLite), the rest goes through
            ``chem.iter_structures``.
        level_of_theory: what the geometries are minima of, kept with the data.
        name: of the data set.
        progress: is told the number of structures read so far.

    Raises:
        ExpectedError: no file, none with a structure, or one that can't be read.
    """
    if not paths:
        raise ExpectedError("name at least one file with equilibrium structures")
    if not level_of_theory.strip():
        raise ExpectedError("name the level of theory of the structures, such as GFN2-xTB")
    files = [Path(path) for path in paths]
    meta = {
        "name": name,
        "level_of_theory": level_of_theory,
        "source": "imported from " + ", ".join(file.name for file in files),
    }
    return EquilibriumSet.collect(_records(files, progress), meta)


def _records(files: Sequence[Path], progress: Progress | None) -> Iterator[Record]:
    structures = (s for file in files for s in _structures(file))
    for index, structure in enumerate(structures):
        yield Record(
            structure.numbers,
            structure.positions,
            index=index,
            charge=structure.charge,
            smiles=smiles_of(structure) or "",
        )
        if progress is not None:
            progress(index + 1)


def _structures(file: Path) -> Iterator[Structure]:
    if file.suffix.lower() in DATABASES:
        return _database(checked_file(file))
    return iter_structures(file)


def _database(file: Path) -> Iterator[Structure]:
    from ase.db import connect

    try:
        # ASE itself knows the kind by ".db" in small letters only.
        database = connect(str(file), type="db", use_lock_file=False)  # type: ignore[no-untyped-call]
        scale = _scale(database.metadata, file)
        for row in database.select():
            yield _row(row, scale)
    except (sqlite3.Error, OSError, KeyError, UnicodeDecodeError) as error:
        raise MoleculeError(f"{file.name} is no ASE database: {error}") from error


def _scale(metadata: dict[str, Any], file: Path) -> float:
    """From the database's unit of length to Å; ASE's own databases are in Å."""
    unit = str(metadata.get("_distance_unit", "ang")).strip()
    try:
        return UNITS[unit.lower()]
    except KeyError:
        raise MoleculeError(
            f"{file.name} gives lengths in '{unit}', which is not known; use Ang or Bohr"
        ) from None


def _row(row: Any, scale: float) -> Structure:
    """One row of a database. Bonds aren't looked for: the training knows none."""
    try:
        return Structure(
            row.numbers,
            np.asarray(row.positions) * scale,
            charge=_charge(row),
            name=str(row.get("name", "")),
        )
    except (ValueError, TypeError) as error:
        raise MoleculeError(f"row {row.id} of the database: {error}") from error


def _charge(row: Any) -> int:
    for source in (row.key_value_pairs, row.data):
        for key in CHARGE_KEYS:
            if key in source:
                return round(float(np.asarray(source[key]).sum()))
    return summed_charge(row.get("initial_charges", 0.0))
