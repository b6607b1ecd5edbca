"""The plots of the claims, as SVG."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from morered_gui.bench.claim_rows import Row
from morered_gui.bench.figures import SOFT, STYLE, as_svg, colours, grid, plain_numbers


def over_noise(rows: Sequence[Row]) -> str:
    """Ratio and share of failures over the noise level, a line per method."""
    names = list(dict.fromkeys(row["method"] for row in rows))
    levels = sorted({row["t"] for row in rows})
    shade = colours(names)
    with mpl.rc_context(STYLE):
        figure, (ratio, failed) = grid(2, 3.4, columns=2)
        for name in names:
            here = sorted((r for r in rows if r["method"] == name), key=lambda r: r["t"])
            t = [row["t"] for row in here]
            _band(ratio, t, here, shade[name], name)
            share = [100 * row["failed"] for row in here]
            failed.plot(t, share, "o-", color=shade[name], markersize=3.5)
        ratio.axhline(1.0, color=SOFT, linestyle=(0, (3, 2)), linewidth=1)
        ratio.set_yscale("log")
        plain_numbers(ratio.yaxis)
        ratio.set_ylabel("RMSD ratio")
        failed.set_ylabel("failed / %")
        failed.set_ylim(0, 102)
        for panel in (ratio, failed):
            panel.set_xscale("log")
            panel.set_xticks(levels, [str(t) for t in levels], minor=False)
            panel.xaxis.set_minor_locator(NullLocator())
            panel.tick_params(axis="x", labelsize=7)  # 300 and 400 are near to each other
            panel.set_xlabel("noise level t of the start")
        ratio.legend(fontsize=8)
        return as_svg(figure)


def over_calculations(rows: Sequence[Row]) -> str:
    """Ratio over the number of labelled structures: a panel per start, a line per kind."""
    starts = list(dict.fromkeys(row["start"] for row in rows))
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    shade = colours(kinds)
    with mpl.rc_context(STYLE):
        figure, panels = grid(len(starts), 3.4, columns=2)
        for panel, start in zip(panels, starts, strict=True):
            panel.set_title(start)
            for kind in kinds:
                here = [r for r in rows if (r["start"], r["kind"]) == (start, kind)]
                here = sorted((r for r in here if r["structures"]), key=lambda r: r["structures"])
                _band(panel, [row["structures"] for row in here], here, shade[kind], kind)
            panel.set_xscale("log")
            plain_numbers(panel.xaxis)
            panel.set_xlabel("quantum-chemical calculations trained on")
            panel.set_ylabel("RMSD ratio")
            panel.set_ylim(bottom=0)
        panels[0].legend(fontsize=8)
        return as_svg(figure)


def two_levels(rows: Sequence[Row]) -> str:
    """The three measures side by side, a bar per method and start."""
    measures = {
        "RMSD to reference": "RMSD to the reference / Å",
        "RMSD to GFN2-xTB": "RMSD to GFN2-xTB / Å",
        "GFN2-xTB energy": "GFN2-xTB energy / (kcal/mol)",
    }
    with mpl.rc_context(STYLE):
        figure, panels = grid(len(measures), 0.9 + 0.24 * len(rows))
        for panel, (measure, label) in zip(panels, measures.items(), strict=True):
            _bars(panel, rows, measure)
            panel.set_xlabel(label)
        return as_svg(figure)


def dft_energies(rows: Sequence[Row]) -> str:
    """Median and quartiles of the DFT energy, a line per method."""
    shade = colours([row["method"] for row in rows])
    with mpl.rc_context(STYLE):
        figure, (panel,) = grid(1, 0.9 + 0.3 * len(rows))
        for place, row in enumerate(reversed(rows)):
            if row["DFT energy"] is None:
                continue
            colour = shade[row["method"]]
            ends = [row["lower quartile"], row["upper quartile"]]
            panel.plot(ends, [place, place], color=colour, linewidth=6, alpha=0.45)
            panel.plot([row["DFT energy"]], [place], "o", color=colour, markersize=5)
        panel.set_yticks(range(len(rows)), [row["method"] for row in reversed(rows)])
        panel.set_ylim(-0.6, len(rows) - 0.4)
        panel.grid(visible=False, axis="y")
        panel.set_xlabel("DFT energy above the reference's geometry / (kcal/mol)")
        return as_svg(figure)


def _band(panel: Axes, x: Sequence[float], rows: Sequence[Row], colour: str, label: str) -> None:
    """Median with quartiles of the ratio."""
    known = [k for k, row in enumerate(rows) if row["ratio"] is not None]
    low, middle, high = (
        [rows[k][name] for k in known] for name in ("lower quartile", "ratio", "upper quartile")
    )
    at = [x[k] for k in known]
    panel.fill_between(at, low, high, color=colour, alpha=0.12, linewidth=0)
    panel.plot(at, middle, "o-", color=colour, markersize=3.5, label=label)


def _bars(panel: Axes, rows: Sequence[Row], name: str) -> None:
    shade = colours(list(dict.fromkeys(row["trained on"] for row in rows)))
    labels = [f"{row['method']}, {row['start']}" for row in rows]
    values = [np.nan if row[name] is None else float(row[name]) for row in rows]
    places = range(len(rows))[::-1]
    panel.barh(places, values, color=[shade[row["trained on"]] for row in rows], height=0.7)
    panel.set_yticks(places, labels)
    panel.grid(visible=False, axis="y")


# By the names of the claims.
FIGURES: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "robustness": over_noise,
    "efficiency": over_calculations,
    "level": two_levels,
    "dft": dft_energies,
}
