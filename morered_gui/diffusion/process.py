"""The diffusion process: forward, one step back, and the estimate of the origin.

Plain numpy in float64 on dense padded arrays: B molecules, N atoms, padding at the origin.
The process is variance preserving and invariant under translation: all noise is projected to
zero centre of geometry per molecule. Sources: Ho et al. 2020 (arXiv 2006.11239); Kahouli et
al. 2024 (doi 10.1088/2632-2153/ad652c), section 2.
"""

from dataclasses import dataclass, field

import numpy as np

from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.diffusion.schedule import NoiseSchedule, polynomial_schedule


def centred(vectors: FloatArray, real: BoolArray) -> FloatArray:
    """Subtract each molecule's mean over its real atoms; padding becomes 0.

    Args:
        vectors: [B, N, 3].
        real: [B, N], False on padding.
    """
    weight = real[..., None]
    n_atoms = np.maximum(real.sum(1), 1)[:, None, None]
    mean = np.where(weight, vectors, 0.0).sum(1, keepdims=True) / n_atoms
    return np.where(weight, vectors - mean, 0.0)


@dataclass(frozen=True)
class DiffusionProcess:
    """x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) eps, and the way back.

    Positions x [B, N, 3] in Å; integer steps t [B] in 0..T-1; noise eps and z [B, N, 3],
    dimensionless, already centred.
    """

    schedule: NoiseSchedule = field(default_factory=polynomial_schedule)

    def diffuse(self, x_0: FloatArray, t: IntArray, eps: FloatArray) -> FloatArray:
        """x_t from x_0 (Ho et al. 2020, eq. 4)."""
        alpha_bar = self._at(self.schedule.alpha_bar, t)
        return np.sqrt(alpha_bar) * x_0 + np.sqrt(1.0 - alpha_bar) * eps

    def reverse_mean(self, x_t: FloatArray, t: IntArray, eps_hat: FloatArray) -> FloatArray:
        """mu of x_{t-1} given x_t (Ho et al. 2020, eq. 11)."""
        schedule = self.schedule
        weight = self._at(schedule.beta, t) / self._at(schedule.noise_level, t)
        return (x_t - weight * eps_hat) / np.sqrt(self._at(schedule.alpha, t))

    def reverse_step(
        self, x_t: FloatArray, t: IntArray, eps_hat: FloatArray, z: FloatArray
    ) -> FloatArray:
        """x_{t-1} = mu + sigma_t z; at t = 0 the mean alone (Ho et al. 2020, algorithm 2)."""
        sigma = np.where(self._column(t) > 0, self._at(self.schedule.sigma, t), 0.0)
        return self.reverse_mean(x_t, t, eps_hat) + sigma * z

    def estimate_origin(self, x_t: FloatArray, t: IntArray, eps_hat: FloatArray) -> FloatArray:
        """x0_hat = (x_t - sqrt(1 - alpha_bar) eps_hat) / sqrt(alpha_bar) (Ho et al., eq. 15)."""
        alpha_bar = self._at(self.schedule.alpha_bar, t)
        return (x_t - np.sqrt(1.0 - alpha_bar) * eps_hat) / np.sqrt(alpha_bar)

    def remove_noise(self, x_t: FloatArray, t: IntArray, eps_hat: FloatArray) -> FloatArray:
        """x_t - sqrt(1 - alpha_bar) eps_hat: all noise taken away, the scale left as it is.

        ``estimate_origin`` would also undo the shrinking by sqrt(alpha_bar), which a structure
        that never was diffused does not have.
        """
        return x_t - self._at(self.schedule.noise_level, t) * eps_hat

    def _at(self, coefficient: FloatArray, t: IntArray) -> FloatArray:
        return self._column(coefficient[t])

    @staticmethod
    def _column(values: np.ndarray) -> np.ndarray:
        return np.asarray(values)[:, None, None]
