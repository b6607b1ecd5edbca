"""What a growing trajectory says frame by frame, as columns of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Quantity:
    """One column of a series: how it is called, and its unit (empty for a pure number).

    ``short`` is for where there is little room. ``above_lowest``: an energy (eV) of which plots
    show how far it lies above the lowest one that they show, in kcal/mol.
    """

    id: str
    title: str
    short: str
    unit: str = ""
    above_lowest: bool = False

    @property
    def label(self) -> str:
        """For a column."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def axis_labels(self) -> tuple[str, str]:
        """For an axis, and for a short one."""
        if self.above_lowest:
            return f"{self.title} above the lowest (kcal/mol)", f"{self.short} (kcal/mol)"
        return self.label, f"{self.short} ({self.unit})" if self.unit else self.short


_RECORDED = (
    Quantity("step", "Step", "Step"),
    Quantity("t", "Time step t", "Time step t"),
    Quantity("rmsd", "RMSD", "RMSD", "Å"),
    Quantity("energy", "Energy", "Energy", "eV", above_lowest=True),
    Quantity("xtb", "GFN2-xTB energy", "GFN2-xTB", "eV", above_lowest=True),
    Quantity("noise", "Predicted noise, RMS over atoms", "Noise"),
    Quantity("moved", "Moved since the frame before", "Moved", "Å"),
    Quantity("evaluations", "Evaluations", "Evaluations"),
    Quantity("seconds", "Time", "Time", "s"),
)
QUANTITIES = {quantity.id: quantity for quantity in _RECORDED}
# What never falls along a run and can carry a curve.
PROGRESS = ("step", "evaluations", "seconds")


class RunSeries:
    """The ``QUANTITIES`` of each frame, computed as frames come; NaN where not known.

    The RMSD is that to the nearest of the reference and its ``alternatives``, (n, 3) Å each:
    the same reference with equivalent atoms exchanged.
    """

    def __init__(self, reference: Structure, alternatives: tuple[FloatArray, ...] = ()) -> None:
        self._targets = (reference.positions, *alternatives)
        self._columns = {name: GrowingArray() for name in QUANTITIES}
        self._last: FloatArray | None = None

    def extend(self, frames: list[Frame]) -> None:
        """Take in new frames; one superposition for all of them together."""
        if not frames:
            return
        positions = np.stack([frame.positions for frame in frames])
        to_targets = [rmsds(positions, target) for target in self._targets]
        values: dict[str, FloatArray] = {
            "rmsd": np.min(to_targets, axis=0),
            "noise": np.array([_noise_size(frame) for frame in frames]),
            "xtb": np.full(len(frames), np.nan),
            "moved": self._moved(positions),
        }
        for name in QUANTITIES.keys() - values.keys():
            recorded = [getattr(frame, name) for frame in frames]
            values[name] = np.array([np.nan if v is None else v for v in recorded], dtype=float)
        for name, column in values.items():
            self._columns[name].extend(column)
        self._last = positions[-1]

    def set_xtb(self, energies: FloatArray) -> None:
        """GFN2-xTB energies of the first frames (k,) eV, which come later than the frames."""
        self.column("xtb")[: len(energies)] = energies

    def column(self, name: str) -> FloatArray:
        """(k,) one of the ``QUANTITIES``; raises KeyError where there is no such one."""
        return self._columns[name].values

    def knows(self, name: str) -> bool:
        """Whether any frame has this quantity."""
        return bool(np.isfinite(self.column(name)).any())

    def __len__(self) -> int:
        """The number of frames taken in."""
        return len(self.step)

    @property
    def step(self) -> FloatArray:
        """(k,)."""
        return self.column("step")

    @property
    def t(self) -> FloatArray:
        """(k,) time step, predicted or given."""
        return self.column("t")

    @property
    def rmsd(self) -> FloatArray:
        """(k,) Å."""
        return self.column("rmsd")

    def _moved(self, positions: FloatArray) -> FloatArray:
        """Root mean square of the atoms' moves since the frame before, (k,) Å."""
        before = positions[:1] if self._last is None else self._last[None]
        moves = np.diff(np.concatenate((before, positions)), axis=0)
        moved = np.sqrt((moves**2).sum(-1).mean(-1))
        if self._last is None:
            moved[0] = np.nan
        return moved


def _noise_size(frame: Frame) -> float:
    """Root mean square over the atoms of the length of eps_hat."""
    if frame.noise is None:
        return np.nan
    return float(np.sqrt((frame.noise.astype(float) ** 2).sum(-1).mean()))


def csv_of(
    series: RunSeries,
    more: dict[str, FloatArray] | None = None,
    titles: Mapping[str, str] | None = None,
) -> str:
    """The columns that are known as comma-separated values with a heading.

    ``more`` adds columns under their headings, such as measured distances. ``titles`` has other
    headings than the usual ones, by the id of the quantity.
    """
    labels = {**{q: QUANTITIES[q].label for q in QUANTITIES}, **(titles or {})}
    known = {labels[q]: series.column(q) for q in QUANTITIES if series.knows(q)}
    columns = {**known, **(more or {})}
    lines = [",".join(_quoted(name) for name in columns)]
    lines += [",".join(map(_number, row)) for row in zip(*columns.values(), strict=True)]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return "" if not np.isfinite(value) else format(float(value), ".10g")


def _quoted(name: str) -> str:
    return f'"{name}"' if "," in name else name
