"""Superposition by Kabsch, degenerate cases included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from morered_gui.core import rmsd, rmsds, superpose

POINTS = {
    "one atom": np.array([[1.0, 2.0, 3.0]]),
    "two atoms": np.array([[0.0, 0, 0], [0, 0, 1]]),
    "a line": np.array([[0.0, 0, 0], [0, 0, 1], [0, 0, 2.5]]),
    "a plane": np.array([[0.0, 0, 0], [0, 1, 0], [0, 1, 2], [0, 3, 1]]),
    "one place": np.zeros((4, 3)),
    "space": np.array([[0.0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3]]),
}


def rotation(rng: np.random.Generator) -> np.ndarray:
    q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    return q * np.sign(np.linalg.det(q))


@pytest.mark.parametrize("name", POINTS)
@given(seed=st.integers(0, 2**32 - 1))
def test_that_a_moved_structure_is_found_again(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    target = POINTS[name]
    moved = target @ rotation(rng) + rng.normal(size=3)
    assert np.allclose(superpose(moved, target), target, atol=1e-7)
    assert rmsd(moved, target) < 1e-7


def test_that_a_mirror_image_is_not_superposed_by_reflection() -> None:
    target = POINTS["space"]
    image = target * [1, 1, -1]
    assert rmsd(image, target) > 0.3
    distances = np.linalg.norm(superpose(image, target)[:, None] - superpose(image, target), axis=2)
    assert np.allclose(distances, np.linalg.norm(image[:, None] - image, axis=2))
    turned = superpose(image, target) - superpose(image, target)[0]
    assert np.linalg.det(turned[1:]) * np.linalg.det(image[1:] - image[0]) > 0


@given(seed=st.integers(0, 2**32 - 1))
def test_that_the_superposition_is_the_best_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 6, 3))
    best = rmsd(a, b)
    centred, target = a - a.mean(0), b - b.mean(0)
    for _ in range(20):
        other = np.sqrt(((centred @ rotation(rng) - target) ** 2).sum(-1).mean())
        assert best <= other + 1e-9
    assert best == pytest.approx(rmsd(b, a))


def test_that_many_structures_go_at_once() -> None:
    rng = np.random.default_rng(0)
    many, target = rng.normal(size=(4, 2, 5, 3)), rng.normal(size=(5, 3))
    together = rmsds(many, target)
    assert together.shape == (4, 2)
    assert together[3, 1] == pytest.approx(rmsd(many[3, 1], target))


def test_that_different_numbers_of_atoms_are_refused() -> None:
    with pytest.raises(ValueError, match="same number of atoms"):
        rmsd(np.zeros((2, 3)), np.zeros((3, 3)))
