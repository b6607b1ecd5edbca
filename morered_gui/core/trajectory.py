"""Frames of a relaxation, and the trajectory that collects them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

import numpy as np

from morered_gui.core.arrays import FloatArray, frozen_array
from morered_gui.core.structure import Structure


class StopReason(StrEnum):
    """Why a relaxation ended."""

    CONVERGED = "converged"  # the predicted time step, or the largest force, reached its goal
    PLATEAU = "plateau"  # predicted time step and structure no longer change
    MAX_STEPS = "max_steps"
    CANCELLED = "cancelled"
    DIVERGED = "diverged"  # positions became non-finite or the molecule flew apart

    @property
    def sentence(self) -> str:
        """For people."""
        return _SENTENCES[self]


_SENTENCES = {
    StopReason.CONVERGED: "converged",
    StopReason.PLATEAU: "stopped: nothing changes any more",
    StopReason.MAX_STEPS: "stopped at the largest number of steps",
    StopReason.CANCELLED: "stopped by you",
    StopReason.DIVERGED: "failed: the structure diverged",
}


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of a relaxation.

    Attributes:
        step: 0 for the start.
        positions: (n, 3) Å.
        t: the integer time step predicted for these positions, averaged over the atoms;
            None where nothing predicts one.
        noise: (n, 3) predicted noise eps_hat of these positions, dimensionless, or None.
        energy: eV, or None.
        evaluations: network (or energy) evaluations up to and with this frame.
        seconds: wall time since the relaxation began.
        stage: which relaxer of a pipeline made it, from 0.
    """

    step: int
    positions: FloatArray
    t: float | None = None
    noise: FloatArray | None = None
    energy: float | None = None
    evaluations: int = 0
    seconds: float = 0.0
    stage: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "positions", frozen_array(self.positions, np.float64))
        if self.noise is not None:
            object.__setattr__(self, "noise", frozen_array(self.noise, np.float32))


@dataclass(frozen=True)
class Provenance:
    """What made a trajectory: enough to make it again."""

    method: str
    model: str = ""
    model_hash: str = ""
    level_of_theory: str = ""
    seed: int = 0
    options: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def of_run(self, seed: int, max_steps: int) -> Self:
        """What makes one run of the relaxer that this describes."""
        return replace(self, seed=seed, options={**self.options, "max_steps": max_steps})


class Trajectory:
    """Frames of one molecule in order; frames are only ever added at the end."""

    def __init__(self, start: Structure, provenance: Provenance) -> None:
        self.start = start
        self.provenance = provenance
        self.stop_reason: StopReason | None = None
        self._frames: list[Frame] = []

    def append(self, frame: Frame) -> None:
        """Add a frame; raises ValueError where it does not belong to the molecule."""
        if frame.positions.shape != self.start.positions.shape:
            raise ValueError("a frame has to have the atoms of the trajectory")
        if self._frames and frame.step <= self._frames[-1].step:
            raise ValueError("frames are added in the order of their steps")
        self._frames.append(frame)

    def copy(self) -> Self:
        """The same frames, shared, in a trajectory of its own: for another thread to read."""
        copy = type(self)(self.start, self.provenance)
        copy.stop_reason = self.stop_reason
        copy._frames = self._frames.copy()
        return copy

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        return self._frames[index]

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._frames)

    def structure(self, index: int) -> Structure:
        """The molecule at one frame."""
        return self.start.with_positions(self._frames[index].positions)

    @property
    def best_index(self) -> int:
        """The frame with the lowest predicted time step (or energy); the last among equals.

        Of a pipeline only the last stage counts: its energies compare with no time steps.
        Raises IndexError while there is no frame.
        """
        last = len(self._frames) - 1
        if last < 0:
            raise IndexError("the trajectory has no frame yet")
        stage = self._frames[-1].stage
        scores = [_score(frame) if frame.stage == stage else None for frame in self._frames]
        known = [k for k, score in enumerate(scores) if score is not None]
        return min(known, key=lambda k: (scores[k], -k), default=last)

    @property
    def result_index(self) -> int:
        """The frame to keep: the last one where the run arrived, else the best one."""
        arrived = self.stop_reason in {StopReason.CONVERGED, StopReason.PLATEAU}
        return len(self._frames) - 1 if arrived and self._frames else self.best_index

    def result(self) -> Structure:
        """The relaxed molecule, see ``result_index``."""
        return self.structure(self.result_index)


def _score(frame: Frame) -> float | None:
    return frame.t if frame.t is not None else frame.energy
