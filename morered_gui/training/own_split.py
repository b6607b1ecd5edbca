"""Splits that somebody else has made: SchNetPack's files, and words in the files themselves."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from morered_gui.core import ExpectedError
from morered_gui.training.dataset import UNREADABLE, Split

SPLIT_KEY = "split"  # of a structure in an extended xyz file or a database
WORDS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
}
# Of SchNetPack's split files.
ARRAYS = {"train_idx": Split.TRAIN, "val_idx": Split.VALIDATION, "test_idx": Split.TEST}


def split_of_words(words: Sequence[str | None]) -> list[Split | None]:
    """The part of each structure by a word; raises ExpectedError where it is none of ``WORDS``."""
    parts: list[Split | None] = []
    for number, word in enumerate(words, start=1):
        if (word or "").lower() not in WORDS:
            says = f"says '{word}'" if word else "says nothing, others do"
            raise ExpectedError(
                f"structure {number} {says} of its {SPLIT_KEY}, which is train, validation or "
                "test; correct it, or take --by-molecule"
            )
        parts.append(WORDS[(word or "").lower()])
    return parts


def split_of_file(path: Path, n_structures: int) -> list[Split | None]:
    """The part of each structure by a split file of SchNetPack; None for none of its parts.

    Raises ExpectedError where the file is another one, or does not fit the structures.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in ARRAYS}
    except UNREADABLE as error:
        raise ExpectedError(
            f"{path} is no split file ({error}); SchNetPack writes train_idx, val_idx, test_idx"
        ) from error
    parts: list[Split | None] = [None] * n_structures
    for name, rows in arrays.items():
        if rows.size and rows.dtype.kind not in "iu":
            raise ExpectedError(f"{name} of {path} are no whole numbers")
        for row in rows.ravel().tolist():
            _put(parts, int(row), ARRAYS[name], path)
    return parts


def _put(parts: list[Split | None], row: int, part: Split, path: Path) -> None:
    if not 0 <= row < len(parts):
        raise ExpectedError(
            f"{path} has a structure {row}, counted from 0, of {len(parts)}; it is of other files"
        )
    if parts[row] is not None:
        raise ExpectedError(f"{path} has structure {row}, counted from 0, twice")
    parts[row] = part
