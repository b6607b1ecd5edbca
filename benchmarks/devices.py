"""Molecules per second on the devices that are there, for a few batch sizes, in one run.

    python benchmarks/devices.py [--device cpu cuda] [--method fast@qm9-fast jt@qm9-jt]
        [--batch 1 128 1024] [--data data/qm9.npz]

Test molecules with Gaussian noise of 0.1 Å, relaxed for at most 100 steps, on one thread of the
processor. A short run of the same shape goes before each that is timed.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from morered_gui.bench.molecules import choose_molecules
from morered_gui.bench.protocol import Entry
from morered_gui.core import Structure
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.registry import build_relaxer
from morered_gui.training.dataset import EquilibriumSet

NOISE = 0.1  # Å
MAX_STEPS, WARM_UP_STEPS = 100, 5


def main() -> None:
    """Measure and print."""
    options = _arguments()
    starts = _starts(options.data, max(options.batch))
    for method in options.method:
        for device in options.device:
            relaxer = build_relaxer(Entry.parse(method).choice(device), 1)
            for size in options.batch:
                batch = starts[:size]
                relax_all(relaxer, batch, max_steps=WARM_UP_STEPS, seed=0)
                began = time.perf_counter()
                relax_all(relaxer, batch, max_steps=MAX_STEPS, seed=0)
                rate = size / (time.perf_counter() - began)
                print(f"{method} {device} batch {size}: {rate:.1f} molecules/s")  # noqa: T201


def _starts(path: Path, n: int) -> list[Structure]:
    rng = np.random.default_rng(0)
    return [
        molecule.with_positions(
            molecule.positions + NOISE * rng.standard_normal(molecule.positions.shape)
        )
        for molecule in choose_molecules(EquilibriumSet.load(path), n).values()
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", nargs="+", default=["cpu"])
    parser.add_argument("--method", nargs="+", default=["fast@qm9-fast", "jt@qm9-jt"])
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 128])
    parser.add_argument("--data", type=Path, default=Path("data/qm9.npz"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
