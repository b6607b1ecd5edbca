"""The table of the runs on a molecule: its columns, and what stands in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from morered_gui.app.ensembles import Ensemble
from morered_gui.app.made_by import energy_name
from morered_gui.app.outcomes import Outcome, outcome_of
from morered_gui.app.records import RunRecord
from morered_gui.relaxers.xtb import KCAL_PER_MOL


class Column(NamedTuple):
    """What a column is called, what it means, and its unit."""

    title: str
    hint: str
    unit: str = ""

    @property
    def heading(self) -> str:
        """In two lines: numbers are narrower than the words above them."""
        return f"{self.title}\n{self.unit}" if self.unit else self.title


COLUMNS = (
    Column("Run", "Tick it to draw its curves; click it to look at it"),
    Column("Seed", "Of the random numbers"),
    Column("Noise t", "Time step t to which the start was diffused"),
    Column("RMSD", "Of the result to the reference, Å; none where that is its own end", "Å"),
    Column("Ratio", "RMSD of the result by RMSD of the start; below 1 is nearer"),
    Column("Apart", "RMSD of the result from the mean over seeds, Å", "Å"),
    Column("Energy", "Of the result, eV; each method has a zero of its own", "eV"),
    Column(
        "xTB",
        "GFN2-xTB energy of the result above the lowest of all runs, kcal/mol, as far as it is "
        "known: tick GFN2-xTB below the molecule",
        "kcal/mol",
    ),
    Column("Eval.", "Evaluations of the network or the energy"),
    Column("Time", "Seconds", "s"),
    Column("Verdict", "How it ended; farther away: from the reference than the start is"),
)
RUN, VERDICT = 0, len(COLUMNS) - 1
_PLACES = {column.title: place for place, column in enumerate(COLUMNS)}
XTB = _PLACES["xTB"]
# Where there is no room, in this order if xTB is there: it compares runs of all methods.
LEFT_OUT = (_PLACES["Energy"], _PLACES["Ratio"])
# Say nothing where all runs have the same; the words for who points at a run tell them all.
TOLD_APART = ("Seed", "Noise t")
BRIEF = 10.0  # seconds


@dataclass(frozen=True)
class Row:
    """A run in the table: the text of each column, and what is said to who points there."""

    texts: tuple[str, ...]
    hints: tuple[str, ...]


class RunTable:
    """The rows of runs as they are when it is made, one per run in their order."""

    def __init__(self, runs: Sequence[RunRecord], ensemble: Ensemble | None) -> None:
        outcomes = [outcome_of(run) for run in runs]
        judged = [outcome.xtb for outcome in outcomes if outcome.xtb is not None]
        self._lowest = min(judged) if len(judged) > 1 else None  # one alone compares with nothing
        self._ensemble = ensemble
        self.rows = [self._row(run, each) for run, each in zip(runs, outcomes, strict=True)]

    def row_now(self, run: RunRecord) -> Row:
        """One of the runs as far as it has come by now, compared with the others as before."""
        return self._row(run, outcome_of(run))

    def _row(self, run: RunRecord, outcome: Outcome) -> Row:
        above = None
        if outcome.xtb is not None and self._lowest is not None:
            above = (outcome.xtb - self._lowest) / KCAL_PER_MOL
        apart = None if self._ensemble is None else self._ensemble.apart_of(run)
        return _in_cells(run, outcome, apart, above)


def told(rows: Sequence[Row]) -> list[int]:
    """The columns in which there is something to read."""
    return [place for place in range(len(COLUMNS)) if _is_told(place, rows)]


def _in_cells(run: RunRecord, outcome: Outcome, apart: float | None, above: float | None) -> Row:
    """``apart`` is in Å; ``above`` the lowest GFN2-xTB energy in kcal/mol."""
    texts = (
        outcome.title,
        str(outcome.seed),
        str(outcome.noise_step or ""),
        _known(outcome.rmsd, 3),
        _known(outcome.ratio, 2),
        _known(apart, 3),
        _known(outcome.energy, 3),
        _known(above, 2),
        str(outcome.evaluations),
        _known(outcome.seconds, 2 if outcome.seconds < BRIEF else 1),
        outcome.verdict,
    )
    hints = {
        "Run": _in_words(texts),
        "RMSD": f"To the {run.reference.label}",
        "Energy": f"{energy_name(run.made)}, eV" if outcome.energy is not None else "",
        "Verdict": outcome.verdict,
    }
    return Row(texts, tuple(hints.get(column.title, "") for column in COLUMNS))


def _is_told(place: int, rows: Sequence[Row]) -> bool:
    said = {row.texts[place] for row in rows}
    return len(said) > 1 if COLUMNS[place].title in TOLD_APART else said not in ({""}, set())


def _in_words(texts: Sequence[str]) -> str:
    """All of a row, line by line, whether its columns are shown or not."""
    rows = list(zip(COLUMNS, texts, strict=True))[RUN + 1 :]
    said = [f"{column.title}: {text} {column.unit}".strip() for column, text in rows if text]
    return "\n".join((texts[RUN], *said))


def _known(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
