"""How much better a few-step network does on molecules like those that it has learnt from.

    python benchmarks/novelty.py [--model everyday] [--learnt N]

Relaxes validation structures of 28 atoms and more from the MMFF94 minimum nearest to the
equilibrium by 'fast'. Likeness is the largest Tanimoto similarity (Morgan fingerprints, radius 2)
to a training molecule; ``--learnt`` is for a model that has learnt from the beginning of the file
only: training molecules are those of that beginning. Printed for each quarter by likeness:
structures, RMSD of start and result to the equilibrium in Å, and their ratio (medians). The same by
how far a molecule is folded upon itself: pairs of heavy atoms within 5 Å that are more than five
bonds apart, for each heavy atom. Then quartiles of likeness for these structures and, if the file
is there, for a test set, of which nothing is relaxed.
"""

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from rdkit import Chem
from scipy.spatial.distance import pdist, squareform

from morered_gui.chem import MoleculeError, mmff94_minimum
from morered_gui.chem.conversion import to_rdkit
from morered_gui.core import Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.core.geometry import rmsd
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.everyday.likeness import Known
from morered_gui.training.structures import structure_of

LEAST_ATOMS = 28
LEAST_TRAINED = 18  # atoms; what is smaller than this is like no large molecule
FURTHEST = 1.2  # Å RMSD; further away is another conformer
MAX_STEPS = 100
QUARTERS = (0, 25, 50, 75, 100)
TOUCHING, APART = 5.0, 5  # Å, bonds
CONTACTS = (-np.inf, 0.0, 0.1, 0.3, np.inf)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/everyday.npz"))
    parser.add_argument("--tests", type=Path, default=Path("data/drugs.npz"))
    parser.add_argument("--model", default="everyday")
    parser.add_argument("--learnt", type=int, default=None, help="the first N structures")
    options = parser.parse_args()
    data = EquilibriumSet.load(options.data)
    known = Known(sorted(set(_smiles(data, Split.TRAIN, LEAST_TRAINED, options.learnt))))
    rows, starts = _starts(data)
    relaxer = build_relaxer(RelaxerChoice(method="fast", model=options.model), threads=1)
    results = [run.result() for run in relax_all(relaxer, starts, max_steps=MAX_STEPS, seed=0)]
    aims = [data.geometry(row)[1] for row in rows]
    before, after = (
        np.array([rmsd(x.positions, aim) for x, aim in zip(found, aims, strict=True)])
        for found in (starts, results)
    )
    likeness = _likeness([data.smiles[row].decode() for row in rows], known)
    contacts = np.array([_contacts(start) for start in starts])
    near = before < FURTHEST
    edges = np.percentile(likeness, QUARTERS)
    edges[0] = -np.inf
    _print_groups("likeness", edges.tolist(), likeness[near], before[near], after[near])
    _print_groups("contacts", CONTACTS, contacts[near], before[near], after[near])
    _print_quartiles("validation", likeness)
    if options.tests.is_file():
        tests = EquilibriumSet.load(options.tests)
        _print_quartiles(options.tests.stem, _likeness(_smiles(tests, Split.TEST, 0), known))


def _smiles(
    data: EquilibriumSet, split: Split, least_atoms: int, end: int | None = None
) -> list[str]:
    rows = data.members(split)
    rows = rows[rows < (len(data) if end is None else end)]
    return [data.smiles[row].decode() for row in rows[data.n_atoms[rows] >= least_atoms]]


def _likeness(smiles: list[str], known: Known) -> FloatArray:
    return np.array([known.likeness(text) for text in smiles])


def _starts(data: EquilibriumSet) -> tuple[list[int], list[Structure]]:
    """Rows and MMFF94 minima; without those that MMFF94 lacks."""
    found, starts = [], []
    rows = data.members(Split.VALIDATION)
    for row in rows[data.n_atoms[rows] >= LEAST_ATOMS].tolist():
        try:
            starts.append(mmff94_minimum(structure_of(data, row)).centred())
        except MoleculeError:
            continue
        found.append(row)
    return found, starts


def _contacts(structure: Structure) -> float:
    heavy = structure.numbers > 1
    apart = Chem.GetDistanceMatrix(to_rdkit(structure))[heavy][:, heavy]
    touching = pdist(structure.positions[heavy]) < TOUCHING
    return float((touching & (squareform(apart) > APART)).sum() / heavy.sum())


def _print_groups(
    name: str, edges: Sequence[float], values: FloatArray, before: FloatArray, after: FloatArray
) -> None:
    print(f"{name:<14}n   start  result   ratio")  # noqa: T201 - a command
    for low, high in pairwise(edges):
        here = (values > low) & (values <= high)
        a, b = before[here], after[here]
        figures = f"{np.median(a):>8.3f}{np.median(b):>8.3f}{np.median(b / a):>8.2f}"
        print(f"to {high:<6.2f}{here.sum():>6}{figures}")  # noqa: T201


def _print_quartiles(name: str, likeness: FloatArray) -> None:
    quartiles = np.percentile(likeness, (25, 50, 75))
    print(f"{name}: likeness " + ", ".join(f"{x:.2f}" for x in quartiles))  # noqa: T201


if __name__ == "__main__":
    main()
