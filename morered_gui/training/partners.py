"""Realistic distortions: the MMFF94 minimum nearest to each equilibrium structure."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.core.geometry import superpose
from morered_gui.training.batches import Batch
from morered_gui.training.dataset import EquilibriumSet


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
    def collect(cls, data: EquilibriumSet, files: list[Path], largest: float = 1.0) -> Self:
        """Join files of ``rows`` and ``positions``.

        A minimum further than ``largest`` (Å RMSD) from its equilibrium is another
        conformer, or another molecule, and is left out.
        """
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
