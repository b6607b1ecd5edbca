"""Several shapes for each equilibrium, and how training takes them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from morered_gui.core import ExpectedError, rmsd
from morered_gui.diffusion.process import DiffusionProcess
from morered_gui.training import shapes as module
from morered_gui.training.batches import pad
from morered_gui.training.config import TrainingConfig
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.displacement import WITH_SHAPES, DisplacementRecipe
from morered_gui.training.partners import Partners
from morered_gui.training.shapes import KINDS, Shapes, Shaping, make_shapes

METHANOL_ATOMS = 6


@pytest.fixture(scope="module")
def made(data: EquilibriumSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A training file of methanol and water, and the shapes of methanol."""
    folder = tmp_path_factory.mktemp("shapes")
    data.save(folder / "data.npz")
    task = Shaping(source=folder / "data.npz", least_atoms=METHANOL_ATOMS, seed=0)
    counts: list[int] = []
    make_shapes(task, folder / "shapes", 1, counts.append)
    assert counts[-1] == (data.n_atoms[data.members(Split.TRAIN)] == METHANOL_ATOMS).sum()
    return task.source, folder / "shapes"


@pytest.fixture(scope="module")
def shapes(made: tuple[Path, Path]) -> Shapes:
    source, folder = made
    return Shapes.collect(EquilibriumSet.load(source), folder)


def test_that_large_training_structures_have_shapes(data: EquilibriumSet, shapes: Shapes) -> None:
    expected = (data.split == Split.TRAIN) & (data.n_atoms == METHANOL_ATOMS)
    np.testing.assert_array_equal(shapes.first >= 0, expected)


def test_that_a_shape_is_laid_upon_its_equilibrium(data: EquilibriumSet, shapes: Shapes) -> None:
    row = int(np.flatnonzero(shapes.first >= 0)[0])
    batch = pad(data, np.array([row] * 60), METHANOL_ATOMS + 1)
    moved, known, scaled = shapes.drawn(batch, np.random.default_rng(0))
    assert known.all() and 0 < scaled.sum() < 60
    assert not moved[:, METHANOL_ATOMS:].any()
    x = batch.positions[0, :METHANOL_ATOMS]
    minimum = moved[scaled][0, :METHANOL_ATOMS]
    assert 0.001 < rmsd(x + minimum, x) < 0.2
    # Superposed already: no rotation brings it any nearer.
    assert np.sqrt((minimum**2).sum(1).mean()) == pytest.approx(rmsd(x + minimum, x), abs=1e-3)
    assert len(np.unique(moved, axis=0)) > 1  # the shapes differ


def test_that_what_lies_too_far_away_is_not_drawn(data: EquilibriumSet, shapes: Shapes) -> None:
    far = replace(shapes, near=np.zeros_like(shapes.near))
    batch = pad(data, np.flatnonzero(shapes.first >= 0)[:5], METHANOL_ATOMS)
    moved, known, _ = far.drawn(batch, np.random.default_rng(0))
    assert not known.any() and not moved.any()


def test_that_training_starts_from_the_shapes(
    data: EquilibriumSet, partners: Partners, shapes: Shapes
) -> None:
    mixture = replace(WITH_SHAPES, partner=1.0, warm=0.0, jitter=0.0, another=1.0, again=0.0)
    recipe = DisplacementRecipe(DiffusionProcess(), partners, mixture, shapes)
    row = int(np.flatnonzero(shapes.first >= 0)[0])
    batch = pad(data, np.array([row] * 40), METHANOL_ATOMS)
    found = recipe.example(batch, np.random.default_rng(1)).positions
    start = slice(shapes.first[row], shapes.first[row] + METHANOL_ATOMS)
    meant = [batch.positions[0] + flat[start] for flat in shapes.flat[3:]]
    nearest = [min(rmsd(x, y) for y in meant) for x in found]
    assert sum(distance < 1e-3 for distance in nearest) >= 5  # what was turned is not scaled


def test_that_shapes_of_other_structures_are_not_read(
    data: EquilibriumSet, made: tuple[Path, Path], tmp_path: Path
) -> None:
    others = replace(data, positions=data.positions + 0.001)
    with pytest.raises(ExpectedError, match="shapes of other structures"):
        Shapes.collect(others, made[1])
    with pytest.raises(ExpectedError, match="run 'morered data shapes'"):
        Shapes.collect(data, tmp_path)


def test_that_a_stopped_run_goes_on(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 8)
    source, folder = made
    task = Shaping(source=source, least_atoms=METHANOL_ATOMS, seed=0)
    make_shapes(task, tmp_path, 1, lambda _: None)
    first = min(tmp_path.glob("chunk-*.npz"))
    first.unlink()
    make_shapes(task, tmp_path, 1, lambda _: None)
    data = EquilibriumSet.load(source)
    again, once = Shapes.collect(data, tmp_path), Shapes.collect(data, folder)
    np.testing.assert_array_equal(again.flat, once.flat)
    assert once.flat.shape[0] == len(KINDS)
    with pytest.raises(ExpectedError, match="other settings"):
        make_shapes(replace(task, seed=1), tmp_path, 1, lambda _: None)


def test_that_shapes_need_minima_beside_them() -> None:
    with pytest.raises(ExpectedError, match="go with 'partners'"):
        TrainingConfig.from_dict({"name": "x", "data": "x.npz", "shapes": "folder"})
