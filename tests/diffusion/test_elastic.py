"""The elastic head: mechanics of a molecule that is stiff in some ways only."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core import PaddedBatch, Structure
from morered_gui.diffusion import elastic
from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.diffusion.network import (
    MoreRedNetwork,
    Output,
    initialise,
    level_of_time,
    time_of_level,
    usual_noise_level,
    with_displacement,
)
from morered_gui.diffusion.packed import PackedNetwork
from morered_gui.diffusion.schedule import USUAL, named_schedule
from morered_gui.diffusion.schnetpack_backend import SchNetPackNetwork
from morered_gui.diffusion.sparse import SparseNetwork


def butane() -> tuple[Tensor, Tensor]:
    """Numbers [1, N] and positions [1, N, 3], double precision."""
    structure = structure_from_smiles("CCCC", seed=0)
    batch = PaddedBatch.of([structure])
    return torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions)


def bond_stiffnesses(numbers: Tensor, positions: Tensor) -> Tensor:
    """Those by distance alone, [1, N, N]."""
    radii = elastic.Stiffness(4, 2, 99).radii[numbers].double()
    k = elastic.bond_stiffness(
        torch.cdist(positions, positions), radii[:, :, None] + radii[:, None]
    )
    return k - torch.diag_embed(torch.diagonal(k, dim1=1, dim2=2))


def whole(x: Tensor) -> elastic.FragmentSum:
    """All atoms are one fragment."""
    return lambda values: values.sum(1, keepdim=True).expand_as(values)


def energy(matrix: Tensor, c: Tensor) -> float:
    """c H c for c [1, N, 3] of length 1."""
    flat = (c / torch.linalg.vector_norm(c)).reshape(-1)
    return float(flat @ matrix[0] @ flat)


def test_that_moving_and_turning_the_molecule_costs_nothing() -> None:
    numbers, x = butane()
    matrix = elastic.hessian(x, bond_stiffnesses(numbers, x))
    for axis in torch.eye(3, dtype=torch.float64):
        assert abs(energy(matrix, axis.expand_as(x))) < 1e-10
        assert energy(matrix, torch.linalg.cross(axis.expand_as(x), x - x.mean(1))) < 0.01
    assert torch.linalg.eigvalsh(matrix)[0, 0] > -1e-10


def test_that_a_torsion_is_soft_and_a_bond_is_stiff() -> None:
    numbers, x = butane()
    matrix = elastic.hessian(x, bond_stiffnesses(numbers, x))
    axis = (x[0, 2] - x[0, 1]) / torch.linalg.vector_norm(x[0, 2] - x[0, 1])
    beyond = ((x[0] - x[0, 1:3].mean(0)) @ axis > 0)[None, :, None]  # half of the molecule
    turned = torch.linalg.cross(axis.expand_as(x), x - x[:, 1:2]) * beyond
    stretched = axis.expand_as(x) * beyond
    assert energy(matrix, stretched) > 8 * energy(matrix, turned) > 0


def test_that_the_displacement_balances_the_forces() -> None:
    numbers, x = butane()
    k, total = bond_stiffnesses(numbers, x), whole(x)
    forces = torch.randn(x.shape, dtype=x.dtype, generator=torch.Generator().manual_seed(1))
    c = elastic.displacement(x, k, forces, total)
    pull = elastic.hessian(x, k)[0] @ c.reshape(-1) + elastic.ANCHOR * c.reshape(-1)
    wanted = elastic.Fragments.of(x, total).without_rigid_part(forces)
    # What moves the molecule as a whole is left out after the solution, too.
    rest = elastic.Fragments.of(x, total).without_rigid_part(pull.view_as(x) - wanted)
    assert torch.linalg.vector_norm(rest) < 0.05 * torch.linalg.vector_norm(wanted)
    torch.testing.assert_close(c.mean(1), torch.zeros(1, 3, dtype=c.dtype), atol=1e-9, rtol=0.0)


def test_that_the_gradient_of_the_solution_is_right() -> None:
    numbers, x = butane()
    x = x[:, :5]
    k = bond_stiffnesses(numbers[:, :5], x).requires_grad_(True)
    forces = torch.randn(1, 5, 3, dtype=torch.float64).requires_grad_(True)
    assert torch.autograd.gradcheck(
        lambda k, f: elastic.displacement(x, 0.5 * (k + k.mT), f, whole(x)), (k, forces)
    )


def test_that_levels_and_times_are_each_others_inverse_and_those_of_the_schedule() -> None:
    schedule = named_schedule(*USUAL)
    level = usual_noise_level().double()
    steps = np.array([0.0, 3.5, 40.0, 400.25, 998.0])
    time = torch.from_numpy(schedule.normalised(steps))
    found = level_of_time(time, level)
    np.testing.assert_allclose(found.numpy(), schedule.noise_of_step(steps), rtol=1e-6)
    torch.testing.assert_close(time_of_level(found, level), time)


def test_that_a_displacement_adds_to_the_noise_and_to_the_time() -> None:
    level = usual_noise_level().double()
    real = torch.tensor([[1.0, 1.0, 1.0, 0.0]], dtype=torch.float64)
    noise = torch.randn(1, 4, 3, dtype=torch.float64) * real[..., None]
    moved = 0.2 * torch.randn(1, 4, 3, dtype=torch.float64) * real[..., None]
    time = 0.05 * real
    found = with_displacement(Output(noise, time), moved, real, level)
    assert found.noise is not None and found.time is not None
    mean = found.time.sum(1) / 3.0
    near, whole = level_of_time(torch.tensor([0.05]), level), level_of_time(mean, level)
    torch.testing.assert_close(whole * found.noise, near * noise + moved)
    torch.testing.assert_close(whole**2, near**2 + (moved**2).sum((1, 2)) / 9.0)
    assert not found.time[0, 3] and not found.noise[0, 3].any()


def elastic_network(dtype: torch.dtype = torch.float64) -> MoreRedNetwork:
    """One whose elastic head has learnt something."""
    torch.manual_seed(0)
    network = MoreRedNetwork(NetworkConfig(n_features=16, elastic=True))
    assert network.elastic_head is not None
    network.elastic_head.apply(initialise)
    return network.to(dtype).eval().requires_grad_(False)


def paracetamol_and_water() -> PaddedBatch:
    structures = [structure_from_smiles(s, seed=0) for s in ("CC(=O)Nc1ccc(O)cc1", "O")]
    return PaddedBatch.of([Structure(s.numbers, s.positions) for s in structures])


def test_that_the_displacement_turns_with_the_molecule_and_padding_does_not_matter() -> None:
    network, batch = elastic_network(), paracetamol_and_water()
    numbers, x = torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions)
    rotation = torch.from_numpy(Rotation.random(random_state=1).as_matrix())
    here, there = network(numbers, x), network(numbers, x @ rotation.T + 2.0)
    torch.testing.assert_close(there.noise, here.noise @ rotation.T, atol=1e-9, rtol=0.0)
    torch.testing.assert_close(there.time, here.time, atol=1e-9, rtol=0.0)
    alone = network(numbers[1:, :3], x[1:, :3])
    torch.testing.assert_close(alone.noise[0], here.noise[1, :3], atol=1e-9, rtol=0.0)
    without = network.elastic_head
    network.elastic_head = None
    assert not torch.allclose(network(numbers, x).noise, here.noise, atol=1e-4)
    network.elastic_head = without


@pytest.mark.parametrize(
    ("twin", "at_once"), [(PackedNetwork, 1), (SparseNetwork, 99), (SparseNetwork, 1)]
)
@torch.inference_mode()
def test_that_packed_networks_and_neighbour_lists_give_the_same(
    twin: type, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elastic, "MOST_AT_ONCE", at_once)  # beyond: conjugate gradients
    network, batch = elastic_network(), paracetamol_and_water()
    numbers, x = torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions)
    for ours, theirs in zip(twin(network)(numbers, x), network(numbers, x), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=0.0)


def test_that_fragments_are_not_moved_as_a_whole() -> None:
    network = elastic_network()
    assert network.elastic_head is not None
    structure = structure_from_smiles("CC(=O)O.CCO", seed=0)
    batch = PaddedBatch.of([structure])
    numbers, x = torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions)
    pairs = network.representation.pairs(numbers, x)
    q, mu = network.representation(numbers, pairs)
    moved = network.elastic_head(numbers, x, pairs, q, mu)[0]
    acid = [0, 1, 2, 3, *range(7, 11)]  # the atoms of ethanol come between
    rest = [k for k in range(len(structure)) if k not in acid]
    for fragment in (acid, rest):
        y = x[0, fragment] - x[0, fragment].mean(0)
        assert torch.linalg.vector_norm(moved[fragment]) > 1e-6
        assert torch.linalg.vector_norm(moved[fragment].mean(0)) < 1e-12
        turned = torch.linalg.vector_norm(torch.linalg.cross(y, moved[fragment]).sum(0))
        assert turned < 0.01 * torch.linalg.vector_norm(moved[fragment])


def test_that_schnetpacks_modules_give_the_same() -> None:
    network, batch = elastic_network(), paracetamol_and_water()
    numbers, x = torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions)
    twin = SchNetPackNetwork.from_native(network).double()
    for ours, theirs in zip(twin(numbers, x), network(numbers, x), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0.0)


def test_that_an_elastic_network_is_a_joint_one() -> None:
    with pytest.raises(ValueError, match="only a joint one"):
        NetworkConfig(kind=NetworkKind.NOISE, elastic=True)
    with pytest.raises(ValueError, match="true or false"):
        NetworkConfig(elastic=1)  # type: ignore[arg-type]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_that_cuda_gives_the_same_as_the_cpu() -> None:
    network, batch = elastic_network(), paracetamol_and_water()
    numbers, x = torch.from_numpy(batch.numbers), torch.from_numpy(batch.positions)
    expected = network(numbers, x)
    found = network.cuda()(numbers.cuda(), x.cuda())
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours.cpu(), theirs, atol=1e-9, rtol=0.0)
