"""All runs on the molecule: a table, which curves are drawn, and runs in a row."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.comparison import Outcome, outcome_of
from morered_gui.app.records import RunRecord
from morered_gui.app.state import AppState
from morered_gui.gui.theme import Theme
from morered_gui.gui.widgets import muted

COLUMNS = (
    ("Run", "Tick it to draw its curves; click it to look at it"),
    ("Seed", "Of the random numbers"),
    ("RMSD", "Of the result to the reference, Å"),
    ("Ratio", "RMSD of the result by RMSD of the start; below 1 is nearer"),
    ("Apart", "RMSD of the result from the mean over seeds, Å"),
    ("Energy", "Of the result, eV"),
    ("Eval.", "Evaluations of the network or the energy"),
    ("Time", "Seconds"),
    ("Verdict", "How it ended"),
)
EMPTY = "Runs on this molecule are kept here and can be laid over each other."
MOST_SEEDS = 20
SWATCH = 12


class RunsPanel(QWidget):
    """One row per run.

    Signals:
        seeds_asked: how many runs with other seeds are wanted.
    """

    seeds_asked = Signal(int)

    def __init__(self, state: AppState, actions: Mapping[str, QAction], theme: Theme) -> None:
        super().__init__()
        self._state, self._theme = state, theme
        self._filling = False
        self._empty = muted(EMPTY)
        self._empty.setWordWrap(True)
        self._table = QTableWidget(0, len(COLUMNS))
        self._seeds = QSpinBox()
        self._seeds.setRange(2, MOST_SEEDS)
        self._seeds.setValue(3)
        self._seeds.setAccessibleName("Number of seeds")
        self._lay_out(actions)
        self._table.itemChanged.connect(self._on_item)
        self._table.currentCellChanged.connect(self._on_row)
        # Where a run was removed, the current row may be another run than the one looked at.
        self._table.cellClicked.connect(self._on_row)
        self.refresh()

    def _lay_out(self, actions: Mapping[str, QAction]) -> None:
        table = self._table
        table.setAccessibleName("Runs")
        table.setHorizontalHeaderLabels([title for title, _ in COLUMNS])
        for place, (_, hint) in enumerate(COLUMNS):
            title = table.horizontalHeaderItem(place)
            if title is not None:
                title.setToolTip(hint)
        table.verticalHeader().setVisible(False)
        table.setShowGrid(False)
        table.setIconSize(QSize(SWATCH, SWATCH))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._seeds)
        for name in ("run_seeds", "run_methods", "cloud", "remove_run"):
            button = QToolButton()
            button.setDefaultAction(actions[name])
            text = name in {"run_seeds", "run_methods"}
            button.setToolButtonStyle(
                Qt.ToolButtonStyle.ToolButtonTextOnly
                if text
                else Qt.ToolButtonStyle.ToolButtonIconOnly
            )
            button.setAccessibleName(actions[name].text().replace("&", ""))
            if name == "cloud":
                row.addStretch(1)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 12)
        column.addWidget(self._empty)
        column.addWidget(table, 1)
        column.addLayout(row)

    @property
    def table(self) -> QTableWidget:
        """The table of the runs."""
        return self._table

    @property
    def n_seeds(self) -> int:
        """How many seeds are wanted."""
        return self._seeds.value()

    def set_seeds(self, count: int) -> None:
        """Choose how many seeds are wanted."""
        self._seeds.setValue(count)

    @property
    def selected(self) -> RunRecord | None:
        """The run of the current row, or else the one looked at."""
        runs, row = self._state.runs, self._table.currentRow()
        return runs[row] if 0 <= row < len(runs) else self._state.run

    def set_theme(self, theme: Theme) -> None:
        """Colours of the runs in this theme."""
        self._theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Show the runs of the state."""
        runs = self._state.runs
        self._filling = True
        self._empty.setVisible(not runs)
        self._table.setVisible(bool(runs))
        self._table.setRowCount(len(runs))
        for row, run in enumerate(runs):
            self._fill(row, run)
        if self._state.run in runs:
            self._table.setCurrentCell(runs.index(self._state.run), 0)
        self._filling = False

    def _fill(self, row: int, run: RunRecord) -> None:
        ensemble = self._state.ensemble
        apart = None if ensemble is None else ensemble.apart_of(run)
        for column, text in enumerate(_texts(outcome_of(run), apart)):
            item = self._table.item(row, column)
            if item is None:
                item = QTableWidgetItem()
                self._table.setItem(row, column, item)
            item.setText(text)
            if column and column < len(COLUMNS) - 1:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        first = self._table.item(row, 0)
        if first is not None:
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(self._theme.run_colour(run.colour))
            icon = QIcon(swatch)
            icon.addPixmap(swatch, QIcon.Mode.Selected)  # else tinted in the row chosen
            first.setIcon(icon)
            first.setCheckState(Qt.CheckState.Checked if run.visible else Qt.CheckState.Unchecked)

    def _on_item(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column() or item.row() >= len(self._state.runs):
            return
        run = self._state.runs[item.row()]
        visible = item.checkState() == Qt.CheckState.Checked
        if visible != run.visible:
            self._state.show_run(run, visible)

    def _on_row(self, row: int, *_: int) -> None:
        if not self._filling and 0 <= row < len(self._state.runs):
            self._state.look_at_run(self._state.runs[row])


def _texts(outcome: Outcome, apart: float | None) -> list[str]:
    def known(value: float | None, digits: int) -> str:
        return "" if value is None else f"{value:.{digits}f}"

    return [
        outcome.title,
        str(outcome.seed),
        known(outcome.rmsd, 3),
        known(outcome.ratio, 2),
        known(apart, 3),
        known(outcome.energy, 3),
        str(outcome.evaluations),
        f"{outcome.seconds:.1f}",
        outcome.verdict,
    ]
