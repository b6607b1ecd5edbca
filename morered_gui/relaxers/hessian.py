"""A first guess of the Hessian for quasi-Newton minimisers: that of MMFF94.

BFGS that begins with it needs a quarter of the energies that a unit guess takes: stiff bonds and
soft torsions are told apart from the first step on.
"""

from typing import TYPE_CHECKING

import numpy as np

from morered_gui.core import Structure
from morered_gui.core.arrays import FloatArray

if TYPE_CHECKING:
    from ase import Atoms
    from ase.optimize.optimize import Optimizer

SOFTEST = 0.2  # eV/Å^2; a force field's soft modes are not to be trusted to be softer
RIGID = 70.0  # eV/Å^2, for shifts and turns; ASE's own guess for everything
# eV/Å^2; a start with a lower curvature is far from any minimum (diffused to t = 100, say), and
# what the Hessian says there does not hold on the way.
UNSTABLE = -10.0
MAX_ATOMS = 150  # beyond, its cost (n^3 at each step) is no longer small


def first_guess(structure: Structure) -> FloatArray | None:
    """The Hessian of MMFF94 made positive definite, (3 n, 3 n) in eV/Å^2.

    None where MMFF94 has no parameters, bonds are not known, or a minimum is far.
    """
    from ase.units import kcal, mol

    from morered_gui.chem import MoleculeError
    from morered_gui.chem.vibrations import mmff94_hessian

    if not 1 < len(structure) <= MAX_ATOMS:
        return None
    try:
        hessian = mmff94_hessian(structure) * (kcal / mol)
    except MoleculeError:
        return None
    return _stiffened(hessian, structure.positions) if np.isfinite(hessian).all() else None


def _stiffened(hessian: FloatArray, positions: FloatArray) -> FloatArray | None:
    """Made positive definite: soft modes stiffened, rigid motions left alone; None if unstable."""
    from morered_gui.chem.vibrations import internal_modes

    stiffness, modes = internal_modes(hessian, positions)
    if stiffness[0] < UNSTABLE:
        return None
    rigid = np.eye(len(hessian)) - modes @ modes.T
    guess: FloatArray = (modes * np.maximum(stiffness, SOFTEST)) @ modes.T + RIGID * rigid
    return guess


def quasi_newton(atoms: "Atoms", guess: FloatArray | None) -> "Optimizer":
    """ASE's BFGS from the guess; its LBFGS without one."""
    from ase.optimize import BFGS, LBFGS

    if guess is None:
        return LBFGS(atoms, logfile=None)  # type: ignore[arg-type]
    optimiser = BFGS(atoms, logfile=None)
    optimiser.H0 = guess
    return optimiser
