"""What a force field is trained for: energies and forces of disturbed structures."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from morered_gui.core import ExpectedError
from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.diffusion.config import NetworkConfig
from morered_gui.diffusion.energy import EnergyNetwork, rounded_references
from morered_gui.training.batches import Batch, BatchStream, pad, places_of
from morered_gui.training.labels import Kind, LabelledSet
from morered_gui.training.recipe import Losses

# Errors beyond this count by their size and no longer by its square: eV, and eV/Å.
HUBER = 1.0
BATCH_SIZE = 64  # of the validation
SEED = 9  # of its choice of structures


class LabelTensors(NamedTuple):
    """A batch with its labels on a device: numbers and real [B, N], energy [B], forces [B, N, 3].

    Energies are relative to the references of the network.
    """

    numbers: Tensor
    positions: Tensor
    energy: Tensor
    forces: Tensor
    real: Tensor


@dataclass(frozen=True)
class ForceMatching:
    """See ``loop.Objective``.

    The loss is that of the forces, per component, and by ``energy_weight`` that of the energy of
    each molecule (0.01 in Schütt et al. 2021), both Huber: structures that are far from any minimum
    have large forces.
    """

    network: NetworkConfig
    labels: LabelledSet
    rows: IntArray
    stream: BatchStream
    energy_weight: float
    n_validation: int

    def __post_init__(self) -> None:
        if not len(self.labels.validation_rows):
            raise ExpectedError(
                "the labels have no molecule with index mod 50 == 9 to validate with; label more"
            )

    def make_network(self) -> EnergyNetwork:
        """New weights, with references fitted to the training structures."""
        network = EnergyNetwork(self.network)
        network.set_references(self.references)
        return network

    def batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        return self.stream(rng)

    def losses(
        self, network: Any, batch: Batch, rng: np.random.Generator, device: torch.device
    ) -> Losses:
        tensors = self._tensors(batch, device)
        energy, forces = network(tensors.numbers, tensors.positions)
        e = functional.huber_loss(energy, tensors.energy, delta=HUBER)
        f = functional.huber_loss(forces, tensors.forces, delta=HUBER, reduction="sum")
        f = f / (3.0 * tensors.real.sum())  # padding has no force and no error
        weight = self.energy_weight
        return Losses((1.0 - weight) * f + weight * e, {"energy": e, "force": f})

    def validate(self, network: Any, device: torch.device) -> dict[str, float]:
        """Mean absolute errors of held-out molecules: energy in eV, forces in eV/Å, by kind too."""
        rows = self.labels.validation_rows
        rows = np.random.default_rng(SEED).permutation(rows)[: self.n_validation]
        found = [self._errors(network, part, device) for part in _parts(rows)]
        energy, force = (np.concatenate(errors) for errors in zip(*found, strict=True))
        figures = {"energy_mae": float(energy.mean()), "force_mae": float(force.mean())}
        for kind in Kind:
            here = self.labels.kind[rows] == kind
            if here.any():
                figures[f"force_mae_{kind.name.lower()}"] = float(force[here].mean())
        return figures

    @cached_property
    def references(self) -> FloatArray:
        """Energies of the elements (Z + 1,) in eV that explain the training energies best."""
        data = self.labels.structures
        counts = np.zeros((len(data), self.network.max_atomic_number + 1))
        np.add.at(counts, (np.repeat(np.arange(len(data)), data.n_atoms), data.numbers), 1.0)
        energies, *_ = np.linalg.lstsq(counts[self.rows], self.labels.energy[self.rows])
        return rounded_references(energies)

    def _tensors(self, batch: Batch, device: torch.device) -> LabelTensors:
        places, real = places_of(self.labels.structures, batch.rows, batch.numbers.shape[1])
        forces = np.where(real[..., None], self.labels.forces[places], 0.0)
        energy = self.labels.energy[batch.rows] - self.references[batch.numbers].sum(1)

        def single(array: FloatArray) -> Tensor:
            return torch.as_tensor(array, dtype=torch.float32, device=device)

        return LabelTensors(
            torch.as_tensor(batch.numbers, device=device),
            single(batch.positions),
            single(energy),
            single(forces),
            torch.as_tensor(real, device=device),
        )

    def _errors(
        self, network: Any, rows: IntArray, device: torch.device
    ) -> tuple[FloatArray, FloatArray]:
        """Absolute errors of the energies [B], and of forces averaged over each molecule [B]."""
        data = self.labels.structures
        tensors = self._tensors(pad(data, rows, int(data.n_atoms[rows].max())), device)
        with torch.no_grad():
            energy, forces = network(tensors.numbers, tensors.positions)
            difference = (forces - tensors.forces).abs().sum((1, 2)) / (3.0 * tensors.real.sum(1))
            return (energy - tensors.energy).abs().cpu().numpy(), difference.cpu().numpy()


def _parts(rows: IntArray) -> Iterator[IntArray]:
    return (rows[k : k + BATCH_SIZE] for k in range(0, len(rows), BATCH_SIZE))
