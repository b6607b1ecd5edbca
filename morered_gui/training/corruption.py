"""How training inputs are made from equilibrium structures."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.diffusion.process import DiffusionProcess, centred
from morered_gui.training.batches import Batch


@dataclass(frozen=True, eq=False)
class Corrupted:
    """Network input and targets: x_t [B, N, 3] in Å, noise [B, N, 3], time [B] in [0, 1]."""

    positions: FloatArray
    noise: FloatArray
    time: FloatArray


class Corruption(Protocol):
    """Turns a batch of equilibrium structures into training input."""

    def __call__(self, batch: Batch, rng: np.random.Generator) -> Corrupted: ...


@dataclass(frozen=True)
class GaussianCorruption:
    """Forward diffusion at random time steps (Kahouli et al. 2024, section 2.2)."""

    process: DiffusionProcess
    early_fraction: float
    early_steps: int

    def __call__(self, batch: Batch, rng: np.random.Generator) -> Corrupted:
        t = self._steps(len(batch.numbers), rng)
        return diffused(self.process, batch, t, rng)

    def _steps(self, n: int, rng: np.random.Generator) -> IntArray:
        n_steps = self.process.schedule.n_steps
        early = rng.random(n) < self.early_fraction
        return rng.integers(0, np.where(early, min(self.early_steps, n_steps), n_steps))


def diffused(
    process: DiffusionProcess, batch: Batch, t: IntArray, rng: np.random.Generator
) -> Corrupted:
    """A batch at the time steps t [B]."""
    noise = centred(rng.standard_normal(batch.positions.shape), batch.real)
    x_t = process.diffuse(batch.positions, t, noise)
    return Corrupted(x_t, noise, process.schedule.normalised(t))
