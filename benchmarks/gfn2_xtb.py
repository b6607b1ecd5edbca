"""GFN2-xTB with and without the MMFF94 Hessian, with and without torch's LAPACK.

python benchmarks/gfn2_xtb.py [--data data/qm9.npz] [--molecules 40]

MMFF94 minima of QM9's validation molecules for both minimisers, the same geometries of one molecule
of 37 atoms for both libraries; one thread, seconds of the processor.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from morered_gui.chem import MoleculeError, mmff94_minimum, structure_from_smiles
from morered_gui.core import Structure
from morered_gui.relaxers.calculators import CalculatorRelaxer, build_xtb, gfn2_xtb
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.methods import find_method
from morered_gui.relaxers.xtb import xtb_points
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.structures import structure_of

MAX_STEPS = 500
LARGE = "CC(=O)Nc1ccc(OCC(O)CN)cc1S(=O)(=O)N"
GEOMETRIES = 30
OWN = "--own-lapack"


def main() -> None:
    """Print a line per minimiser and per library."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/qm9.npz"))
    parser.add_argument("--molecules", type=int, default=40)
    parser.add_argument(OWN, action="store_true", help="time single points with tblite's own only")
    options = parser.parse_args()
    if options.own_lapack:
        os.environ["OMP_NUM_THREADS"] = "2"  # to such a process nothing is lent
        single_points("tblite's own LAPACK")
        return
    starts = minima(EquilibriumSet.load(options.data), options.molecules)
    guided = build_xtb(find_method("gfn2-xtb"))
    plain = minimise("LBFGS", replace(guided, guess_for=None), starts)
    energies = minimise("BFGS from the MMFF94 Hessian", guided, starts)
    apart = np.abs(plain - energies).max()
    print(f"largest difference of the final energies {1e3 * apart:.2f} meV")  # noqa: T201
    subprocess.run([sys.executable, __file__, OWN], check=True)
    single_points("torch's LAPACK")


def minima(data: EquilibriumSet, n: int) -> list[Structure]:
    """MMFF94 minima of a seeded choice of validation molecules."""
    found: list[Structure] = []
    for row in np.random.default_rng(3).permutation(data.members(Split.VALIDATION)):
        try:
            found.append(mmff94_minimum(structure_of(data, int(row))))
        except MoleculeError:
            continue
        if len(found) == n:
            break
    return found


def minimise(name: str, relaxer: CalculatorRelaxer, starts: list[Structure]) -> np.ndarray:
    """Final energies in eV."""
    began = time.process_time()
    runs = relax_all(relaxer, starts, max_steps=MAX_STEPS, seed=0)
    seconds = time.process_time() - began
    evaluations = [run[-1].evaluations for run in runs]
    print(  # noqa: T201
        f"{name}: {np.mean(evaluations):.1f} energies a molecule (median "
        f"{np.median(evaluations):.0f}), {seconds:.1f} s for {len(runs)}"
    )
    return np.array([run[-1].energy for run in runs], dtype=float)


def single_points(name: str) -> None:
    """Time of an energy and gradient along small displacements."""
    molecule = mmff94_minimum(structure_from_smiles(LARGE, seed=1))
    rng = np.random.default_rng(0)
    shapes = [molecule.positions + 0.01 * rng.standard_normal((len(molecule), 3))
              for _ in range(GEOMETRIES)]  # fmt: skip
    gfn2_xtb(molecule)  # the libraries are loaded
    times, last = [], time.process_time()
    for _ in xtb_points(molecule, shapes):
        times.append(time.process_time() - last)
        last = time.process_time()
    median = 1e3 * statistics.median(times[1:])
    print(f"{name}: {median:.1f} ms for {len(molecule)} atoms", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
