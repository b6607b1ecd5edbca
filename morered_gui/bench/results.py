"""The results of a benchmark as files: results.json with everything, scores.csv with the runs."""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from morered_gui.bench.scoring import Curve, Score
from morered_gui.bench.starts import find_start
from morered_gui.bench.summary import (
    Correlation,
    CurvePoint,
    Saving,
    Summary,
    correlations,
    curve_points,
    savings,
    summaries,
)
from morered_gui.bench.work import LeftOut, Record
from morered_gui.bench.workers import Lost
from morered_gui.core import ExpectedError, Provenance
from morered_gui.core.files import replacing

FORMAT = 2
JSON_FILE, CSV_FILE = "results.json", "scores.csv"
# Methods whose force-field steps are compared.
COMBINED, ALONE = "fast+xtb", "gfn2-xtb"


@dataclass(frozen=True, eq=False)
class Results:
    """All that a benchmark has found, in the order of its protocol.

    Attributes:
        about: command, program, machine, data, configuration; under ``earlier`` other programs and
            machines that made a part of it.
        entries: by label: method, model, hash of the weights, level of theory, options.
        scores: one per run.
        curves: one per run beyond the stop.
        left_out: molecules that have no start, or that a method refuses.
        lost: units without results, since a worker died or the program has a defect.
    """

    about: Mapping[str, Any]
    entries: Mapping[str, Any]
    scores: Sequence[Score]
    curves: Sequence[Curve]
    left_out: Sequence[LeftOut]
    lost: Sequence[Lost]

    @classmethod
    def collect(
        cls,
        records: Sequence[Record],
        lost: Sequence[Lost],
        *,
        provenance: Mapping[str, Provenance],
        about: Mapping[str, Any],
    ) -> Self:
        """Join the records of units."""
        curves = [curve for record in records for curve in record.curves]
        return cls(
            about=about,
            entries={label: _entry(made) for label, made in provenance.items()},
            scores=_ordered([score for record in records for score in record.scores]),
            curves=curves,
            left_out=[one for record in records for one in record.left_out],
            lost=lost,
        )

    @property
    def summaries(self) -> list[Summary]:
        """The tables."""
        return summaries(self.scores)

    @property
    def correlations(self) -> list[Correlation]:
        """Predicted t against true RMSD."""
        return correlations(self.scores)

    @property
    def savings(self) -> list[Saving]:
        """Steps of GFN2-xTB that the network saves."""
        return savings(self.scores, COMBINED, ALONE)

    @property
    def curve_points(self) -> list[CurvePoint]:
        """RMSD over the number of evaluations."""
        return curve_points(self.curves)

    @property
    def reasons_left_out(self) -> list[tuple[str, str, str, int]]:
        """Start, entry, reason and number of runs; for starts that can't be made all entries."""
        counted = Counter((x.start, x.entry, x.reason) for x in self.left_out)
        return [(*key, n) for key, n in counted.items()]

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "format": FORMAT,
            **self.about,
            "entries": dict(self.entries),
            "starts": {s: find_start(s).summary for s in self.about["configuration"]["starts"]},
            "summaries": [row.as_dict() for row in self.summaries],
            "correlations": [row.as_dict() for row in self.correlations],
            "savings": [row.as_dict() for row in self.savings],
            "curve_points": [row.as_dict() for row in self.curve_points],
            "left_out": [asdict(row) for row in self.left_out],
            "lost": [asdict(row) for row in self.lost],
            "scores": [row.as_dict() for row in self.scores],
            "curves": [row.as_dict() for row in self.curves],
        }

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read results.json; raises ExpectedError where it is not one of this format."""
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            if table.get("format") != FORMAT:
                raise ExpectedError(f"{path} has not the format {FORMAT}; run the benchmark anew")
            about = ("starts", "summaries", "correlations", "savings", "curve_points", "format")
            parts = {
                "entries": table.pop("entries"),
                "scores": [Score.from_dict(row) for row in table.pop("scores")],
                "curves": [Curve.from_dict(row) for row in table.pop("curves")],
                "left_out": [LeftOut(**row) for row in table.pop("left_out")],
                "lost": [Lost(**row) for row in table.pop("lost")],
            }
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise ExpectedError(f"{path} can't be read: {error}") from error
        return cls(about={k: v for k, v in table.items() if k not in about}, **parts)

    def write(self, folder: Path) -> None:
        """Write results.json and scores.csv, each in one piece."""
        with replacing(folder / JSON_FILE) as part:
            text = json.dumps(self.as_dict(), indent=1, allow_nan=False)
            part.write_text(text + "\n", encoding="utf-8")
        with replacing(folder / CSV_FILE) as part, part.open("w", newline="") as file:
            writer = csv.DictWriter(file, [f.name for f in fields(Score)] + ["failed"])
            writer.writeheader()
            writer.writerows({**s.as_dict(), "failed": s.failed} for s in self.scores)


def _ordered(scores: list[Score]) -> list[Score]:
    """By start and entry, each in the order in which they first occur."""
    starts = list(dict.fromkeys(s.start for s in scores))
    entries = list(dict.fromkeys(s.entry for s in scores))
    return sorted(scores, key=lambda s: (starts.index(s.start), entries.index(s.entry), s.seed))


def _entry(made: Provenance) -> dict[str, Any]:
    return {
        "method": made.method,
        "model": made.model,
        "model_hash": made.model_hash,
        "level_of_theory": made.level_of_theory,
        "options": dict(made.options),
        "versions": dict(made.versions),
    }
