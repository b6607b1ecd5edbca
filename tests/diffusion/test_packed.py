"""The networks for inference on a CPU give what the networks that are trained give."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from morered_gui.core import PaddedBatch, Structure
from morered_gui.diffusion import neighbours
from morered_gui.diffusion.config import NetworkKind
from morered_gui.diffusion.inference import NetworkOnDevice
from morered_gui.diffusion.network import MoreRedNetwork, Output
from morered_gui.diffusion.packed import PackedNetwork
from tests.diffusion import parity

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}


def both(network: MoreRedNetwork, numbers: Tensor, positions: Tensor) -> tuple[Output, Output]:
    """Of the network itself and packed, on the CPU."""
    time = None
    if network.config.kind == NetworkKind.NOISE:
        time = torch.linspace(0.1, 0.9, len(numbers), dtype=positions.dtype)
    with torch.inference_mode():
        return network(numbers, positions, time), PackedNetwork(network)(numbers, positions, time)


def assert_same(ours: Output, theirs: Output) -> None:
    for a, b in zip(ours, theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            scale = max(1.0, float(b.abs().max()))
            torch.testing.assert_close(a, b, rtol=0, atol=TOLERANCE[a.dtype] * scale)


def random_molecules(n_molecules: int, size: int, spread: float) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(size)
    numbers = torch.randint(1, 9, (n_molecules, size), generator=generator)
    positions = torch.randn(n_molecules, size, 3, generator=generator, dtype=torch.float64)
    return numbers, spread * positions


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["jt", "ddpm", "time"])
def test_that_padded_molecules_get_the_same_output(name: str, dtype: torch.dtype) -> None:
    batch = parity.batch()
    numbers, positions = torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions)
    theirs, ours = both(parity.network(name).to(dtype), numbers, positions.to(dtype))
    assert_same(ours, theirs)


@pytest.mark.parametrize("block", [1, 25, 100, 10**6])
@pytest.mark.parametrize(("n_molecules", "size"), [(1, 1), (7, 2), (5, 9), (2, 40)])
def test_that_blocks_of_every_size_give_the_same_output(
    monkeypatch: pytest.MonkeyPatch, n_molecules: int, size: int, block: int
) -> None:
    monkeypatch.setattr(neighbours, "PAIRS_IN_CACHE", block)
    numbers, positions = random_molecules(n_molecules, size, spread=3.0)
    theirs, ours = both(parity.network("jt").double(), numbers, positions)
    assert_same(ours, theirs)


def test_that_atoms_beyond_the_cut_off_or_at_one_place_are_no_neighbours() -> None:
    numbers, positions = random_molecules(2, 6, spread=50.0)
    positions[1, 3] = positions[1, 2]
    theirs, ours = both(parity.network("jt").double(), numbers, positions)
    assert_same(ours, theirs)


def test_that_positions_that_are_no_numbers_are_not_hidden() -> None:
    numbers, positions = random_molecules(1, 6, spread=2.0)
    positions[0, 2, 1] = torch.nan
    _, ours = both(parity.network("jt").double(), numbers, positions)
    assert ours.noise is not None and bool(ours.noise.isnan().any())


def test_that_a_packed_noise_network_needs_the_time() -> None:
    numbers, positions = random_molecules(1, 3, spread=1.0)
    with pytest.raises(ValueError, match="given the time"):
        PackedNetwork(parity.network("ddpm").double())(numbers, positions)


@pytest.mark.parametrize("atoms_at_once", [1, 25, 10**6])
def test_that_molecules_come_back_in_the_order_in_which_they_went(atoms_at_once: int) -> None:
    sizes = [4, 9, 2, 9, 1, 7, 3]
    rng = np.random.default_rng(3)
    molecules = [Structure(rng.integers(1, 9, n), 2.0 * rng.standard_normal((n, 3))) for n in sizes]
    cpu = torch.device("cpu")
    network = replace(
        NetworkOnDevice.of(parity.network("ddpm"), cpu, torch.float64), atoms_at_once=atoms_at_once
    )
    times = np.linspace(0.0, 1.0, len(sizes))
    noise = network(PaddedBatch.of(molecules), times).noise
    assert noise is not None and noise.shape == (len(sizes), max(sizes), 3)
    for k, molecule in enumerate(molecules):
        alone = network(PaddedBatch.of([molecule]), times[[k]]).noise
        assert alone is not None
        torch.testing.assert_close(noise[k, : sizes[k]], alone[0], rtol=0, atol=1e-10)
        assert not noise[k, sizes[k] :].any()
