"""What came out of a relaxation, in figures."""

from dataclasses import asdict, dataclass
from typing import Any

from morered_gui.chem.validity import bonds_kept
from morered_gui.core import Structure, Trajectory, rmsd


@dataclass(frozen=True, kw_only=True)
class Report:
    """One relaxed molecule. Time steps are means over the atoms; RMSD in Å, superposed.

    ``t_final`` and the RMSD values belong to the result, which is the last frame where the
    run arrived and the best one otherwise. ``bonds_kept`` is None where the bonds of the
    start are not known.
    """

    name: str
    n_atoms: int
    model: str
    method: str
    seed: int
    steps: int
    evaluations: int
    seconds: float
    stop_reason: str
    t_start: float | None
    t_final: float | None
    rmsd_to_start: float
    rmsd_to_reference: float | None
    bonds_kept: bool | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


def report_on(trajectory: Trajectory, reference: Structure | None = None) -> Report:
    """Sum up a finished trajectory; the reference has the atoms in the same order.

    Raises ValueError where the trajectory is not finished.
    """
    if trajectory.stop_reason is None:
        raise ValueError("the relaxation has not finished")
    start, last = trajectory.start, trajectory[-1]
    final = trajectory[trajectory.result_index]
    to_reference = None if reference is None else rmsd(final.positions, reference.positions)
    return Report(
        name=start.name or start.formula,
        n_atoms=len(start),
        model=trajectory.provenance.model,
        method=trajectory.provenance.method,
        seed=trajectory.provenance.seed,
        steps=last.step,
        evaluations=last.evaluations,
        seconds=round(last.seconds, 4),
        stop_reason=str(trajectory.stop_reason),
        t_start=trajectory[0].t,
        t_final=final.t,
        rmsd_to_start=rmsd(final.positions, start.positions),
        rmsd_to_reference=to_reference,
        bonds_kept=bonds_kept(start, final.positions) if len(start.bonds) else None,
    )
