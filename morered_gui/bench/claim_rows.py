"""Tables of the claims, and sentences out of their numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from morered_gui.bench.results import Results
from morered_gui.bench.scoring import ROUNDING, Score
from morered_gui.bench.starts import find_start
from morered_gui.bench.summary import Quartiles
from morered_gui.bench.words import listed
from morered_gui.core import ExpectedError, StopReason
from morered_gui.diffusion.checkpoint import ModelFolder, find_model
from morered_gui.diffusion.config import NetworkKind

# A line of a table: numbers, words, or None where there is nothing to tell.
Row = Mapping[str, Any]
TOLD_BONDS = {"mmff94", "mmff94s", "uff"}
BROKEN = 0.5  # share of failures at which a method counts as broken


def _groups(results: Results) -> dict[tuple[str, str], list[Score]]:
    """Scores by start and entry, in their order."""
    found: dict[tuple[str, str], list[Score]] = {}
    for score in results.scores:
        found.setdefault((score.start, score.entry), []).append(score)
    return found


def _share(scores: Sequence[Score], hits: Sequence[bool]) -> float:
    return float(np.mean(hits)) if scores else 0.0


def _median(quartiles: Quartiles | None) -> float | None:
    return None if quartiles is None else quartiles.median


def _ratio(scores: Sequence[Score]) -> dict[str, float | None]:
    found = Quartiles.of(s.ratio for s in scores)
    low, high = (None, None) if found is None else (found.low, found.high)
    return {"ratio": _median(found), "lower quartile": low, "upper quartile": high}


# --- robustness -----------------------------------------------------------------------------------


def by_noise(results: Results) -> list[Row]:
    """A row per method and noise level: ratio, and how many fail in which way."""
    return [
        {
            "method": entry,
            "t": find_start(start).t,
            "n": len(scores),
            "RMSD of the start": _median(Quartiles.of(s.rmsd_start for s in scores)),
            "RMSD": _median(Quartiles.of(s.rmsd for s in scores)),
            **_ratio(scores),
            "failed": _share(scores, [s.failed for s in scores]),
            "diverged": _share(scores, [s.stop_reason == StopReason.DIVERGED for s in scores]),
            "bonds changed": _share(scores, [not s.bonds_kept for s in scores]),
            "led away": _share(scores, [(s.ratio or 0.0) > 1.0 + ROUNDING for s in scores]),
            "out of steps": _share(scores, [s.stop_reason == StopReason.MAX_STEPS for s in scores]),
        }
        for (start, entry), scores in _groups(results).items()
    ]


def who_breaks(rows: Sequence[Row]) -> list[str]:
    """From which noise level on each method fails for half of the molecules, the first one first.

    Starts that are nearer to the reference than where a method ends, such as the minimum of
    another level of theory, are led away from it as well; that is told apart.
    """
    broken: dict[str, Row] = {}
    offset: dict[str, int] = {}
    names = list(dict.fromkeys(row["method"] for row in rows))
    for entry in names:
        here = sorted((row for row in rows if row["method"] == entry), key=lambda row: row["t"])
        fails = [row["failed"] >= BROKEN for row in here]
        last_good = max((k for k, bad in enumerate(fails) if not bad), default=-1)
        if last_good < len(here) - 1:
            broken[entry] = here[last_good + 1]
        if last_good >= 0 and fails[0]:
            offset[entry] = here[fails.index(False) - 1]["t"]
    ordered = sorted(broken.items(), key=lambda item: item[1]["t"])
    said = [f"{entry} from t = {row['t']} ({_way(row)})" for entry, row in ordered]
    sentences = [f"Half of the molecules fail by {'; '.join(said)}."] if said else []
    if never := [entry for entry in names if entry not in broken]:
        sentences.append(f"Up to the highest level that was tried they do not by {listed(never)}.")
    if offset:
        parts = [f"{entry} up to t = {t}" for entry, t in offset.items()]
        sentences.append(
            "Starts nearer to the reference than where the method ends are led away from it: "
            f"{'; '.join(parts)}."
        )
    if any(entry.partition("@")[0] in TOLD_BONDS for entry in names):
        sentences.append("A classical force field is told the bonds, the others are not.")
    return sentences


def _way(row: Row) -> str:
    ways = {name: row[name] for name in ("bonds changed", "diverged", "led away")}
    most = max(ways, key=ways.__getitem__)
    return f"{most} {100 * ways[most]:.0f} %"


# --- data efficiency ------------------------------------------------------------------------------


def by_calculations(results: Results) -> list[Row]:
    """A row per model and start, by the number of calculations that it was trained on.

    Raises ExpectedError where a model was trained on another level of theory than that of the
    references: their difference would count as an error of the network.
    """
    level = results.about["data"].get("level_of_theory")
    rows: list[Row] = []
    for (start, entry), scores in _groups(results).items():
        folder = find_model(_model_of(entry, results))
        if folder.config.level_of_theory != level:
            raise ExpectedError(
                f"'{entry}' was trained on {folder.config.level_of_theory}, but the references are "
                f"of {level}; compare like with like"
            )
        rows.append(
            {
                "model": folder.config.name,
                "kind": _kind(folder),
                "start": start,
                "structures": folder.config.training.get("structures"),
                "energies and gradients": _gradients(folder),
                "steps": folder.config.training.get("steps"),
                "n": len(scores),
                "RMSD": _median(Quartiles.of(s.rmsd for s in scores)),
                **_ratio(scores),
                "failed": _share(scores, [s.failed for s in scores]),
            }
        )
    return sorted(rows, key=lambda r: (r["start"], r["kind"], r["structures"] or 0))


def _model_of(entry: str, results: Results) -> str | Path:
    """Name or folder of the model: as it was asked for, else the method's own."""
    _, _, named = entry.partition("@")
    return named or str(results.entries[entry]["model"])


def _kind(folder: ModelFolder) -> str:
    energies = folder.config.network.kind == NetworkKind.ENERGY
    return "force field" if energies else "MoreRed"


def _gradients(folder: ModelFolder) -> int | None:
    """Single calculations behind the structures: the steps of a minimisation count each."""
    training = folder.config.training
    n = training.get("structures")
    if n is None:
        return None
    if folder.config.network.kind == NetworkKind.ENERGY:
        return int(n)
    data = training.get("data", {})
    if "evaluations" not in data or not data.get("molecules"):
        return None
    return round(int(n) * float(data["evaluations"]) / float(data["molecules"]))


def what_data_buys(rows: Sequence[Row]) -> list[str]:
    """MoreRed and the force field at the number of structures that both have."""
    sentences = []
    for start in dict.fromkeys(row["start"] for row in rows):
        here = [row for row in rows if row["start"] == start and row["ratio"] is not None]
        kinds = {kind: {r["structures"]: r for r in here if r["kind"] == kind}
                 for kind in ("MoreRed", "force field")}  # fmt: skip
        for n in sorted(set(kinds["MoreRed"]) & set(kinds["force field"]), key=lambda n: n or 0):
            one, other = kinds["MoreRed"][n], kinds["force field"][n]
            sentences.append(
                f"From {start} with {n} calculations: ratio {one['ratio']:.2f} by MoreRed "
                f"({100 * one['failed']:.0f} % failed), {other['ratio']:.2f} by the force field "
                f"({100 * other['failed']:.0f} %)."
            )
    return sentences or ["No number of calculations is common to both kinds of model."]


# --- level of theory ------------------------------------------------------------------------------


def by_level(results: Results) -> list[Row]:
    """A row per method and start: RMSD to the minima of both levels, energy of GFN2-xTB.

    How many lack an energy stands there where any does.
    """
    lack = any(s.above_minimum is None for s in results.scores)
    return [
        {
            "method": results.entries[entry]["model"] or entry,
            "start": start,
            "trained on": results.entries[entry]["level_of_theory"],
            "n": len(scores),
            **({"without energy": sum(s.above_minimum is None for s in scores)} if lack else {}),
            "RMSD to reference": _median(Quartiles.of(s.rmsd for s in scores)),
            "RMSD to GFN2-xTB": _median(Quartiles.of(s.rmsd_minimum for s in scores)),
            "GFN2-xTB energy": _median(Quartiles.of(s.above_minimum for s in scores)),
            "failed": _share(scores, [s.failed for s in scores]),
        }
        for (start, entry), scores in _groups(results).items()
    ]


def what_levels_do(rows: Sequence[Row]) -> list[str]:
    """Which training each measure prefers, per start."""
    sentences = []
    for start in dict.fromkeys(row["start"] for row in rows):
        here = [row for row in rows if row["start"] == start]
        best = []
        for measure in ("RMSD to reference", "RMSD to GFN2-xTB", "GFN2-xTB energy"):
            known = [row for row in here if row[measure] is not None]
            if known:
                least = min(known, key=lambda row: row[measure])
                best.append(f"{measure} {least['method']} ({least[measure]:.3f})")
        sentences.append(f"From {start} the lowest are: {listed(best)}.")
    return sentences


# --- DFT energies ---------------------------------------------------------------------------------


def by_dft(results: Results) -> list[Row]:
    """A row per method: DFT energy of the results above that of the reference's geometry."""
    rows: list[Row] = []
    for (start, entry), scores in _groups(results).items():
        found = Quartiles.of(s.above_dft for s in scores)
        low, high = (None, None) if found is None else (found.low, found.high)
        rows.append(
            {
                "method": entry,
                "start": start,
                "n": sum(s.above_dft is not None for s in scores),
                "without energy": sum(s.above_dft is None for s in scores),
                "RMSD": _median(Quartiles.of(s.rmsd for s in scores)),
                "DFT energy": _median(found),
                "lower quartile": low,
                "upper quartile": high,
                "below 1 kcal/mol": _share(
                    scores, [s.above_dft is not None and s.above_dft < 1.0 for s in scores]
                ),
            }
        )
    return rows


def what_dft_says(rows: Sequence[Row]) -> list[str]:
    """The methods in the order of their energies."""
    known = sorted((r for r in rows if r["DFT energy"] is not None), key=lambda r: r["DFT energy"])
    if not known:
        return ["No result has a DFT energy."]
    said = [f"{row['method']} {row['DFT energy']:.2f}" for row in known]
    return [f"Median DFT energy above the reference's geometry, kcal/mol: {listed(said)}."]
