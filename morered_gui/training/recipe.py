"""How training inputs are made from equilibrium structures, and what is asked of the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.diffusion.config import NetworkKind
from morered_gui.diffusion.network import Output
from morered_gui.diffusion.process import DiffusionProcess, centred
from morered_gui.training.batches import Batch


@dataclass(frozen=True, eq=False)
class Example:
    """Network input and targets of a batch.

    Attributes:
        batch: the equilibrium structures.
        positions: [B, N, 3] Å, what the network sees.
        noise: [B, N, 3] the noise in it, dimensionless.
        time: [B] its time step, normalised to [0, 1].
        generation: how many of the network's own moves led here; 0 for none.
    """

    batch: Batch
    positions: FloatArray
    noise: FloatArray
    time: FloatArray
    generation: int = 0


class Losses(NamedTuple):
    """Weighted sum, and its parts by name; a head that the network lacks counts 0."""

    total: Tensor
    parts: Mapping[str, Tensor]


class Recipe(Protocol):
    """Makes examples, judges the network's answers, and may learn from them."""

    def example(self, batch: Batch, rng: np.random.Generator) -> Example:
        """Input and targets for a batch; it may put the batch off for another one."""
        ...

    def losses(self, output: Output, example: Example, tensors: "ExampleTensors") -> Losses:
        """What to minimise."""
        ...


class ExampleTensors(NamedTuple):
    """An example on the device, single precision; shapes as in ``Example``."""

    numbers: Tensor
    positions: Tensor
    noise: Tensor
    time: Tensor

    @classmethod
    def of(cls, example: Example, device: torch.device) -> "ExampleTensors":
        """Copy to the device."""
        arrays = (example.positions, example.noise, example.time)
        numbers = torch.as_tensor(example.batch.numbers).to(device)
        return cls(numbers, *(torch.as_tensor(a, dtype=torch.float32).to(device) for a in arrays))


def diffused(
    process: DiffusionProcess, batch: Batch, t: IntArray, rng: np.random.Generator
) -> Example:
    """A batch at the time steps t [B]."""
    noise = centred(rng.standard_normal(batch.positions.shape), batch.real)
    x_t = process.diffuse(batch.positions, t, noise)
    return Example(batch, x_t, noise, process.schedule.normalised(t))


@dataclass(frozen=True)
class GaussianRecipe:
    """Forward diffusion at random time steps; mean squared errors of noise and time.

    Kahouli et al. 2024, sections 2.2 and 2.3: uniform time steps; the loss of a joint
    network is 0.9 of noise and 0.1 of time.

    Attributes:
        early_fraction: share of the time steps drawn below ``early_steps`` (0 in the paper).
        time_weight: weight of the time loss of a joint network.
    """

    process: DiffusionProcess
    early_fraction: float = 0.0
    early_steps: int = 250
    time_weight: float = 0.1

    def example(self, batch: Batch, rng: np.random.Generator) -> Example:
        """A diffused batch."""
        n_steps = self.process.schedule.n_steps
        early = rng.random(len(batch.rows)) < self.early_fraction
        t = rng.integers(0, np.where(early, min(self.early_steps, n_steps), n_steps))
        return diffused(self.process, batch, t, rng)

    def losses(self, output: Output, example: Example, tensors: ExampleTensors) -> Losses:
        """Means over atoms and coordinates."""
        real = (tensors.numbers > 0).to(tensors.positions.dtype)
        n_atoms = real.sum()
        noise = time = torch.zeros((), device=real.device)
        if output.noise is not None:
            noise = ((output.noise - tensors.noise) ** 2).sum() / (3.0 * n_atoms)
        if output.time is not None:
            time = time_loss(output.time, tensors)
        return denoising_losses(output, noise, time, self.time_weight)


def time_loss(time: Tensor, tensors: ExampleTensors) -> Tensor:
    """Mean squared error of the per-atom times [B, N]."""
    real = (tensors.numbers > 0).to(time.dtype)
    return ((time - tensors.time[:, None]) ** 2 * real).sum() / real.sum()


def denoising_losses(output: Output, noise: Tensor, time: Tensor, time_weight: float) -> Losses:
    """The joint loss; for a single head its own loss."""
    parts = {"noise": noise, "time": time}
    if output.noise is None or output.time is None:
        return Losses(noise + time, parts)
    return Losses((1.0 - time_weight) * noise + time_weight * time, parts)


def fed_time(kind: NetworkKind, tensors: ExampleTensors) -> Tensor | None:
    """The time that a network of this kind is given: only a noise network is."""
    return tensors.time if kind == NetworkKind.NOISE else None
