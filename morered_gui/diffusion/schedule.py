"""Noise schedules of the variance-preserving diffusion process.

Index 0 is the first noisy step; all coefficients are float64, since the small
steps of the polynomial schedule cancel badly in single precision.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from morered_gui.core.arrays import FloatArray, IntArray, frozen_array

# The smallest ratio of two neighbouring alpha_bar, and the offset s that keeps alpha_bar
# off 0 and 1 (Hoogeboom et al. 2022, arXiv 2203.17003, appendix B).
SMALLEST_RATIO = 1e-3
OFFSET = 1e-5


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    """The coefficients of a diffusion process with T steps.

    ``alpha_bar`` has shape (T,), float64, falls with the index and lies in (0, 1).
    """

    name: str
    alpha_bar: FloatArray

    def __post_init__(self) -> None:
        alpha_bar = frozen_array(self.alpha_bar, np.float64)
        if alpha_bar.ndim != 1 or len(alpha_bar) < 2:
            raise ValueError("a noise schedule needs at least two steps in one dimension")
        if not np.all((alpha_bar > 0) & (alpha_bar < 1)) or np.any(np.diff(alpha_bar) > 0):
            raise ValueError("alpha_bar has to fall with the step and to lie between 0 and 1")
        object.__setattr__(self, "alpha_bar", alpha_bar)

    @property
    def n_steps(self) -> int:
        """T, the number of time steps."""
        return len(self.alpha_bar)

    @cached_property
    def alpha(self) -> FloatArray:
        """alpha_t = alpha_bar_t / alpha_bar_{t-1}, shape (T,)."""
        return frozen_array(self.alpha_bar / self._previous_alpha_bar, np.float64)

    @cached_property
    def beta(self) -> FloatArray:
        """beta_t = 1 - alpha_t, shape (T,)."""
        return frozen_array(1.0 - self.alpha, np.float64)

    @cached_property
    def noise_level(self) -> FloatArray:
        """sqrt(1 - alpha_bar_t): the standard deviation of the noise in x_t, shape (T,), Å."""
        return frozen_array(np.sqrt(1.0 - self.alpha_bar), np.float64)

    @cached_property
    def sigma(self) -> FloatArray:
        """Standard deviation of the reverse step, the lower bound of Ho et al. 2020, shape (T,).

        sigma_0 would be 0 and repeats sigma_1.
        """
        variance = self.beta * (1.0 - self._previous_alpha_bar) / (1.0 - self.alpha_bar)
        variance[0] = variance[1]
        return frozen_array(np.sqrt(variance), np.float64)

    @property
    def _previous_alpha_bar(self) -> FloatArray:
        return np.concatenate(([1.0], self.alpha_bar[:-1]))

    def step_of_noise(self, noise_level: FloatArray) -> FloatArray:
        """The (fractional) time step at which the noise has this level, clipped to [0, T-1].

        ``noise_level`` is a standard deviation per coordinate in Å, of any shape.
        """
        return np.interp(noise_level, self.noise_level, np.arange(self.n_steps))

    def noise_of_step(self, t: FloatArray) -> FloatArray:
        """The noise level at fractional time steps: the inverse of ``step_of_noise``."""
        return np.interp(t, np.arange(self.n_steps), self.noise_level)

    def normalised(self, t: FloatArray | IntArray) -> FloatArray:
        """t / (T - 1): the time that the networks see."""
        return np.asarray(t, dtype=np.float64) / (self.n_steps - 1)

    def integer_step(self, normalised: FloatArray) -> IntArray:
        """round(t (T - 1)) for a time in [0, 1], as int64."""
        return np.rint(np.clip(normalised, 0.0, 1.0) * (self.n_steps - 1)).astype(np.int64)


def polynomial_schedule(n_steps: int = 1000, offset: float = OFFSET) -> NoiseSchedule:
    """alpha_bar from (1 - u^2)^2 (Hoogeboom et al. 2022; the schedule of MoreRed)."""
    u = np.arange(n_steps + 1) / n_steps
    product = _clipped_product((1.0 - u**2) ** 2)
    return NoiseSchedule("polynomial", (1.0 - 2.0 * offset) * product + offset)


def cosine_schedule(n_steps: int = 1000, shift: float = 0.008) -> NoiseSchedule:
    """alpha_bar from cos^2 (Nichol and Dhariwal 2021, arXiv 2102.09672, eq. 17)."""
    u = np.arange(n_steps + 1) / n_steps
    return NoiseSchedule(
        "cosine", _clipped_product(np.cos((u + shift) / (1.0 + shift) * np.pi / 2.0) ** 2)
    )


def _clipped_product(signal: FloatArray) -> FloatArray:
    return np.cumprod(np.clip(signal[1:] / signal[:-1], SMALLEST_RATIO, 1.0))


SCHEDULES = {"polynomial": polynomial_schedule, "cosine": cosine_schedule}
USUAL = ("polynomial", 1000)  # of MoreRed, and of the models that come with the program


@lru_cache(maxsize=32)
def named_schedule(name: str, n_steps: int) -> NoiseSchedule:
    """One of the ``SCHEDULES``, computed once; raises KeyError where there is none."""
    return SCHEDULES[name](n_steps)
