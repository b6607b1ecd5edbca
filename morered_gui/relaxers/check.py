"""A check of a result: is it still the molecule, and is it a sound structure?

from morered_gui.relaxers.check import check_result
print(check_result(start, result).headline)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from morered_gui.chem.stereo import stereo_changes, stereo_elements
from morered_gui.chem.validity import (
    Clash,
    bonds_kept_in,
    broken_bonds,
    clashes,
    formed_bonds,
    squeezed_bonds,
)
from morered_gui.core import Structure, Trajectory
from morered_gui.core.arrays import BoolArray
from morered_gui.core.elements import symbol
from morered_gui.relaxers.xtb import KCAL_PER_MOL, XtbCourse, XtbPoint, xtb_points

# A frame counts as better than the last one where it leads by more than this.
BETTER_T = 2.0  # time steps: predictions for a structure at rest go up and down by as much
BETTER_ENERGY = 0.05 * KCAL_PER_MOL  # eV
MOST_NAMED = 3
RESTLESS = 50.0  # predicted t; results at rest have some 2 to 15


class Grade(StrEnum):
    """What to make of a result."""

    GOOD = "good"
    CARE = "care"  # clashes, or a higher energy than that of the start
    BAD = "bad"  # another molecule, or no structure at all


@dataclass(frozen=True)
class BetterFrame:
    """A frame that is better than the last one, and why, as the end of a sentence."""

    index: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """What there is to say about a result. Bonds and atoms are named like C3 and C3-H9.

    Attributes:
        bonds_kept: whether it has the bonds of the start and no others; None where the start
            has no known bonds.
        stereo_kept: whether it is the same stereoisomer; None where the molecule has no stereo,
            or bonds changed.
        finite: whether it has positions at all.
        broken, formed: bonds.
        squeezed: bonds that are shorter than any molecule has.
        unrest: the predicted t of the result, where the network still sees much noise in it.
        stereo_changed: centres and double bonds.
        clashes: atoms far apart in the graph that are too near, the nearest first.
        clash_names: of the same.
        energy_start, energy: GFN2-xTB, eV, of the start and the result; None where not known.
        max_force: largest GFN2-xTB force left on an atom that may move, eV/Å.
        better: a frame that is better than the last one.
    """

    bonds_kept: bool | None
    stereo_kept: bool | None
    finite: bool = True
    broken: tuple[str, ...] = ()
    formed: tuple[str, ...] = ()
    squeezed: tuple[str, ...] = ()
    unrest: float | None = None
    stereo_changed: tuple[str, ...] = ()
    clashes: tuple[Clash, ...] = ()
    clash_names: tuple[str, ...] = ()
    energy_start: float | None = None
    energy: float | None = None
    max_force: float | None = None
    better: BetterFrame | None = None

    @property
    def energy_change(self) -> float | None:
        """GFN2-xTB energy of the result above that of the start, kcal/mol."""
        if self.energy is None or self.energy_start is None:
            return None
        return (self.energy - self.energy_start) / KCAL_PER_MOL

    @property
    def grade(self) -> Grade:
        """The short answer."""
        other = self.bonds_kept is False or self.stereo_kept is False
        if not self.finite or other or self.squeezed:
            return Grade.BAD
        rises = self.energy_change is not None and self.energy_change > BETTER_ENERGY / KCAL_PER_MOL
        restless = self.unrest is not None
        return Grade.CARE if self.clashes or rises or restless else Grade.GOOD

    @property
    def headline(self) -> str:
        """Bonds, stereo, clashes and what is left of noise in a line."""
        if not self.finite:
            return "The structure flew apart"
        words = (_bond_words, _squeezed_words, _stereo_words, _clash_words, _unrest_words)
        said = [each(self) for each in words]
        text = ", ".join(filter(None, said))
        return text[:1].upper() + text[1:]

    @property
    def energy_words(self) -> str:
        """What GFN2-xTB says, after its name; empty where it was not asked."""
        said = []
        if self.energy_change is not None:
            said.append(_side(self.energy_change))
        if self.max_force is not None:
            said.append(f"largest force {self.max_force:.2f} eV/Å")
        return ", ".join(said)

    def as_dict(self) -> dict[str, Any]:
        """What a report has of it, for JSON and columns."""
        return {
            "bonds_kept": self.bonds_kept,
            "stereo_kept": self.stereo_kept,
            "squeezed_bonds": len(self.squeezed) if self.finite else None,
            "clashes": len(self.clashes) if self.finite else None,
            "xtb_energy_start": self.energy_start,
            "xtb_energy": self.energy,
            "xtb_change": self.energy_change,
            "xtb_max_force": self.max_force,
            "verdict": self.headline,
        }


def check_result(
    start: Structure,
    result: Structure,
    *,
    meant: Structure | None = None,
    energies: tuple[XtbPoint | None, XtbPoint | None] = (None, None),
    better: BetterFrame | None = None,
    t: float | None = None,
) -> Check:
    """Check a result. A pure function: it computes no energies.

    Args:
        start: what was relaxed.
        result: the same atoms in the same order.
        meant: the molecule whose stereo counts, where the start is too disturbed to show it: the
            molecule before noise was added.
        energies: GFN2-xTB of start and result, see ``xtb_of``.
        better: what ``better_frame`` found.
        t: predicted for the result, if it is.
    """
    known = len(start.bonds) > 0
    broken = broken_bonds(start, result.positions) if known else []
    formed = formed_bonds(start, result.positions) if known else []
    kept = not broken and not formed if known else None
    centres = stereo_elements(meant or start) if kept else frozenset()
    turned = stereo_changes(meant or start, result.positions) if centres else []
    near = clashes(start, result.positions) if kept else []
    before, after = energies
    return Check(
        bonds_kept=kept,
        stereo_kept=not turned if centres else None,
        broken=tuple(_named(start, bond) for bond in broken),
        formed=tuple(_named(start, bond) for bond in formed),
        squeezed=tuple(_named(start, bond) for bond in squeezed_bonds(start, result.positions)),
        unrest=t if t is not None and t > RESTLESS and len(start) > 1 else None,
        stereo_changed=tuple(_named(start, element) for element in turned),
        clashes=tuple(near),
        clash_names=tuple(_named(start, (clash.i, clash.j)) for clash in near),
        energy_start=before.energy if before else None,
        energy=after.energy if after else None,
        max_force=after.max_force if after else None,
        better=better,
    )


def check_run(
    trajectory: Trajectory,
    *,
    meant: Structure | None = None,
    course: XtbCourse | None = None,
    energies: tuple[XtbPoint | None, XtbPoint | None] = (None, None),
) -> Check:
    """Check the result of a finished trajectory, see ``check_result``.

    ``course`` are energies of all frames; they replace ``energies``, and decide which frame is
    the best.
    """
    index = trajectory.result_index
    if not np.isfinite(trajectory[index].positions).all():
        return Check(bonds_kept=None, stereo_kept=None, finite=False)
    if course is not None and course.complete:
        energies = course.point(0), course.point(index)
    return check_result(
        trajectory.start,
        trajectory.result(),
        meant=meant,
        energies=energies,
        better=better_frame(trajectory, course),
        t=trajectory[index].t,
    )


def best_frame(trajectory: Trajectory, course: XtbCourse | None = None) -> int:
    """The frame of the lowest GFN2-xTB energy where all are known, else of the lowest t.

    Frames in which bonds have changed do not count for the energy. Raises IndexError where
    there is no frame.
    """
    if course is None or not course.complete or len(course.energies) != len(trajectory):
        return trajectory.best_index
    energies = course.energies.copy()
    if len(trajectory.start.bonds):
        positions = np.stack([frame.positions for frame in trajectory])
        energies[~bonds_kept_in(trajectory.start, positions)] = np.nan
    return int(np.nanargmin(energies)) if np.isfinite(energies).any() else trajectory.best_index


def better_frame(trajectory: Trajectory, course: XtbCourse | None = None) -> BetterFrame | None:
    """The best frame, if it is better than the last one by more than chance."""
    best, last = best_frame(trajectory, course), len(trajectory) - 1
    if best == last:
        return None
    if course is not None and course.complete and len(course.energies) == len(trajectory):
        lead = float(course.energies[last] - course.energies[best])
        words = f"its GFN2-xTB energy is {lead / KCAL_PER_MOL:.1f} kcal/mol lower"
        return BetterFrame(best, words) if not lead <= BETTER_ENERGY else None
    one, other = trajectory[best], trajectory[last]
    if one.t is not None and other.t is not None:
        words = f"its predicted t is {one.t:.0f}, that of the last {other.t:.0f}"
        return BetterFrame(best, words) if other.t - one.t > BETTER_T else None
    if one.energy is not None and other.energy is not None:
        lead = other.energy - one.energy
        words = f"its energy is {lead / KCAL_PER_MOL:.1f} kcal/mol lower"
        return BetterFrame(best, words) if lead > BETTER_ENERGY else None
    return None


def xtb_of(trajectory: Trajectory) -> tuple[XtbPoint | None, XtbPoint | None]:
    """GFN2-xTB of the start and the result; raises XtbError, see ``xtb_points``."""
    geometries = [trajectory.start.positions, trajectory.result().positions]
    before, after = xtb_points(trajectory.start, geometries, held_atoms(trajectory))
    return before, after


def held_atoms(trajectory: Trajectory) -> BoolArray:
    """(n,), True for atoms that stay exactly where they are in all frames: they were frozen."""
    start = trajectory.start.positions
    held: BoolArray = np.ones(len(start), dtype=bool)
    for frame in trajectory:
        held &= (frame.positions == start).all(1)
    return held


def _named(structure: Structure, atoms: Sequence[int]) -> str:
    return "-".join(f"{symbol(int(structure.numbers[a]))}{a + 1}" for a in atoms)


def _listed(names: Sequence[str]) -> str:
    shown, more = list(names[:MOST_NAMED]), len(names) - MOST_NAMED
    last = f"{more} more" if more > 0 else shown.pop()
    return " and ".join(filter(None, (", ".join(shown), last)))


def _side(change: float) -> str:
    if abs(change) < BETTER_ENERGY / KCAL_PER_MOL:
        return "energy as at the start"
    return f"{abs(change):.1f} kcal/mol {'above' if change > 0 else 'below'} the start"


def _bond_words(check: Check) -> str:
    if check.bonds_kept is None:
        return "bonds not known"
    if check.bonds_kept:
        return "same bonds"
    parts = (("broken", check.broken), ("new", check.formed))
    return "bonds changed: " + ", ".join(
        f"{_listed(names)} {word}" for word, names in parts if names
    )


def _squeezed_words(check: Check) -> str:
    return f"{_listed(check.squeezed)} too short" if check.squeezed else ""


def _unrest_words(check: Check) -> str:
    return "" if check.unrest is None else f"not at rest (predicted t {check.unrest:.0f})"


def _stereo_words(check: Check) -> str:
    if check.stereo_kept is None:
        return ""
    return (
        "same stereo" if check.stereo_kept else f"stereo changed at {_listed(check.stereo_changed)}"
    )


def _clash_words(check: Check) -> str:
    if not check.bonds_kept:
        return ""
    if not check.clashes:
        return "no clashes"
    count = len(check.clashes)
    nearest = f"{check.clash_names[0]} {check.clashes[0].distance:.2f} Å"
    return f"{count} clashes, the nearest {nearest}" if count > 1 else f"a clash: {nearest}"
