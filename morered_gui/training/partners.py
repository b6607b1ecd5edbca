"""Realistic distortions: the MMFF94 minimum nearest to each equilibrium structure."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from morered_gui.chem.conformers import mmff94_minimum
from morered_gui.chem.perception import with_perceived_bonds
from morered_gui.core import ExpectedError, Structure
from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.core.geometry import superpose
from morered_gui.training.batches import Batch
from morered_gui.training.dataset import EquilibriumSet

CHUNK = 5000


@dataclass(frozen=True, eq=False)
class Partners:
    """MMFF94 minima of some structures of a data set, laid upon their equilibria.

    Attributes:
        first: (M,) where the displacement of structure m begins in ``flat``; -1 for none.
        flat: (A, 3) displacement in Å from equilibrium to the minimum, superposed.
    """

    first: IntArray
    flat: FloatArray

    def displacement(self, batch: Batch) -> tuple[FloatArray, BoolArray]:
        """[B, N, 3] in Å (0 where unknown or padding), and [B] where known."""
        first = self.first[batch.rows]
        known = first >= 0
        place = np.maximum(first, 0)[:, None] + np.arange(batch.numbers.shape[1])
        use = batch.real & known[:, None]
        d = self.flat[np.where(use, place, 0)]
        return np.where(use[..., None], d, 0.0), known

    @classmethod
    def collect(cls, data: EquilibriumSet, folder: Path, largest: float = 1.0) -> Self:
        """Join the files that ``write_partners`` has written.

        A minimum further than ``largest`` (Å RMSD) from its equilibrium is another
        conformer, or another molecule, and is left out.
        """
        files = sorted(folder.glob("*.npz"))
        if not files:
            raise ExpectedError(f"no MMFF94 minima in {folder}; run 'morered data partners'")
        first = np.full(len(data), -1, dtype=np.int64)
        starts = data.starts
        parts: list[np.ndarray] = []
        n_kept = 0
        for file in files:
            with np.load(file, allow_pickle=False) as arrays:
                rows, flat = arrays["rows"], arrays["positions"]
            ends = np.cumsum(data.n_atoms[rows])
            for row, end in zip(rows, ends, strict=True):
                n = data.n_atoms[row]
                equilibrium = data.positions[starts[row] : starts[row] + n].astype(np.float64)
                minimum = flat[end - n : end].astype(np.float64)
                d = superpose(minimum, equilibrium) - equilibrium
                if np.sqrt((d**2).sum(-1).mean()) <= largest:
                    first[row] = n_kept
                    n_kept += len(d)
                    parts.append(d)
        return cls(first, np.concatenate(parts))


def write_partners(
    data: EquilibriumSet,
    rows: IntArray,
    folder: Path,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Minimise structures by MMFF94 from their equilibrium, in files of 5,000 molecules.

    Files that are there already are kept, so that a stopped run goes on. Returns the number
    of molecules that have no minimum: no parameters, no bonds, or no convergence.
    """
    folder.mkdir(parents=True, exist_ok=True)
    n_failed = 0
    for start in range(0, len(rows), CHUNK):
        path = folder / f"{start:07d}.npz"
        chunk = rows[start : start + CHUNK]
        if not path.exists():
            n_failed += _write_chunk(data, chunk, path)
        if progress is not None:
            progress(start + len(chunk))
    return n_failed


def _write_chunk(data: EquilibriumSet, rows: IntArray, path: Path) -> int:
    minima = [(row, minimum) for row in rows if (minimum := _minimum(data, int(row))) is not None]
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(
            file,
            rows=np.array([row for row, _ in minima], dtype=np.int64),
            positions=np.concatenate([m for _, m in minima] or [np.empty((0, 3))]),
        )
    part.replace(path)
    return len(rows) - len(minima)


def _minimum(data: EquilibriumSet, row: int) -> np.ndarray | None:
    """(n, 3) in Å, single precision; None where there is none."""
    numbers, positions = data.geometry(row)
    structure = Structure(numbers, positions, charge=int(data.charge[row]))
    try:
        minimum = mmff94_minimum(with_perceived_bonds(structure))
    except ExpectedError:  # counted by the caller
        return None
    return minimum.centred().positions.astype(np.float32)
