"""From a SMILES to GFN2-xTB minima: ETKDG, MMFF94, GFN2-xTB, and a look at what came out."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from ase.calculators.calculator import CalculationFailed, InputError
from ase.optimize import BFGS

from morered_gui.chem import MoleculeError, mmff94_minimum, structure_from_smiles
from morered_gui.chem.matching import symmetric_rmsd
from morered_gui.chem.validity import bonds_kept
from morered_gui.chem.vibrations import thermal_displacements
from morered_gui.core import Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.relaxers.calculators import atoms_of, gfn2_xtb
from morered_gui.relaxers.hessian import first_guess
from morered_gui.training.partners import N_THERMAL, TEMPERATURE

MAX_STEPS = 600
SAME_CONFORMER = 0.25  # Å RMSD
LOOK_EACH = 40  # steps; what reacts takes many, and is of no use


class Failure(StrEnum):
    """Why a conformer is not in the data."""

    EMBEDDING = "no conformer"
    XTB = "GFN2-xTB failed"
    STEPS = "not converged"
    BONDS = "other bonds than meant"
    DUPLICATE = "a conformer already there"


@dataclass(frozen=True, eq=False)
class Minimum:
    """A molecule at its GFN2-xTB minimum, and where it came from.

    Attributes:
        structure: the minimum, centred.
        start: (n, 3) Å, the MMFF94 minimum that it was reached from; None where MMFF94 has no
            parameters (the start is then one of UFF).
        heat: (N_THERMAL, n, 3) Å, thermal displacements of that MMFF94 minimum, or None.
    """

    structure: Structure
    start: FloatArray | None
    heat: FloatArray | None


def minima_of(
    smiles: str, n_conformers: int, rng: np.random.Generator, fmax: float
) -> Iterator[Minimum | Failure]:
    """One outcome per conformer that was tried; no force is larger than ``fmax``, eV/Å."""
    found: list[Structure] = []
    for _ in range(n_conformers):
        try:
            outcome = _minimum(smiles, int(rng.integers(2**31 - 1)), rng, fmax)
        except MoleculeError:
            yield Failure.EMBEDDING
            continue
        if isinstance(outcome, Minimum):
            here = outcome.structure
            if any(symmetric_rmsd(here, other) < SAME_CONFORMER for other in found):
                yield Failure.DUPLICATE
                continue
            found.append(here)
        yield outcome


def _minimum(smiles: str, seed: int, rng: np.random.Generator, fmax: float) -> Minimum | Failure:
    raw = structure_from_smiles(smiles, seed=seed)
    try:
        start = mmff94_minimum(raw).centred()
    except MoleculeError:
        unknown = structure_from_smiles(smiles, seed=seed, optimise=True).centred()
        outcome = relaxed(unknown, fmax)
        return outcome if isinstance(outcome, Failure) else Minimum(outcome, None, None)
    outcome = relaxed(start, fmax, first_guess(start))
    if isinstance(outcome, Failure):
        return outcome
    heat = thermal_displacements(start, TEMPERATURE, N_THERMAL, rng)
    return Minimum(outcome, start.positions, heat)


def relaxed(start: Structure, fmax: float, guess: FloatArray | None = None) -> Structure | Failure:
    """The GFN2-xTB minimum nearest to a structure, with the bonds of the start.

    Args:
        start: with bonds.
        fmax: eV/Å, the largest force on an atom at the minimum.
        guess: (3 n, 3 n) eV/Å^2, of the Hessian.
    """
    atoms = atoms_of(start)
    atoms.calc = gfn2_xtb(start)
    try:
        with BFGS(atoms, logfile=None) as optimiser:
            if guess is not None:
                optimiser.H0 = guess
            while not optimiser.run(fmax=fmax, steps=LOOK_EACH):
                if optimiser.nsteps >= MAX_STEPS:
                    return Failure.STEPS
                if not bonds_kept(start, atoms.positions):
                    return Failure.BONDS
    except (CalculationFailed, InputError, np.linalg.LinAlgError):
        return Failure.XTB
    if not bonds_kept(start, atoms.positions):
        return Failure.BONDS
    return start.with_positions(atoms.positions).centred()
