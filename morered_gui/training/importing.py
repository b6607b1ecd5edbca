"""A training file from somebody's own equilibrium structures."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np

from morered_gui.chem import MoleculeError, iter_structures, smiles_of
from morered_gui.chem.perception import with_perceived_bonds
from morered_gui.chem.reading import checked_file, iter_info
from morered_gui.chem.reading_ase import summed_charge
from morered_gui.core import ExpectedError, Structure
from morered_gui.training.dataset import (
    MODULUS,
    TEST_RESIDUE,
    VALIDATION_RESIDUE,
    EquilibriumSet,
    Record,
    Split,
    split_of_index,
)
from morered_gui.training.identity import Key, keys_of, molecules_of, residues_of
from morered_gui.training.own_split import SPLIT_KEY, split_of_file, split_of_words

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
LARGEST_CHARGE = 127  # that the training file can hold
BY_MOLECULE = "by molecule, a hash of its neutral SMILES without stereo"
# Of the parts that somebody else has chosen: the number that stands for each.
RESIDUES = {
    Split.TRAIN: 0,
    Split.VALIDATION: VALIDATION_RESIDUE,
    Split.TEST: TEST_RESIDUE,
}

Progress = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Imported:
    """A training file, and what came of the files that it was made of.

    Attributes:
        molecules: how many different ones have a structure in each part.
        n_molecules: how many there are; fewer than the sum where a part shares one with another.
        n_left_out: structures that the files' own split has in no part.
    """

    data: EquilibriumSet
    molecules: dict[Split, int]
    n_molecules: int
    n_left_out: int = 0


@dataclass(frozen=True, eq=False)
class _Found:
    """A structure as it was read: its molecule's keys, and its part by the file itself."""

    record: Record
    keys: list[Key]
    word: str | None


def import_structures(
    paths: Sequence[Path | str],
    *,
    level_of_theory: str,
    name: str,
    split: Path | None = None,
    by_molecule: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Collect equilibrium structures from any files that the program reads, and ASE databases.

    The molecule decides the part, by a hash of its neutral SMILES without stereo where its bonds
    are known (``identity.keys_of``): conformers, ions and stereoisomers are on the same side.
    A split of the files' own, or one in a file, goes before that.

    Args:
        paths: files; .db is an ASE or SchNetPack database (SQLite), the rest goes through
            ``chem.iter_structures``.
        level_of_theory: what the geometries are minima of, kept with the data.
        name: of the data set.
        split: a split file of SchNetPack (.npz), which numbers the structures over all files.
        by_molecule: pass over the split that the files bring along.
        progress: is told the number of structures read so far.

    Raises:
        ExpectedError: no file, none with a structure, one that can't be read, or a split that
            does not fit.
    """
    files = [Path(path) for path in paths]
    _check(files, level_of_theory, split, by_molecule)
    found = list(_read(files, progress))
    parts, said = _own_parts(found, split, by_molecule)
    molecules = molecules_of(each.keys for each in found)
    kept = [k for k in range(len(found)) if parts is None or parts[k] is not None]
    records = _numbered(found, molecules, parts, kept)
    meta = {
        "name": name,
        "level_of_theory": level_of_theory,
        "source": "imported from " + ", ".join(file.name for file in files),
        "split": said,
    }
    data = EquilibriumSet.collect(records, meta)
    different = {part: {molecules[kept[row]] for row in data.members(part)} for part in Split}
    counts = {part: len(names) for part, names in different.items()}
    return Imported(data, counts, len(set().union(*different.values())), len(found) - len(kept))


def _check(
    files: Sequence[Path], level_of_theory: str, split: Path | None, by_molecule: bool
) -> None:
    if not files:
        raise ExpectedError("name at least one file with equilibrium structures")
    if not level_of_theory.strip():
        raise ExpectedError("name the level of theory of the structures, such as GFN2-xTB")
    if split is not None and by_molecule:
        raise ExpectedError("give either --split or --by-molecule")


def _own_parts(
    found: Sequence[_Found], split: Path | None, by_molecule: bool
) -> tuple[list[Split | None] | None, str]:
    """The part of each structure by a split that somebody made, None for no part; and its name.

    No parts at all where the molecule decides.
    """
    if split is not None:
        return split_of_file(split, len(found)), f"as {split.name} has it"
    words = [each.word for each in found]
    if by_molecule or not any(words):
        return None, BY_MOLECULE
    return split_of_words(words), f"as the files have it ('{SPLIT_KEY}')"


def _numbered(
    found: Sequence[_Found],
    molecules: Sequence[str],
    parts: Sequence[Split | None] | None,
    kept: Iterable[int],
) -> Iterator[Record]:
    """The records with an index of their own, whose remainder is that of their part."""
    residues = residues_of(molecules)
    for k in kept:
        residue, part = residues[molecules[k]], None if parts is None else parts[k]
        if part is not None and split_of_index(np.array(residue)) != part:
            residue = RESIDUES[part]
        yield replace(found[k].record, index=MODULUS * k + residue)


def _read(files: Sequence[Path], progress: Progress | None) -> Iterator[_Found]:
    structures = (s for file in files for s in _structures(file))
    for number, (structure, word) in enumerate(structures, start=1):
        charge = structure.charge
        if abs(charge) > LARGEST_CHARGE:
            raise ExpectedError(f"structure {number} has a charge of {charge:+d}; correct it")
        smiles = smiles_of(structure)
        record = Record(
            structure.numbers, structure.positions, index=number, charge=charge, smiles=smiles or ""
        )
        yield _Found(record, keys_of(structure, smiles), word)
        if progress is not None:
            progress(number)


def _structures(file: Path) -> Iterator[tuple[Structure, str | None]]:
    """Each structure with what the file says of its part."""
    if file.suffix.lower() in DATABASES:
        return _database(checked_file(file))
    words = chain(iter_info(file, SPLIT_KEY), repeat(None))
    return zip(iter_structures(file), words, strict=False)


def _database(file: Path) -> Iterator[tuple[Structure, str | None]]:
    from ase.db import connect

    try:
        # ASE itself knows the kind by ".db" in small letters only.
        database = connect(str(file), type="db", use_lock_file=False)  # type: ignore[no-untyped-call]
        scale = _scale(database.metadata, file)
        for row in database.select():
            word = row.key_value_pairs.get(SPLIT_KEY)
            yield _row(row, scale), None if word is None else str(word)
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
    """One row of a database, with perceived bonds."""
    try:
        return with_perceived_bonds(
            Structure(
                row.numbers,
                np.asarray(row.positions) * scale,
                charge=_charge(row),
                name=str(row.get("name", "")),
            )
        )
    except (ValueError, TypeError) as error:
        raise MoleculeError(f"row {row.id} of the database: {error}") from error


def _charge(row: Any) -> int:
    for source in (row.key_value_pairs, row.data):
        for key in CHARGE_KEYS:
            if key in source:
                return round(float(np.asarray(source[key]).sum()))
    return summed_charge(row.get("initial_charges", 0.0))
