"""How far from its minimum a molecule may be when no force is larger than fmax.

    python benchmarks/reference_minima.py [--molecules 40]

Relaxes validation structures of 30 atoms and more from their MMFF94 minima by GFN2-xTB, as the
data are made, until no force on an atom is larger than each of ``LEVELS`` in turn. Printed for
each but the last: the steps until there (mean), and percentiles of the RMSD, Å, to where the last
one ends. What does not get there in ``MAX_STEPS`` more is counted apart.
"""

import argparse
from pathlib import Path

import numpy as np
from ase.optimize import BFGS

from morered_gui.chem.smiles import structure_at
from morered_gui.core import Structure
from morered_gui.core.geometry import rmsd
from morered_gui.relaxers.calculators import atoms_of, gfn2_xtb
from morered_gui.relaxers.hessian import first_guess
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.partners import Partners

LEAST_ATOMS = 30
LEVELS = (0.005, 0.002, 0.001, 0.0005, 0.0002)  # eV/Å
MAX_STEPS = 600
PERCENTILES = (50, 75, 90, 100)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/everyday.npz"))
    parser.add_argument("--partners", type=Path, default=Path("data/everyday-partners"))
    parser.add_argument("--molecules", type=int, default=40)
    options = parser.parse_args()
    found = [_tightened(start) for start in _starts(options)]
    known = np.array([each for each in found if each is not None])
    print(f"{len(known)} molecules; {len(found) - len(known)} did not converge")  # noqa: T201
    print("   fmax  steps" + "".join(f"{p:>8} %" for p in PERCENTILES))  # noqa: T201
    for k, fmax in enumerate(LEVELS[:-1]):
        away = np.percentile(known[:, k, 1], PERCENTILES)
        print(f"{fmax:>7g}{known[:, k, 0].mean():>7.1f}" + "".join(f"{x:>10.4f}" for x in away))  # noqa: T201


def _starts(options: argparse.Namespace) -> list[Structure]:
    data = EquilibriumSet.load(options.data)
    partners = Partners.collect(data, options.partners)
    rows = data.members(Split.VALIDATION)
    rows = rows[(partners.first[rows] >= 0) & (data.n_atoms[rows] >= LEAST_ATOMS)]
    chosen = np.random.default_rng(0).permutation(rows)[: options.molecules]
    return [
        structure_at(data.smiles[row].decode(), partners.minimum(data, row)).centred()
        for row in chosen
    ]


def _tightened(start: Structure) -> list[tuple[int, float]] | None:
    """For each level but the last the steps until there, and the RMSD in Å to the last."""
    atoms = atoms_of(start)
    atoms.calc = gfn2_xtb(start)
    reached = []
    with BFGS(atoms, logfile=None) as optimiser:
        optimiser.H0 = first_guess(start)
        for fmax in LEVELS:
            if not optimiser.run(fmax=fmax, steps=MAX_STEPS):
                return None
            reached.append((optimiser.nsteps, atoms.positions.copy()))
    last = reached.pop()[1]
    return [(n, rmsd(positions, last)) for n, positions in reached]


if __name__ == "__main__":
    main()
