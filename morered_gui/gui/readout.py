"""The figures of the frame looked at, above the plot."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from morered_gui.app.made_by import TIME_TITLES, time_source
from morered_gui.app.state import AppState
from morered_gui.gui.theme import Theme
from morered_gui.gui.widgets import muted
from morered_gui.relaxers.methods import TimeSource

DASH = "—"
STEP, T, RMSD, TIME = NAMES = ("Step", "t", "RMSD", "Time")


class Readout(QWidget):
    """Step, t, RMSD and time of one frame."""

    def __init__(self, state: AppState, theme: Theme) -> None:
        super().__init__()
        self._state = state
        self._values = {name: QLabel(DASH) for name in NAMES}
        self._names = {name: muted(name) for name in NAMES}
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 4, 14, 8)
        grid.setVerticalSpacing(1)
        for column, (name, value) in enumerate(self._values.items()):
            value.setAccessibleName(name)
            font = value.font()
            font.setPointSizeF(font.pointSizeF() * 1.35)
            font.setBold(True)
            value.setFont(font)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("0000.0"))
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(self._names[name], 0, column)
            grid.addWidget(value, 1, column)
            grid.setColumnStretch(column, 1)
        self.set_theme(theme)
        self.refresh()

    def refresh(self) -> None:
        """Show the frame pointed at, or else the one looked at."""
        state = self._state
        self._name_time()
        if state.trajectory is None or state.series is None or not len(state.trajectory):
            for value in self._values.values():
                value.setText(DASH)
            return
        index = state.frame_index if state.hovered is None else state.hovered
        frame = state.trajectory[index]
        self._values[STEP].setText(str(frame.step))
        self._values[T].setText(DASH if frame.t is None else f"{frame.t:.0f}")
        self._values[RMSD].setText(f"{state.series.rmsd[index]:.3f} Å")
        self._values[TIME].setText(f"{frame.seconds:.1f} s")

    def _name_time(self) -> None:
        """Predicted or given, as the run has it."""
        run = self._state.run
        name = TIME_TITLES[TimeSource.PREDICTED if run is None else time_source(run.made)][1]
        self._names[T].setText(name)
        self._values[T].setAccessibleName(name)

    def set_theme(self, theme: Theme) -> None:
        """The same colours as the curves."""
        self._values[T].setStyleSheet(f"color: {theme.accent.name()}")
        self._values[RMSD].setStyleSheet(f"color: {theme.second.name()}")
