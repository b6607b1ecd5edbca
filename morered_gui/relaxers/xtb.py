"""GFN2-xTB energies and forces of structures that any method made. Needs tblite."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from morered_gui.core import ExpectedError, Structure
from morered_gui.core.arrays import BoolArray, FloatArray
from morered_gui.relaxers.calculators import atoms_of, gfn2_xtb
from morered_gui.relaxers.methods import METHODS, is_installed

KCAL_PER_MOL = 0.0433641  # eV


class XtbError(ExpectedError):
    """GFN2-xTB has no answer for a structure; the message says why."""


@dataclass(frozen=True)
class XtbPoint:
    """One geometry: energy in eV, and the largest force on an atom that may move, eV/Å."""

    energy: float
    max_force: float


@dataclass(frozen=True, eq=False)
class XtbCourse:
    """GFN2-xTB along a trajectory, NaN where it is not known.

    Attributes:
        energies: (f,) eV.
        max_forces: (f,) eV/Å.
    """

    energies: FloatArray
    max_forces: FloatArray

    @classmethod
    def of(cls, points: Sequence[XtbPoint | None], n_frames: int) -> "XtbCourse":
        """The first frames' points; the others are not known."""
        table = np.full((2, n_frames), np.nan)
        for k, point in enumerate(points):
            if point is not None:
                table[:, k] = point.energy, point.max_force
        return cls(*table)

    @property
    def complete(self) -> bool:
        """Whether both ends are known: where a computation was stopped the last one is not."""
        return bool(len(self.energies)) and bool(np.isfinite(self.energies[-1]))

    def point(self, index: int) -> XtbPoint | None:
        """Of one frame, if it is known."""
        energy = float(self.energies[index])
        return XtbPoint(energy, float(self.max_forces[index])) if np.isfinite(energy) else None


def xtb_missing() -> str:
    """What to do where tblite is not installed; empty where it is."""
    package = METHODS["gfn2-xtb"].package
    if is_installed(package):
        return ""
    return f"GFN2-xTB needs the package {package}: pip install {package}"


def require_xtb() -> None:
    """Raise XtbError where tblite is not installed."""
    missing = xtb_missing()
    if missing:
        raise XtbError(missing)


def xtb_obstacle(structure: Structure) -> str:
    """Why GFN2-xTB can't judge a molecule here; empty where it can."""
    try:
        require_xtb()
        METHODS["gfn2-xtb"].capabilities.check(structure)
    except ExpectedError as refusal:
        return str(refusal)
    return ""


def xtb_points(
    structure: Structure, geometries: Sequence[FloatArray], held: BoolArray | None = None
) -> Iterator[XtbPoint | None]:
    """Points of geometries (n, 3) Å of one molecule, each begun with the last one's electrons.

    None where the energy does not converge, as between atoms that are too near.

    Args:
        structure: the molecule.
        geometries: in an order in which neighbours are alike.
        held: (n,), True for atoms whose forces do not count.

    Raises:
        XtbError: tblite is missing, or GFN2-xTB does not take the molecule.
    """
    reason = xtb_obstacle(structure)
    if reason:
        raise XtbError(reason)
    return _points(structure, geometries, held)


def xtb_point(structure: Structure) -> XtbPoint:
    """Of one structure; raises XtbError also where the energy does not converge."""
    (point,) = xtb_points(structure, [structure.positions])
    if point is None:
        raise XtbError("GFN2-xTB failed: its energy does not converge for these positions")
    return point


@dataclass
class _Molecule:
    """A calculator that is replaced once it has failed: what it keeps may be spoilt."""

    structure: Structure
    free: BoolArray
    fresh: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._atoms = atoms_of(self.structure)

    def at(self, positions: FloatArray) -> XtbPoint | None:
        from ase.calculators.calculator import CalculationFailed, InputError

        if not self.fresh:
            self._atoms.calc = gfn2_xtb(self.structure)
            self.fresh = True
        self._atoms.positions = positions
        try:
            energy = float(self._atoms.get_potential_energy())  # type: ignore[no-untyped-call]
            forces = self._atoms.get_forces()  # type: ignore[no-untyped-call]
        except (CalculationFailed, InputError):
            self.fresh = False
            return None
        return XtbPoint(energy, float(np.linalg.norm(forces[self.free], axis=1).max()))


def _points(
    structure: Structure, geometries: Sequence[FloatArray], held: BoolArray | None
) -> Iterator[XtbPoint | None]:
    free = np.ones(len(structure), dtype=bool) if held is None or held.all() else ~held
    molecule = _Molecule(structure, free)
    for positions in geometries:
        yield molecule.at(positions)
