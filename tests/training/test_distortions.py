"""What the network is shown: diffused structures, MMFF94 minima, heat."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from morered_gui.core import ExpectedError, rmsd
from morered_gui.core.geometry import rotation_onto
from morered_gui.diffusion.network import Output
from morered_gui.diffusion.process import DiffusionProcess
from morered_gui.training.batches import pad
from morered_gui.training.dataset import EquilibriumSet
from morered_gui.training.displacement import DisplacementRecipe
from morered_gui.training.partners import Partners, write_partners
from morered_gui.training.recipe import ExampleTensors, GaussianRecipe


def test_that_gaussian_examples_hold_the_noise_that_they_name(data: EquilibriumSet) -> None:
    process = DiffusionProcess()
    batch = pad(data, np.arange(20), 6)
    example = GaussianRecipe(process, early_fraction=0.5).example(batch, np.random.default_rng(0))
    t = np.rint(example.time * 999).astype(int)
    origin = process.estimate_origin(example.positions, t, example.noise)
    np.testing.assert_allclose(origin[t < 900], batch.positions[t < 900], atol=1e-9)


def test_that_partners_are_minima_laid_upon_the_equilibrium(
    data: EquilibriumSet, partners: Partners
) -> None:
    batch = pad(data, np.array([1, 3, 41]), 6)
    displacement, known = partners.displacement(batch)
    assert known.tolist() == [True, True, False]
    assert not displacement[2].any()
    minima = batch.positions[:2] + displacement[:2]
    assert 0.0 < rmsd(minima[0], batch.positions[0]) < 0.2
    # Both started from shapes of one molecule and end in one minimum.
    assert rmsd(minima[0], minima[1]) < 0.01


def test_that_minima_of_other_structures_are_not_taken(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    write_partners(data, np.arange(2), tmp_path)
    write_partners(data, np.arange(2), tmp_path)
    moved = replace(data, positions=data.positions + 0.1)
    with pytest.raises(ExpectedError, match="other settings"):
        write_partners(moved, np.arange(2), tmp_path)


def test_that_a_short_last_file_of_minima_does_not_stand_for_a_full_one(
    data: EquilibriumSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("morered_gui.training.partners.CHUNK", 4)
    for n in (5, 8):
        write_partners(data, np.arange(n), tmp_path)
        known = Partners.collect(data, tmp_path).first >= 0
        assert np.flatnonzero(known).tolist() == list(range(n))


def test_that_minima_of_another_training_file_are_not_read(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    write_partners(data, np.arange(2), tmp_path)
    others = replace(data, positions=data.positions + 0.001)
    with pytest.raises(ExpectedError, match="of other structures"):
        Partners.collect(others, tmp_path)


def test_that_minima_far_from_every_equilibrium_are_told(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    write_partners(data, np.arange(2), tmp_path)
    with pytest.raises(ExpectedError, match="near its equilibrium"):
        Partners.collect(data, tmp_path, largest=1e-6)


def test_that_heat_is_drawn_at_its_temperature(data: EquilibriumSet, partners: Partners) -> None:
    rng = np.random.default_rng(5)
    batch = pad(data, np.array([1] * 400 + [41]), 6)
    cold = partners.thermal(batch, np.full(401, 0.0), rng)
    assert not cold.any()
    warm = partners.thermal(batch, np.full(401, 300.0), rng)
    hot = partners.thermal(batch, np.full(401, 1200.0), rng)
    assert not warm[-1].any()  # no minimum of this one is known
    assert np.sqrt((hot**2).mean() / (warm**2).mean()) == pytest.approx(2.0, rel=0.1)
    assert 0.05 < np.sqrt((warm[:-1] ** 2).sum(-1).mean()) < 0.6


def test_that_displacement_examples_lead_back_to_equilibrium(
    data: EquilibriumSet, partners: Partners
) -> None:
    process = DiffusionProcess()
    recipe = DisplacementRecipe(process, partners)
    batch = pad(data, np.arange(1, 40, 2), 6)
    example = recipe.example(batch, np.random.default_rng(1))
    sigma = process.schedule.noise_of_step(example.time * 999)
    back = example.positions - sigma[:, None, None] * example.noise
    for found, expected in zip(back, batch.positions, strict=True):
        assert rmsd(found, expected) < 1e-6
    rms = np.sqrt((example.noise**2).sum((1, 2)) / (3 * batch.real.sum(1)))
    assert rms.max() < 1.0 + 1e-9  # noise of unit size, less for what needs nothing


@pytest.mark.parametrize(("robust", "growth"), [(0.0, 4.0), (0.15, 2.0)])
def test_that_a_robust_loss_grows_in_proportion_to_large_errors(
    data: EquilibriumSet, partners: Partners, robust: float, growth: float
) -> None:
    recipe = DisplacementRecipe(DiffusionProcess(), partners, robust=robust)
    batch = pad(data, np.arange(1, 40, 2), 6)
    example = recipe.example(batch, np.random.default_rng(1))
    tensors = ExampleTensors.of(example, torch.device("cpu"))
    time = tensors.time[:, None] * torch.tensor(batch.real)

    def loss(error: float) -> float:
        output = Output((1.0 + error) * tensors.noise, time)
        return float(recipe.losses(output, example, tensors).parts["noise"])

    assert loss(0.0) == pytest.approx(0.0, abs=1e-6)
    assert loss(0.1) < 0.02
    assert loss(40.0) / loss(20.0) == pytest.approx(growth, rel=0.02)


def test_that_padding_does_not_count_in_a_superposition(data: EquilibriumSet) -> None:
    batch = pad(data, np.array([0, 1]), 6)
    turned = batch.positions @ np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    back = batch.positions @ rotation_onto(batch.positions, turned)
    np.testing.assert_allclose(back, turned, atol=1e-6)
