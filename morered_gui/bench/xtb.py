"""GFN2-xTB (Bannwarth et al. 2019, doi 10.1021/acs.jctc.8b01176) for starts and energies.

The calculator and the minimisation are those of the method ``gfn2-xtb``, but for the tolerance:
what results are measured by has to be more exact than they are.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from morered_gui.core import ExpectedError, StopReason, Structure
from morered_gui.relaxers.calculators import (
    REFERENCE_FMAX,
    CalculatorRelaxer,
    atoms_of,
    build_xtb,
)
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.methods import find_method, is_installed
from morered_gui.relaxers.xtb import XtbError

if TYPE_CHECKING:
    from ase import Atoms

MAX_STEPS = 500
TIME_STEP = 1.0  # fs
FRICTION = 0.01  # 1/fs
SNAPSHOT_STEPS = 150


def require_tblite(purpose: str) -> None:
    """Raise ExpectedError where tblite is not installed."""
    if not is_installed("tblite"):
        raise ExpectedError(f"{purpose} needs tblite: pip install 'morered-gui[bench]'")


def minimum(structure: Structure) -> tuple[Structure, float]:
    """The nearest GFN2-xTB minimum and its energy in eV, to forces of ``REFERENCE_FMAX``.

    Raises XtbError where it is not reached in 500 steps.
    """
    exact = replace(_relaxer(), fmax=REFERENCE_FMAX)
    (run,) = relax_all(exact, [structure], max_steps=MAX_STEPS, seed=0)
    lowest = run[-1].energy
    if run.stop_reason != StopReason.CONVERGED or lowest is None:
        raise XtbError(f"GFN2-xTB found no minimum in {MAX_STEPS} steps")
    return run.result(), lowest


def snapshot(structure: Structure, temperature: float, rng: np.random.Generator) -> Structure:
    """A moment of Langevin dynamics on the GFN2-xTB surface: 150 fs from the structure.

    The momenta are drawn at twice the temperature (K), since half of the kinetic energy of a
    structure at rest in its minimum turns into potential energy.

    Raises XtbError where an energy does not converge on the way.
    """
    from ase import units
    from ase.calculators.calculator import CalculationFailed, InputError
    from ase.md.langevin import Langevin

    atoms = _atoms(structure)
    size = np.sqrt(2.0 * units.kB * temperature * atoms.get_masses())
    atoms.set_momenta(rng.standard_normal((len(atoms), 3)) * size[:, None])  # type: ignore[no-untyped-call]
    dynamics: Any = Langevin(
        atoms,
        TIME_STEP * units.fs,
        temperature_K=temperature,
        friction=FRICTION / units.fs,
        fixcm=False,  # a drift is taken away by the superposition
        rng=rng,
    )
    try:
        dynamics.run(SNAPSHOT_STEPS)
    except (CalculationFailed, InputError) as error:
        raise XtbError(f"GFN2-xTB failed in the dynamics: {str(error).strip()}") from error
    return structure.with_positions(atoms.get_positions())  # type: ignore[no-untyped-call]


def _relaxer() -> CalculatorRelaxer:
    return build_xtb(find_method("gfn2-xtb"))


def _atoms(structure: Structure) -> "Atoms":
    atoms = atoms_of(structure)
    atoms.calc = _relaxer().calculator_for(structure)
    return atoms
