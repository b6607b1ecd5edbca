"""The plots of a report, as SVG that stands inside a page and asks for nothing from outside."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from morered_gui.bench.results import Results
from morered_gui.bench.scoring import Score
from morered_gui.bench.starts import find_start
from morered_gui.diffusion.process import DiffusionProcess

# Okabe and Ito 2008, but for its yellow, which is too light for lines on white.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555")
INK, SOFT, GRID = "#22272e", "#6b7480", "#e3e7ec"
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "morered",
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 9.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#b9c0c8",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
}
WIDTH = 9.6  # inches
COLUMNS = 3
TAILS = (5, 25, 50, 75, 95)  # per cent
SMALLEST = 1e-3  # Å or kcal/mol: nothing below this is shown on a logarithmic axis


def colours(names: Sequence[str]) -> dict[str, str]:
    """One colour per name, in their order."""
    return {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(names)}


def rmsd_figure(results: Results) -> str:
    """Quantiles of the RMSD: a panel per start, a row per method."""
    groups = _by_start(results.scores)
    marks = {
        name: float(np.median([s.rmsd_start for s in group]))
        for name, group in groups.items()
        if name != "reference"
    }
    return _quantile_figure(results, groups, "rmsd", "RMSD / Å", marks)


def energy_figure(results: Results) -> str:
    """Quantiles of the GFN2-xTB energy above the nearest minimum: a panel per start."""
    groups = _by_start([s for s in results.scores if s.above_minimum is not None])
    label = "energy above the minimum / (kcal/mol)"
    return _quantile_figure(results, groups, "above_minimum", label, {})


def seconds_figure(results: Results) -> str:
    """Quantiles of the wall time per molecule, all starts together."""
    groups = {"all starts": [s for s in results.scores if s.seconds is not None]}
    return _quantile_figure(results, groups, "seconds", "time per molecule / s", {})


def _by_start(scores: Sequence[Score]) -> dict[str, list[Score]]:
    names = dict.fromkeys(s.start for s in scores)
    return {name: [s for s in scores if s.start == name] for name in names}


def _quantile_figure(
    results: Results,
    groups: Mapping[str, Sequence[Score]],
    value: str,
    label: str,
    marks: Mapping[str, float],
) -> str:
    """A panel per group, a row per entry; a dashed line at the group's mark."""
    entries = list(results.entries)
    shade = colours(entries)
    with mpl.rc_context(STYLE):
        figure, panels = grid(len(groups), 0.75 + 0.24 * len(entries))
        for panel, (name, scores) in zip(panels, groups.items(), strict=True):
            panel.set_title(name)
            for row, entry in enumerate(entries):
                values = [getattr(s, value) for s in scores if s.entry == entry]
                _quantiles(panel, len(entries) - 1 - row, values, shade[entry])
            if name in marks:
                panel.axvline(marks[name], color=SOFT, linestyle=(0, (3, 2)), linewidth=1)
            panel.set_yticks(range(len(entries)), entries[::-1])
            panel.set_ylim(-0.6, len(entries) - 0.4)
            panel.grid(visible=False, axis="y")
            _logarithmic(panel)
        _outer(panels)
        figure.supxlabel(label, fontsize=9)
        return as_svg(figure)


def _quantiles(panel: Axes, row: float, values: Sequence[float], colour: str) -> None:
    if not values:
        return
    low, lower, middle, upper, high = np.maximum(np.percentile(values, TAILS), SMALLEST)
    panel.plot([low, high], [row, row], color=colour, linewidth=1.2, solid_capstyle="butt")
    panel.plot([lower, upper], [row, row], color=colour, linewidth=6, alpha=0.45)
    panel.plot([middle], [row], "o", color=colour, markersize=5)


def curve_figure(results: Results) -> str:
    """Median RMSD over the number of network evaluations: a panel per start."""
    points = results.curve_points
    names = list(dict.fromkeys(p.start for p in points))
    entries = list(dict.fromkeys(p.entry for p in points))
    shade = colours(list(results.entries))
    with mpl.rc_context(STYLE):
        figure, panels = grid(len(names), 2.1)
        for panel, name in zip(panels, names, strict=True):
            panel.set_title(name)
            for entry in entries:
                here = [p for p in points if (p.start, p.entry) == (name, entry) and p.rmsd]
                x = [p.evaluations for p in here]
                low, middle, high = (
                    np.array([[p.rmsd.low, p.rmsd.median, p.rmsd.high] for p in here if p.rmsd])
                    .reshape(-1, 3)
                    .T
                )
                panel.fill_between(x, low, high, color=shade[entry], alpha=0.15, linewidth=0)
                panel.plot(x, middle, "o-", color=shade[entry], markersize=3.5, label=entry)
            panel.set_ylim(bottom=0)
        if len(entries) > 1:
            panels[0].legend(fontsize=8)
        figure.supxlabel("network evaluations", fontsize=9)
        figure.supylabel("RMSD / Å", fontsize=9)
        return as_svg(figure)


def time_step_figure(results: Results) -> str:
    """Predicted t of the starts against their true RMSD: a panel per method."""
    scores = [s for s in results.scores if s.t_start is not None and _is_disturbed(s)]
    names = list(dict.fromkeys(s.start for s in scores))
    entries = list(dict.fromkeys(s.entry for s in scores))
    with mpl.rc_context(STYLE):
        figure, panels = grid(len(entries), 3.3, columns=2)
        for panel, entry in zip(panels, entries, strict=True):
            panel.set_title(entry)
            for name in names:
                here = [s for s in scores if (s.entry, s.start) == (entry, name)]
                x = np.array([s.rmsd_start for s in here])
                y = np.array([s.t_start for s in here], dtype=float)
                _cloud(panel, x, y, name, names)
            _expected(panel)
            panel.set_xlabel("RMSD of the start / Å")
            panel.set_ylabel("predicted t")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=6, fontsize=8)
        return as_svg(figure)


def _cloud(panel: Axes, x: np.ndarray, y: np.ndarray, name: str, names: Sequence[str]) -> None:
    """Diffused starts as crosses in grey tones, realistic ones as dots in colours."""
    realistic = [n for n in names if find_start(n).t is None]
    if name in realistic:
        panel.scatter(x, y, s=9, color=colours(realistic)[name], alpha=0.6, linewidths=0,
                      label=name, rasterized=True)  # fmt: skip
        return
    grey = 0.8 - 0.5 * (names.index(name) + 1) / len(names)
    panel.scatter(x, y, s=11, marker="x", color=str(grey), alpha=0.7, linewidths=0.7,
                  label=name, rasterized=True)  # fmt: skip


def _expected(panel: Axes) -> None:
    """The RMSD that Gaussian noise of each time step has: sqrt(3 (1 - alpha_bar_t))."""
    level = np.sqrt(3.0) * DiffusionProcess().schedule.noise_level
    shown = level <= panel.get_xlim()[1]
    limits = panel.get_xlim(), panel.get_ylim()
    panel.plot(
        level[shown], np.flatnonzero(shown), color=INK, linewidth=1.2, label="Gaussian noise"
    )
    panel.set_xlim(0, limits[0][1])
    panel.set_ylim(0, limits[1][1])


def _is_disturbed(score: Score) -> bool:
    return score.start != "reference" and not find_start(score.start).other_conformers


def grid(n: int, height: float, columns: int = COLUMNS) -> tuple[Figure, list[Axes]]:
    """A figure of n panels, each so many inches high."""
    columns = min(columns, n)
    rows = math.ceil(n / columns)
    figure = Figure(figsize=(WIDTH, rows * height + 0.4), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for spare in panels[n:]:
        spare.remove()
    return figure, panels[:n]


def _outer(panels: Sequence[Axes]) -> None:
    """One scale for all, names of rows in the first column only."""
    low = min(p.get_xlim()[0] for p in panels)
    high = max(p.get_xlim()[1] for p in panels)
    for k, panel in enumerate(panels):
        panel.set_xlim(max(low, SMALLEST), high)
        if k % COLUMNS:
            panel.tick_params(axis="y", labelleft=False)


def _logarithmic(panel: Axes) -> None:
    panel.set_xscale("log")
    plain_numbers(panel.xaxis)


def plain_numbers(axis: Axis) -> None:
    """1, 10, 100 at a logarithmic axis instead of powers."""
    axis.set_major_locator(LogLocator(subs=(1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def as_svg(figure: Figure) -> str:
    """The picture without its preamble, which names addresses."""
    file = io.StringIO()
    figure.savefig(
        file,
        format="svg",
        metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        dpi=160,
    )
    text = file.getvalue()
    return text[text.index("<svg") :]
