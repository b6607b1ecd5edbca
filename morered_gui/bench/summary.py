"""Tables of scores."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from morered_gui.bench.protocol import Score


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One method from one kind of start. RMSD in Å, times per molecule in s."""

    start: str
    method: str
    model: str
    n: int
    rmsd_start: float
    rmsd: float
    rmsd_quartiles: tuple[float, float]
    ratio: float
    ratio_quartiles: tuple[float, float]
    failure_rate: float
    mean_t_start: float | None
    evaluations: float
    stop_reasons: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def summarise(scores: Sequence[Score]) -> Summary:
    """Medians, quartiles and the failure rate of scores of one kind."""
    first = scores[0]
    rmsds = np.array([s.rmsd for s in scores])
    ratios = np.array([s.ratio for s in scores])
    t_start = [s.t_start for s in scores if s.t_start is not None]
    reasons = [s.stop_reason for s in scores]
    return Summary(
        start=first.start,
        method=first.method,
        model=first.model,
        n=len(scores),
        rmsd_start=float(np.median([s.rmsd_start for s in scores])),
        rmsd=float(np.median(rmsds)),
        rmsd_quartiles=_quartiles(rmsds),
        ratio=float(np.median(ratios)),
        ratio_quartiles=_quartiles(ratios),
        failure_rate=float(np.mean([s.failed for s in scores])),
        mean_t_start=float(np.mean(t_start)) if t_start else None,
        evaluations=float(np.median([s.evaluations for s in scores])),
        stop_reasons={reason: reasons.count(reason) for reason in sorted(set(reasons))},
    )


def _quartiles(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, [0.25, 0.75])
    return float(low), float(high)
