"""How much better a few-step network knows its training molecules than others, by size.

    python benchmarks/generalisation.py [--model everyday] [--molecules 120] [--learnt 19289]

Relaxes structures of the training and of the validation part from their MMFF94 minima by 'fast',
and prints the median RMSD to the equilibrium (all atoms, Å) of starts and results, the ratio of
the two, and the median of the ratios, which chance moves less. Where training structures come out
far better, the network lacks data of that size; where they do not, it lacks parameters or training.
``--learnt`` is for a model that has learnt from the beginning of the file only: training structures
are taken from that beginning.
"""

import argparse
from pathlib import Path

import numpy as np

from morered_gui.core import Relaxer, Structure
from morered_gui.core.arrays import IntArray
from morered_gui.core.geometry import rmsd
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.partners import Partners

SIZES = ((0, 20), (20, 30), (30, 45), (45, 100))
MAX_STEPS = 100


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    data = EquilibriumSet.load(arguments.data)
    partners = Partners.collect(data, arguments.partners)
    relaxer = build_relaxer(RelaxerChoice(method="fast", model=arguments.model), threads=1)
    rng = np.random.default_rng(0)
    print("part        atoms      n   start  result   ratio  of each")  # noqa: T201 - a command
    for split, end in ((Split.TRAIN, arguments.learnt), (Split.VALIDATION, None)):
        rows = data.members(split)
        rows = rows[partners.first[rows] >= 0]
        rows = rows[rows < (end or len(data))]
        for low, high in SIZES:
            sized = rows[(data.n_atoms[rows] >= low) & (data.n_atoms[rows] < high)]
            chosen = rng.permutation(sized)[: arguments.molecules]
            if not len(chosen):
                continue
            found = np.array(_rmsds(data, partners, chosen, relaxer))
            before, after = np.median(found, axis=0)
            each = np.median(found[:, 1] / found[:, 0])
            print(  # noqa: T201 - a command
                f"{split.name.lower():<11} {low:>2}-{high - 1:<5} {len(chosen):>4}"
                f" {before:>7.3f} {after:>7.3f} {after / before:>7.2f} {each:>8.2f}",
                flush=True,
            )


def _rmsds(
    data: EquilibriumSet, partners: Partners, rows: IntArray, relaxer: Relaxer
) -> list[tuple[float, float]]:
    """RMSD to the equilibrium of start and result of each structure, Å."""
    starts = [
        Structure(data.geometry(row)[0], partners.minimum(data, row), charge=int(data.charge[row]))
        for row in rows
    ]
    done = relax_all(relaxer, starts, max_steps=MAX_STEPS, seed=0)
    aims = [data.geometry(row)[1] for row in rows]
    return [
        (rmsd(start.positions, aim), rmsd(trajectory.result().positions, aim))
        for start, trajectory, aim in zip(starts, done, aims, strict=True)
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/everyday.npz"))
    parser.add_argument("--partners", type=Path, default=Path("data/everyday-partners"))
    parser.add_argument("--model", default="everyday")
    parser.add_argument("--molecules", type=int, default=120)
    parser.add_argument("--learnt", type=int)
    return parser.parse_args()


if __name__ == "__main__":
    main()
