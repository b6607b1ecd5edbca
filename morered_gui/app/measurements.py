"""Distances, angles and dihedrals that stay with their atoms over all frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from morered_gui.app.ensembles import SPREAD, SPREAD_LABEL, SPREAD_SHORT, Ensemble
from morered_gui.app.records import RunRecord
from morered_gui.app.series import GrowingArray
from morered_gui.core import Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.core.geometry import angle, dihedral, distance

KINDS = {2: "Distance", 3: "Angle", 4: "Dihedral"}
DIHEDRAL = 4  # atoms
PREFIX = "atoms:"


@dataclass(frozen=True)
class Measurement:
    """Two atoms for a distance (Å), three for an angle, four for a dihedral (degrees)."""

    atoms: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.atoms) not in KINDS or len(set(self.atoms)) != len(self.atoms):
            raise ValueError("a measurement takes two, three or four different atoms")

    @property
    def id(self) -> str:
        """Of the measurement as a quantity of a plot."""
        return PREFIX + "-".join(map(str, self.atoms))

    @property
    def unit(self) -> str:
        """Å or degrees."""
        return "Å" if len(self.atoms) == 2 else "°"

    def label(self, symbols: Sequence[str]) -> str:
        """Such as ``Distance C1-O2``."""
        return f"{KINDS[len(self.atoms)]} {self.names(symbols)}"

    def names(self, symbols: Sequence[str]) -> str:
        """Such as ``C1-O2``; atoms are counted from 1."""
        return "-".join(f"{symbols[k]}{k + 1}" for k in self.atoms)

    def text(self, positions: FloatArray) -> str:
        """The value in one frame, positions (n, 3) Å, with its unit."""
        value = float(self.values(positions[None])[0])
        return f"{value:.3f} Å" if len(self.atoms) == 2 else f"{value:.1f}°"

    def values(self, positions: FloatArray) -> FloatArray:
        """(k,) for k frames (k, n, 3) Å; dihedrals lie between -180 and 180 degrees."""
        points = [positions[:, atom] for atom in self.atoms]
        match points:
            case [a, b]:
                return distance(a, b)
            case [a, b, c]:
                return angle(a, b, c)
            case _:
                return dihedral(*points)


class MeasuredCurves:
    """The values of measurements over the frames of runs, computed once per frame.

    And the spread over seeds, where there is an ensemble.
    """

    def __init__(self) -> None:
        self._measurements: dict[str, Measurement] = {}
        self._symbols: list[str] = []
        self._known: dict[tuple[str, int], GrowingArray] = {}
        self.ensemble: Ensemble | None = None

    def set(self, measurements: Sequence[Measurement], structure: Structure | None) -> None:
        """What is measured now, and in which molecule."""
        symbols = [] if structure is None else structure.symbols
        if symbols != self._symbols:
            self._known = {}
        self._symbols = symbols
        self._measurements = {each.id: each for each in measurements}
        self._known = {key: v for key, v in self._known.items() if key[0] in self._measurements}

    def ids(self) -> list[str]:
        """Of all measurements, in the order in which they were made, then of the spread."""
        return [*self._measurements, *([SPREAD] if self.ensemble else [])]

    def label(self, name: str) -> str:
        """For an axis; empty where the measurement is gone."""
        if name == SPREAD:
            return SPREAD_LABEL if self.ensemble else ""
        measurement = self._measurements.get(name)
        if measurement is None:
            return ""
        return f"{measurement.names(self._symbols)} ({measurement.unit})"

    def short(self, name: str) -> str:
        """For where there is little room."""
        return SPREAD_SHORT if name == SPREAD else self.label(name)

    def curve(self, name: str, run: RunRecord) -> FloatArray:
        """The values to be drawn: a dihedral goes on beyond 180 degrees instead of jumping."""
        values = self.values(name, run)
        measurement = self._measurements.get(name)
        if measurement is None or len(measurement.atoms) != DIHEDRAL:
            return values
        return np.unwrap(values, period=360.0)

    def values(self, name: str, run: RunRecord) -> FloatArray:
        """(k,) over the frames of a run; NaN where the measurement is gone."""
        if name == SPREAD and self.ensemble:
            return self.ensemble.course_of(run)
        measurement = self._measurements.get(name)
        if measurement is None:
            return np.full(len(run.trajectory), np.nan)
        known = self._known.setdefault((name, run.number), GrowingArray())
        new = [run.trajectory[k].positions for k in range(len(known.values), len(run.trajectory))]
        if new:
            known.extend(measurement.values(np.stack(new)))
        return known.values
