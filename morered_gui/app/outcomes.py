"""What came out of a run, in figures and a word."""

from dataclasses import dataclass

import numpy as np

from morered_gui.app.made_by import title_of
from morered_gui.app.records import RunRecord
from morered_gui.chem.validity import bonds_kept
from morered_gui.core import Provenance, StopReason
from morered_gui.relaxers.methods import METHODS


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One run in figures; None where something is not known.

    ``rmsd`` (Å) is that of the result to the run's reference, where that is no frame of the run
    itself; ``ratio`` divides it by that of the first frame. ``energy`` and ``xtb`` (eV) are those
    of the result, by its own method and by GFN2-xTB. ``noise_step`` is the time step t to which
    the start was diffused; 0 for none.
    """

    title: str
    seed: int
    verdict: str
    steps: int = 0
    rmsd: float | None = None
    ratio: float | None = None
    energy: float | None = None
    xtb: float | None = None
    noise_step: int = 0
    evaluations: int = 0
    seconds: float = 0.0


def outcome_of(run: RunRecord) -> Outcome:
    """Sum up a run as far as it has come."""
    trajectory, series, made = run.trajectory, run.series, run.trajectory.provenance
    title = _title(made)
    if not len(series):
        return Outcome(
            title=title, seed=made.seed, noise_step=run.noise_step, verdict="no frame yet"
        )
    result = trajectory.result_index if trajectory.stop_reason else len(trajectory) - 1
    first, last = float(series.rmsd[0]), float(series.rmsd[result])
    own = run.reference.own
    # A run that is measured to its own end or its own start has no ratio.
    known = min(first, last) > 1e-6 and not own
    return Outcome(
        title=title,
        seed=made.seed,
        steps=trajectory[-1].step,
        rmsd=None if own else last,
        ratio=last / first if known else None,
        energy=trajectory[result].energy,
        xtb=_xtb_energy(run, result),
        noise_step=run.noise_step,
        evaluations=trajectory[-1].evaluations,
        seconds=trajectory[-1].seconds,
        verdict=_verdict(run, result, last / first if known else None),
    )


def _xtb_energy(run: RunRecord, result: int) -> float | None:
    """GFN2-xTB energy of the result, eV, where it is known."""
    energy = float(run.series.column("xtb")[result])
    if np.isfinite(energy):
        return energy
    end = run.ends[1] if run.ends is not None else None
    return None if end is None else end.energy


def _title(made: Provenance) -> str:
    """The method, its model where that is not its own, and what it went on from."""
    title = title_of(made)
    if "continues" not in made.options:
        return title
    before = str(made.options["continues"])
    return f"{title} after {METHODS[before].title if before in METHODS else before}"


def _bonds_changed(run: RunRecord, result: int) -> bool:
    """By the check where there is one: it was made in another thread."""
    if run.check is not None:
        return run.check.bonds_kept is False
    start = run.trajectory.start
    return len(start.bonds) > 0 and not bonds_kept(start, run.trajectory[result].positions)


def _verdict(run: RunRecord, result: int, ratio: float | None) -> str:
    """Failures as in the benchmark: farther away, diverged, or another molecule."""
    trajectory = run.trajectory
    reason = trajectory.stop_reason
    if reason is None:
        return "unfinished"
    if reason == StopReason.DIVERGED or not np.isfinite(trajectory[result].positions).all():
        return "diverged"
    if _bonds_changed(run, result):
        return "bonds changed"
    if run.check is not None and run.check.stereo_kept is False:
        return "stereo changed"
    if ratio is not None and ratio > 1.0:
        return "farther away"
    return {StopReason.CANCELLED: "stopped by you", StopReason.MAX_STEPS: "out of steps"}.get(
        reason, "converged"
    )
