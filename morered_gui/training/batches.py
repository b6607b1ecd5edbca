"""Padded batches of equilibrium structures, a few sizes of each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.training.dataset import EquilibriumSet, rows_by_size


@dataclass(frozen=True, eq=False)
class Batch:
    """B structures padded to N atoms: numbers [B, N], positions x_0 [B, N, 3] in Å.

    ``rows`` [B] are their places in the data set.
    """

    rows: IntArray
    numbers: IntArray
    positions: FloatArray

    @property
    def real(self) -> BoolArray:
        """[B, N], False on padding."""
        return self.numbers > 0


def pad(data: EquilibriumSet, rows: IntArray, size: int) -> Batch:
    """Take structures out of the set, each padded to ``size`` atoms."""
    places, real = places_of(data, rows, size)
    numbers = np.where(real, data.numbers[places], 0).astype(np.int64)
    return Batch(rows, numbers, np.where(real[..., None], data.positions[places], 0.0))


def places_of(data: EquilibriumSet, rows: IntArray, size: int) -> tuple[IntArray, BoolArray]:
    """Where the atoms of structures lie in the flat arrays [B, N], and which are no padding."""
    place = np.arange(size)[None]
    real = place < data.n_atoms[rows][:, None]
    return np.where(real, data.starts[rows][:, None] + place, 0), real


class BatchStream:
    """An endless stream of full training batches in an order that the seed decides.

    Structures of N atoms come up in proportion to N^``size_power``, N being the padded size.
    """

    def __init__(
        self,
        data: EquilibriumSet,
        rows: IntArray,
        batch_size: int,
        n_sizes: int,
        size_power: float = 0.0,
    ) -> None:
        self.data = data
        self.batch_size = batch_size
        self.size_power = size_power
        self._groups = [
            (size, rows[members]) for size, members in rows_by_size(data.n_atoms[rows], n_sizes)
        ]
        self.sizes = [size for size, _ in self._groups]

    def __call__(self, rng: np.random.Generator) -> Iterator[Batch]:
        """Each epoch visits those of the smallest padded size about once; sizes in random order."""
        while True:
            plan = [
                (size, chunk)
                for size, rows in self._groups
                for chunk in self._full_chunks(rng.permutation(rows), size)
            ]
            for k in rng.permutation(len(plan)):
                size, chunk = plan[k]
                yield pad(self.data, chunk, size)

    def _full_chunks(self, rows: IntArray, size: int) -> IntArray:
        """[n, batch size]; a remainder is left out, a small group is repeated to fill one."""
        weight = (size / self.sizes[0]) ** self.size_power
        n = max(1, int(weight * len(rows)) // self.batch_size)
        return np.resize(rows, n * self.batch_size).reshape(n, self.batch_size)
