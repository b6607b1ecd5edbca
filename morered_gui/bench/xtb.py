"""GFN2-xTB (Bannwarth et al. 2019, doi 10.1021/acs.jctc.8b01176) for starts and energies.

The calculator is tblite's, through ASE. As a way to relax it is a method of the registry.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import CalculatorError

from morered_gui.core import ExpectedError, Structure

FORCE_TOLERANCE = 0.01  # eV/Å, of a minimum
MAX_STEPS = 500
KCAL_PER_MOL = units.kcal / units.mol  # eV
TIME_STEP = 1.0  # fs
FRICTION = 0.01  # 1/fs
SNAPSHOT_STEPS = 150


class XtbError(ExpectedError):
    """GFN2-xTB has no answer for a structure; the message says why."""


def require_tblite(purpose: str) -> None:
    """Raise ExpectedError where tblite is not installed."""
    if find_spec("tblite") is None:
        raise ExpectedError(f"{purpose} needs tblite: pip install 'morered-gui[bench]'")


def energy(structure: Structure) -> float:
    """The GFN2-xTB energy in eV; raises XtbError where it does not converge."""
    return _energy(_atoms(structure))


def minimum(structure: Structure) -> tuple[Structure, float]:
    """The nearest GFN2-xTB minimum (LBFGS to 0.01 eV/Å) and its energy in eV.

    Raises XtbError where it is not reached in 500 steps.
    """
    from ase.optimize import LBFGS

    atoms = _atoms(structure)
    with _in_words():
        optimiser: Any = LBFGS(atoms, logfile=None)  # type: ignore[arg-type]
        if not optimiser.run(fmax=FORCE_TOLERANCE, steps=MAX_STEPS):
            raise XtbError(f"GFN2-xTB found no minimum in {MAX_STEPS} steps")
    return structure.with_positions(atoms.get_positions()), _energy(atoms)


def snapshot(structure: Structure, temperature: float, rng: np.random.Generator) -> Structure:
    """A moment of Langevin dynamics on the GFN2-xTB surface: 150 fs from the structure.

    The velocities are drawn at twice the temperature (K), since half of the kinetic energy
    of a structure at rest in its minimum turns into potential energy.
    """
    from ase.md.langevin import Langevin

    atoms = _atoms(structure)
    size = np.sqrt(2.0 * units.kB * temperature * atoms.get_masses())
    atoms.set_momenta(rng.standard_normal((len(atoms), 3)) * size[:, None])
    dynamics: Any = Langevin(
        atoms,
        TIME_STEP * units.fs,
        temperature_K=temperature,
        friction=FRICTION / units.fs,
        fixcm=False,  # a drift is taken away by the superposition
        rng=rng,
    )
    with _in_words():
        dynamics.run(SNAPSHOT_STEPS)
    return structure.with_positions(atoms.get_positions())


def _atoms(structure: Structure) -> Any:
    from tblite.ase import TBLite

    atoms = Atoms(structure.numbers, structure.positions)
    atoms.calc = TBLite(method="GFN2-xTB", charge=structure.charge, verbosity=0)
    return atoms


def _energy(atoms: Any) -> float:
    with _in_words():
        return float(atoms.get_potential_energy())


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except CalculatorError as error:
        raise XtbError(f"GFN2-xTB failed: {str(error).strip()}") from error
