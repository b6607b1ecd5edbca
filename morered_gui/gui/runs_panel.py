"""All runs on the molecule: a table, which curves are drawn, and runs in a row."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
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

from morered_gui.app.records import RunRecord
from morered_gui.app.run_table import (
    COLUMNS,
    LEFT_OUT,
    RUN,
    VERDICT,
    XTB,
    Row,
    RunTable,
    told,
)
from morered_gui.app.state import AppState
from morered_gui.gui.theme import Theme
from morered_gui.gui.widgets import muted

LEAST_NAME, LEAST_VERDICT = 130, 74  # pixels; longer words are cut, and told to who points there
EMPTY = "Runs on this molecule are kept here and can be laid over each other."
MOST_SEEDS = 20
HEADING = 0.85  # size of the headings by that of the cells: units are longer than the numbers
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
        self._told: list[int] = []  # the columns in which there is something to read
        self._content = RunTable((), None)  # as it was when all rows were written
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
        font = table.horizontalHeader().font()
        font.setPointSizeF(font.pointSizeF() * HEADING)
        table.horizontalHeader().setFont(font)
        table.setHorizontalHeaderLabels([column.heading for column in COLUMNS])
        for place, column in enumerate(COLUMNS):
            title = table.horizontalHeaderItem(place)
            if title is not None:
                title.setToolTip(column.hint)
        table.setWordWrap(False)
        table.verticalHeader().setVisible(False)
        table.setShowGrid(False)
        table.setIconSize(QSize(SWATCH, SWATCH))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.viewport().installEventFilter(self)
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
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 12)
        layout.addWidget(self._empty)
        layout.addWidget(table, 1)
        layout.addLayout(row)

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
        self._content = RunTable(runs, self._state.ensemble)
        rows = self._content.rows
        for place, (run, row) in enumerate(zip(runs, rows, strict=True)):
            self._fill(place, run, row)
        self._told = told(rows)
        self._share_room()
        if self._state.run in runs:
            self._table.setCurrentCell(runs.index(self._state.run), 0)
        self._filling = False

    def refresh_numbers(self) -> None:
        """The run on its way has more frames; its own row alone has changed."""
        run, runs = self._state.run, self._state.runs
        if run is None or run not in runs:
            return
        place, row = runs.index(run), self._content.row_now(run)
        before = self._content.rows[place]
        if any(len(text) > len(was) for text, was in zip(row.texts, before.texts, strict=True)):
            self.refresh()  # it needs more room
            return
        self._filling = True
        self._write(place, row)
        self._filling = False

    def _share_room(self) -> None:
        """Numbers whole; the verdict as far as there is room; the rest to the name.

        Where the room is too small, numbers are left out that others tell as well.
        """
        table, header = self._table, self._table.horizontalHeader()
        wanted = {k: max(table.sizeHintForColumn(k), header.sectionSizeHint(k)) for k in self._told}
        verdict, room = wanted.pop(VERDICT, 0), table.viewport().width()
        wanted.pop(RUN, None)
        least = LEAST_NAME + min(verdict, LEAST_VERDICT)
        for k in LEFT_OUT if XTB in wanted else reversed(LEFT_OUT):
            if sum(wanted.values()) + least > room:
                wanted.pop(k, None)
        room -= sum(wanted.values())
        wanted[VERDICT] = min(verdict, max(room - LEAST_NAME, LEAST_VERDICT))
        wanted[RUN] = max(room - wanted[VERDICT], LEAST_NAME)
        for k in range(len(COLUMNS)):
            table.setColumnHidden(k, k not in wanted)
        for k, width in wanted.items():
            table.setColumnWidth(k, width)

    def _fill(self, place: int, run: RunRecord, row: Row) -> None:
        self._write(place, row)
        first = self._table.item(place, 0)
        if first is not None:
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(self._theme.run_colour(run.colour))
            icon = QIcon(swatch)
            icon.addPixmap(swatch, QIcon.Mode.Selected)  # else tinted in the row chosen
            first.setIcon(icon)
            first.setCheckState(Qt.CheckState.Checked if run.visible else Qt.CheckState.Unchecked)

    def _write(self, place: int, row: Row) -> None:
        for column, (text, hint) in enumerate(zip(row.texts, row.hints, strict=True)):
            item = self._table.item(place, column)
            if item is None:
                item = QTableWidgetItem()
                self._table.setItem(place, column, item)
            item.setText(text)
            item.setToolTip(hint)
            if column not in {RUN, VERDICT}:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _on_item(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column() or item.row() >= len(self._state.runs):
            return
        run = self._state.runs[item.row()]
        visible = item.checkState() == Qt.CheckState.Checked
        if visible != run.visible:
            self._state.show_run(run, visible)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._share_room()
        return super().eventFilter(watched, event)

    def _on_row(self, row: int, *_: int) -> None:
        if not self._filling and 0 <= row < len(self._state.runs):
            self._state.look_at_run(self._state.runs[row])
