"""The protocol: test molecules, disturbed and relaxed, scored against their references.

Scores: RMSD over all atoms after superposition; its ratio to that of the start, below 1 being
an improvement; a failure is a ratio above 1, a diverged run, or a changed bond graph.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from morered_gui.bench.starts import disturbed
from morered_gui.chem.perception import with_perceived_bonds
from morered_gui.core import ExpectedError, Relaxer, Structure, Trajectory, rmsd
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.report import report_on
from morered_gui.training.dataset import EquilibriumSet, Split


@dataclass(frozen=True, kw_only=True)
class Score:
    """One molecule relaxed once. RMSD in Å to the reference; t are mean integer steps.

    ``seconds`` are the wall time at the molecule's last frame, counted from the start of
    its batch: a time per molecule only with batches of one.
    """

    index: int
    n_atoms: int
    start: str
    method: str
    model: str
    seed: int
    rmsd_start: float
    rmsd: float
    ratio: float
    t_start: float | None
    t_final: float | None
    steps: int
    evaluations: int
    seconds: float
    stop_reason: str
    bonds_kept: bool | None

    @property
    def failed(self) -> bool:
        """Whether the run made things worse, broke bonds, or diverged."""
        return not self.ratio <= 1.0 or self.stop_reason == "diverged" or self.bonds_kept is False

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def choose_molecules(
    data: EquilibriumSet, n: int, seed: int, split: Split = Split.TEST
) -> Iterator[tuple[int, Structure]]:
    """A seeded choice of n structures of one part, bonds perceived, with their index.

    Settings are chosen on the validation part, figures reported for the test part.
    """
    rows = np.random.default_rng(seed).permutation(data.members(split))
    if len(rows) < n:
        raise ExpectedError(f"the {split.name.lower()} part has {len(rows)} structures, not {n}")
    for row in rows[:n]:
        numbers, positions = data.geometry(int(row))
        structure = Structure(numbers, positions, charge=int(data.charge[row]))
        yield int(data.index[row]), with_perceived_bonds(structure)


def score_method(
    relaxer: Relaxer,
    molecules: Sequence[tuple[int, Structure]],
    start: str,
    *,
    seed: int,
    max_steps: int,
    batch_size: int,
    on_batch: Callable[[int], None] | None = None,
) -> list[Score]:
    """Relax all molecules from one kind of start; those that can't have it are left out."""
    scores: list[Score] = []
    for first in range(0, len(molecules), batch_size):
        batch = molecules[first : first + batch_size]
        starts = [_start(m, start, seed, first + k) for k, (_, m) in enumerate(batch)]
        pairs = [(m, s) for m, s in zip(batch, starts, strict=True) if s is not None]
        if pairs:
            trajectories = relax_all(
                relaxer, [s for _, s in pairs], max_steps=max_steps, seed=seed + first
            )
            scores += [
                _score(index, reference, trajectory, start)
                for ((index, reference), _), trajectory in zip(pairs, trajectories, strict=True)
            ]
        if on_batch is not None:
            on_batch(first + len(batch))
    return scores


def _start(reference: Structure, start: str, seed: int, number: int) -> Structure | None:
    try:
        return disturbed(reference, start, seed=seed, number=number)
    except ExpectedError:
        if start != "mmff94":
            raise
        return None  # MMFF94 has no parameters for this molecule


def _score(index: int, reference: Structure, trajectory: Trajectory, start: str) -> Score:
    report = report_on(trajectory, reference)
    assert report.rmsd_to_reference is not None
    before = rmsd(trajectory.start.positions, reference.positions)
    return Score(
        index=index,
        n_atoms=report.n_atoms,
        start=start,
        method=report.method,
        model=report.model,
        seed=report.seed,
        rmsd_start=before,
        rmsd=report.rmsd_to_reference,
        ratio=report.rmsd_to_reference / before,
        t_start=report.t_start,
        t_final=report.t_final,
        steps=report.steps,
        evaluations=report.evaluations,
        seconds=report.seconds,
        stop_reason=report.stop_reason,
        bonds_kept=report.bonds_kept,
    )
