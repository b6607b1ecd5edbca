"""DFT energies here against those of QM9: U0 - ZPVE of the first molecules.

python benchmarks/dft_check.py [--molecules 10] [--exact]
"""

import argparse
import time

from ase import units

from morered_gui.bench.dft import energy
from morered_gui.core import Structure
from morered_gui.training.qm9 import electronic_energies


def main() -> None:
    """Print the difference in mHartree and the processor time of each molecule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=int, default=10)
    parser.add_argument("--skip", type=int, default=0, help="leave out the first ones")
    parser.add_argument("--exact", action="store_true", help="no fitted integrals")
    options = parser.parse_args()
    last = options.skip + options.molecules
    worst = 0.0
    for k, (record, expected) in enumerate(electronic_energies(last)):
        if k < options.skip:
            continue
        structure = Structure(record.numbers, record.positions)
        began = time.process_time()
        found = energy(structure, fitted=not options.exact) / units.Hartree
        seconds = time.process_time() - began
        worst = max(worst, abs(found - expected))
        print(  # noqa: T201
            f"{record.index:6d} {structure.formula:10s} {len(structure):3d} atoms "
            f"{1e3 * (found - expected):8.4f} mHartree {seconds:7.1f} s",
            flush=True,
        )
    print(f"largest difference {1e3 * worst:.4f} mHartree")  # noqa: T201


if __name__ == "__main__":
    main()
