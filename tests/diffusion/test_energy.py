"""The force field: forces are the gradient of the energy, and symmetries hold; double precision."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from morered_gui.diffusion.checkpoint import ModelConfig, ModelError, ModelFolder, save_model
from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.diffusion.energy import REFERENCE_STEP, EnergyNetwork
from tests.diffusion import parity

Field = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
CONFIG = NetworkConfig(kind=NetworkKind.ENERGY, n_features=16)


@pytest.fixture(scope="module")
def network() -> EnergyNetwork:
    torch.manual_seed(0)
    return EnergyNetwork(CONFIG).double().eval().requires_grad_(False)


@pytest.fixture(scope="module")
def field(network: EnergyNetwork) -> Field:
    def of(numbers: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        energy, forces = network(torch.from_numpy(numbers), torch.from_numpy(positions))
        return energy.numpy(), forces.numpy()

    return of


def test_that_forces_are_finite_differences_of_the_energy(field: Field) -> None:
    batch = parity.batch()
    _, forces = field(batch.numbers, batch.positions)
    assert np.abs(forces).max() > 1e-2
    rng, step = np.random.default_rng(0), 1e-5
    for _ in range(12):
        molecule = rng.integers(len(batch.numbers))
        place = molecule, rng.integers(batch.n_atoms[molecule]), rng.integers(3)
        ends = []
        for sign in (1.0, -1.0):
            x = batch.positions.copy()
            x[place] += sign * step
            ends.append(field(batch.numbers, x)[0][molecule])
        assert forces[place] == pytest.approx((ends[1] - ends[0]) / (2 * step), abs=1e-7)


def test_that_the_energy_is_smooth_where_an_atom_leaves_the_cutoff(field: Field) -> None:
    numbers = np.array([[6, 8]])
    distances = CONFIG.cutoff + np.array([-1e-3, -1e-4, 1e-4, 1e-3])
    energies = np.array(
        [field(numbers, np.array([[[0, 0, 0], [0, 0, d]]]))[0][0] for d in distances]
    )
    assert np.ptp(energies) < 1e-5 and energies[2] == energies[3]


def test_that_energies_stay_and_forces_turn_with_the_molecule(field: Field) -> None:
    batch = parity.batch()
    energy, forces = field(batch.numbers, batch.positions)
    rotation = Rotation.random(random_state=1).as_matrix()
    for motion in (rotation, np.diag([1.0, 1.0, -1.0])):
        moved = batch.positions @ motion.T + np.array([1.0, -2.0, 3.0])
        energy_moved, forces_moved = field(batch.numbers, moved)
        np.testing.assert_allclose(energy_moved, energy, atol=1e-11)
        np.testing.assert_allclose(forces_moved, forces @ motion.T, atol=1e-11)


def test_that_the_order_of_atoms_and_padding_do_not_matter(field: Field) -> None:
    batch = parity.batch()
    energy, forces = field(batch.numbers, batch.positions)
    order = np.random.default_rng(2).permutation(batch.numbers.shape[1])  # padding moves too
    energy_shuffled, forces_shuffled = field(batch.numbers[:, order], batch.positions[:, order])
    np.testing.assert_allclose(energy_shuffled, energy, atol=1e-12)
    np.testing.assert_allclose(forces_shuffled, forces[:, order], atol=1e-12)
    assert not forces[~batch.real].any()
    assert np.abs(forces.sum(1)).max() < 1e-11
    for k, n in enumerate(batch.n_atoms):
        alone, _ = field(batch.numbers[k : k + 1, :n], batch.positions[k : k + 1, :n])
        assert alone[0] == pytest.approx(energy[k], abs=1e-12)


def test_that_a_loss_of_forces_reaches_the_weights() -> None:
    torch.manual_seed(0)
    network, batch = EnergyNetwork(CONFIG), parity.batch()
    energy, forces = network(
        torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions).float()
    )
    ((energy**2).sum() + (forces**2).sum()).backward()
    last_bias = "energy_head.outnet.2.bias"  # a constant per atom: forces don't know it
    for name, weight in network.named_parameters():
        if name == "representation.embedding.weight" or "mu_channel_mix" in name:
            continue
        assert weight.grad is not None and torch.isfinite(weight.grad).all(), name
        assert weight.grad.abs().max() > 0 or name == last_bias, name


def test_that_references_add_up_and_survive_single_precision(network: EnergyNetwork) -> None:
    references = np.zeros(CONFIG.max_atomic_number + 1)
    references[[1, 6, 8]] = -13.60570, -1028.4733, -2041.1398
    single = EnergyNetwork(CONFIG)
    single.set_references(references)
    (total,) = single.reference_energy(np.array([[8, 1, 1, 0]]))
    assert total == pytest.approx(references[[8, 1, 1]].sum(), abs=3 * REFERENCE_STEP)
    kept = EnergyNetwork(CONFIG).double()
    kept.load_state_dict(single.state_dict())
    assert kept.reference_energy(np.array([8, 1, 1])) == total


def test_that_a_force_field_is_kept_like_any_model(network: EnergyNetwork, tmp_path: Path) -> None:
    config = ModelConfig(name="ff", network=CONFIG, methods=("mlff",), elements=(1, 6, 8))
    save_model(tmp_path / "ff", config, network.state_dict())
    folder = ModelFolder.open(tmp_path / "ff")
    assert folder.config.network.kind == NetworkKind.ENERGY
    again = folder.load_energy_network()
    assert torch.equal(
        again.energy_head.outnet[0].weight, network.float().energy_head.outnet[0].weight
    )
    network.double()
    with pytest.raises(ModelError, match="force field"):
        folder.load_network()
    other = ModelConfig(name="jt", network=NetworkConfig(n_features=16))
    save_model(tmp_path / "jt", other, {})
    with pytest.raises(ModelError, match="no force field"):
        ModelFolder.open(tmp_path / "jt").load_energy_network()
