"""The course of a relaxation: figures of the frame, plots over frames, and what they show."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.ensembles import Ensemble
from morered_gui.app.measurements import Measurement
from morered_gui.app.references import ReferenceChoice, ReferenceKind, early_reference
from morered_gui.app.series import PROGRESS, QUANTITIES
from morered_gui.app.state import AppState
from morered_gui.gui.atom_plot import AtomPlot
from morered_gui.gui.frame_plot import FramePlot
from morered_gui.gui.plots import RunPlot
from morered_gui.gui.readout import Readout
from morered_gui.gui.scatter_plot import ScatterPlot
from morered_gui.gui.theme import Theme

REFERENCES = {
    ReferenceKind.AUTOMATIC: "&Automatic: the known geometry, else the molecule before noise, "
    "else the final frame",
    ReferenceKind.KNOWN: "&Known geometry of this molecule (DFT)",
    ReferenceKind.UNNOISED: "&Molecule before noise",
    ReferenceKind.START: "&Starting structure",
    ReferenceKind.BEST: "&Best frame",
    ReferenceKind.FINAL: "&Final frame",
}
REFERS = "Which structure the RMSD and the displacements refer to"
NOTHING = "nothing"
LONGEST_LABEL = 16
SECOND_MS = 25  # after the first plot, the second one


class CoursePanel(QWidget):
    """Readout, the plot over steps, and below it the scatter or the bars per atom.

    Signals:
        frame_asked: index of a frame that was clicked or dragged to.
        reference_asked: a ReferenceChoice without a file.
        reference_file_asked: whether symmetric; the reference is to come from a file.
    """

    frame_asked = Signal(int)
    reference_asked = Signal(object)
    reference_file_asked = Signal(bool)

    def __init__(self, state: AppState, theme: Theme) -> None:
        super().__init__()
        self._state = state
        self.readout = Readout(state, theme)
        self.plot = RunPlot(state, theme)
        self.scatter = ScatterPlot(state, theme)
        self.atoms = AtomPlot(state, theme)
        self._boxes = {
            "left": _box("Quantity on the left axis", "The solid curve, left axis"),
            "right": _box("Quantity on the right axis", "The second curve, right axis"),
            "progress": _box("Horizontal axis", "What runs along the horizontal axis"),
        }
        self._wished: dict[str, str] = {}  # a session's choices that are not there yet
        self._reference = QToolButton()
        self._symmetric = QAction("Equivalent atoms may &exchange places", self, checkable=True)
        self._kinds = QActionGroup(self)
        self._fill_reference_menu()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("Second plot")
        self.tabs.addTab(self.scatter, "t against RMSD")
        self.tabs.addTab(self.atoms, "Atoms")
        self._lay_out()
        self._fill_boxes()
        for box in self._boxes.values():
            box.currentIndexChanged.connect(self._on_choice)
        for plot in self.plots:
            plot.frame_asked.connect(self.frame_asked)
        self.tabs.currentChanged.connect(self.atoms.refresh)
        self._second = QTimer(self, singleShot=True, interval=SECOND_MS)
        self._second.timeout.connect(self._refresh_second)

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setContentsMargins(10, 0, 10, 4)
        choices.setSpacing(6)
        for name in ("left", "right", "progress"):
            choices.addWidget(self._boxes[name], 1)
        choices.addWidget(self._reference)
        top = QWidget()
        above = QVBoxLayout(top)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(0)
        above.addWidget(self.readout)
        above.addLayout(choices)
        above.addWidget(self.plot, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(True)
        split.addWidget(top)
        split.addWidget(self.tabs)
        split.setSizes([330, 230])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(split)

    def _fill_reference_menu(self) -> None:
        menu = QMenu(self)
        for kind, title in REFERENCES.items():
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(kind == ReferenceKind.AUTOMATIC)
            action.setData(kind)
            self._kinds.addAction(action)
        self._kinds.triggered.connect(lambda a: self._ask(ReferenceKind(a.data())))
        menu.addAction("From a fi&le…").triggered.connect(
            lambda: self.reference_file_asked.emit(self._symmetric.isChecked())
        )
        menu.addSeparator()
        menu.addAction(self._symmetric)
        self._symmetric.triggered.connect(lambda: self._ask(self._state.reference_choice.kind))
        self._reference.setText("RMSD to")
        self._reference.setToolTip(REFERS)
        self._reference.setAccessibleName("Reference of the RMSD")
        self._reference.setMenu(menu)
        self._reference.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu.aboutToShow.connect(self._show_choice)  # a choice may have been refused meanwhile
        self._show_choice()

    # --- what is shown --------------------------------------------------------------------------

    @property
    def plots(self) -> tuple[FramePlot, ...]:
        """All plots of the panel."""
        return (self.plot, self.scatter, self.atoms)

    @property
    def reference_menu(self) -> QMenu:
        """The references to choose from."""
        return self._reference.menu()

    def refresh(self) -> None:
        """Draw the curves as they are now, the second plot in a round of its own.

        Drawn together they would hold the window's thread for as long as both take.
        """
        self.plot.refresh()
        if not self._second.isActive():
            self._second.start()

    def _refresh_second(self) -> None:
        self.scatter.refresh()
        self.atoms.refresh()

    def retitle(self) -> None:
        """Name the axes and the reference, which can change at the end of a run."""
        for plot in self.plots:
            plot.retitle()
        state = self._state
        reference = state.reference or early_reference(
            state.reference_choice, state.known_reference, state.meant
        )
        label = reference.label if reference else ""
        self._reference.setText(f"to {_cut(label)}" if label else "RMSD to")
        self._reference.setToolTip(f"{REFERS}: {label}" if label else REFERS)
        self._show_choice()

    def move_cursor(self) -> None:
        """Mark the frames looked at and pointed at in all plots."""
        for plot in self.plots:
            plot.move_cursor()
        self.readout.refresh()

    def set_theme(self, theme: Theme) -> None:
        """New colours."""
        self.readout.set_theme(theme)
        for plot in self.plots:
            plot.set_theme(theme)

    def set_measurements(self, measurements: Sequence[Measurement]) -> None:
        """Offer measurements as curves."""
        self.plot.measured.set(measurements, self._state.structure)
        self._fill_boxes()
        self.plot.refresh()

    def set_ensemble(self, ensemble: Ensemble | None) -> None:
        """Offer the spread over seeds as a curve."""
        self.plot.measured.ensemble = ensemble
        self._fill_boxes()
        self.refresh()

    def chosen(self) -> dict[str, str]:
        """What the plot shows, for the session file."""
        return {**self.plot.chosen, "progress": self.plot.progress}

    def choose(self, chosen: dict[str, str]) -> None:
        """Show what a session file says; what is not there yet is shown as soon as it is."""
        self._wished = {}
        for name, box in self._boxes.items():
            index = box.findData(chosen.get(name))
            if index >= 0:
                box.setCurrentIndex(index)
            elif name in chosen:
                self._wished[name] = chosen[name]

    # --- inside ---------------------------------------------------------------------------------

    def _fill_boxes(self) -> None:
        curves = [(QUANTITIES[q].short, q) for q in QUANTITIES if q not in PROGRESS]
        measured = [(self.plot.measured.short(m), m) for m in self.plot.measured.ids()]
        progress = [(QUANTITIES[q].short, q) for q in PROGRESS]
        wanted = self.chosen()
        offered = {each for _, each in (*curves, *measured)}
        for name in [n for n, each in self._wished.items() if each in offered]:
            wanted[name] = self._wished.pop(name)
        for name, box in self._boxes.items():
            items = progress if name == "progress" else [*curves, *measured, (NOTHING, "")]
            box.blockSignals(True)
            box.clear()
            for title, each in items:
                box.addItem(title, each)
            box.setCurrentIndex(max(box.findData(wanted[name]), 0))
            box.blockSignals(False)
        if self._picked() != self.chosen():
            self._on_choice()

    def _show_choice(self) -> None:
        """The reference chosen, out of those that there can be."""
        state = self._state
        self._reference.setEnabled(state.structure is not None)
        there = {
            ReferenceKind.KNOWN: state.known_reference is not None,
            ReferenceKind.UNNOISED: state.meant is not None
            or any(run.meant is not None for run in state.runs),
        }
        for action in self._kinds.actions():
            action.setEnabled(there.get(action.data(), True))
            action.setChecked(action.data() == state.reference_choice.kind)
        self._symmetric.setChecked(state.reference_choice.symmetric)

    def _picked(self) -> dict[str, str]:
        return {name: str(box.currentData()) for name, box in self._boxes.items()}

    def _on_choice(self) -> None:
        picked = self._picked()
        self.plot.choose(**picked)

    def _ask(self, kind: ReferenceKind) -> None:
        choice = replace(
            self._state.reference_choice, kind=kind, symmetric=self._symmetric.isChecked()
        )
        self.reference_asked.emit(ReferenceChoice(choice.kind, choice.symmetric, choice.loaded))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def _box(name: str, tooltip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tooltip)
    box.setMinimumContentsLength(5)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box
