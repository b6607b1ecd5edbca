"""What the sampling loop asks of the networks: which noise, and at which time step."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from morered_gui.core import PaddedBatch
from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.diffusion.clock import Clock
from morered_gui.diffusion.inference import NetworkOnDevice, mean_step
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
    """A noise network that is told the time by a clock: MoreRed-ITP and -AS."""

    network: NetworkOnDevice
    clock: Clock
    schedule: NoiseSchedule

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Prediction:
        reading = self.clock(batch, step, t_start)
        output = self.network(batch, self.schedule.normalised(reading.t))
        if output.noise is None:
            raise ValueError("a clock needs a noise network beside it")
        return Prediction(output.noise.numpy(), reading.t, 1 + reading.evaluations)
