"""Molecules in motion on the MMFF94 surface."""

import numpy as np
from ase import units
from ase.data import atomic_masses

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.force_fields import EV_PER_KCAL_MOL, force_field, gradient
from morered_gui.core.arrays import FloatArray
from morered_gui.core.structure import Structure

STEPS = 200
TIME_STEP = 0.5 * units.fs  # a C-H bond at 1500 K needs a short one
FRICTION = 0.01 / units.fs


def mmff94_snapshot(
    structure: Structure, temperature: float, rng: np.random.Generator, steps: int = STEPS
) -> FloatArray:
    """A moment of Langevin dynamics that began at rest in the structure, 0.5 fs a step.

    The momenta are drawn at twice the temperature, since half of the kinetic energy of a structure
    in its minimum turns into potential energy. Splitting BAOAB, Leimkuhler and Matthews 2013,
    doi 10.1093/amrx/abs010.

    Args:
        structure: with known bonds.
        temperature: K.
        rng: draws momenta and noise.
        steps: of 0.5 fs.

    Returns:
        (n, 3) Å, not superposed; not finite where the molecule flew apart.

    Raises:
        MoleculeError: MMFF94 has no parameters for the molecule.
    """
    mol = to_rdkit(structure)  # kept to the end, see force_field
    field = force_field(mol)
    x = structure.positions.ravel().copy()
    mass = np.repeat(atomic_masses[structure.numbers], 3)
    heat = np.sqrt(units.kB * temperature / mass)  # of a velocity
    v = np.sqrt(2.0) * heat * rng.standard_normal(x.size)
    kept = np.exp(-FRICTION * TIME_STEP)
    force = -EV_PER_KCAL_MOL * gradient(field, x)
    for _ in range(steps):
        v += 0.5 * TIME_STEP * force / mass
        x += 0.5 * TIME_STEP * v
        v = kept * v + np.sqrt(1.0 - kept**2) * heat * rng.standard_normal(x.size)
        x += 0.5 * TIME_STEP * v
        force = -EV_PER_KCAL_MOL * gradient(field, x)
        v += 0.5 * TIME_STEP * force / mass
    return x.reshape(-1, 3)
