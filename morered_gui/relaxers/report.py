"""What came out of a relaxation, in figures."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from morered_gui.core import Structure, Trajectory, rmsd
from morered_gui.relaxers.check import Check, check_run, xtb_of
from morered_gui.relaxers.xtb import xtb_obstacle


@dataclass(frozen=True, kw_only=True)
class Report:
    """One relaxed molecule. Time steps are means over the atoms; RMSD in Å, superposed.

    ``t_final`` and the RMSD values belong to the result, which is the last frame where the
    run arrived and the best one otherwise. ``check`` is of the result as well.
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
    check: Check

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; the check's figures beside the others."""
        table = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "check"}
        return {**table, **self.check.as_dict()}


def report_on(
    trajectory: Trajectory, reference: Structure | None = None, *, energies: bool = False
) -> Report:
    """Sum up a finished trajectory.

    Args:
        trajectory: of one molecule.
        reference: with the atoms in the same order.
        energies: whether to compute GFN2-xTB of the start and the result; left out for
            molecules that it does not take.

    Raises ValueError where the trajectory is not finished.
    """
    if trajectory.stop_reason is None:
        raise ValueError("the relaxation has not finished")
    start, last = trajectory.start, trajectory[-1]
    final = trajectory[trajectory.result_index]
    asked = energies and not xtb_obstacle(start) and np.isfinite(final.positions).all()
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
        check=check_run(trajectory, energies=xtb_of(trajectory) if asked else (None, None)),
    )
