"""PaiNN as a force field: the energy of a molecule, and forces as its gradient.

The body is that of ``network.py``; in place of the heads of MoreRed there is a sum over atoms
(Schütt et al. 2021, arXiv 2102.03150, section 4). Shape comments: see there.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.diffusion.network import PaiNN, ScalarHead, initialise

# eV; references are multiples of it, which single precision holds exactly.
REFERENCE_STEP = 2.0**-6


class EnergyForces(NamedTuple):
    """Energies [B] in eV relative to the references, and forces [B, N, 3] in eV/Å, 0 on padding."""

    energy: Tensor
    forces: Tensor


class EnergyNetwork(nn.Module):
    """A body and one number per atom; ``references`` [Z + 1] in eV are those of the elements.

    What the network says is relative to their sum, which is some thousand eV and would leave single
    precision no digits. They are part of the weights.
    """

    references: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        if config.kind != NetworkKind.ENERGY:
            raise ValueError(f"a {config.kind} network gives no energies")
        self.config = config
        self.representation = PaiNN(config)
        self.energy_head = ScalarHead(config.n_features)
        self.register_buffer("references", torch.zeros(config.max_atomic_number + 1))
        self.apply(initialise)

    def forward(self, numbers: Tensor, positions: Tensor) -> EnergyForces:
        """Energies and forces; both can be differentiated by the weights.

        Args:
            numbers: [B, N], int64, 0 for padding.
            positions: [B, N, 3], Å.
        """

        def total(x: Tensor) -> tuple[Tensor, Tensor]:
            energy = self.energy(numbers, x)
            return energy.sum(), energy

        # Unlike torch.autograd.grad this can be compiled, and differentiated again.
        gradient, energy = torch.func.grad(total, has_aux=True)(positions)
        return EnergyForces(energy, -gradient)

    def energy(self, numbers: Tensor, positions: Tensor) -> Tensor:
        """Energies [B] alone."""
        q, _ = self.representation(numbers, self.representation.pairs(numbers, positions))
        return (self.energy_head(q) * (numbers > 0)).sum(1)

    def set_references(self, references: FloatArray) -> None:
        """Set the elements' references (Z + 1,) in eV; see ``rounded_references``."""
        self.references.copy_(torch.as_tensor(rounded_references(references)))

    def reference_energy(self, numbers: IntArray) -> FloatArray:
        """Sums of references for atoms [..., N], 0 for padding: [...] in eV, double precision."""
        references = self.references.cpu().double().numpy()
        return np.asarray((references[numbers] * (numbers > 0)).sum(-1))


def rounded_references(references: FloatArray) -> FloatArray:
    """The nearest ones that single precision holds exactly, eV."""
    return np.round(references / REFERENCE_STEP) * REFERENCE_STEP
