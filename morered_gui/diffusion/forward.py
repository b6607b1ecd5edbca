"""Dissolve a molecule by forward diffusion."""

import numpy as np

from morered_gui.core import ExpectedError, PaddedBatch, Structure
from morered_gui.diffusion.process import DiffusionProcess, centred


def noised(structure: Structure, t: int, *, seed: int, number: int = 0) -> Structure:
    """The structure diffused to time step t, its centre where it was.

    ``number`` is the molecule's place among several; each draws its own noise from
    (seed, number). Raises ExpectedError where t is no time step of the process.
    """
    process = DiffusionProcess()
    last = process.schedule.n_steps - 1
    if not 0 <= t <= last:
        raise ExpectedError(f"the time step lies between 0 and {last}, not at {t}")
    batch = PaddedBatch.of([structure.centred()])
    rng = np.random.default_rng([seed, number])
    eps = centred(rng.standard_normal(batch.positions.shape), batch.real)
    x_t = process.diffuse(batch.positions, np.array([t]), eps)
    return structure.with_positions(x_t[0] + structure.positions.mean(0))
