"""The diffusion process and its schedule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from morered_gui.core import ExpectedError, Structure
from morered_gui.diffusion.forward import noised
from morered_gui.diffusion.process import DiffusionProcess, centred
from morered_gui.diffusion.schedule import NoiseSchedule, polynomial_schedule
from tests.diffusion import parity

PROCESS = DiffusionProcess()


def eps_of(seed: int) -> np.ndarray:
    batch = parity.batch()
    return centred(np.random.default_rng(seed).standard_normal(batch.positions.shape), batch.real)


@given(t=st.integers(0, 999), seed=st.integers(0, 10))
def test_that_the_origin_is_recovered_from_the_true_noise(t: int, seed: int) -> None:
    batch, eps = parity.batch(), eps_of(seed)
    steps = np.full(3, t)
    x_t = PROCESS.diffuse(batch.positions, steps, eps)
    # Dividing by sqrt(alpha_bar), 0.003 at the last step, costs digits there.
    np.testing.assert_allclose(
        PROCESS.estimate_origin(x_t, steps, eps), batch.positions, atol=1e-10
    )


def test_that_the_last_step_adds_no_noise() -> None:
    batch, eps = parity.batch(), eps_of(0)
    steps = np.zeros(3, dtype=int)
    with_noise = PROCESS.reverse_step(batch.positions, steps, eps, eps_of(1))
    np.testing.assert_array_equal(with_noise, PROCESS.reverse_mean(batch.positions, steps, eps))


def test_that_noise_is_centred_on_the_real_atoms() -> None:
    eps, real = eps_of(3), parity.batch().real
    np.testing.assert_allclose(eps.sum(1), 0.0, atol=1e-12)
    assert not eps[~real].any()


@given(t=st.floats(0, 999))
def test_that_noise_level_and_time_step_are_inverse(t: float) -> None:
    schedule = polynomial_schedule()
    level = schedule.noise_of_step(np.array(t))
    assert schedule.step_of_noise(level) == pytest.approx(t, abs=1e-6)


def test_that_small_steps_have_the_published_noise_level() -> None:
    # method.md: about 1.41 t / T per coordinate for small t.
    assert polynomial_schedule().noise_level[50] == pytest.approx(1.41 * 0.051, rel=0.02)


def test_that_time_is_clipped_before_rounding() -> None:
    steps = polynomial_schedule().integer_step(np.array([-0.2, 0.1001001, 1.4]))
    assert steps.tolist() == [0, 100, 999]


@pytest.mark.parametrize("alpha_bar", [[0.5], [0.9, 0.95], [1.2, 0.5], [0.5, 0.0]])
def test_that_no_schedule_is_made_of_nonsense(alpha_bar: list[float]) -> None:
    with pytest.raises(ValueError, match=r"schedule|alpha_bar"):
        NoiseSchedule("bad", np.array(alpha_bar))


def test_that_noising_keeps_the_place_and_repeats_by_seed() -> None:
    molecule = parity.molecules()[1]
    away = molecule.with_positions(molecule.positions + 5.0)
    noisy = noised(away, 100, seed=4)
    np.testing.assert_allclose(noisy.positions.mean(0), away.positions.mean(0), atol=1e-12)
    assert noised(away, 100, seed=4) == noisy
    assert noised(away, 100, seed=5) != noisy
    assert noised(away, 100, seed=4, number=1) != noisy


@pytest.mark.parametrize("t", [-1, 1000])
def test_that_time_steps_beyond_the_process_are_refused(t: int) -> None:
    with pytest.raises(ExpectedError, match="between 0 and 999"):
        noised(Structure(np.array([1, 1]), np.eye(3)[:2]), t, seed=0)
