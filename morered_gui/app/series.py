"""RMSD of a growing trajectory to one reference."""

import numpy as np

from morered_gui.core import Frame, Structure, rmsds
from morered_gui.core.arrays import FloatArray


class GrowingArray:
    """Numbers that are only ever added at the end; the array seen is never copied anew."""

    def __init__(self) -> None:
        self._room = np.empty(256)
        self._size = 0

    def extend(self, values: FloatArray) -> None:
        """Add numbers; the room doubles when it is full."""
        end = self._size + len(values)
        if end > len(self._room):
            self._room = np.concatenate((self._room, np.empty(max(end, len(self._room)))))
        self._room[self._size : end] = values
        self._size = end

    @property
    def values(self) -> FloatArray:
        """What was added so far, a view."""
        return self._room[: self._size]


class RunSeries:
    """Step, predicted t and RMSD to a reference for each frame, computed as frames come.

    ``t`` and ``rmsd`` are NaN where they are not known.
    """

    def __init__(self, reference: Structure) -> None:
        self._reference = reference
        self._step, self._t, self._rmsd = GrowingArray(), GrowingArray(), GrowingArray()

    def extend(self, frames: list[Frame]) -> None:
        """Take in new frames; one superposition for all of them together."""
        if not frames:
            return
        positions = np.stack([frame.positions for frame in frames])
        self._step.extend(np.array([frame.step for frame in frames], dtype=float))
        t = [np.nan if frame.t is None else frame.t for frame in frames]
        self._t.extend(np.array(t, dtype=float))
        self._rmsd.extend(rmsds(positions, self._reference.positions))

    @property
    def step(self) -> FloatArray:
        """(k,)."""
        return self._step.values

    @property
    def t(self) -> FloatArray:
        """(k,) predicted time step."""
        return self._t.values

    @property
    def rmsd(self) -> FloatArray:
        """(k,) Å."""
        return self._rmsd.values
