"""How a molecule is turned to the viewer."""

import numpy as np
import pytest

from morered_gui.gui.scene import face_on

BOX = np.array([[x, y, z] for x in (-3, 3) for y in (-2, 2) for z in (-1, 1)], dtype=float)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 30])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_that_a_pose_is_a_rotation_with_the_longest_axis_across(n: int, rank: int) -> None:
    rng = np.random.default_rng(n)
    positions = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, 3))
    centre, axes = face_on(positions)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    spread = ((positions - centre) @ axes.T).std(0)
    assert (np.diff(spread) < 1e-9).all()


def test_that_many_atoms_take_no_matrix_of_all_pairs() -> None:
    """It would have 200,000 rows and columns."""
    turn, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))
    _, axes = face_on(np.tile(BOX @ turn, (25_000, 1)))
    np.testing.assert_allclose(np.abs(axes @ turn.T), np.eye(3), atol=1e-9)
