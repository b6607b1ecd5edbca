"""Tables of scores: medians and quartiles, correlations, curves."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from morered_gui.bench.scoring import Curve, Score
from morered_gui.bench.starts import find_start
from morered_gui.core.arrays import FloatArray

# Of an ETKDG start, the part that lies in the reference's basin.
SAME_CONFORMER = "{} (reference's conformer)"
REALISTIC = "realistic"
FEWEST_FOR_CORRELATION = 3


@dataclass(frozen=True, kw_only=True)
class Quartiles:
    """The median between the lower and the upper quartile."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float | None]) -> "Quartiles | None":
        """Of the values that are there (numpy's linear interpolation); None without any."""
        known = [value for value in values if value is not None]
        if not known:
            return None
        low, median, high = np.quantile(known, [0.25, 0.5, 0.75]).tolist()
        return cls(low=low, median=median, high=high)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One entry from one kind of start, all seeds together. RMSD in Å, energies in kcal/mol.

    Attributes:
        start: name of the start, or of a part of it.
        entry: method and model.
        runs: scored runs; one per molecule and seed.
        molecules: different molecules among them.
        rmsd_start: of the starts.
        rmsd: of the results.
        ratio: of the two, run by run.
        rmsd_by_seed: medians of the single seeds.
        failed: share of failures.
        bonds_kept: share of results with the bonds of the reference.
        same_conformer: share of results in the basin of the reference.
        t_start: time step predicted for the starts.
        evaluations: of network or energy.
        seconds: per molecule; None where molecules shared a batch.
        above_reference: GFN2-xTB energy above the reference's geometry.
        above_minimum: the same above the nearest GFN2-xTB minimum.
        rmsd_minimum: to that minimum.
        above_dft: DFT energy above the reference's geometry.
        stop_reasons: how often each occurred.
    """

    start: str
    entry: str
    runs: int
    molecules: int
    rmsd_start: Quartiles | None
    rmsd: Quartiles | None
    ratio: Quartiles | None
    rmsd_by_seed: dict[str, float]
    failed: float
    bonds_kept: float
    same_conformer: float
    t_start: Quartiles | None
    evaluations: Quartiles | None
    seconds: Quartiles | None
    above_reference: Quartiles | None
    above_minimum: Quartiles | None
    rmsd_minimum: Quartiles | None
    above_dft: Quartiles | None
    stop_reasons: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def summarise(scores: Sequence[Score], start: str = "") -> Summary:
    """Sum up scores of one kind; ``start`` is for parts that have a name of their own."""
    first = scores[0]
    seeds = sorted({s.seed for s in scores})

    def quartiles(value: Callable[[Score], float | None]) -> Quartiles | None:
        return Quartiles.of(value(s) for s in scores)

    return Summary(
        start=start or first.start,
        entry=first.entry,
        runs=len(scores),
        molecules=len({s.index for s in scores}),
        rmsd_start=quartiles(lambda s: s.rmsd_start),
        rmsd=quartiles(lambda s: s.rmsd),
        ratio=quartiles(lambda s: s.ratio),
        rmsd_by_seed={
            str(seed): float(np.median([s.rmsd for s in scores if s.seed == seed]))
            for seed in seeds
        },
        failed=float(np.mean([s.failed for s in scores])),
        bonds_kept=float(np.mean([s.bonds_kept for s in scores])),
        same_conformer=float(np.mean([s.same_result is True for s in scores])),
        t_start=quartiles(lambda s: s.t_start),
        evaluations=quartiles(lambda s: s.evaluations),
        seconds=quartiles(lambda s: s.seconds),
        above_reference=quartiles(lambda s: s.above_reference),
        above_minimum=quartiles(lambda s: s.above_minimum),
        rmsd_minimum=quartiles(lambda s: s.rmsd_minimum),
        above_dft=quartiles(lambda s: s.above_dft),
        stop_reasons=dict(sorted(Counter(s.stop_reason for s in scores).items())),
    )


def summaries(scores: Sequence[Score]) -> list[Summary]:
    """One per start and entry, in the order in which they occur."""
    rows: list[Summary] = []
    for start in dict.fromkeys(s.start for s in scores):
        here = [s for s in scores if s.start == start]
        parts = [(start, here)]
        if find_start(start).other_conformers:
            parts.append((SAME_CONFORMER.format(start), [s for s in here if s.same_start]))
        rows += [
            summarise([s for s in part if s.entry == entry], name)
            for name, part in parts
            for entry in dict.fromkeys(s.entry for s in part)
        ]
    return rows


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """Predicted t of starts against their true RMSD; None where one of them does not vary.

    ``spearman_moved`` is that of the distance from start to result, which is known at the end.
    """

    entry: str
    starts: str
    n: int
    pearson: float | None
    spearman: float | None
    spearman_moved: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def correlations(scores: Sequence[Score]) -> list[Correlation]:
    """Per entry that predicts t: for each start, and for all realistic ones together."""
    rows = []
    for entry in dict.fromkeys(s.entry for s in scores):
        known = [s for s in scores if s.entry == entry and s.t_start is not None]
        groups = {
            start: [s for s in known if s.start == start]
            for start in dict.fromkeys(s.start for s in known)
            # The reference has no RMSD, and that of another conformer is no disturbance.
            if start != "reference" and not find_start(start).other_conformers
        }
        mixed = [s for start, g in groups.items() if find_start(start).realistic for s in g]
        groups |= {REALISTIC: mixed}
        rows += [_correlation(entry, name, group) for name, group in groups.items() if group]
    return rows


def _correlation(entry: str, name: str, scores: Sequence[Score]) -> Correlation:
    from scipy import stats  # half a second, which the help of the command need not wait for

    t = np.array([s.t_start for s in scores], dtype=np.float64)
    true = np.array([s.rmsd_start for s in scores])
    moved = np.array([s.moved for s in scores])
    return Correlation(
        entry=entry,
        starts=name,
        n=len(t),
        pearson=_statistic(stats.pearsonr, t, true),
        spearman=_statistic(stats.spearmanr, t, true),
        spearman_moved=_statistic(stats.spearmanr, moved, true),
    )


def _statistic(of: Callable[..., Any], x: FloatArray, y: FloatArray) -> float | None:
    varies = len(x) >= FEWEST_FOR_CORRELATION and np.ptp(x) > 0 and np.ptp(y) > 0
    return float(of(x, y).statistic) if varies else None


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """The RMSD after so many evaluations, and how many molecules had not diverged by then."""

    entry: str
    start: str
    evaluations: int
    rmsd: Quartiles | None
    n: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def curve_points(curves: Sequence[Curve]) -> list[CurvePoint]:
    """Per entry and start, in the order of the evaluations."""
    points = []
    for entry, start in dict.fromkeys((c.entry, c.start) for c in curves):
        here = [c for c in curves if (c.entry, c.start) == (entry, start)]
        for k, n in enumerate(here[0].evaluations):
            values = [c.rmsd[k] for c in here]
            points.append(
                CurvePoint(
                    entry=entry,
                    start=start,
                    evaluations=n,
                    rmsd=Quartiles.of(values),
                    n=sum(v is not None for v in values),
                )
            )
    return points


@dataclass(frozen=True, kw_only=True)
class Saving:
    """Force-field steps of a combined method against the force field alone, on the same runs."""

    start: str
    combined: str
    alone: str
    n: int
    steps_combined: Quartiles | None
    steps_alone: Quartiles | None
    saved: Quartiles | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def savings(scores: Sequence[Score], combined: str, alone: str) -> list[Saving]:
    """Run by run: the same molecule, start and seed by both methods (names without models)."""
    rows = []
    entries = dict.fromkeys(s.entry for s in scores if s.entry.partition("@")[0] == combined)
    steps_alone = {(s.start, s.index, s.seed): s.energy_frames for s in scores if s.entry == alone}
    for entry in entries:
        for start in dict.fromkeys(s.start for s in scores):
            here = [
                (s.energy_frames, steps_alone[start, s.index, s.seed])
                for s in scores
                if s.entry == entry and s.start == start and (start, s.index, s.seed) in steps_alone
            ]
            if here:
                rows.append(_saving(start, entry, alone, np.array(here, dtype=np.float64)))
    return rows


def _saving(start: str, combined: str, alone: str, steps: FloatArray) -> Saving:
    return Saving(
        start=start,
        combined=combined,
        alone=alone,
        n=len(steps),
        steps_combined=Quartiles.of(steps[:, 0].tolist()),
        steps_alone=Quartiles.of(steps[:, 1].tolist()),
        saved=Quartiles.of((steps[:, 1] - steps[:, 0]).tolist()),
    )
