"""When a reverse diffusion has arrived.

The published rule (a step taken at t <= 0) mostly does not fire, since the predicted t
settles a little above 0. The rule here also stops where t no longer falls and the
structure moves by no more than the noise that the sampler itself puts in. The noise that
is then left is taken away in a few last moves.
"""

from dataclasses import dataclass

import numpy as np

from morered_gui.core import StopReason
from morered_gui.core.arrays import FloatArray
from morered_gui.diffusion.schedule import NoiseSchedule


@dataclass(frozen=True, kw_only=True)
class StopRule:
    """When to stop.

    Attributes:
        convergence_step: a molecule is converged after a step taken at t <= this.
        window: steps over which t is averaged; two windows are compared. Far from
            equilibrium the window is ``patience`` t steps. 0 switches the plateau rule off.
        patience: 1 for the ancestral sampler, which needs t steps from t; 0 for samplers
            whose steps do not depend on t.
        t_tolerance: t is on a plateau where its mean fell by no more than this, in time steps.
        move_tolerance: Å; the structure is on a plateau where it moved within a window by
            less than this beside twice the noise level at the current t.
        settling: moves after the plateau that only take noise away.
    """

    convergence_step: int = 0
    window: int = 30
    patience: float = 1.0
    t_tolerance: float = 0.0
    move_tolerance: float = 0.01
    settling: int = 8


class Progress:
    """What one molecule's run has seen, as far as the rule needs it."""

    def __init__(self, rule: StopRule, schedule: NoiseSchedule) -> None:
        self._rule, self._schedule = rule, schedule
        self._t: list[int] = []
        self._positions: list[FloatArray] = []

    def reason(self, t: int, positions: FloatArray) -> StopReason | None:
        """Take in a new frame; positions (n, 3) in Å. Says why to stop here, or None."""
        converged = bool(self._t) and self._t[-1] <= self._rule.convergence_step
        self._t.append(t)
        self._positions.append(positions)
        if converged:
            return StopReason.CONVERGED
        return StopReason.PLATEAU if self._on_plateau(t) else None

    def _on_plateau(self, t: int) -> bool:
        window = max(self._rule.window, round(self._rule.patience * t))
        if not self._rule.window or len(self._t) < 2 * window:
            return False
        fall = np.mean(self._t[-2 * window : -window]) - np.mean(self._t[-window:])
        if fall > self._rule.t_tolerance:
            return False
        moved = self._positions[-1] - self._positions[-window - 1]
        rms = np.sqrt((moved**2).mean())
        return bool(rms < self._rule.move_tolerance + 2.0 * self._schedule.noise_level[t])
