"""What a network carries over from small molecules to large ones, with vectors and with springs.

    python benchmarks/elastic_head.py [--minutes 9] [--interactions 3] [--features 64]

Two small networks learn from nothing, side by side on one core each, the displacement between
MMFF94 minima and equilibria of training molecules of 10 to 24 atoms: one says it atom by atom, as
the noise head does, the other adds what its elastic head says (``diffusion/elastic.py``). Both are
then asked for validation molecules of the same sizes and of 30 to 45 atoms. Printed is what is left
of the displacement in one step, over the displacement: means over means. Data as for
resources/training/everyday.toml.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import cos, pi
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from morered_gui.core.arrays import IntArray
from morered_gui.core.geometry import rotation_onto
from morered_gui.diffusion.config import NetworkConfig
from morered_gui.diffusion.network import MoreRedNetwork, centred_over_atoms
from morered_gui.diffusion.process import centred
from morered_gui.training.batches import pad
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.partners import Partners

SMALL, LARGE = (10, 24), (30, 45)  # atoms
BATCH = 24
ASKED = 192  # molecules of each kind
RATE, WARMUP, CLIP = 1e-3, 100, 0.5
FLOOR = 0.02  # Å per coordinate, as ``displacement.Mixture`` has it
HOTTEST = 600.0  # K; half of the inputs are bent by heat on top
UNIT = 0.1  # Å, of what the vectors say
Molecules = tuple[Tensor, Tensor, Tensor]  # numbers [B, N], positions and displacement [B, N, 3]


@dataclass(frozen=True)
class Molecular:
    """The data, and inputs made of them."""

    data: EquilibriumSet
    partners: Partners

    @classmethod
    def load(cls, data: Path, partners: Path) -> "Molecular":
        found = EquilibriumSet.load(data)
        return cls(found, Partners.collect(found, partners))

    def rows(self, split: Split, sizes: tuple[int, int]) -> IntArray:
        """Of a part, with an MMFF94 minimum, of that many atoms."""
        rows, n = self.data.members(split), self.data.n_atoms
        fits = (n[rows] >= sizes[0]) & (n[rows] <= sizes[1])
        return rows[fits & (self.partners.first[rows] >= 0)]

    def molecules(self, rows: IntArray, rng: np.random.Generator | None = None) -> Molecules:
        """At their MMFF94 minima; with ``rng`` part of the way there, half of them bent by heat."""
        batch = pad(self.data, rows, int(self.data.n_atoms[rows].max()))
        moved, _ = self.partners.displacement(batch)
        if rng is not None:
            moved = moved * rng.uniform(0.0, 1.15, len(rows))[:, None, None]
            heat = HOTTEST * (rng.random(len(rows)) < 0.5) * rng.random(len(rows)) ** 2
            moved = moved + self.partners.thermal(batch, heat, rng)
        x = centred(batch.positions + moved, batch.real)
        apart = x - batch.positions @ rotation_onto(batch.positions, x)
        arrays = (torch.from_numpy(a).float() for a in (x, apart))
        return torch.from_numpy(batch.numbers), *arrays  # type: ignore[return-value]


def predicted(network: MoreRedNetwork, numbers: Tensor, positions: Tensor) -> Tensor:
    """The displacement [B, N, 3] in Å by the noise head and, where it is there, the elastic one."""
    pairs = network.representation.pairs(numbers, positions)
    q, mu = network.representation(numbers, pairs)
    real = (numbers > 0).to(q.dtype)
    assert network.noise_head is not None
    vectors = network.noise_head(q, mu, torch.zeros_like(real)) * real[..., None]
    found = UNIT * centred_over_atoms(vectors, real)
    if network.elastic_head is None:
        return found
    return found + network.elastic_head(numbers, positions, pairs, q, mu)


def squared(errors: Tensor, numbers: Tensor) -> Tensor:
    """Means over coordinates, [B]."""
    return (errors**2).sum((1, 2)) / (3.0 * (numbers > 0).sum(1))


def trained(
    config: NetworkConfig, molecular: Molecular, minutes: float
) -> tuple[MoreRedNetwork, int]:
    """A network and the number of its steps."""
    torch.manual_seed(0)
    network, rng = MoreRedNetwork(config), np.random.default_rng(0)
    optimiser = torch.optim.AdamW(network.parameters(), RATE)
    rows = molecular.rows(Split.TRAIN, SMALL)
    began, step = time.monotonic(), 0
    while (done := (time.monotonic() - began) / (60.0 * minutes)) < 1.0:
        numbers, x, apart = molecular.molecules(rng.choice(rows, BATCH, replace=False), rng)
        rate = RATE * min(1.0, (step + 1) / WARMUP) * (0.02 + 0.49 * (1.0 + cos(pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        error = squared(predicted(network, numbers, x) - apart, numbers)
        loss = (error / (squared(apart, numbers) + FLOOR**2)).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        step += 1
    return network, step


@torch.no_grad()
def left_over(network: MoreRedNetwork, molecular: Molecular, sizes: tuple[int, int]) -> float:
    """Of validation molecules: mean RMSD after one step over that before."""
    rows = np.random.default_rng(5).permutation(molecular.rows(Split.VALIDATION, sizes))[:ASKED]
    before, after = [], []
    for start in range(0, len(rows), BATCH):
        numbers, x, apart = molecular.molecules(rows[start : start + BATCH])
        before.append(squared(apart, numbers).sqrt())
        after.append(squared(predicted(network, numbers, x) - apart, numbers).sqrt())
    return float(torch.cat(after).mean() / torch.cat(before).mean())


def measured(elastic: bool, options: argparse.Namespace) -> str:
    """A line of the table."""
    torch.set_num_threads(1)
    molecular = Molecular.load(options.data, options.partners)
    config = NetworkConfig(
        n_features=options.features, n_interactions=options.interactions, elastic=elastic
    )
    network, steps = trained(config, molecular, options.minutes)
    same, large = (left_over(network, molecular, sizes) for sizes in (SMALL, LARGE))
    return f"{'springs' if elastic else 'vectors':<9}{steps:>7}{same:>14.3f}{large:>14.3f}"


def main() -> None:
    """Train both and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/everyday.npz"))
    parser.add_argument("--partners", type=Path, default=Path("data/everyday-partners"))
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--features", type=int, default=64)
    parser.add_argument("--interactions", type=int, default=3)
    options = parser.parse_args()
    say: Callable[[str], None] = print
    say(f"{'':<9}{'steps':>7}{'10-24 atoms':>14}{'30-45 atoms':>14}")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for line in pool.map(measured, (False, True), (options, options)):
            say(line)


if __name__ == "__main__":
    main()
