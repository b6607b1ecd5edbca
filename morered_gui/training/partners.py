"""Realistic distortions of equilibrium structures, from MMFF94: its minimum, and heat."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from morered_gui.chem.conformers import mmff94_minimum
from morered_gui.chem.perception import with_perceived_bonds
from morered_gui.chem.vibrations import thermal_displacements
from morered_gui.core import ExpectedError, Structure
from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.core.configuration import CONFIGURATION, claim_folder
from morered_gui.core.files import replacing
from morered_gui.core.geometry import rotation_onto
from morered_gui.training.batches import Batch
from morered_gui.training.dataset import EquilibriumSet

CHUNK = 5000
# Thermal displacements per molecule, drawn at this temperature (K); a combination of them with
# weights on the unit sphere is another draw.
N_THERMAL = 8
TEMPERATURE = 600.0


@dataclass(frozen=True, eq=False)
class Partners:
    """MMFF94 minima of some structures of a data set, laid upon their equilibria.

    Attributes:
        first: (M,) where the displacement of structure m begins in ``flat``; -1 for none.
        flat: (A, 3) displacement in Å from equilibrium to the minimum, superposed.
        heat: (A, N_THERMAL, 3) displacements in Å by heat at ``TEMPERATURE``.
    """

    first: IntArray
    flat: FloatArray
    heat: FloatArray

    def displacement(self, batch: Batch) -> tuple[FloatArray, BoolArray]:
        """To the minimum: [B, N, 3] in Å (0 where unknown or padding), and [B] where known."""
        place, use = flat_places(self.first, batch)
        return np.where(use[..., None], self.flat[place], 0.0), use.any(1)

    def minimum(self, data: EquilibriumSet, row: int) -> FloatArray:
        """(n, 3) Å, the minimum of a structure that has one, laid upon its equilibrium."""
        _, equilibrium = data.geometry(row)
        place = self.first[row]
        found: FloatArray = equilibrium + self.flat[place : place + len(equilibrium)]
        return found

    def thermal(
        self, batch: Batch, temperature: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        """By heat at temperatures [B] in K: [B, N, 3] in Å, 0 where unknown."""
        place, use = flat_places(self.first, batch)
        weights = rng.standard_normal((len(batch.rows), N_THERMAL))
        weights *= np.sqrt(temperature / TEMPERATURE / (weights**2).sum(1))[:, None]
        moved = np.einsum("bs,bnsc->bnc", weights, self.heat[place])
        return np.where(use[..., None], moved, 0.0)

    @classmethod
    def collect(cls, data: EquilibriumSet, folder: Path, largest: float = 1.0) -> Self:
        """Join the files that ``write_partners`` has written.

        A minimum further than ``largest`` (Å RMSD) from its equilibrium is another
        conformer, or another molecule, and is left out.

        Raises ExpectedError where there are none, or they are those of other structures.
        """
        files = sorted(folder.glob("*.npz"))
        if not files:
            raise ExpectedError(f"no MMFF94 minima in {folder}; run 'morered data partners'")
        if (folder / CONFIGURATION).exists():
            refuse_others(data, folder, "MMFF94 minima", "morered data partners")
        first = np.full(len(data), -1, dtype=np.int64)
        starts = data.starts
        flat: list[np.ndarray] = []
        heat: list[np.ndarray] = []
        n_kept = 0
        for file in files:
            with np.load(file, allow_pickle=False) as arrays:
                rows, minima, thermal = arrays["rows"], arrays["positions"], arrays["thermal"]
            ends = np.cumsum(data.n_atoms[rows])
            for row, end in zip(rows, ends, strict=True):
                n = data.n_atoms[row]
                equilibrium = data.positions[starts[row] : starts[row] + n].astype(np.float64)
                equilibrium -= equilibrium.mean(0)
                minimum = minima[end - n : end].astype(np.float64)
                rotation = rotation_onto(minimum, equilibrium)
                d = minimum @ rotation - equilibrium
                if np.sqrt((d**2).sum(-1).mean()) <= largest:
                    first[row] = n_kept
                    n_kept += n
                    flat.append(d)
                    heat.append(thermal[end - n : end] @ rotation.astype(np.float32))
        if not flat:
            raise ExpectedError(f"no MMFF94 minimum in {folder} is near its equilibrium")
        return cls(first, np.concatenate(flat), np.concatenate(heat))


def flat_places(first: IntArray, batch: Batch) -> tuple[IntArray, BoolArray]:
    """Rows of flat arrays [B, N] (0 where unknown), and where they are known.

    ``first`` (M,) says where structure m of the data set begins in them, -1 for nowhere.
    """
    begins = first[batch.rows]
    use = batch.real & (begins >= 0)[:, None]
    place = begins[:, None] + np.arange(batch.numbers.shape[1])
    return np.where(use, place, 0), use


def write_partners(
    data: EquilibriumSet,
    rows: IntArray,
    folder: Path,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Minimise structures by MMFF94 from their equilibrium, in files of 5,000 molecules.

    Files that are there already are kept, so that a stopped run goes on. Returns the number
    of molecules that have no minimum: no parameters, no bonds, or no convergence.

    Raises ExpectedError where the folder has those of other structures.
    """
    claim_folder(
        folder,
        {
            "structures": digest(data),
            "first_rows": hashlib.sha256(rows[:CHUNK].tobytes()).hexdigest(),
        },
    )
    n_failed = 0
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        path = folder / _file_name(start, len(chunk))
        if not path.exists():
            n_failed += _write_chunk(data, chunk, path)
        if progress is not None:
            progress(start + len(chunk))
    return n_failed


def _file_name(start: int, n_rows: int) -> str:
    """A last file that is not full is another one than that of a run that goes further.

    It sorts before that one, so that ``Partners.collect`` takes the full one where both are there.
    """
    return f"{start:07d}.npz" if n_rows == CHUNK else f"{start:07d}-{n_rows:04d}.npz"


def digest(data: EquilibriumSet) -> str:
    """What tells structures from others: of their positions."""
    return hashlib.sha256(data.positions.tobytes()).hexdigest()


def refuse_others(data: EquilibriumSet, folder: Path, what: str, command: str) -> None:
    """Raise ExpectedError where a folder has ``what`` of other structures; rows would be others."""
    claimed = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
    if claimed.get("structures") != digest(data):
        raise ExpectedError(
            f"{folder} holds the {what} of other structures than the training file's; "
            f"run '{command}' with that file and another folder"
        )


def _write_chunk(data: EquilibriumSet, rows: IntArray, path: Path) -> int:
    rng = np.random.default_rng(rows)
    found = [(row, parts) for row in rows if (parts := _distortions(data, int(row), rng))]
    minima = [minimum for _, (minimum, _) in found]
    thermal = [heat for _, (_, heat) in found]
    with replacing(path) as part:
        np.savez(
            part,
            rows=np.array([row for row, _ in found], dtype=np.int64),
            positions=np.concatenate(minima or [np.empty((0, 3), np.float32)]),
            thermal=np.concatenate(thermal or [np.empty((0, N_THERMAL, 3), np.float32)]),
        )
    return len(rows) - len(found)


def _distortions(
    data: EquilibriumSet, row: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """Minimum (n, 3) and thermal displacements (n, N_THERMAL, 3), Å, or None without a minimum.

    Single precision.
    """
    numbers, positions = data.geometry(row)
    structure = Structure(numbers, positions, charge=int(data.charge[row]))
    try:
        minimum = mmff94_minimum(with_perceived_bonds(structure)).centred()
        heat = thermal_displacements(minimum, TEMPERATURE, N_THERMAL, rng)
    except ExpectedError:  # counted by the caller
        return None
    return minimum.positions.astype(np.float32), heat.swapaxes(0, 1).astype(np.float32)
