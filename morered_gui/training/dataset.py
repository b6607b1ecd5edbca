"""The training file: equilibrium structures as flat arrays in one .npz without pickles."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from morered_gui.core import ExpectedError
from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.core.files import replacing

TEST_RESIDUE, VALIDATION_RESIDUE, MODULUS = 7, 8, 50
# An entry of ``meta``: whether each structure's atoms are those of its SMILES, hydrogens last.
ATOM_ORDER, SMILES_ORDER = "atom_order", "SMILES"


class Split(IntEnum):
    """Which part of the data a structure belongs to."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2


def split_of_index(index: IntArray) -> IntArray:
    """The fixed split: index mod 50 == 7 is test, == 8 validation, the rest training."""
    residue = np.asarray(index) % MODULUS
    split = np.full(residue.shape, Split.TRAIN, dtype=np.int64)
    split[residue == TEST_RESIDUE] = Split.TEST
    split[residue == VALIDATION_RESIDUE] = Split.VALIDATION
    return split


def hash_of(molecule: str) -> int:
    """Of the text that tells a molecule apart; the same on every machine."""
    return int.from_bytes(hashlib.blake2b(molecule.encode(), digest_size=8).digest())


def residue_of(molecule: str) -> int:
    """A hash in the place of ``index mod 50``: what tells the molecule decides its part."""
    return hash_of(molecule) % MODULUS


@dataclass(frozen=True, eq=False)
class EquilibriumSet:
    """M equilibrium structures with A atoms in all.

    Attributes:
        numbers: (A,) atomic numbers, uint8.
        positions: (A, 3) Å, float32, each structure centred.
        n_atoms: (M,) int32.
        index: (M,) int64, the structure's number in its source; it decides the split.
        charge: (M,) int8, e.
        smiles: (M,) byte strings, empty where unknown.
        meta: name, source and level of theory, as JSON keeps them.
    """

    numbers: np.ndarray
    positions: np.ndarray
    n_atoms: np.ndarray
    index: np.ndarray
    charge: np.ndarray
    smiles: np.ndarray
    meta: dict[str, Any]

    def __len__(self) -> int:
        return len(self.n_atoms)

    @cached_property
    def starts(self) -> IntArray:
        """(M,) where each structure's atoms begin."""
        return np.concatenate(([0], np.cumsum(self.n_atoms, dtype=np.int64)[:-1]))

    @property
    def split(self) -> IntArray:
        """(M,) of ``Split``."""
        return split_of_index(self.index)

    @property
    def elements(self) -> list[int]:
        """Atomic numbers that occur, sorted."""
        return [int(z) for z in np.unique(self.numbers)]

    def all_for(self, split: Split) -> Self:
        """The same structures, all of them in one part."""
        residue = {Split.TEST: TEST_RESIDUE, Split.VALIDATION: VALIDATION_RESIDUE}.get(split, 0)
        return replace(self, index=np.arange(len(self)) * MODULUS + residue)

    def members(self, split: Split) -> IntArray:
        """The rows of one part."""
        return np.flatnonzero(self.split == split)

    def shared(self, rows: IntArray, other: "EquilibriumSet") -> IntArray:
        """Those of the rows whose molecules, by their index, another set has too."""
        return rows[np.isin(self.index[rows], other.index)]

    def rows_of(self, index: IntArray) -> IntArray:
        """The rows of molecules by their index, in that order, without those that are not here."""
        order = np.argsort(self.index, kind="stable")
        places = np.searchsorted(self.index, index, sorter=order).clip(max=len(self) - 1)
        rows = order[places]
        return rows[self.index[rows] == index]

    def geometry(self, row: int) -> tuple[np.ndarray, FloatArray]:
        """Atomic numbers (n,) and positions (n, 3) in Å of one structure."""
        start = int(self.starts[row])
        stop = start + int(self.n_atoms[row])
        return self.numbers[start:stop], self.positions[start:stop].astype(np.float64)

    @classmethod
    def collect(cls, records: Iterable["Record"], meta: dict[str, Any]) -> Self:
        """Join records; raises ExpectedError where there are none."""
        rows = list(records)
        if not rows:
            raise ExpectedError("no equilibrium structure was found in the input")
        return cls(
            numbers=np.concatenate([r.numbers for r in rows]).astype(np.uint8),
            positions=np.concatenate([_centred(r.positions) for r in rows]).astype(np.float32),
            n_atoms=np.array([len(r.numbers) for r in rows], dtype=np.int32),
            index=np.array([r.index for r in rows], dtype=np.int64),
            charge=np.array([r.charge for r in rows], dtype=np.int8),
            smiles=np.array([r.smiles.encode() for r in rows], dtype=np.bytes_),
            meta=dict(meta),
        )

    def save(self, path: Path) -> None:
        """Write the file in one piece: a half-written one never bears the name."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part, part.open("wb") as file:  # numpy would lengthen the name
            np.savez(file, allow_pickle=False, **self.arrays())

    def arrays(self) -> dict[str, np.ndarray]:
        """What the file holds, by name."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return {"meta": np.array(json.dumps(self.meta)), **arrays}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a training file; raises ExpectedError where it is not one."""
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                arrays = {name: file[name] for name in _ARRAYS}
                return cls(**arrays, meta=json.loads(str(file["meta"])))
        except UNREADABLE as error:
            raise ExpectedError(
                f"{path} is not a training file ({error}); build one with 'morered data'"
            ) from error


# A TypeError comes of a single array (.npy), BadZipFile of a file that was cut off.
UNREADABLE = (KeyError, ValueError, OSError, EOFError, TypeError, zipfile.BadZipFile)
_ARRAYS = ("numbers", "positions", "n_atoms", "index", "charge", "smiles")


@dataclass(frozen=True, eq=False)
class Record:
    """One structure on its way into a set: numbers (n,), positions (n, 3) in Å."""

    numbers: np.ndarray
    positions: np.ndarray
    index: int
    charge: int = 0
    smiles: str = ""


def _centred(positions: np.ndarray) -> np.ndarray:
    return positions - positions.mean(0)


def rows_by_size(n_atoms: np.ndarray, n_sizes: int) -> Iterator[tuple[int, IntArray]]:
    """Sort structures into at most ``n_sizes`` padded sizes that waste the fewest pairs.

    Yields the padded size and the rows that it holds.
    """
    lower = 0
    for size in padded_sizes(n_atoms, n_sizes):
        yield size, np.flatnonzero((n_atoms > lower) & (n_atoms <= size))
        lower = size


def padded_sizes(n_atoms: np.ndarray, n_sizes: int) -> list[int]:
    """At most ``n_sizes`` numbers of atoms, rising, for which the padded pairs are the fewest.

    A partition of the sorted sizes by dynamic programming.
    """
    sizes, counts = np.unique(n_atoms, return_counts=True)
    pairs = sizes.astype(float) ** 2
    below = np.concatenate(([0.0], np.cumsum(counts)))  # structures of the sizes before each
    cost = pairs * below[1:]  # of the sizes up to each, with one padded size
    cuts: list[IntArray] = []  # for each further padded size: where the one before it ends
    for _ in range(min(n_sizes, len(sizes)) - 1):
        # [i, j]: padded up to size i as before, sizes i + 1 to j padded to that of j.
        both = cost[:, None] + np.triu(pairs * (below[1:] - below[1:, None]), 1)
        both[np.tril_indices(len(sizes))] = np.inf
        cuts.append(both.argmin(0))
        cost = np.minimum(cost, both.min(0))
    ends = [len(sizes) - 1]
    for cut in reversed(cuts):
        ends.append(int(cut[ends[-1]]))
    return [int(sizes[end]) for end in sorted(ends)]
