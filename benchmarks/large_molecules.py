"""One network evaluation against the number of atoms: all pairs, packed pairs, neighbour lists.

python benchmarks/large_molecules.py [--model qm9-jt] [--repeats 7]

The molecules are oligomers of alanine from ETKDG, one thread, milliseconds of processor time (the
median), which a busy machine disturbs less than the clock.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import torch

from morered_gui.chem import structure_from_smiles
from morered_gui.core import PaddedBatch
from morered_gui.diffusion.checkpoint import find_model
from morered_gui.diffusion.memory import INFERENCE_BLOCK, keep_memory
from morered_gui.diffusion.packed import PackedNetwork
from morered_gui.diffusion.sparse import SparseNetwork

RESIDUES = (2, 4, 6, 8, 12, 16, 20)


@torch.inference_mode()
def main() -> None:
    """Print a row per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qm9-jt")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    keep_memory(INFERENCE_BLOCK)
    torch.set_num_threads(1)
    dense = find_model(options.model).load_network()
    sparse = SparseNetwork(dense)
    packed = PackedNetwork(dense)
    print("atoms   all pairs / ms   packed / ms   neighbours / ms   largest difference")  # noqa: T201
    for n in RESIDUES:
        molecule = structure_from_smiles("N[C@@H](C)C(=O)" * n + "O").centred()
        batch = PaddedBatch.of([molecule])
        numbers = torch.from_numpy(batch.numbers)
        positions = torch.from_numpy(batch.positions).float()
        ours, theirs = sparse(numbers, positions).noise, dense(numbers, positions).noise
        assert ours is not None
        assert theirs is not None
        times = [
            _milliseconds(partial(network, numbers, positions), options.repeats)
            for network in (dense, packed, sparse)
        ]
        print(  # noqa: T201
            f"{len(molecule):5d}   {times[0]:14.1f}   {times[1]:11.1f}   {times[2]:15.1f}"
            f"   {float((ours - theirs).abs().max()):.1e}"
        )


def _milliseconds(function: Callable[[], object], repeats: int) -> float:
    function()
    found = []
    for _ in range(repeats):
        began = time.process_time()
        function()
        found.append(1e3 * (time.process_time() - began))
    return statistics.median(found)


if __name__ == "__main__":
    main()
