"""Which file to relax, where the results go, how far it is, and what came of each molecule."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.file_run import proposed_output
from morered_gui.app.library_run import RESULTS, LibraryProgress
from morered_gui.app.messages import Message, Severity
from morered_gui.chem.library import LIBRARY_SUFFIXES, is_library
from morered_gui.gui.file_run_model import ENERGY, FileRunModel
from morered_gui.gui.theme import Theme
from morered_gui.gui.widgets import muted, restyle
from morered_gui.relaxers.xtb import xtb_missing

SOURCES = " ".join(f"*{suffix} *{suffix}.gz" for suffix in LIBRARY_SUFFIXES)
NO_SOURCE = "Choose a file with molecules: sdf, SMILES, CSV (a column smiles) or xyz"
HINT = "Double-click a molecule to see it, with its result as the reference."
ROLES = {Severity.NOTE: "", Severity.WARNING: "warning", Severity.ERROR: "error"}
SPACE = 8  # pixels between lines of the table
WIDTHS = {0: 60, 1: 170, 2: 84, 3: 48, 4: 150}  # pixels; the rest is the last column's


@dataclass(frozen=True)
class FileRequest:
    """What the dialog asks for; energies are GFN2-xTB's of each start and result."""

    source: Path
    output: Path
    energies: bool


class FileRunDialog(QDialog):
    """Does not hold up the window; closing it does not stop the run.

    Signals:
        asked: a FileRequest.
        stop_asked: the run is to stop.
        row_asked: the FileRow of the molecule to look at.
        results_asked: the file with the results is to be opened.
    """

    asked = Signal(object)
    stop_asked = Signal()
    row_asked = Signal(object)
    results_asked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Relax all molecules of a file")
        self.resize(800, 560)
        self.source: Path | None = None
        self.output: Path | None = None
        self._running = False
        self._source, self._output, self._method = QLabel(), QLabel(), muted("")
        for label, name in (
            (self._source, "File to relax"),
            (self._output, "File for the results"),
            (self._method, "Method and model"),
        ):
            label.setAccessibleName(name)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.choose_source, self.choose_output = QPushButton("Choose…"), QPushButton("Choose…")
        self.choose_source.setAccessibleName("Choose the file to relax")
        self.choose_output.setAccessibleName("Choose the file for the results")
        self.energies = QCheckBox("GFN2-xTB energy of each start and result (slower)")
        missing = xtb_missing()
        self.energies.setEnabled(not missing)
        self.energies.setToolTip(missing)
        self.start, self.stop = QPushButton("Relax"), QPushButton("Stop")
        self.start.setDefault(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        keeps_room = self.bar.sizePolicy()
        keeps_room.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(keeps_room)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setAccessibleName("How far it is")
        self.model = FileRunModel(theme)
        self.table = QTableView()
        self.only_odd = QCheckBox("Only what needs a look")
        self.only_odd.setToolTip("No result, other bonds or stereo, clashes, or a higher energy")
        self.results, self.hide_button = QPushButton("Open results"), QPushButton("Close")
        self._lay_out()
        self._connect()
        self.set_source(None)
        self.show_running(running=False)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(7)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("File", _beside(self._source, self.choose_source))
        form.addRow("Results", _beside(self._output, self.choose_output))
        form.addRow("By", self._method)
        form.addRow("", self.energies)
        row = QHBoxLayout()
        for button in (self.start, self.stop):
            row.addWidget(button)
        row.addWidget(self.bar, 1)
        lower = QHBoxLayout()
        lower.addWidget(self.only_odd)
        lower.addStretch(1)
        lower.addWidget(self.results)
        lower.addWidget(self.hide_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(10)
        column.addLayout(form)
        column.addLayout(row)
        column.addWidget(self.words)
        column.addWidget(self._dressed_table(), 1)
        column.addWidget(muted(HINT))
        column.addLayout(lower)

    def _dressed_table(self) -> QTableView:
        table, header = self.table, self.table.horizontalHeader()
        table.setModel(self.model)
        table.setAccessibleName("Molecules of the file")
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().setVisible(False)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().lineSpacing() + SPACE)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header.setStretchLastSection(True)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        table.setSortingEnabled(True)
        for place, width in WIDTHS.items():
            table.setColumnWidth(place, width)
        table.setColumnHidden(ENERGY, True)
        return table

    def _connect(self) -> None:
        self.choose_source.clicked.connect(self._ask_source)
        self.choose_output.clicked.connect(self._ask_output)
        self.start.clicked.connect(self._ask)
        self.stop.clicked.connect(self.stop_asked)
        self.table.activated.connect(self._on_row)
        self.table.doubleClicked.connect(self._on_row)
        self.only_odd.toggled.connect(self.model.show_only_odd)
        self.results.clicked.connect(lambda: self.results_asked.emit(self.output))
        self.hide_button.clicked.connect(self.close)

    # --- what is chosen -------------------------------------------------------------------------

    def set_source(self, path: Path | None) -> None:
        """Relax this file next; its results go beside it, into a file of their own."""
        self.source = path
        self.output = None if path is None else proposed_output(path)
        self._show_paths()

    def set_output(self, path: Path) -> None:
        """Results go there."""
        self.output = path
        self._show_paths()

    def show_method(self, words: str) -> None:
        """What the file is relaxed by."""
        self._method.setText(words)

    def _show_paths(self) -> None:
        for label, path in ((self._source, self.source), (self._output, self.output)):
            label.setText("" if path is None else path.name)
            label.setToolTip("" if path is None else str(path))
        if self.source is None:
            self._source.setText(NO_SOURCE)
        restyle(self._source, "muted" if self.source is None else "")
        self._enable()

    def _ask_source(self) -> None:
        folder = "" if self.source is None else str(self.source.parent)
        filters = f"Files of molecules ({SOURCES});;All files (*)"
        name, _ = QFileDialog.getOpenFileName(self, "File to relax", folder, filters)
        if not name:
            return
        if is_library(Path(name)):
            self.set_source(Path(name))
        else:
            self.say(Message(f"{Path(name).name} is none of these. {NO_SOURCE}.", Severity.ERROR))

    def _ask_output(self) -> None:
        proposed = "" if self.output is None else str(self.output)
        name, _ = QFileDialog.getSaveFileName(
            self,
            "File for the results",
            proposed,
            f"sdf (*{RESULTS})",
            options=QFileDialog.Option.DontConfirmOverwrite,  # asked when it begins
        )
        if name:
            path = Path(name)
            self.set_output(path if path.suffix.lower() == RESULTS else Path(name + RESULTS))

    def _ask(self) -> None:
        if self.source is not None and self.output is not None:
            self.asked.emit(FileRequest(self.source, self.output, self.energies.isChecked()))

    # --- what is shown --------------------------------------------------------------------------

    def show_running(self, *, running: bool) -> None:
        """Buttons for a run on its way, or for none."""
        self._running = running
        self._enable()

    def show_progress(self, progress: LibraryProgress | None, words: str) -> None:
        """How far it is; None while the model is loaded."""
        self.bar.setRange(0, 0 if progress is None else max(progress.total, 1))
        self.bar.setValue(0 if progress is None else progress.done)
        self.table.setColumnHidden(ENERGY, not self.model.has_energies)
        self.say(Message(words))
        self._enable()

    def say(self, message: Message) -> None:
        """Words below the bar."""
        self.words.setText(message.text)
        restyle(self.words, ROLES[message.severity])

    def _enable(self) -> None:
        ready = self.source is not None and not self._running
        self.start.setEnabled(ready)
        self.stop.setEnabled(self._running)
        self.choose_source.setEnabled(not self._running)
        self.choose_output.setEnabled(ready)
        self.bar.setVisible(self._running)
        there = self.output is not None and self.output.exists()
        self.results.setEnabled(there and not self._running)

    def _on_row(self, index: QModelIndex) -> None:
        self.row_asked.emit(self.model.row(index))


def _beside(label: QLabel, button: QPushButton) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(label, 1)
    row.addWidget(button)
    return holder
