"""Runs that differ by their seed alone, seen as one: where they end, and how far apart.

The spread of an atom is the root mean square distance from its mean place over the members,
after superposition of all on their mean; equivalent atoms may exchange places.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from morered_gui.app.records import RunRecord
from morered_gui.chem.matching import best_order
from morered_gui.core import StopReason, Structure, Trajectory
from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.core.geometry import superpose_mutually

SPREAD = "spread"  # id of the curve
SPREAD_SHORT, SPREAD_LABEL = "Spread (Å)", "Spread over seeds (Å)"
LEAST_MEMBERS = 2
_FRAMES_AT_ONCE = 64  # bounds the memory of the curve


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Several results of one start; m members of n atoms.

    Attributes:
        numbers: of the runs, in the order of the members.
        molecule: the start, for elements and bonds.
        members: (m, n, 3) Å, superposed on their mean.
        spread: (n,) Å per atom.
        apart: (m,) RMSD of each member from the mean, Å.
        course: (k,) Å, RMS spread of all atoms frame by frame; a run that has ended stays where
            it is.
    """

    numbers: tuple[int, ...]
    molecule: Structure
    members: FloatArray
    spread: FloatArray
    apart: FloatArray
    course: FloatArray

    @property
    def mean(self) -> FloatArray:
        """(n, 3) Å."""
        mean: FloatArray = self.members.mean(0)
        return mean

    def course_of(self, run: RunRecord) -> FloatArray:
        """The spread at each frame of a run, Å; NaN where it is no member."""
        frames = len(run.trajectory)
        known = run.number in self.numbers
        return self.course[:frames] if known else np.full(frames, np.nan)

    def apart_of(self, run: RunRecord) -> float | None:
        """RMSD of a run's result from the mean, Å; None where it is no member."""
        known = run.number in self.numbers
        return float(self.apart[self.numbers.index(run.number)]) if known else None


def members_of(runs: Sequence[RunRecord], run: RunRecord | None) -> list[RunRecord]:
    """The runs that differ from this one by their seed alone, itself among them; oldest first.

    Of several with one seed the newest counts. Runs that are under way or flew apart are left
    out.
    """
    if run is None:
        return []
    alike = {r.trajectory.provenance.seed: r for r in runs if _ended(r) and _alike(r, run)}
    return sorted(alike.values(), key=lambda r: r.number)


def ensemble_of(trajectories: Sequence[tuple[int, Trajectory]]) -> Ensemble:
    """Superpose the results of runs on one start, each with its number; takes time.

    Raises ValueError where there are fewer than two.
    """
    if len(trajectories) < LEAST_MEMBERS:
        raise ValueError("an ensemble takes two runs or more")
    results = [trajectory.result() for _, trajectory in trajectories]
    orders = [_order(result, results[0]) for result in results]
    members = superpose_mutually(
        np.stack([r.positions[o] for r, o in zip(results, orders, strict=True)])
    )
    off = ((members - members.mean(0)) ** 2).sum(-1)
    return Ensemble(
        numbers=tuple(number for number, _ in trajectories),
        molecule=trajectories[0][1].start,
        members=members,
        spread=np.sqrt(off.mean(0)),
        apart=np.sqrt(off.mean(1)),
        course=_course([trajectory for _, trajectory in trajectories], orders),
    )


def _ended(run: RunRecord) -> bool:
    reason = run.trajectory.stop_reason
    return reason not in {None, StopReason.DIVERGED} and len(run.trajectory) > 0


def _alike(one: RunRecord, other: RunRecord) -> bool:
    made, wanted = one.trajectory.provenance, other.trajectory.provenance
    return (made.method, made.model_hash, made.options) == (
        wanted.method,
        wanted.model_hash,
        wanted.options,
    ) and np.array_equal(one.trajectory.start.positions, other.trajectory.start.positions)


def _order(result: Structure, first: Structure) -> IntArray:
    """(n,) which atom of the result stands for each atom of the first one."""
    order = best_order(result, first)
    return np.arange(len(first)) if order is None else order


def _course(trajectories: Sequence[Trajectory], orders: Sequence[IntArray]) -> FloatArray:
    pairs = list(zip(trajectories, orders, strict=True))
    longest = max(map(len, trajectories))
    parts = []
    for begin in range(0, longest, _FRAMES_AT_ONCE):
        steps = range(begin, min(begin + _FRAMES_AT_ONCE, longest))
        at_once = [[t[min(k, len(t) - 1)].positions[o] for t, o in pairs] for k in steps]
        moved = superpose_mutually(np.array(at_once))
        off = ((moved - moved.mean(1, keepdims=True)) ** 2).sum(-1)
        parts.append(np.sqrt(off.mean((1, 2))))
    return np.concatenate(parts)
