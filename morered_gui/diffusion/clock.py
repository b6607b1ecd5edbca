"""Where the time step comes from: the only thing in which the variants of MoreRed differ."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from morered_gui.core import PaddedBatch
from morered_gui.core.arrays import IntArray
from morered_gui.diffusion.inference import NetworkOnDevice, mean_step
from morered_gui.diffusion.schedule import NoiseSchedule


class Reading(NamedTuple):
    """Time steps [B], and the network evaluations that they cost."""

    t: IntArray
    evaluations: int


class Clock(Protocol):
    """Tells the time step of each molecule; ``t_start`` [B] is None at step 0."""

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Reading: ...


@dataclass(frozen=True)
class EveryStepClock:
    """MoreRed-AS: the time network is asked before every step."""

    network: NetworkOnDevice
    schedule: NoiseSchedule

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Reading:
        output = self.network(batch)
        if output.time is None:
            raise ValueError("this clock needs a time network")
        return Reading(mean_step(output.time, batch, self.schedule), 1)


@dataclass(frozen=True)
class InitialClock:
    """MoreRed-ITP: the time network is asked once, then t falls by one a step, down to 0."""

    network: NetworkOnDevice
    schedule: NoiseSchedule

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Reading:
        if t_start is None:
            return EveryStepClock(self.network, self.schedule)(batch, step, None)
        return Reading(np.maximum(t_start - step, 0), 0)


@dataclass(frozen=True)
class GivenClock:
    """Plain diffusion: all molecules start at ``t``, which falls by one a step, down to 0."""

    t: int

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Reading:
        return Reading(np.full(len(batch.numbers), max(self.t - step, 0)), 0)
