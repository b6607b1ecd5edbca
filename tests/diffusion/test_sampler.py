"""The sampling loop, on tiny real networks."""

from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import pairwise

import numpy as np
import pytest
import torch

from morered_gui.core import (
    BatchFrame,
    Capabilities,
    ExpectedError,
    Frame,
    PaddedBatch,
    Provenance,
    StopReason,
    Structure,
    UnsupportedMoleculeError,
)
from morered_gui.core.arrays import IntArray
from morered_gui.diffusion.forward import noised
from morered_gui.diffusion.inference import NetworkOnDevice
from morered_gui.diffusion.network import Output
from morered_gui.diffusion.predictor import JointPredictor, Prediction
from morered_gui.diffusion.sampler import LARGEST_NOISE, Sampler, SeededNoise, jump
from morered_gui.diffusion.schedule import polynomial_schedule
from morered_gui.diffusion.stopping import StopRule
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.diffusion import DiffusionRelaxer
from tests.diffusion import parity

SCHEDULE = polynomial_schedule()


def relaxer(dtype: torch.dtype = torch.float64) -> DiffusionRelaxer:
    network = NetworkOnDevice.of(parity.network("jt"), torch.device("cpu"), dtype)
    return DiffusionRelaxer(
        Sampler(predictor=JointPredictor(network, SCHEDULE)),
        Capabilities(elements=frozenset({1, 6, 7, 8})),
        Provenance(method="jt", model="tiny"),
    )


def frames_of(starts: Sequence[Structure], seed: int = 0, max_steps: int = 5) -> list[BatchFrame]:
    return list(relaxer().relax(starts, max_steps=max_steps, seed=seed))


def positions_of(frames: Sequence[BatchFrame], molecule: int) -> np.ndarray:
    return np.array([f.positions for k, f in frames if k == molecule])


def test_that_frame_0_is_the_start_to_the_last_bit() -> None:
    starts = [s.with_positions(s.positions + np.pi) for s in parity.molecules()]
    for k, frame in frames_of(starts, max_steps=1)[:3]:
        assert frame.step == 0
        np.testing.assert_array_equal(frame.positions, starts[k].positions)


def test_that_each_frame_carries_its_prediction() -> None:
    for k, frame in frames_of(parity.molecules()):
        assert frame.t is not None and 0 <= frame.t <= 999
        assert frame.noise is not None and frame.noise.shape == (parity.N_ATOMS[k], 3)
        assert frame.evaluations == frame.step + 1


def test_that_the_seed_decides() -> None:
    starts = parity.molecules()
    one, same, other = (positions_of(frames_of(starts, s), 1) for s in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


def test_that_a_run_does_not_depend_on_the_rest_of_the_batch() -> None:
    first = parity.molecules()[0]
    alone = positions_of(frames_of([first]), 0)
    together = positions_of(frames_of([first, parity.molecules()[1]]), 0)
    np.testing.assert_allclose(alone, together, atol=1e-9)


def test_that_the_run_moves_with_the_start() -> None:
    start = parity.molecules()[0]
    shifted = start.with_positions(start.positions + np.array([1.0, 2.0, 3.0]))
    here, there = (positions_of(frames_of([s]), 0) for s in (start, shifted))
    np.testing.assert_allclose(
        there - here, np.broadcast_to([1.0, 2.0, 3.0], here.shape), atol=1e-9
    )


def test_that_fixed_atoms_stay_exactly_where_they_are() -> None:
    start = parity.molecules()[1].with_positions(parity.molecules()[1].positions + 0.1)
    fixed = np.zeros(len(start), dtype=bool)
    fixed[[0, 5, 7]] = True
    run = relaxer().relax([start], max_steps=4, seed=0, fixed=[fixed])
    last = list(run)[-1].frame.positions
    np.testing.assert_array_equal(last[fixed], start.positions[fixed])
    assert np.abs(last[~fixed] - start.positions[~fixed]).max() > 1e-3


def test_that_closing_cancels_in_mid_run() -> None:
    with closing(relaxer().relax(parity.molecules()[:1], max_steps=50, seed=0)) as run:
        next(run)
        next(run)
    with pytest.raises(StopIteration):
        next(run)


def test_that_the_step_limit_is_reported() -> None:
    trajectories = relax_all(relaxer(), parity.molecules(), max_steps=3, seed=7)
    for trajectory in trajectories:
        assert trajectory.stop_reason == StopReason.MAX_STEPS
        assert trajectory[-1].step == 3
        assert trajectory.provenance.seed == 7


def test_that_unsupported_elements_are_refused_by_name() -> None:
    iron = Structure(np.array([26, 1]), np.eye(3)[:2], name="rust")
    with pytest.raises(UnsupportedMoleculeError, match=r"rust: unsupported element: Fe"):
        relaxer().relax([iron], max_steps=1, seed=0)


@pytest.mark.parametrize(("starts", "max_steps"), [([], 5), ("molecules", 0)])
def test_that_empty_jobs_are_refused(starts: object, max_steps: int) -> None:
    chosen = parity.molecules() if starts else []
    with pytest.raises(ExpectedError):
        relaxer().relax(chosen, max_steps=max_steps, seed=0)


class Scripted:
    """A predictor that tells given time steps and noise: the loop's bookkeeping is tested."""

    def __init__(self, t: Sequence[int], noise: float = 0.0) -> None:
        self.t, self.noise = list(t), noise

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Prediction:
        t = np.full(len(batch.numbers), self.t[min(step, len(self.t) - 1)])
        return Prediction(np.full(batch.positions.shape, self.noise), t, 1)


def run_scripted(
    t: Sequence[int], noise: float = 0.0, max_steps: int = 500
) -> tuple[list[Frame], StopReason]:
    sampler = Sampler(predictor=Scripted(t, noise), stop=StopRule())
    start = parity.molecules()[0]

    def run() -> Generator[BatchFrame, None, list[StopReason]]:
        return (yield from sampler.run([start], max_steps=max_steps, noise=SeededNoise(0, 1)))

    generator, frames = run(), []
    while True:
        try:
            frames.append(next(generator).frame)
        except StopIteration as end:
            return frames, end.value[0]


def test_that_a_step_taken_at_t_0_converges() -> None:
    frames, reason = run_scripted([3, 2, 1, 0, 4])
    assert reason == StopReason.CONVERGED
    assert [f.t for f in frames] == [3, 2, 1, 0, 4]  # the final frame has its prediction too


def test_that_a_time_step_that_hovers_above_0_stops_on_the_plateau() -> None:
    falling = list(range(60, 5, -1))
    frames, reason = run_scripted([*falling, *[5, 6, 4, 5] * 100])
    assert reason == StopReason.PLATEAU
    assert len(falling) < len(frames) < len(falling) + 100


def test_that_a_pause_far_from_equilibrium_does_not_stop() -> None:
    pause = [*range(200, 150, -1), *[150] * 120, *range(150, 0, -1), 0]
    frames, reason = run_scripted(pause)
    assert reason == StopReason.CONVERGED and len(frames) == len(pause) + 1


def test_that_the_last_moves_take_the_remaining_noise_away() -> None:
    frames, _ = run_scripted([5], noise=0.1)
    for before, after in pairwise(frames[-1 - StopRule().settling :]):
        assert before.noise is not None
        expected = before.positions - SCHEDULE.noise_level[5] * before.noise
        np.testing.assert_allclose(after.positions, expected, atol=1e-9)


def test_that_jumps_take_all_noise_away_and_stop_when_t_no_longer_falls() -> None:
    sampler = Sampler(
        predictor=Scripted([90, 40, 20, 10, 8, 8, 8, 9, 8], noise=0.01),
        update=jump,
        stop=StopRule(window=3, patience=0.0, settling=1),
    )
    start = parity.molecules()[0]
    frames = [f for _, f in sampler.run([start], max_steps=50, noise=SeededNoise(0, 1))]
    expected = frames[0].positions - SCHEDULE.noise_level[90] * 0.01
    np.testing.assert_allclose(frames[1].positions, expected, atol=1e-9)
    assert 7 < len(frames) < 14


class HalfWay:
    """Predicts half of the way to a goal: jumps that always fall short in one direction."""

    def __init__(self, goal: np.ndarray) -> None:
        self.goal = goal

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Prediction:
        t = np.full(len(batch.numbers), 50)
        towards = 0.5 * (batch.positions - self.goal)
        return Prediction(towards / SCHEDULE.noise_level[50], t, 1)


def test_that_jumps_which_fall_short_are_carried_on_to_the_goal() -> None:
    start = parity.molecules()[0]
    goal = start.positions * 1.1
    sampler = Sampler(predictor=HalfWay(goal), update=jump, stop=StopRule(window=0))
    frames = [f for _, f in sampler.run([start], max_steps=3, noise=SeededNoise(0, 1))]
    far = [np.abs(f.positions - goal).max() for f in frames]
    assert far[1] == pytest.approx(0.5 * far[0])
    assert far[2] < 1e-9 and far[3] < 1e-9


class Restless(HalfWay):
    """The same, and the first atoms want somewhere else each time."""

    def __init__(self, goal: np.ndarray, first: int) -> None:
        super().__init__(goal)
        self.first = first

    def __call__(self, batch: PaddedBatch, step: int, t_start: IntArray | None) -> Prediction:
        prediction = super().__call__(batch, step, t_start)
        prediction.noise[:, : self.first] = 5.0 * (-1) ** step
        return prediction


def test_that_atoms_which_are_held_do_not_hold_back_the_others() -> None:
    start = parity.molecules()[0]
    goal = start.positions * 1.1
    held = np.arange(len(start)) < len(start) // 2
    restless = Restless(goal, int(held.sum()))
    sampler = Sampler(predictor=restless, update=jump, stop=StopRule(window=0))
    *_, (_, last) = sampler.run([start], max_steps=2, noise=SeededNoise(0, 1), fixed=[held])
    np.testing.assert_array_equal(last.positions[held], start.positions[held])
    assert np.abs(last.positions[~held] - goal[~held]).max() < 1e-9


def test_that_the_reverse_steps_draw_other_numbers_than_the_forward_noise() -> None:
    start = parity.molecules()[0]
    noisy = noised(start, 100, seed=7)
    eps = (noisy.positions - SCHEDULE.alpha_bar[100] ** 0.5 * start.centred().positions) / (
        SCHEDULE.noise_level[100]
    )
    z = SeededNoise(7, 1)(0, np.array([0]), np.ones((1, len(start)), dtype=bool))[0]
    assert np.abs(np.corrcoef(eps.ravel(), z.ravel())[0, 1]) < 0.5


def test_that_a_molecule_that_wants_nothing_stays() -> None:
    start = parity.molecules()[0]
    sampler = Sampler(predictor=HalfWay(start.positions), update=jump, stop=StopRule(window=0))
    for _, frame in sampler.run([start], max_steps=4, noise=SeededNoise(0, 1)):
        np.testing.assert_allclose(frame.positions, start.positions, atol=1e-12)


def test_that_a_falling_time_step_does_not_stop() -> None:
    frames, reason = run_scripted(list(range(400, 0, -1)), max_steps=200)
    assert reason == StopReason.MAX_STEPS and len(frames) == 201


@pytest.mark.parametrize("noise", [np.nan, np.inf, 1e9, 500.0])
def test_that_nonsense_from_the_network_is_reported_and_not_shown(noise: float) -> None:
    frames, reason = run_scripted([500], noise)
    assert reason == StopReason.DIVERGED
    assert all(np.isfinite(f.positions).all() for f in frames)


def test_that_noise_larger_than_noise_can_be_is_cut_down() -> None:
    (first, *_), reason = run_scripted([100], noise=50.0, max_steps=2)
    assert reason == StopReason.MAX_STEPS
    np.testing.assert_allclose(first.noise, LARGEST_NOISE)


def test_that_too_little_memory_is_told_in_words() -> None:
    def full(*_: object) -> Output:
        raise torch.OutOfMemoryError("CUDA out of memory")

    network = NetworkOnDevice(full, torch.device("cpu"))
    with pytest.raises(ExpectedError, match="memory of the device 'cpu' is too small"):
        network(PaddedBatch.of(parity.molecules()[:2]))
