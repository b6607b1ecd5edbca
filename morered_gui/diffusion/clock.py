"""Where the time step comes from: the only thing in which the variants of MoreRed differ."""

from typing import NamedTuple, Protocol

import numpy as np

from morered_gui.core import PaddedBatch
from morered_gui.core.arrays import IntArray


class Reading(NamedTuple):
    """Time steps [B], and the network evaluations that they cost."""

    t: IntArray
    evaluations: int


class Clock(Protocol):
    """Tells the time step of each molecule; ``t_start`` [B] is None at step 0."""

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Reading: ...


def count_down(t_start: IntArray, step: int) -> IntArray:
    """t_0 - k, floored at 0."""
    return np.maximum(t_start - step, 0)
