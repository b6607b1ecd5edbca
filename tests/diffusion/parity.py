"""The recorded outputs of the reference implementation (see tests/data/parity/README.md)."""

from functools import cache
from pathlib import Path

import numpy as np
import torch

from morered_gui.core import PaddedBatch, Structure
from morered_gui.diffusion.network import MoreRedNetwork
from morered_gui.diffusion.upstream import config_of, from_upstream

FOLDER = Path(__file__).parent.parent / "data" / "parity"
N_ATOMS = (9, 20, 10)


@cache
def golden() -> dict[str, np.ndarray]:
    with np.load(FOLDER / "golden.npz") as file:
        return dict(file)


def molecules() -> list[Structure]:
    """Ethanol, paracetamol and glycine, perturbed and centred."""
    record = golden()
    return [
        Structure(record[f"mol{k}_numbers"], record[f"mol{k}_positions"])
        for k in range(len(N_ATOMS))
    ]


def batch() -> PaddedBatch:
    return PaddedBatch.of(molecules())


def flat(dense: np.ndarray) -> np.ndarray:
    """[3, N, ...] without padding, concatenated as the record has it."""
    return np.concatenate([row[:n] for row, n in zip(dense, N_ATOMS, strict=True)])


def dense(flat_rows: np.ndarray) -> np.ndarray:
    """The other way round, padded with zeros."""
    out = np.zeros((len(N_ATOMS), max(N_ATOMS), *flat_rows.shape[1:]))
    starts = np.cumsum((0, *N_ATOMS))
    for k, n in enumerate(N_ATOMS):
        out[k, :n] = flat_rows[starts[k] : starts[k] + n]
    return out


def network(name: str) -> MoreRedNetwork:
    """A recorded network: jt, ddpm or time."""
    with np.load(FOLDER / f"tiny_upstream_{name}_state.npz") as file:
        state = {key: torch.from_numpy(file[key]) for key in file.files}
    net = MoreRedNetwork(config_of(state))
    net.load_state_dict(from_upstream(state))
    return net.eval().requires_grad_(False)
