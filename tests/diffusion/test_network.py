"""Symmetries of the network, in double precision."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from morered_gui.core import PaddedBatch
from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.diffusion.network import MoreRedNetwork, Output
from tests.diffusion import parity


@pytest.fixture(scope="module")
def network() -> MoreRedNetwork:
    torch.manual_seed(0)
    return MoreRedNetwork(NetworkConfig(n_features=16)).double().eval().requires_grad_(False)


def outputs(network: MoreRedNetwork, batch: PaddedBatch) -> tuple[np.ndarray, np.ndarray]:
    output: Output = network(torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions))
    assert output.noise is not None and output.time is not None
    return output.noise.numpy(), output.time.numpy()


def test_that_noise_turns_with_the_molecule_and_time_does_not(network: MoreRedNetwork) -> None:
    batch = parity.batch()
    rotation = Rotation.random(random_state=1).as_matrix()
    noise, time = outputs(network, batch)
    turned = PaddedBatch(batch.numbers, batch.positions @ rotation.T)
    noise_turned, time_turned = outputs(network, turned)
    np.testing.assert_allclose(noise_turned, noise @ rotation.T, atol=1e-12)
    np.testing.assert_allclose(time_turned, time, atol=1e-12)


def test_that_a_mirror_image_gets_mirrored_noise(network: MoreRedNetwork) -> None:
    batch = parity.batch()
    mirror = np.diag([1.0, 1.0, -1.0])
    noise, time = outputs(network, batch)
    mirrored, time_mirrored = outputs(network, PaddedBatch(batch.numbers, batch.positions @ mirror))
    np.testing.assert_allclose(mirrored, noise @ mirror, atol=1e-12)
    np.testing.assert_allclose(time_mirrored, time, atol=1e-12)


def test_that_the_place_of_a_molecule_does_not_matter(network: MoreRedNetwork) -> None:
    batch = parity.batch()
    shifted = PaddedBatch(batch.numbers, batch.positions + np.array([3.0, -2.0, 7.0]))
    for ours, theirs in zip(outputs(network, batch), outputs(network, shifted), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-11)


def test_that_the_order_of_atoms_does_not_matter(network: MoreRedNetwork) -> None:
    batch = parity.batch()
    order = np.random.default_rng(2).permutation(batch.numbers.shape[1])  # padding moves too
    noise, time = outputs(network, batch)
    shuffled = PaddedBatch(batch.numbers[:, order], batch.positions[:, order])
    noise_shuffled, time_shuffled = outputs(network, shuffled)
    np.testing.assert_allclose(noise_shuffled, noise[:, order], atol=1e-12)
    np.testing.assert_allclose(time_shuffled, time[:, order], atol=1e-12)


def test_that_molecules_of_a_batch_do_not_see_each_other(network: MoreRedNetwork) -> None:
    noise, time = outputs(network, parity.batch())
    for k, molecule in enumerate(parity.molecules()):
        alone_noise, alone_time = outputs(network, PaddedBatch.of([molecule]))
        n = len(molecule)
        np.testing.assert_allclose(noise[k, :n], alone_noise[0], atol=1e-12)
        np.testing.assert_allclose(time[k, :n], alone_time[0], atol=1e-12)
        assert not noise[k, n:].any() and not time[k, n:].any()


def test_that_predicted_noise_is_centred(network: MoreRedNetwork) -> None:
    noise, _ = outputs(network, parity.batch())
    np.testing.assert_allclose(noise.sum(1), 0.0, atol=1e-12)


def test_that_gradients_stay_finite_with_padding_and_with_atoms_at_one_place() -> None:
    torch.manual_seed(0)
    network = MoreRedNetwork(NetworkConfig(n_features=16))
    numbers = torch.tensor([[6, 6, 1, 0], [8, 1, 1, 1]])
    positions = torch.randn(2, 4, 3)
    positions[0, 1] = positions[0, 0]
    output = network(numbers, positions)
    assert output.noise is not None and output.time is not None
    (output.noise.square().sum() + output.time.square().sum()).backward()
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    assert gradients and all(bool(g.isfinite().all()) for g in gradients)


def test_that_a_noise_network_needs_the_time_and_a_joint_one_refuses_it(
    network: MoreRedNetwork,
) -> None:
    batch = parity.batch()
    numbers, positions = torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions)
    told = MoreRedNetwork(NetworkConfig(kind=NetworkKind.NOISE, n_features=16)).double()
    with pytest.raises(ValueError, match="given the time"):
        told(numbers, positions)
    with pytest.raises(ValueError, match="given the time"):
        network(numbers, positions, torch.zeros(3, dtype=torch.float64))


@pytest.mark.parametrize("sizes", [{"n_features": 6}, {"n_interactions": 0}, {"cutoff": -1.0}])
def test_that_impossible_sizes_are_refused(sizes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="not a network"):
        NetworkConfig(**sizes)  # type: ignore[arg-type]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_that_cuda_gives_the_same_output_as_the_cpu(network: MoreRedNetwork) -> None:
    noise, time = outputs(network, parity.batch())
    batch = parity.batch()
    twin = MoreRedNetwork(network.config).double().eval().requires_grad_(False).cuda()
    twin.load_state_dict(network.state_dict())
    output = twin(torch.from_numpy(batch.numbers).cuda(), torch.from_numpy(batch.positions).cuda())
    np.testing.assert_allclose(output.noise.cpu().numpy(), noise, atol=1e-10)
    np.testing.assert_allclose(output.time.cpu().numpy(), time, atol=1e-10)
