"""The update of one step in numbers, for teaching."""

from dataclasses import dataclass

import numpy as np

from morered_gui.app.made_by import schedule_of, time_source
from morered_gui.core import Frame, Provenance
from morered_gui.relaxers.methods import TimeSource

TIME_MEANINGS = {
    TimeSource.PREDICTED: "time step that the network sees",
    TimeSource.COUNTED: "time step, seen in the start and counted down",
    TimeSource.GIVEN: "time step, given and counted down",
}
# Take all predicted noise away at once, and put none back.
JUMPING = ("fast", "fast+xtb")


@dataclass(frozen=True)
class Line:
    """One quantity: its symbol or formula, its value, and what it means."""

    symbol: str
    value: str
    meaning: str


def update_numbers(frame: Frame, made: Provenance) -> list[Line]:
    """What a step of the method that made a frame does there; empty without t.

    The reverse step (Ho et al. 2020, algorithm 2) is x' = mu + sigma_t z with
    mu = (x - beta_t / sqrt(1 - alpha_bar_t) eps_hat) / sqrt(alpha_t); the few-step method takes
    sqrt(1 - alpha_bar_t) eps_hat away.
    """
    if frame.t is None or frame.noise is None:
        return []
    schedule, source = schedule_of(made), time_source(made)
    t = int(np.clip(round(frame.t), 0, schedule.n_steps - 1))
    eps = frame.noise.astype(float)
    size = float(np.sqrt((eps**2).sum(-1).mean()))
    beta, level = float(schedule.beta[t]), float(schedule.noise_level[t])
    drift = beta / level / np.sqrt(float(schedule.alpha[t])) * size
    sigma = float(schedule.sigma[t]) if t else 0.0
    begin = [
        Line("t" if source == TimeSource.GIVEN else "t̂", f"{frame.t:.1f}", TIME_MEANINGS[source]),
        Line("1 - ᾱₜ", f"{1 - schedule.alpha_bar[t]:.3e}", "share of noise in the structure"),
        Line("√(1 - ᾱₜ)", f"{level:.4f} Å", "how far noise has pushed each coordinate"),
        Line("|ε̂|", f"{size:.3f}", "predicted noise, RMS over the atoms"),
    ]
    jump = f"{level * size:.4f} Å"
    if made.method in JUMPING:
        return [
            *begin,
            Line("√(1 - ᾱₜ) |ε̂|", jump, "jump: all predicted noise at once"),
            Line("z", "0", "no fresh noise is put back"),
        ]
    return [
        *begin,
        Line("βₜ", f"{beta:.3e}", "noise that this one step takes away"),
        Line("βₜ/√(1-ᾱₜ) |ε̂|/√αₜ", f"{drift:.4f} Å", "move against the predicted noise"),
        Line("σₜ √3", f"{sigma * np.sqrt(3):.4f} Å", "fresh noise that is put back (0 at t = 0)"),
        Line("√(1 - ᾱₜ) |ε̂|", jump, "all that would be left to go, in one jump"),
    ]
