"""Any ASE calculator as a relaxer, and GFN2-xTB as the one that comes with the program."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from morered_gui.core import (
    BatchRun,
    Capabilities,
    ExpectedError,
    Frame,
    Provenance,
    StopReason,
    Structure,
)
from morered_gui.core.arrays import BoolArray, FloatArray
from morered_gui.relaxers.hessian import first_guess, quasi_newton
from morered_gui.relaxers.lapack import prepare_tblite
from morered_gui.relaxers.methods import Method
from morered_gui.relaxers.requests import MoleculeRun, check_request, masks, one_after_another
from morered_gui.relaxers.versions import versions_of

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import BaseCalculator

FMAX = 0.01  # eV/Å
# For minima by which others are measured. At 0.005, and at 0.002 even, a soft large molecule may be
# 0.14 Å from its minimum; at this it is within 6 mÅ ('python benchmarks/reference_minima.py').
REFERENCE_FMAX = 0.0005

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CalculatorRelaxer:
    """A quasi-Newton minimiser of ASE on the energies of a calculator; one evaluation a step.

    Attributes:
        calculator_for: makes the calculator of a molecule, which is used for this run only.
        fmax: converged where no force on an atom that may move is larger, eV/Å.
        guess_for: the Hessian of a start, with which BFGS begins; without one it is LBFGS, and
            so it is where atoms are fixed.
    """

    calculator_for: Callable[[Structure], "BaseCalculator"]
    capabilities: Capabilities
    provenance: Provenance
    fmax: float = FMAX
    guess_for: Callable[[Structure], FloatArray | None] | None = None

    def relax(
        self,
        starts: Sequence[Structure],
        *,
        max_steps: int,
        seed: int,
        fixed: Sequence[BoolArray | None] | None = None,
    ) -> BatchRun:
        """See ``Relaxer``. Nothing is random. Raises ExpectedError where a calculator fails."""
        check_request(starts, max_steps, self.capabilities)
        return one_after_another(
            self._run(start, held, max_steps)
            for start, held in zip(starts, masks(fixed, starts), strict=True)
        )

    def _run(self, start: Structure, held: BoolArray | None, max_steps: int) -> MoleculeRun:
        from ase.calculators.calculator import CalculationFailed, InputError

        began = time.perf_counter()
        atoms = atoms_of(start, held)
        atoms.calc = self.calculator_for(start)
        guess = self.guess_for(start) if self.guess_for is not None and held is None else None
        optimiser = quasi_newton(atoms, guess)
        steps = optimiser.irun(fmax=self.fmax, steps=max_steps)  # type: ignore[no-untyped-call]
        step, converged, energy = -1, False, None
        while True:
            try:
                converged = next(steps)
                energy = float(atoms.get_potential_energy())  # type: ignore[no-untyped-call]
            except StopIteration:
                return StopReason.CONVERGED if converged else StopReason.MAX_STEPS
            except (CalculationFailed, InputError) as error:  # atoms that are too near, say
                _log.warning("%s: %s", start.name or start.formula, error)
                energy = None
            except Exception as error:  # whatever a calculator of somebody else may raise
                raise ExpectedError(
                    f"{start.name or start.formula}: {self.provenance.method} failed "
                    f"({type(error).__name__}: {error})"
                ) from error
            step += 1
            good = energy is not None and np.isfinite(energy) and np.isfinite(atoms.positions).all()
            if good or step == 0:
                yield Frame(
                    step,
                    atoms.positions,
                    energy=energy if good else None,
                    evaluations=step + 1,
                    seconds=time.perf_counter() - began,
                )
            if not good:
                return StopReason.DIVERGED


def atoms_of(structure: Structure, held: BoolArray | None = None) -> "Atoms":
    """ASE's molecule, its charge in the two places where calculators look for it."""
    from ase import Atoms
    from ase.constraints import FixAtoms

    charges = np.asarray(structure.formal_charges, dtype=float)
    if charges.sum() != structure.charge:  # no atom is known to carry it
        charges = np.full(len(structure), structure.charge / len(structure))
    atoms = Atoms(structure.numbers, structure.positions, charges=charges)
    atoms.info.update(charge=structure.charge, spin=1)
    if held is not None:
        atoms.set_constraint(FixAtoms(mask=held))  # type: ignore[no-untyped-call]
    return atoms


def gfn2_xtb(structure: Structure) -> "BaseCalculator":
    """GFN2-xTB (Bannwarth et al. 2019) for a closed-shell molecule, one for each molecule."""
    prepare_tblite()
    from tblite.ase import TBLite

    return TBLite(method="GFN2-xTB", charge=structure.charge, multiplicity=1, verbosity=0)


def build_xtb(method: Method) -> CalculatorRelaxer:
    """GFN2-xTB by tblite. Raises ExpectedError where tblite is not installed."""
    try:
        prepare_tblite()
        import tblite.ase  # noqa: F401 - not in the midst of a run
    except ImportError as error:
        raise ExpectedError(
            f"GFN2-xTB needs the package tblite ({error}); install it with 'pip install tblite'"
        ) from error
    provenance = Provenance(
        method=method.name,
        level_of_theory="GFN2-xTB",
        options={"optimiser": "BFGS from the MMFF94 Hessian, else LBFGS", "fmax": FMAX},
        versions=versions_of("tblite", "ase"),
    )
    return CalculatorRelaxer(gfn2_xtb, method.capabilities, provenance, guess_for=first_guess)
