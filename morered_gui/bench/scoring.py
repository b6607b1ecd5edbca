"""One molecule relaxed once, scored against its reference.

Scores: RMSD over all atoms after superposition; its ratio to that of the start, below 1 being
an improvement; a failure is a ratio above 1, a diverged run, or a changed bond graph.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from morered_gui.bench import xtb
from morered_gui.bench.dft import DftEnergies
from morered_gui.bench.starts import Start, Started
from morered_gui.chem.matching import symmetric_rmsd
from morered_gui.chem.torsions import same_conformer
from morered_gui.chem.validity import bonds_kept
from morered_gui.core import StopReason, Structure, Trajectory, rmsd
from morered_gui.relaxers.xtb import KCAL_PER_MOL, XtbError, xtb_point

# Of the ratio: what rounding may do to a structure that was not moved.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Score:
    """One molecule relaxed once. RMSD in Å to the reference; t are time steps.

    Attributes:
        index: of the molecule in its data set.
        n_atoms: of the molecule.
        entry: method and model, as they were asked for.
        start: name of the start.
        seed: of the start's and the method's random numbers.
        rmsd_start: of the start.
        rmsd: of the result, which is the last frame where the run arrived, else the best one.
        moved: from the start to the result, atom by atom.
        ratio: rmsd / rmsd_start; None from the reference itself, by whatever start.
        same_start: whether the start is in the reference's basin; None where that was not asked,
            since the start was made from the reference.
        same_result: the same of the result; None where bonds are unknown or changed.
        t_start: predicted for the start; None where the method predicts none.
        t_final: predicted for the result.
        steps: moves.
        evaluations: of network or energy.
        energy_frames: frames that have an energy: the steps of a force field.
        seconds: wall time; None where several molecules were relaxed at once.
        stop_reason: see ``StopReason``.
        bonds_kept: whether the result has the bonds of the reference and no others.
        above_reference: GFN2-xTB energy above that of the reference's geometry, kcal/mol.
        above_minimum: the same above the nearest GFN2-xTB minimum.
        rmsd_minimum: to that minimum.
        above_dft: DFT energy above that of the reference's geometry, kcal/mol.
    """

    index: int
    n_atoms: int
    entry: str
    start: str
    seed: int
    rmsd_start: float
    rmsd: float
    moved: float
    ratio: float | None
    same_start: bool | None
    same_result: bool | None
    t_start: float | None
    t_final: float | None
    steps: int
    evaluations: int
    energy_frames: int
    seconds: float | None
    stop_reason: str
    bonds_kept: bool
    above_reference: float | None = None
    above_minimum: float | None = None
    rmsd_minimum: float | None = None
    above_dft: float | None = None

    @property
    def failed(self) -> bool:
        """Whether the run diverged, changed bonds, or led away from the reference.

        A start in another conformer's basin is not asked to come nearer to the reference.
        """
        if self.stop_reason == StopReason.DIVERGED or not self.bonds_kept:
            return True
        if self.ratio is None or self.same_start is False:
            return False
        return not self.ratio <= 1.0 + ROUNDING

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Self:
        """From plain data; raises TypeError where it is not that of a score."""
        return cls(**table)


def distance(structure: Structure, reference: Structure, start: Start) -> float:
    """RMSD in Å, over all ways to match equivalent atoms where the start calls for it."""
    if start.symmetric:
        return symmetric_rmsd(structure, reference)
    return rmsd(structure.positions, reference.positions)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a score needs to know of the molecule.

    ``minimum`` is its GFN2-xTB minimum with the energies of both, see ``starts``; None where
    energies are not asked for or there is no minimum. ``dft`` is None where no DFT energies are
    asked for.
    """

    index: int
    reference: Structure
    start: Start
    entry: str
    seed: int
    minimum: Started | None = None
    dft: DftEnergies | None = None


def score(case: Case, trajectory: Trajectory, seconds: float | None) -> Score:
    """Score a finished trajectory that began at one of the case's starts.

    A result that is not finite has diverged, a failure; its distances are those of the start.
    """
    reference, start = case.reference, case.start
    finite = bool(np.isfinite(trajectory[trajectory.result_index].positions).all())
    result = trajectory.result() if finite else trajectory.start
    before = distance(trajectory.start, reference, start)
    after = distance(result, reference, start)
    kept = bonds_kept(reference, result.positions)
    same_start = same_conformer(reference, trajectory.start) if start.other_conformers else None
    same_result = same_conformer(reference, result) if kept and len(reference.bonds) else None
    energies = _energies(case, result, same_result) if kept else _Energies()
    return Score(
        index=case.index,
        n_atoms=len(reference),
        entry=case.entry,
        start=start.name,
        seed=case.seed,
        rmsd_start=before,
        rmsd=after,
        moved=rmsd(result.positions, trajectory.start.positions),
        ratio=after / before if start.name != "reference" and before > 0.0 else None,
        same_start=same_start,
        same_result=same_result,
        t_start=trajectory[0].t,
        t_final=trajectory[trajectory.result_index].t,
        steps=trajectory[-1].step,
        evaluations=trajectory[-1].evaluations,
        energy_frames=sum(frame.energy is not None for frame in trajectory),
        seconds=seconds,
        stop_reason=str(trajectory.stop_reason if finite else StopReason.DIVERGED),
        bonds_kept=kept,
        **asdict(energies),
        above_dft=case.dft.above(result, reference) if case.dft and kept else None,
    )


@dataclass(frozen=True)
class _Energies:
    """What GFN2-xTB says of a result, see ``Score``; None where it has no answer."""

    above_reference: float | None = None
    above_minimum: float | None = None
    rmsd_minimum: float | None = None


def _energies(case: Case, result: Structure, same: bool | None) -> _Energies:
    """Of a result with the bonds that were meant; another molecule's energy tells nothing.

    In the reference's basin the nearest minimum is the reference's, and the result's own
    elsewhere.
    """
    if case.minimum is None:
        return _Energies()
    try:
        energy = xtb_point(result).energy
    except XtbError:
        return _Energies()  # the table counts it as missing
    above = (energy - case.minimum.energies["reference"]) / KCAL_PER_MOL
    minimum, lowest = case.minimum.structure, case.minimum.energies["minimum"]
    if not same:
        try:
            minimum, lowest = xtb.minimum(result)
        except XtbError:
            return _Energies(above)
    assert minimum is not None  # a start with energies has a structure
    away = distance(result, minimum, case.start)
    return _Energies(above, (energy - lowest) / KCAL_PER_MOL, away)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """RMSD of one molecule in Å after so many network evaluations; None once it diverged."""

    index: int
    entry: str
    start: str
    seed: int
    evaluations: tuple[int, ...]
    rmsd: tuple[float | None, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Self:
        """From plain data; raises TypeError where it is not that of a curve."""
        lists: dict[str, Any] = {
            key: tuple(v) if isinstance(v, list) else v for key, v in table.items()
        }
        return cls(**lists)


def curve(case: Case, trajectory: Trajectory, evaluations: tuple[int, ...]) -> Curve:
    """Read a trajectory whose frame n is what n evaluations made of the start."""
    found: list[float | None] = []
    for n in evaluations:
        x = trajectory[n].positions if n < len(trajectory) else None
        inside = x is not None and np.isfinite(x).all()
        found.append(
            distance(trajectory.structure(n), case.reference, case.start) if inside else None
        )
    return Curve(
        index=case.index,
        entry=case.entry,
        start=case.start.name,
        seed=case.seed,
        evaluations=evaluations,
        rmsd=tuple(found),
    )
