"""The statistics against numpy, scipy and sums by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from morered_gui.bench.scoring import Curve, Score
from morered_gui.bench.summary import (
    REALISTIC,
    Quartiles,
    correlations,
    curve_points,
    savings,
    summaries,
    summarise,
)

ONE = Score(
    index=7,
    n_atoms=5,
    entry="fast",
    start="mmff94",
    seed=0,
    rmsd_start=0.2,
    rmsd=0.1,
    moved=0.15,
    ratio=0.5,
    same_start=None,
    same_result=True,
    t_start=80.0,
    t_final=3.0,
    steps=9,
    evaluations=10,
    energy_frames=0,
    seconds=0.1,
    stop_reason="plateau",
    bonds_kept=True,
)


def scores(rmsds: list[float], **options: object) -> list[Score]:
    some = [
        replace(ONE, index=k, rmsd=value, ratio=value / ONE.rmsd_start)
        for k, value in enumerate(rmsds)
    ]
    return [replace(s, **options) for s in some]  # type: ignore[arg-type]


def test_that_quartiles_are_those_by_hand() -> None:
    assert Quartiles.of([4.0, 1.0, None, 3.0, 2.0, 5.0]) == Quartiles(low=2.0, median=3.0, high=4.0)
    assert Quartiles.of([None, None]) is None


def test_that_a_summary_counts_runs_molecules_and_seeds() -> None:
    both = scores([0.05, 0.1, 0.3]) + scores([0.06, 0.2, 0.4], seed=1)
    row = summarise(both)
    assert (row.runs, row.molecules) == (6, 3)
    assert row.rmsd is not None and row.rmsd.median == pytest.approx(0.15)
    assert row.ratio is not None and row.ratio.median == pytest.approx(0.75)
    assert row.rmsd_by_seed == {"0": 0.1, "1": 0.2}
    assert row.failed == pytest.approx(2 / 6)  # 0.3 and 0.4 began at 0.2; 0.2 did not move
    assert row.above_minimum is None


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({}, False),
        ({"ratio": 1.01}, True),
        ({"ratio": 1.0 + 1e-12}, False),
        ({"ratio": 1.01, "same_start": False}, False),
        ({"bonds_kept": False}, True),
        ({"stop_reason": "diverged"}, True),
        ({"ratio": None}, False),
    ],
)
def test_what_counts_as_a_failure(change: dict[str, object], failed: bool) -> None:
    assert replace(ONE, **change).failed is failed  # type: ignore[arg-type]


def test_that_etkdg_starts_of_the_same_conformer_have_a_row_of_their_own() -> None:
    near, far = scores([0.1], same_start=True), scores([1.5], same_start=False)
    rows = summaries([replace(s, start="etkdg") for s in near + far])
    assert [(r.start, r.runs) for r in rows] == [
        ("etkdg", 2), ("etkdg (reference's conformer)", 1),
    ]  # fmt: skip
    assert rows[1].rmsd is not None and rows[1].rmsd.median == 0.1


def test_that_correlations_are_those_of_scipy() -> None:
    rng = np.random.default_rng(1)
    many = [
        replace(ONE, start=start, index=k, rmsd_start=true, t_start=300 * true + rng.normal())
        for start in ("mmff94", "md300", "t100", "reference")
        for k, true in enumerate(rng.uniform(0.01, 0.5, 20).tolist())
    ]
    rows = {c.starts: c for c in correlations(many)}
    assert set(rows) == {"mmff94", "md300", "t100", REALISTIC}
    mixed = [s for s in many if s.start in {"mmff94", "md300"}]
    t, true = [s.t_start for s in mixed], [s.rmsd_start for s in mixed]
    found = rows[REALISTIC]
    assert found.n == 40
    assert found.pearson == stats.pearsonr(t, true).statistic
    assert found.spearman == stats.spearmanr(t, true).statistic
    assert found.spearman_moved is None  # all of them moved by the same
    # Spearman by hand: Pearson of the ranks.
    ranks = [np.argsort(np.argsort(v)) for v in (t, true)]
    assert found.spearman == pytest.approx(np.corrcoef(ranks)[0, 1])


def test_that_a_correlation_of_something_constant_is_none() -> None:
    (row, _) = correlations(scores([0.1, 0.2, 0.3]))
    assert row.pearson is None and row.spearman is None


def test_that_steps_are_compared_on_the_same_runs_only() -> None:
    combined = [replace(ONE, entry="fast+xtb@m", index=k, energy_frames=5 + k) for k in range(3)]
    alone = [replace(ONE, entry="gfn2-xtb", index=k, energy_frames=20) for k in (0, 2)]
    (row,) = savings(combined + alone, "fast+xtb", "gfn2-xtb")
    assert (row.n, row.combined) == (2, "fast+xtb@m")
    assert row.saved is not None and row.saved.median == 20 - 6
    assert savings(combined, "fast+xtb", "gfn2-xtb") == []


def test_that_a_curve_leaves_out_what_has_diverged() -> None:
    def curve(*rmsd: float | None) -> Curve:
        return Curve(index=0, entry="fast", start="t50", seed=0, evaluations=(1, 8), rmsd=rmsd)

    first, last = curve_points([curve(0.1, 0.3), curve(0.2, None)])
    assert first.rmsd is not None and first.rmsd.median == pytest.approx(0.15) and first.n == 2
    assert last.rmsd is not None and last.rmsd.median == 0.3 and last.n == 1
