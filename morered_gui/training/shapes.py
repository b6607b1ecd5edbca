"""Several shapes off the equilibrium of each structure of a data set.

With MMFF94 minima alone a network learns by heart which way each molecule is displaced. Here the
same equilibria are approached from several sides (``chem/distortions.py``). Labels are the
equilibria, as ever.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from morered_gui.chem.distortions import Distortion, other_minimum, own_minimum, turned
from morered_gui.core import ExpectedError
from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.core.configuration import claim_folder
from morered_gui.core.files import replacing
from morered_gui.core.geometry import superpose
from morered_gui.training.batches import Batch
from morered_gui.training.chunks import Progress, RowChunk, make_missing, row_chunks
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.partners import digest, flat_places, refuse_others
from morered_gui.training.structures import loaded_once, structure_of

CHUNK = 500  # structures
# Of each structure, in this order.
KINDS: tuple[Distortion, ...] = (own_minimum, *[other_minimum] * 2, *[turned] * 3)
SHARES = np.array([2, 1, 1, 1, 1, 1]) / 7.0  # how often each is drawn
# Minima lie where they lie. What was turned lies anywhere already, and is not scaled on top.
SCALED = np.array([kind is not turned for kind in KINDS])
FARTHEST = 1.0  # Å RMSD; further away is another conformer


@dataclass(frozen=True, eq=False)
class Shapes:
    """Displacements from equilibrium to the shapes, superposed.

    Attributes:
        first: (M,) where structure m begins in ``flat``; -1 for none.
        flat: (K, A, 3) Å, half precision: 0.5 mÅ at an angstrom.
        near: (K, M), whether there is a shape, and of the same conformer.
    """

    first: IntArray
    flat: np.ndarray
    near: BoolArray

    def drawn(
        self, batch: Batch, rng: np.random.Generator
    ) -> tuple[FloatArray, BoolArray, BoolArray]:
        """One shape of each molecule, by ``SHARES``.

        Returns its displacement [B, N, 3] in Å (0 where there is none, and on padding), and [B]
        each: where there is one, and whether it may be scaled.
        """
        kind = rng.choice(len(KINDS), len(batch.rows), p=SHARES)
        known = self.near[kind, batch.rows]
        place, use = flat_places(self.first, batch)
        moved = self.flat[kind[:, None], place].astype(np.float64)
        return np.where((use & known[:, None])[..., None], moved, 0.0), known, SCALED[kind]

    @classmethod
    def collect(cls, data: EquilibriumSet, folder: Path) -> Self:
        """Join the files that ``make_shapes`` has written.

        Raises ExpectedError where there are none, or they are those of other structures.
        """
        files = sorted(folder.glob("chunk-*.npz"))
        if not files:
            raise ExpectedError(f"no shapes in {folder}; run 'morered data shapes'")
        refuse_others(data, folder, "shapes", "morered data shapes")
        rows, flat = [], []
        for file in files:
            with np.load(file, allow_pickle=False) as arrays:
                rows.append(arrays["rows"])
                flat.append(arrays["displacement"])
        if not sum(map(len, rows)):
            raise ExpectedError(f"MMFF94 knows none of the structures of {folder}")
        return cls._of(data, np.concatenate(rows), np.concatenate(flat, axis=1))

    @classmethod
    def _of(cls, data: EquilibriumSet, rows: IntArray, flat: np.ndarray) -> Self:
        n_atoms = data.n_atoms[rows].astype(np.int64)
        begins = np.cumsum(n_atoms) - n_atoms
        first = np.full(len(data), -1, dtype=np.int64)
        near = np.zeros((len(KINDS), len(data)), dtype=bool)
        squared = (flat.astype(np.float32) ** 2).sum(-1)
        size = np.sqrt(np.add.reduceat(squared, begins, axis=1) / n_atoms)
        first[rows], near[:, rows] = begins, size <= FARTHEST
        return cls(first, flat, near)


@dataclass(frozen=True, kw_only=True)
class Shaping:
    """What to make: of training structures of ``least_atoms`` and more in ``source``."""

    source: Path
    least_atoms: int
    seed: int


def make_shapes(task: Shaping, folder: Path, processes: int, progress: Progress) -> None:
    """Write what is missing in the folder; see ``make_missing``.

    Raises ExpectedError where the folder belongs to other work.
    """
    data = loaded_once(task.source)
    settings = {"least_atoms": task.least_atoms, "seed": task.seed}
    claim_folder(folder, {"structures": digest(data), **settings})
    rows = data.members(Split.TRAIN)
    rows = rows[data.n_atoms[rows] >= task.least_atoms]
    chunks = row_chunks(folder, rows.tolist(), task, CHUNK)
    make_missing(chunks, make_chunk, processes, progress)


def make_chunk(chunk: RowChunk[Shaping]) -> None:
    """The shapes of a chunk's structures; those that MMFF94 does not know are left out."""
    data = loaded_once(chunk.task.source)
    found = [(row, x) for row in chunk.rows if (x := _displacements(data, row, chunk.task.seed))]
    flat = [np.array(each, dtype=np.float16) for _, each in found]
    with replacing(chunk.path) as part:
        np.savez(
            part,
            rows=np.array([row for row, _ in found], dtype=np.int64),
            displacement=np.concatenate([np.empty((len(KINDS), 0, 3), np.float16), *flat], axis=1),
        )


def _displacements(data: EquilibriumSet, row: int, seed: int) -> list[FloatArray]:
    """(n, 3) in Å for each of ``KINDS``; none where MMFF94 has no parameters."""
    rng = np.random.default_rng([seed, row])
    try:
        structure = structure_of(data, row).centred()
        shapes = [distort(structure, rng) for distort in KINDS]
    except ExpectedError:
        return []
    equilibrium = structure.positions
    return [superpose(x, equilibrium) - equilibrium for x in shapes]
