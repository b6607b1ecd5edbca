"""One network evaluation against the number of atoms: all pairs, packed pairs, neighbour lists.

python benchmarks/large_molecules.py [--model qm9-jt] [--device cpu] [--repeats 7]

The molecules are oligomers of alanine from ETKDG, beyond 20 residues several of them beside each
other. Milliseconds, the median: on a CPU of one thread's processor time, which a busy machine
disturbs less than the clock; on a GPU by the clock, without packed pairs, which are for CPUs.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from morered_gui.chem import structure_from_smiles
from morered_gui.core import PaddedBatch, Structure
from morered_gui.diffusion.checkpoint import find_model
from morered_gui.diffusion.devices import choose_device
from morered_gui.diffusion.memory import INFERENCE_BLOCK, keep_memory
from morered_gui.diffusion.packed import PackedNetwork
from morered_gui.diffusion.sparse import SparseNetwork

RESIDUES = (2, 4, 6, 8, 12, 16, 20)
COPIES = (2, 3, 5, 8, 16)  # of the longest, on a GPU
APART = 40.0  # Å


@torch.inference_mode()
def main() -> None:
    """Print a row per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qm9-jt")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    keep_memory(INFERENCE_BLOCK)
    torch.set_num_threads(1)
    device = choose_device(options.device)
    dense = find_model(options.model).load_network().to(device)
    networks = {"all pairs": dense}
    if device.type == "cpu":
        networks["packed"] = PackedNetwork(dense)
    networks["neighbour lists"] = SparseNetwork(dense)
    print("  ".join(["atoms", *(f"{name:>15}" for name in networks), "largest difference"]))  # noqa: T201
    for molecule in _molecules(device):
        batch = PaddedBatch.of([molecule])
        numbers = torch.from_numpy(batch.numbers).to(device)
        positions = torch.from_numpy(batch.positions).float().to(device)
        evaluate = {name: partial(n, numbers, positions) for name, n in networks.items()}
        noise: list[Tensor] = [evaluate[name]().noise for name in ("all pairs", "neighbour lists")]
        times = [_milliseconds(each, options.repeats, device) for each in evaluate.values()]
        difference = float((noise[0] - noise[1]).abs().max())
        row = [f"{len(molecule):5d}", *(f"{t:15.1f}" for t in times), f"{difference:18.1e}"]
        print("  ".join(row))  # noqa: T201


def _molecules(device: torch.device) -> list[Structure]:
    found = [structure_from_smiles("N[C@@H](C)C(=O)" * n + "O").centred() for n in RESIDUES]
    if device.type == "cpu":
        return found
    return [*found[::3], *(_beside(found[-1], copies) for copies in COPIES)]


def _beside(molecule: Structure, copies: int) -> Structure:
    shifts = APART * np.arange(copies)[:, None, None] * np.array([1.0, 0.0, 0.0])
    positions = (molecule.positions + shifts).reshape(-1, 3)
    return Structure(np.tile(molecule.numbers, copies), positions).centred()


def _milliseconds(function: Callable[[], object], repeats: int, device: torch.device) -> float:
    on_cpu = device.type == "cpu"
    clock = time.process_time if on_cpu else time.perf_counter
    found = []
    for _ in range(1 + repeats):  # the first one warms up
        began = clock()
        function()
        if not on_cpu:
            torch.cuda.synchronize(device)
        found.append(1e3 * (clock() - began))
    return statistics.median(found[1:])


if __name__ == "__main__":
    main()
