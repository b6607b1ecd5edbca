"""The figures of the frame looked at, above the plot."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from morered_gui.app.state import AppState
from morered_gui.gui.theme import Theme
from morered_gui.gui.widgets import muted

DASH = "—"
NAMES = ("Step", "Predicted t", "RMSD", "Time")


class Readout(QWidget):
    """Step, predicted t, RMSD and time of one frame."""

    def __init__(self, state: AppState, theme: Theme) -> None:
        super().__init__()
        self._state = state
        self._values = {name: QLabel(DASH) for name in NAMES}
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
            grid.addWidget(muted(name), 0, column)
            grid.addWidget(value, 1, column)
            grid.setColumnStretch(column, 1)
        self.set_theme(theme)
        self.refresh()

    def refresh(self) -> None:
        """Show the frame pointed at, or else the one looked at."""
        state = self._state
        if state.trajectory is None or state.series is None or not len(state.trajectory):
            for value in self._values.values():
                value.setText(DASH)
            return
        index = state.frame_index if state.hovered is None else state.hovered
        frame = state.trajectory[index]
        self._values["Step"].setText(str(frame.step))
        self._values["Predicted t"].setText(DASH if frame.t is None else f"{frame.t:.0f}")
        self._values["RMSD"].setText(f"{state.series.rmsd[index]:.3f} Å")
        self._values["Time"].setText(f"{frame.seconds:.1f} s")

    def set_theme(self, theme: Theme) -> None:
        """The same colours as the curves."""
        self._values["Predicted t"].setStyleSheet(f"color: {theme.accent.name()}")
        self._values["RMSD"].setStyleSheet(f"color: {theme.second.name()}")
