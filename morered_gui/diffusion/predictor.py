"""What the sampling loop asks of the networks: which noise, and at which time step."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from morered_gui.core import PaddedBatch
from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.diffusion.clock import Clock
from morered_gui.diffusion.network import Output
from morered_gui.diffusion.schedule import NoiseSchedule


class Prediction(NamedTuple):
    """Of a batch: noise [B, N, 3], time step t [B], and what it cost."""

    noise: FloatArray
    t: IntArray
    evaluations: int


class Predictor(Protocol):
    """Predicts noise and time step of a batch.

    It keeps no state between calls: ``step`` (0 for the start) and ``t_start`` [B] (the
    time steps of step 0, None at step 0) say where the run stands.
    """

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Prediction: ...


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
        fed = None if time is None else self._tensor(time)
        output = self.network(
            torch.from_numpy(np.ascontiguousarray(batch.numbers)).to(self.device),
            self._tensor(batch.positions),
            fed,
        )
        return Output(*(None if x is None else x.double().cpu() for x in output))

    def _tensor(self, array: FloatArray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device, self.dtype)


def mean_step(time: Tensor, batch: PaddedBatch, schedule: NoiseSchedule) -> IntArray:
    """Per-atom times [B, N] -> clamped, averaged over the molecule, rounded to a step [B].

    Atoms never move with different time steps: that would break equivariance
    (Kahouli et al. 2024, section 2.3).
    """
    clamped = np.clip(time.numpy(), 0.0, 1.0) * batch.real
    return schedule.integer_step(clamped.sum(1) / batch.n_atoms)


@dataclass(frozen=True)
class JointPredictor:
    """MoreRed-JT: one network for time and noise."""

    network: NetworkOnDevice
    schedule: NoiseSchedule

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Prediction:
        output = self.network(batch)
        if output.noise is None or output.time is None:
            raise ValueError("MoreRed-JT needs a joint network")
        return Prediction(output.noise.numpy(), mean_step(output.time, batch, self.schedule), 1)


@dataclass(frozen=True)
class ClockedPredictor:
    """A noise network that is told the time by a clock: MoreRed-ITP, -AS, and plain DDPM."""

    network: NetworkOnDevice
    clock: Clock
    schedule: NoiseSchedule

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Prediction:
        reading = self.clock(batch, step, t_start)
        output = self.network(batch, self.schedule.normalised(reading.t))
        if output.noise is None:
            raise ValueError("a clock needs a noise network beside it")
        return Prediction(output.noise.numpy(), reading.t, 1 + reading.evaluations)
