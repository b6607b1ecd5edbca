"""Neighbour lists give what all pairs give."""

import pytest
import torch

from morered_gui.core import PaddedBatch, Structure
from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.diffusion.inference import LARGE, LARGE_ON_GPU, NetworkOnDevice
from morered_gui.diffusion.network import MoreRedNetwork
from morered_gui.diffusion.sparse import SparseNetwork


def random_batch(*sizes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Molecules of so many atoms, about as dense as real ones, padded."""
    generator = torch.Generator().manual_seed(1)
    structures = []
    for n in sizes:
        side = max(6, round(n ** (1 / 3)) + 1)
        grid = torch.cartesian_prod(*[torch.arange(float(side))] * 3)[torch.randperm(side**3)[:n]]
        x = 1.9 * grid + 0.2 * torch.randn(n, 3, generator=generator)
        structures.append(
            Structure(torch.randint(1, 9, (n,), generator=generator).numpy(), x.numpy())
        )
    batch = PaddedBatch.of(structures)
    return torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions)


@pytest.mark.parametrize("kind", list(NetworkKind))
@torch.inference_mode()
def test_that_neighbour_lists_give_the_same_as_all_pairs(kind: NetworkKind) -> None:
    torch.manual_seed(0)
    dense = MoreRedNetwork(NetworkConfig(kind=kind, n_features=16)).double().eval()
    numbers, positions = random_batch(70, 150, 1, 2)
    time = torch.tensor([0.1, 0.2, 0.3, 0.4]) if kind == NetworkKind.NOISE else None
    expected = dense(numbers, positions, time)
    found = SparseNetwork(dense)(numbers, positions, time)
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            assert torch.allclose(ours, theirs, atol=1e-10)
            assert theirs.abs().max() > 1e-3


@torch.inference_mode()
@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_that_neighbour_lists_on_cuda_give_the_same_as_all_pairs() -> None:
    network = MoreRedNetwork(NetworkConfig(n_features=16)).double().eval()
    numbers, positions = random_batch(LARGE_ON_GPU + 20)
    with torch.inference_mode():
        expected = network(numbers, positions)
    found = NetworkOnDevice.of(network, torch.device("cuda"), torch.float64)(
        PaddedBatch(numbers.numpy(), positions.numpy())
    )
    for ours, theirs in zip(found, expected, strict=True):
        assert ours is not None and theirs is not None
        torch.testing.assert_close(ours, theirs, atol=1e-10, rtol=0.0)


def test_that_atoms_at_one_place_or_far_apart_do_no_harm() -> None:
    dense = MoreRedNetwork(NetworkConfig(n_features=16)).double().eval()
    numbers = torch.tensor([[6, 6, 8]])
    for third in (0.0, 100.0):
        positions = torch.zeros(1, 3, 3, dtype=torch.float64)
        positions[0, 2, 0] = third
        expected, found = dense(numbers, positions), SparseNetwork(dense)(numbers, positions)
        assert found.noise is not None and expected.noise is not None
        assert torch.allclose(found.noise, expected.noise, atol=1e-12)


def test_that_large_and_small_molecules_of_a_batch_come_out_as_from_all_pairs() -> None:
    torch.manual_seed(0)
    dense = MoreRedNetwork(NetworkConfig(n_features=16)).double().eval()
    numbers, positions = random_batch(LARGE + 20, 20, LARGE + 5)
    batch = PaddedBatch(numbers.numpy(), positions.numpy())
    run = NetworkOnDevice.of(dense, torch.device("cpu"), torch.float64)
    with torch.inference_mode():
        expected = dense(numbers, positions)
    found = run(batch)
    assert found.noise is not None and found.time is not None
    assert expected.noise is not None and expected.time is not None
    assert torch.allclose(found.noise, expected.noise, atol=1e-10)
    assert torch.allclose(found.time, expected.time, atol=1e-10)
