"""The update of one step in numbers, for teaching."""

from dataclasses import dataclass

import numpy as np

from morered_gui.core import Frame
from morered_gui.diffusion.schedule import NoiseSchedule


@dataclass(frozen=True)
class Line:
    """One quantity: its symbol or formula, its value, and what it means."""

    symbol: str
    value: str
    meaning: str


def update_numbers(frame: Frame, schedule: NoiseSchedule) -> list[Line]:
    """What the reverse step (Ho et al. 2020, algorithm 2) does at a frame; empty without t.

    mu = (x - beta_t / sqrt(1 - alpha_bar_t) eps_hat) / sqrt(alpha_t), x' = mu + sigma_t z.
    """
    if frame.t is None or frame.noise is None:
        return []
    t = int(np.clip(round(frame.t), 0, schedule.n_steps - 1))
    eps = frame.noise.astype(float)
    size = float(np.sqrt((eps**2).sum(-1).mean()))
    beta, level = float(schedule.beta[t]), float(schedule.noise_level[t])
    drift = beta / level / np.sqrt(float(schedule.alpha[t])) * size
    sigma = float(schedule.sigma[t]) if t else 0.0
    return [
        Line("t̂", f"{frame.t:.1f}", "time step that the network reads off the structure"),
        Line("1 - ᾱₜ", f"{1 - schedule.alpha_bar[t]:.3e}", "share of noise in the structure"),
        Line("√(1 - ᾱₜ)", f"{level:.4f} Å", "how far noise has pushed each coordinate"),
        Line("βₜ", f"{beta:.3e}", "noise that this one step takes away"),
        Line("|ε̂|", f"{size:.3f}", "predicted noise, RMS over the atoms"),
        Line("βₜ/√(1-ᾱₜ) |ε̂|/√αₜ", f"{drift:.4f} Å", "move against the predicted noise"),
        Line("σₜ √3", f"{sigma * np.sqrt(3):.4f} Å", "fresh noise that is put back (0 at t = 0)"),
        Line("√(1 - ᾱₜ) |ε̂|", f"{level * size:.4f} Å", "all that would be left to go, in one jump"),
    ]
