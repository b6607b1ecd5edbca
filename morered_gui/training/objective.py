"""The training loss: mean squared errors of noise and time (Kahouli et al. 2024, eq. 13)."""

from typing import NamedTuple

import torch
from torch import Tensor

from morered_gui.diffusion.config import NetworkKind
from morered_gui.diffusion.network import MoreRedNetwork


class Losses(NamedTuple):
    """Weighted sum and its parts; a head that the network lacks counts 0."""

    total: Tensor
    noise: Tensor
    time: Tensor


def losses(
    network: MoreRedNetwork,
    numbers: Tensor,
    positions: Tensor,
    noise: Tensor,
    time: Tensor,
    *,
    kind: NetworkKind,
    time_weight: float,
) -> Losses:
    """Mean over atoms (and coordinates).

    Args:
        numbers: [B, N]; 0 is padding.
        positions: [B, N, 3], Å.
        noise: [B, N, 3], the noise in the positions.
        time: [B], normalised.
    """
    output = network(numbers, positions, time if kind == NetworkKind.NOISE else None)
    real = (numbers > 0).to(positions.dtype)
    n_atoms = real.sum()
    noise_loss = time_loss = torch.zeros((), device=positions.device)
    if output.noise is not None:
        noise_loss = ((output.noise - noise) ** 2).sum() / (3.0 * n_atoms)
    if output.time is not None:
        time_loss = ((output.time - time[:, None]) ** 2 * real).sum() / n_atoms
    if kind == NetworkKind.JOINT:
        return Losses(
            (1.0 - time_weight) * noise_loss + time_weight * time_loss, noise_loss, time_loss
        )
    return Losses(noise_loss + time_loss, noise_loss, time_loss)
