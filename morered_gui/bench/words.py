"""What the figures of a report say, in sentences made from the numbers."""

from collections.abc import Sequence

from morered_gui.bench.results import Results
from morered_gui.bench.summary import REALISTIC, CurvePoint, Quartiles, Summary

# Å; a smaller distance is the arithmetic's.
ROUNDING = 1e-9
# A curve that ends so far above its lowest point has drifted off.
DRIFT = 1.1


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def number(value: float) -> str:
    """Three decimals, or two digits where that would be zero; rounding errors are zero."""
    return f"{value:.2g}" if ROUNDING < abs(value) < 0.001 else f"{value:.3f}"


def with_quartiles(quartiles: Quartiles | None) -> str:
    """median (low-high)."""
    if quartiles is None:
        return ""
    low, middle, high = (number(v) for v in (quartiles.low, quartiles.median, quartiles.high))
    return f"{middle} ({low}-{high})"


def best(rows: Sequence[Summary]) -> str:
    """Which method comes nearest, where there is a choice."""
    wins: dict[str, list[str]] = {}
    for start in dict.fromkeys(r.start for r in rows):
        here = [r for r in rows if r.start == start and r.rmsd is not None]
        if len(here) > 1 and start != "reference":
            nearest = min(here, key=lambda r: r.rmsd.median if r.rmsd else 0.0)
            wins.setdefault(nearest.entry, []).append(start)
    parts = [f"{entry} from {listed(starts)}" for entry, starts in wins.items()]
    return f"Nearest to the reference: {'; '.join(parts)}." if parts else ""


def about_rmsd(results: Results) -> str:
    """Under the figure of RMSD."""
    text = (
        "Dot: median; thick line: half of the molecules; thin line: 90 % of them. Dashed: median "
        "of the starts, so that what lies left of it is better than before."
    )
    moved = [
        f"{r.entry} by {number(r.rmsd.median)} Å"
        for r in results.summaries
        if r.start == "reference" and r.rmsd is not None
    ]
    return (
        f"{text} The reference itself is moved, in the median, by {listed(moved)}."
        if moved
        else text
    )


def about_curves(points: Sequence[CurvePoint]) -> str:
    """Under the curves: the lowest points, and what drifts."""
    lows, drifts = [], []
    for entry, start in dict.fromkeys((p.entry, p.start) for p in points):
        here = [p for p in points if (p.entry, p.start) == (entry, start) and p.rmsd is not None]
        medians = [p.rmsd.median for p in here if p.rmsd is not None]
        if not medians or start == "reference":
            continue
        lowest = min(range(len(here)), key=medians.__getitem__)
        if start == "mmff94":
            lows.append(
                f"From MMFF94 minima {entry} is lowest after {here[lowest].evaluations} "
                f"evaluations, at {number(medians[lowest])} Å."
            )
        if medians[-1] > DRIFT * medians[lowest]:
            drifts.append(f"{start} ({entry})")
    drifted = (
        f"After {points[-1].evaluations} evaluations the median lies more than 10 % above its "
        f"lowest from {listed(drifts)}: the structures drift."
        if drifts
        else f"Up to {points[-1].evaluations} evaluations no median rises by more than 10 % "
        "above its lowest: nothing drifts."
    )
    about = (
        "The stop rule is switched off. Line: median; band: half of the molecules. Each evaluation "
        "is followed by one move, so that 0 is the start."
    )
    return " ".join([about, *lows, drifted])


def about_time_steps(results: Results) -> str:
    """Under the scatter."""
    said = [
        f"{c.entry}: Spearman {c.spearman:.2f}, Pearson {c.pearson:.2f} over {c.n} starts; "
        f"of the distance from start to result Spearman {c.spearman_moved:.2f}"
        for c in results.correlations
        if c.starts == REALISTIC and None not in {c.spearman, c.pearson, c.spearman_moved}
    ]
    text = (
        "Each point is one start. The line is what Gaussian noise of time step t amounts to; "
        "below it the network takes a disturbance for smaller than it is."
    )
    return f"{text} All realistic starts together: {'; '.join(said)}." if said else text


def about_seconds(rows: Sequence[Summary]) -> str:
    """Under the wall times."""
    medians = {
        entry: [r.seconds.median for r in rows if r.entry == entry and r.seconds is not None]
        for entry in dict.fromkeys(r.entry for r in rows)
    }
    parts = [
        f"{entry} {min(values):.2g} to {max(values):.2g} s"
        for entry, values in medians.items()
        if values
    ]
    return f"One molecule at a time on one thread. Medians over the starts: {listed(parts)}."


def about_energies(results: Results) -> str:
    """Under the energies."""
    missing = sum(s.above_minimum is None for s in results.scores)
    left = (
        f" {missing} of {len(results.scores)} results have none: their bonds changed, or GFN2-xTB "
        "did not converge."
    )
    return (
        "GFN2-xTB energy of the results above the GFN2-xTB minimum of the same basin. The "
        "reference is of another level of theory and lies above that minimum itself."
        + (left if missing else "")
    )


def about_savings(results: Results) -> str:
    """Under the table of steps."""
    parts = [
        f"{s.saved.median:.0f} of {s.steps_alone.median:.0f} from {s.start}"
        for s in results.savings
        if s.saved is not None and s.steps_alone is not None
    ]
    return f"In the median it saves {listed(parts)}." if parts else ""
