"""One page of a benchmark: tables, plots and sentences, and nothing from outside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from morered_gui.bench import figures, words
from morered_gui.bench.results import Results
from morered_gui.bench.starts import find_start
from morered_gui.bench.summary import Correlation, Summary
from morered_gui.bench.words import number, with_quartiles
from morered_gui.core.files import replacing

PAGE, TEMPLATE = "report.html", "report_page.html"
SHORT_HASH = 12


@dataclass(frozen=True)
class TableText:
    """A table as it is printed; its first ``words`` columns are words."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1


@dataclass(frozen=True)
class FigureText:
    """A plot with its title, what it says, and a table below it."""

    title: str
    words: str
    svg: str
    table: TableText | None = None


def write_report(results: Results, folder: Path) -> Path:
    """Write the page into the folder; returns its path."""
    path = folder / PAGE
    with replacing(path) as part:
        part.write_text(report_page(results), encoding="utf-8")
    return path


def report_page(results: Results) -> str:
    """The page as text."""
    environment = Environment(
        loader=PackageLoader("morered_gui.bench", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(_content(results))


def _content(results: Results) -> dict[str, Any]:
    rows = results.summaries
    names = list(dict.fromkeys(row.start for row in rows))
    configuration = results.about["configuration"]
    return {
        "title": f"Relaxation of {results.about['data'].get('name', 'molecules')}",
        "subtitle": (
            f"{configuration['molecules']} molecules of the {configuration['split']} split, "
            f"reference {results.about['data'].get('level_of_theory', 'unknown')}, "
            f"seeds {', '.join(map(str, configuration['seeds']))}, "
            f"finished {results.about['finished'][:10]}"
        ),
        "lost": results.lost,
        "words": {"best": words.best(rows), "savings": words.about_savings(results)},
        "entries": list(results.entries),
        "matrix": [_matrix_row(rows, name, list(results.entries)) for name in names],
        "figures": list(_figures(results, rows)),
        "savings": _savings(results),
        "details": [_detail(rows, name) for name in names],
        "left_out": _left_out(results),
        "about": list(_about(results)),
        "models": _models(results),
    }


def _median(rows: Sequence[Summary], start: str, value: str) -> float:
    here = next(row for row in rows if row.start == start)
    return float(getattr(here, value).median)


def _matrix_row(rows: Sequence[Summary], start: str, entries: Sequence[str]) -> dict[str, Any]:
    """Median RMSD from one start: of the starts, and by each entry."""
    here = {r.entry: r.rmsd.median for r in rows if r.start == start and r.rmsd is not None}
    lowest = min(here.values()) if len(here) > 1 else None
    cells = [
        {"text": number(here[e]) if e in here else "", "best": here.get(e, -1.0) == lowest}
        for e in entries
    ]
    return {"start": start, "own": number(_median(rows, start, "rmsd_start")), "cells": cells}


def _figures(results: Results, rows: Sequence[Summary]) -> Iterator[FigureText]:
    if results.scores:
        svg = figures.rmsd_figure(results)
        yield FigureText("RMSD of the results", words.about_rmsd(results), svg)
    if results.curves:
        said = words.about_curves(results.curve_points)
        yield FigureText("More evaluations", said, figures.curve_figure(results))
    if correlations := results.correlations:
        table = _correlations(correlations)
        said = words.about_time_steps(results)
        svg = figures.time_step_figure(results)
        yield FigureText("Predicted time step and true RMSD", said, svg, table)
    if any(s.seconds is not None for s in results.scores):
        yield FigureText("Wall time", words.about_seconds(rows), figures.seconds_figure(results))
    if any(s.above_minimum is not None for s in results.scores):
        yield FigureText("Energy", words.about_energies(results), figures.energy_figure(results))


def _correlations(rows: Sequence[Correlation]) -> TableText:
    """Starts below each other, methods side by side."""
    entries = list(dict.fromkeys(c.entry for c in rows))
    found = {(c.starts, c.entry): c for c in rows}
    return TableText(
        ("Spearman (Pearson); of the distance moved", *entries),
        [
            (name, *(_correlation(found.get((name, entry))) for entry in entries))
            for name in dict.fromkeys(c.starts for c in rows)
        ],
    )


def _correlation(found: Correlation | None) -> str:
    if found is None or found.spearman is None or found.pearson is None:
        return ""
    moved = "" if found.spearman_moved is None else f"; {found.spearman_moved:.2f}"
    return f"{found.spearman:.2f} ({found.pearson:.2f}){moved}"


def _savings(results: Results) -> TableText | None:
    if not results.savings:
        return None
    return TableText(
        ("start", "after", "n", "GFN2-xTB alone", "after the network", "saved"),
        [
            (
                s.start,
                s.combined,
                str(s.n),
                *(_counts(q) for q in (s.steps_alone, s.steps_combined, s.saved)),
            )
            for s in results.savings
        ],
        words=2,
    )


def _counts(quartiles: Any) -> str:
    return f"{quartiles.median:.0f} ({quartiles.low:.0f}-{quartiles.high:.0f})"


# Title, attribute of ``Summary``, decimals; columns without any value are not shown.
_COLUMNS = (
    ("RMSD / Å", "rmsd", 3),
    ("ratio", "ratio", 3),
    ("t", "t_start", 0),
    ("evaluations", "evaluations", 0),
    ("s", "seconds", 3),
    ("energy above reference, kcal/mol", "above_reference", 2),
    ("energy above minimum, kcal/mol", "above_minimum", 2),
    ("RMSD to minimum / Å", "rmsd_minimum", 3),
    ("DFT energy above reference, kcal/mol", "above_dft", 2),
)
_SHARES = (("failed", "failed"), ("bonds kept", "bonds_kept"), ("same conformer", "same_conformer"))


def _detail(rows: Sequence[Summary], name: str) -> dict[str, Any]:
    here = [row for row in rows if row.start == name]
    shown = [c for c in _COLUMNS if any(getattr(row, c[1]) is not None for row in here)]
    several = len(here[0].rmsd_by_seed) > 1
    table = TableText(
        (
            "method",
            "n",
            *(title for title, *_ in shown),
            *(title for title, _ in _SHARES),
            *(["RMSD by seed"] if several else []),
        ),
        [
            (
                row.entry,
                str(row.runs),
                *(_cell(getattr(row, value), digits) for _, value, digits in shown),
                *(f"{100 * getattr(row, value):.1f} %" for _, value in _SHARES),
                *([", ".join(number(v) for v in row.rmsd_by_seed.values())] if several else []),
            )
            for row in here
        ],
    )
    start, _, part = name.partition(" (")
    summary = find_start(start).summary + (
        f"; here only where it is the {part[:-1]}" if part else ""
    )
    return {
        "name": name,
        "summary": summary,
        "before": with_quartiles(here[0].rmsd_start),
        "table": table,
    }


def _cell(quartiles: Any, digits: int) -> str:
    if quartiles is None:
        return ""
    low, middle, high = (
        f"{v:.{digits}f}" for v in (quartiles.low, quartiles.median, quartiles.high)
    )
    return f"{middle} ({low} to {high})" if quartiles.low < 0 else f"{middle} ({low}-{high})"


def _left_out(results: Results) -> TableText | None:
    if not results.left_out:
        return None
    rows = [(start, entry, reason, str(n)) for start, entry, reason, n in results.reasons_left_out]
    return TableText(("start", "method", "reason", "runs"), rows, words=3)


def _about(results: Results) -> Iterator[tuple[str, str]]:
    about = results.about
    configuration = about["configuration"]
    yield "command", about["command"] or "(from Python)"
    yield (
        "molecules",
        (
            f"{configuration['molecules']} of the {configuration['split']} split, drawn by a seed, "
            f"data {configuration['data_hash'][:SHORT_HASH]}"
        ),
    )
    yield "source", str(about["data"].get("source", "unknown"))
    yield "batches", f"of {configuration['batch_size']}; {about['processes']} processes"
    yield "program", _program(about)
    yield "machine", _machine(about)
    for one in about.get("earlier", ()):
        yield "earlier runs", f"{_program(one)}; {_machine(one)}; {one['processes']} processes"
    yield "finished", f"{about['finished']}, last run {about['seconds_of_this_run']:.0f} s"


def _program(about: Mapping[str, Any]) -> str:
    commit, versions = about["program"]["commit"] or "unknown", about["program"]["versions"]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    return f"commit {commit}; {packages}"


def _machine(about: Mapping[str, Any]) -> str:
    return "; ".join(f"{key.replace('_', ' ')}: {v}" for key, v in about["machine"].items())


def _models(results: Results) -> TableText:
    return TableText(
        ("entry", "model", "level of theory", "SHA-256 of the weights"),
        [
            (
                label,
                e["model"],
                e["level_of_theory"],
                " + ".join(h[:SHORT_HASH] for h in e["model_hash"].split(" + ")),
            )
            for label, e in results.entries.items()
        ],
        words=4,
    )
