"""What a training has learnt from, so that after a pause it validates on nothing of that."""

import hashlib
from pathlib import Path

import numpy as np

from morered_gui.core import ExpectedError
from morered_gui.core.arrays import IntArray
from morered_gui.core.files import replacing
from morered_gui.training.dataset import EquilibriumSet

LEARNT_FILE = "learnt.npy"


def note_learnt(folder: Path, data: EquilibriumSet, learnt: IntArray, kept: IntArray) -> None:
    """Add the rows ``learnt`` to those that the training in this folder has learnt from.

    Raises ExpectedError where a row of ``kept``, which are not to be learnt from, is among the
    structures noted before: the training file was made anew by other rules.
    """
    path = folder / LEARNT_FILE
    before = np.load(path, allow_pickle=False) if path.exists() else np.empty(0, np.uint64)
    now, others = _fingerprints(data, learnt), _fingerprints(data, kept)
    n_known = int((np.isin(others, before) & ~np.isin(others, now)).sum())
    if n_known:
        raise ExpectedError(
            f"the training in {folder} has learnt from {n_known} of the structures that are kept "
            "to validate and test it now; name another folder (--runs), or delete it"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("wb") as file:
        np.save(file, np.union1d(before, now), allow_pickle=False)


def _fingerprints(data: EquilibriumSet, rows: IntArray) -> np.ndarray:
    """A number (uint64) for each structure's atoms and positions."""
    found = []
    for row in rows:
        numbers, positions = data.geometry(row)
        content = numbers.tobytes() + positions.tobytes()
        found.append(hashlib.blake2b(content, digest_size=8).digest())
    return np.frombuffer(b"".join(found), dtype=np.uint64)
