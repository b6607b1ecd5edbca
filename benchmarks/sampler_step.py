"""Time of one step of MoreRed-JT here and through SchNetPack, same weights, in one run.

    python benchmarks/sampler_step.py [--batch 1 128] [--threads 1] [--seconds 20]
        [--model qm9-jt] [--data data/qm9.npz]

A step is all that a user waits for: pairs, network, time step, update of the positions, frames.
The contenders take turns (of 50 steps for one molecule), so that what else runs on the machine
meets all of them:

native      the sampler as ``morered relax`` runs it
backend     the same sampler with ``--backend schnetpack``
reference   SchNetPack's modules in a loop written after the reference implementation's default:
            the whole batch flat, all pairs of each molecule listed once before the first step,
            the update in float64 on tensors, no frames
neighbours  the same with SchNetPack's neighbour list within the cut-off built anew at each step, as
            the reference implementation does with ``recompute_neighbors=True``

Milliseconds: median and quartiles of the steps, by the clock and as processor time of the process;
on a busy machine the second is the fairer one. The ratio is the median over turns of a contender's
median step to the native one of the same turn. All contenders have the hint to the C library of
``diffusion/memory.py``, which the reference implementation by itself does not give.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
from torch import Tensor

from morered_gui.chem.examples import list_examples, load_example
from morered_gui.core import Structure
from morered_gui.diffusion.process import DiffusionProcess, centred
from morered_gui.diffusion.sampler import SeededNoise
from morered_gui.diffusion.stopping import StopRule
from morered_gui.relaxers.registry import Backend, RelaxerChoice, build_relaxer
from morered_gui.training.dataset import EquilibriumSet, Split

START_T = 300  # high enough that no molecule arrives while it is timed
SINGLE_SIZE = 18  # atoms of the one molecule: the mean of QM9
N_STEPS = 50  # then all begin anew
TURN_ATOMS, MIN_TURNS = 900, 5  # one molecule takes 50 steps, a batch of 128 one


def main() -> None:
    """Measure and print."""
    options = _arguments()
    import torch

    for threads in options.threads:
        for size in options.batch:
            starts = _starts(options.data, size)
            contenders = _contenders(options.model, starts, threads)
            torch.set_num_threads(threads)
            atoms = sum(map(len, starts))
            turn = max(1, TURN_ATOMS // atoms)
            print(  # noqa: T201 - a command
                f"\nbatch {size}, {atoms / size:.1f} atoms on average, {threads} thread(s), "
                f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
            )
            _report(_timed(contenders, turn, options.seconds))


def _contenders(model: str, starts: Sequence[Structure], threads: int) -> dict[str, "Contender"]:
    return {
        "native": _SamplerRun(model, Backend.NATIVE, starts, threads),
        "backend": _SamplerRun(model, Backend.SCHNETPACK, starts, threads),
        "reference": _ReferenceLoop(model, starts, neighbours_anew=False),
        "neighbours": _ReferenceLoop(model, starts, neighbours_anew=True),
    }


class Contender(Protocol):
    """A run that can be begun anew."""

    def begin(self) -> None: ...

    def step(self) -> None: ...


class _SamplerRun:
    """The sampler that the registry builds, without a stop on a plateau."""

    def __init__(
        self, model: str, backend: Backend, starts: Sequence[Structure], threads: int
    ) -> None:
        choice = RelaxerChoice(method="jt", model=model, device="cpu", backend=backend)
        relaxer = build_relaxer(choice, threads)
        self.sampler = replace(relaxer.sampler, stop=StopRule(window=0))
        self.starts = starts

    def begin(self) -> None:
        """From the starts again."""
        noise = SeededNoise(0, len(self.starts))
        self.frames = self.sampler.run(self.starts, max_steps=N_STEPS + 1, noise=noise)

    def step(self) -> None:
        """Draw one frame of every molecule."""
        steps = {next(self.frames).frame.step for _ in self.starts}
        if len(steps) > 1:
            sys.exit("a molecule has arrived; the times would be of a smaller batch")


class _ReferenceLoop:
    """SchNetPack's modules, called as the reference implementation's sampler calls them."""

    def __init__(self, model: str, starts: Sequence[Structure], *, neighbours_anew: bool) -> None:
        import torch
        from schnetpack import properties
        from schnetpack.transform import MatScipyNeighborList

        from morered_gui.diffusion.checkpoint import find_model
        from morered_gui.diffusion.schnetpack_backend import SchNetPackNetwork

        folder = find_model(model)
        self.network = SchNetPackNetwork.from_native(folder.load_network())
        self.schedule = folder.config.noise_schedule()
        self.neighbours_anew = neighbours_anew
        cutoff = folder.config.network.cutoff
        self.near = MatScipyNeighborList(cutoff=cutoff)
        self.start = {
            properties.idx: torch.arange(len(starts)),
            properties.n_atoms: torch.tensor([len(s) for s in starts]),
            properties.Z: torch.from_numpy(np.concatenate([s.numbers for s in starts])).long(),
            properties.R: torch.from_numpy(np.concatenate([s.positions for s in starts])),
            properties.cell: torch.zeros(len(starts), 3, 3, dtype=torch.float64),
            properties.pbc: torch.zeros(len(starts), 3, dtype=torch.bool),
        }
        self.start[properties.idx_m] = torch.repeat_interleave(self.start[properties.n_atoms])

    def begin(self) -> None:
        """From the starts again, all pairs of each molecule listed."""
        from schnetpack.transform import MatScipyNeighborList

        self.batch = self.start
        self._neighbours(MatScipyNeighborList(cutoff=1e7))

    def step(self) -> None:
        """Predict, and take one step of the reverse process."""
        import torch

        with torch.no_grad():
            self._step()

    def _step(self) -> None:
        import torch
        from schnetpack import properties

        if self.neighbours_anew:
            self._neighbours(self.near)
        batch = self.batch
        molecule = batch[properties.idx_m]
        x = batch[properties.R]
        inputs = {k: v.float() if v.dtype == torch.float64 else v for k, v in batch.items()}
        r, i, j = (inputs[k] for k in (properties.R, properties.idx_i, properties.idx_j))
        inputs[properties.Rij] = r[j] - r[i] + inputs[properties.offsets]
        body = self.network.representation(inputs)
        q, mu = body["scalar_representation"], body["vector_representation"]
        atom_time = self.network.time_head(q)
        _, noise = self.network.noise_head((torch.cat([q, atom_time], dim=-1), mu))
        eps = self._without_mean(noise.squeeze(-1).double(), molecule)
        mean = self._mean(atom_time.clamp(0.0, 1.0).double(), molecule)[:, 0]
        t = torch.round(mean * (self.schedule.n_steps - 1)).long()[molecule]
        beta, level, alpha, sigma = (
            torch.from_numpy(getattr(self.schedule, name))[t][:, None]
            for name in ("beta", "noise_level", "alpha", "sigma")
        )
        z = self._without_mean(torch.randn_like(x), molecule)
        batch[properties.R] = (x - beta / level * eps) / alpha.sqrt() + (t > 0)[:, None] * sigma * z

    def _neighbours(self, transform: Callable[[dict], dict]) -> None:
        """All molecules one by one through SchNetPack's transform, and its collation."""
        from schnetpack import properties
        from schnetpack.data.loader import _atoms_collate_fn

        single = (properties.idx, properties.n_atoms, properties.cell, properties.pbc)
        rows = []
        for k in range(len(self.batch[properties.idx])):
            mask = self.batch[properties.idx_m] == k
            row = {name: self.batch[name][[k]] for name in single}
            row |= {name: self.batch[name][mask] for name in (properties.Z, properties.R)}
            row[properties.pbc] = row[properties.pbc][0]
            found = transform(row)
            found[properties.pbc] = found[properties.pbc][None]
            rows.append(found)
        self.batch = _atoms_collate_fn(rows)

    def _mean(self, values: Tensor, molecule: Tensor) -> Tensor:
        from schnetpack import properties

        n_atoms = self.batch[properties.n_atoms]
        sums = values.new_zeros(len(n_atoms), values.shape[1]).index_add_(0, molecule, values)
        return sums / n_atoms[:, None]

    def _without_mean(self, values: Tensor, molecule: Tensor) -> Tensor:
        return values - self._mean(values, molecule)[molecule]


def _timed(contenders: dict[str, Contender], turn: int, seconds: float) -> dict[str, np.ndarray]:
    """Milliseconds of each step, [turns, turn, 2] of every contender: wall clock, processor."""
    turns: dict[str, list[list[tuple[float, float]]]] = {name: [] for name in contenders}
    ends = time.perf_counter() + seconds
    done = 0
    while done < MIN_TURNS or time.perf_counter() < ends:
        if done % (N_STEPS // turn) == 0:
            for contender in contenders.values():
                contender.begin()
                contender.step()
        for name, contender in contenders.items():
            turns[name].append([_milliseconds(contender.step) for _ in range(turn)])
        done += 1
    return {name: np.array(rows) for name, rows in turns.items()}


def _milliseconds(step: Callable[[], None]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    step()
    return 1000.0 * (time.perf_counter() - began), 1000.0 * (time.process_time() - used)


def _report(times: dict[str, np.ndarray]) -> None:
    medians = {name: np.median(values, axis=1) for name, values in times.items()}  # of each turn
    for name, values in times.items():
        ratios = np.median(medians[name] / medians["native"], axis=0)
        for kind, every, ratio in zip(("wall", "CPU"), values.T, ratios, strict=True):
            low, median, high = np.percentile(every, (25, 50, 75))
            print(  # noqa: T201 - a command
                f"{name:11s}{kind:5s}{median:8.2f} ms per step ({low:.2f}-{high:.2f}), "
                f"{ratio:5.2f} times the native step, {every.size} steps"
            )


def _starts(data: Path, size: int) -> list[Structure]:
    """Noised molecules: of the validation split where there is one, else the examples."""
    rng = np.random.default_rng(0)
    if data.exists():
        molecules = _validation_molecules(EquilibriumSet.load(data), size, rng)
    else:
        known = [load_example(e.id)[0] for e in list_examples()]
        qm9 = [s for s in known if set(s.numbers.tolist()) <= {1, 6, 7, 8, 9} and len(s) <= 29]
        molecules = [qm9[k % len(qm9)] for k in range(size)]
    return [_noised(s, rng) for s in molecules]


def _validation_molecules(
    data: EquilibriumSet, size: int, rng: np.random.Generator
) -> list[Structure]:
    rows = data.members(Split.VALIDATION)
    if size == 1:
        rows = rows[data.n_atoms[rows] == SINGLE_SIZE]
    return [Structure(*data.geometry(k)) for k in rng.choice(rows, size, replace=False)]


def _noised(structure: Structure, rng: np.random.Generator) -> Structure:
    x = structure.centred().positions[None]
    eps = centred(rng.standard_normal(x.shape), np.ones(x.shape[:2], dtype=bool))
    noised = DiffusionProcess().diffuse(x, np.array([START_T]), eps)[0]
    return Structure(structure.numbers, noised)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 128])
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--seconds", type=float, default=20.0, help="per batch size")
    parser.add_argument("--model", default="qm9-jt")
    parser.add_argument("--data", type=Path, default=Path("data/qm9.npz"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
