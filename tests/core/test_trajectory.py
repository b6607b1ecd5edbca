"""Trajectories grow at the end, and know their best frame."""

from dataclasses import replace

import numpy as np
import pytest

from morered_gui.core import Frame, Provenance, StopReason, Structure, Trajectory

START = Structure(np.array([1, 1]), np.array([[0, 0, 0], [0, 0, 0.74]]))


def trajectory(*frames: Frame) -> Trajectory:
    made = Trajectory(START, Provenance("test"))
    for frame in frames:
        made.append(frame)
    return made


def frame(step: int, t: float | None = None, energy: float | None = None) -> Frame:
    return Frame(step, START.positions + step, t=t, energy=energy)


def test_that_frames_are_added_in_the_order_of_their_steps() -> None:
    made = trajectory(frame(0), frame(2))
    for step in (2, 1):
        with pytest.raises(ValueError, match="order of their steps"):
            made.append(frame(step))
    assert [f.step for f in made] == [0, 2]


def test_that_a_frame_of_another_molecule_is_refused() -> None:
    with pytest.raises(ValueError, match="atoms of the trajectory"):
        trajectory(Frame(0, np.zeros((3, 3))))


def test_that_frames_cannot_be_changed() -> None:
    positions = np.zeros((2, 3))
    made = Frame(0, positions, noise=positions)
    positions += 1
    assert not made.positions.any()
    for array in (made.positions, made.noise):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


@pytest.mark.parametrize(
    ("frames", "best"),
    [
        ([frame(0, 9), frame(1, 2), frame(2, 5)], 1),
        ([frame(0, 9), frame(1, 2), frame(2, 2)], 2),
        ([frame(0, energy=-1), frame(1, energy=-3), frame(2, energy=-2)], 1),
        ([frame(0), frame(1)], 1),
        ([frame(0, 9), frame(1)], 0),
    ],
)
def test_that_the_best_frame_has_the_lowest_time_or_energy(frames: list[Frame], best: int) -> None:
    assert trajectory(*frames).best_index == best


def test_that_the_best_frame_of_a_pipeline_is_one_of_its_last_stage() -> None:
    first, second = frame(0, 9), replace(frame(1, energy=30.0), stage=1)
    third = replace(frame(2, energy=40.0), stage=1)
    assert trajectory(first, second, third).best_index == 1


def test_that_an_empty_trajectory_has_no_best_frame() -> None:
    with pytest.raises(IndexError, match="no frame yet"):
        _ = trajectory().best_index


def test_that_the_result_is_the_last_frame_only_where_it_converged() -> None:
    made = trajectory(frame(0, 9), frame(1, 2), frame(2, 5))
    made.stop_reason = StopReason.MAX_STEPS
    assert made.result() == made.structure(1)
    made.stop_reason = StopReason.CONVERGED
    assert made.result() == made.structure(2)


def test_that_every_reason_has_a_sentence() -> None:
    assert all(reason.sentence for reason in StopReason)
