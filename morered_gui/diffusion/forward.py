"""Dissolve a molecule by forward diffusion."""

import numpy as np

from morered_gui.core import ExpectedError, PaddedBatch, Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.diffusion.process import DiffusionProcess, centred
from morered_gui.diffusion.schedule import NoiseSchedule


def noised(
    structure: Structure,
    t: int,
    *,
    seed: int,
    number: int = 0,
    schedule: NoiseSchedule | None = None,
) -> Structure:
    """The structure diffused to time step t, its centre where it was.

    ``number`` is the molecule's place among several; each draws its own noise from
    (seed, number). ``schedule`` is that of the process, None for the usual one. Raises
    ExpectedError where t is no time step of the process.
    """
    process = DiffusionProcess() if schedule is None else DiffusionProcess(schedule)
    last = process.schedule.n_steps - 1
    if not 0 <= t <= last:
        raise ExpectedError(f"the time step lies between 0 and {last}, not at {t}")
    batch = PaddedBatch.of([structure.centred()])
    rng = np.random.default_rng([seed, number])
    eps = centred(rng.standard_normal(batch.positions.shape), batch.real)
    x_t = process.diffuse(batch.positions, np.array([t]), eps)
    return structure.with_positions(x_t[0] + structure.positions.mean(0))


def expected_rmsd(structure: Structure, schedule: NoiseSchedule) -> FloatArray:
    """RMSD in Å between a structure of n atoms and its diffused self at every t, shape (T,).

    Root of the mean square: superposition takes the 6 degrees of freedom of a rigid body out of
    the 3n of the noise; the structure itself shrinks by sqrt(alpha_bar).
    """
    n = len(structure)
    extent = float((structure.centred().positions ** 2).sum() / n)  # mean square radius, Å^2
    free = max(3 * n - 6, 1) / n
    shrunk = (1.0 - np.sqrt(schedule.alpha_bar)) ** 2 * extent
    return np.sqrt(shrunk + free * schedule.noise_level**2)


def pure_noise(structure: Structure, *, seed: int) -> Structure:
    """The same atoms and bonds at positions drawn from N(0, 1) Å, the centre where it was.

    This is where the diffusion ends; plain diffusion from the last time step begins there.
    """
    batch = PaddedBatch.of([structure])
    z = np.random.default_rng(seed).standard_normal(batch.positions.shape)
    return structure.with_positions(centred(z, batch.real)[0] + structure.positions.mean(0))
