"""In which motions a few-step network leaves something to do: stiff ones or soft ones.

    python benchmarks/soft_modes.py [--model everyday] [--molecules 120]

Relaxes validation structures of 30 atoms and more from their MMFF94 minima by 'fast'. What
separates start and result from the equilibrium is taken apart into the eigenvectors of the
MMFF94 Hessian at the start, rigid motions left out. Printed for each range of stiffness
(kcal/(mol Å^2)): modes per molecule, what share of the squared displacement of the start lies
there, how much of it the result leaves over, the ratio of the two lengths, and the cosine
between the move that was made and the one that was due. Each molecule counts the same; those
that start further than ``FURTHEST`` away, where modes mean little, are left out.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np

from morered_gui.chem.smiles import structure_at
from morered_gui.chem.vibrations import internal_modes, mmff94_hessian
from morered_gui.core import Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.core.geometry import rmsd, superpose
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.partners import Partners

LEAST_ATOMS = 30
FURTHEST = 0.8  # Å RMSD
MAX_STEPS = 100
EDGES = (0.0, 0.5, 1.0, 2.0, 4.0, 16.0, 64.0, 256.0, np.inf)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/everyday.npz"))
    parser.add_argument("--partners", type=Path, default=Path("data/everyday-partners"))
    parser.add_argument("--model", default="everyday")
    parser.add_argument("--molecules", type=int, default=120)
    options = parser.parse_args()
    starts, equilibria = _pairs(options)
    relaxer = build_relaxer(RelaxerChoice(method="fast", model=options.model), threads=1)
    results = [t.result() for t in relax_all(relaxer, starts, max_steps=MAX_STEPS, seed=0)]
    parts = [
        _in_modes(*three)
        for three in zip(starts, results, equilibria, strict=True)
        if rmsd(three[0].positions, three[2]) < FURTHEST
    ]
    print(f"{len(parts)} molecules\nstiffness      modes   start   left  ratio  cosine")  # noqa: T201
    for low, high in pairwise(EDGES):
        print(f"{low:>5g}-{high:<6g}" + _line(parts, low, high))  # noqa: T201 - a command


def _pairs(options: argparse.Namespace) -> tuple[list[Structure], list[FloatArray]]:
    """MMFF94 minima, and the equilibria that belong to them."""
    data = EquilibriumSet.load(options.data)
    partners = Partners.collect(data, options.partners)
    rows = data.members(Split.VALIDATION)
    rows = rows[(partners.first[rows] >= 0) & (data.n_atoms[rows] >= LEAST_ATOMS)]
    starts, equilibria = [], []
    for row in np.random.default_rng(0).permutation(rows)[: options.molecules]:
        equilibria.append(data.geometry(row)[1])
        minimum = partners.minimum(data, row)
        starts.append(structure_at(data.smiles[row].decode(), minimum).centred())
    return starts, equilibria


def _in_modes(start: Structure, result: Structure, equilibrium: FloatArray) -> FloatArray:
    """[3, modes]: stiffness, and what was due and what was left, in units of the start's length."""
    x = start.positions
    stiffness, modes = internal_modes(mmff94_hessian(start), x)
    due = (superpose(equilibrium, x) - x).ravel() @ modes
    made = (superpose(result.positions, x) - x).ravel() @ modes
    length = np.linalg.norm(due)
    return np.array([stiffness, due / length, (due - made) / length])


def _line(parts: list[FloatArray], low: float, high: float) -> str:
    here = [part[1:, (part[0] >= low) & (part[0] < high)] for part in parts]
    due, left = np.concatenate(here, axis=1)
    made = due - left
    start, rest = (due**2).sum(), (left**2).sum()
    cosine = (due * made).sum() / np.sqrt(start * (made**2).sum())
    n = len(parts)
    return (
        f"{len(due) / n:>8.1f}{start / n:>8.3f}{rest / n:>7.3f}"
        f"{np.sqrt(rest / start):>7.2f}{cosine:>8.2f}"
    )


if __name__ == "__main__":
    main()
