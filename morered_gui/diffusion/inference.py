"""A network on a device, taking and giving numpy arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from morered_gui.core import PaddedBatch
from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.diffusion.network import Output
from morered_gui.diffusion.schedule import NoiseSchedule

# Pairs of atoms that go through the network at once on a CPU: about what the caches hold. A
# larger batch is not faster there, and its temporary tensors are mapped afresh at each step.
PAIRS_AT_ONCE = 2600


class Network(Protocol):
    """A network of this project or the same weights in SchNetPack's modules."""

    def __call__(
        self, numbers: Tensor, positions: Tensor, time: Tensor | None = None
    ) -> Output: ...


@dataclass(frozen=True)
class NetworkOnDevice:
    """A network that takes and gives numpy arrays; single precision unless told otherwise."""

    network: Network
    device: torch.device
    dtype: torch.dtype = torch.float32

    @torch.inference_mode()
    def __call__(self, batch: PaddedBatch, time: FloatArray | None = None) -> Output:
        """Noise [B, N, 3] and time [B, N] on the CPU; ``time`` [B] is normalised."""
        rows, size = batch.numbers.shape
        step = rows if self.device.type != "cpu" else max(1, PAIRS_AT_ONCE // size**2)
        parts = [self._part(batch, time, slice(k, k + step)) for k in range(0, rows, step)]
        noise, times = zip(*parts, strict=True)
        return Output(_joined(noise), _joined(times))

    def _part(self, batch: PaddedBatch, time: FloatArray | None, rows: slice) -> Output:
        output = self.network(
            torch.from_numpy(np.ascontiguousarray(batch.numbers[rows])).to(self.device),
            self._tensor(batch.positions[rows]),
            None if time is None else self._tensor(time[rows]),
        )
        return Output(*(None if x is None else x.double().cpu() for x in output))

    def _tensor(self, array: FloatArray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device, self.dtype)


def _joined(parts: Sequence[Tensor | None]) -> Tensor | None:
    tensors = [x for x in parts if x is not None]
    return torch.cat(tensors) if tensors else None


def mean_step(time: Tensor, batch: PaddedBatch, schedule: NoiseSchedule) -> IntArray:
    """Per-atom times [B, N] -> clamped, averaged over the molecule, rounded to a step [B].

    Atoms never move with different time steps: that would break equivariance
    (Kahouli et al. 2024, section 2.3).
    """
    # NaN is no time; such a run ends, since its noise is not finite either.
    clamped = np.nan_to_num(np.clip(time.numpy(), 0.0, 1.0), nan=1.0) * batch.real
    return schedule.integer_step(clamped.sum(1) / batch.n_atoms)
