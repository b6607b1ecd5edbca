"""For teaching: a structure dissolves, the network says how far, and each step in numbers."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.explain import Line, update_numbers
from morered_gui.app.state import AppState
from morered_gui.core import Frame, Structure, rmsd
from morered_gui.diffusion.forward import expected_rmsd, noised
from morered_gui.diffusion.schedule import USUAL, NoiseSchedule, named_schedule
from morered_gui.gui.scene import Scene
from morered_gui.gui.widgets import heading, is_seen, line, muted

ASK_MS = 120  # the network is asked when the slider rests for so long
SAME_NOISE = 0  # one draw of noise: the slider dissolves the structure smoothly
INTRODUCTION = "Drag to dissolve the molecule by forward diffusion. The network tells the time."
NUMBERS = "Each step in numbers"
NO_FRAME = "Relax a molecule: the numbers of each step appear here."


class ExplainPanel(QWidget):
    """Slider of forward diffusion, what the network says, and the update in numbers.

    Signals:
        prediction_asked: a Structure whose time step and noise are wanted.
    """

    prediction_asked = Signal(object)

    def __init__(self, state: AppState, scene: Scene, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._state, self._scene = state, scene
        self._schedule = named_schedule(*USUAL)
        self._diffused: Structure | None = None
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, self._schedule.n_steps - 1)
        self._slider.setAccessibleName("Time step of forward diffusion")
        self._slider.valueChanged.connect(self._dissolve)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ASK_MS)
        self._timer.timeout.connect(self._ask)
        self._told = QLabel(INTRODUCTION)
        self._told.setWordWrap(True)
        self._told.setAccessibleName("What the network says")
        self._grid = QGridLayout()
        self._cells: list[tuple[QLabel, QLabel, QLabel]] = []
        self._no_frame = muted(NO_FRAME)
        self._heading = heading(NUMBERS)
        self._lay_out(actions["start_dissolved"])

    def _lay_out(self, start: QAction) -> None:
        button = QToolButton()
        button.setDefaultAction(start)
        button.setAccessibleName(start.text().replace("&", ""))
        row = QHBoxLayout()
        row.addWidget(self._slider, 1)
        row.addWidget(button)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(2, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 12)
        column.addWidget(heading("Dissolve"))
        column.addLayout(row)
        column.addWidget(self._told)
        column.addWidget(line())
        column.addWidget(self._heading)
        column.addWidget(self._no_frame)
        column.addLayout(self._grid)
        column.addStretch(1)

    @property
    def slider(self) -> QSlider:
        """The time step of forward diffusion."""
        return self._slider

    @property
    def told(self) -> str:
        """What is said about the dissolved structure."""
        return self._told.text()

    @property
    def t(self) -> int:
        """To which the molecule is dissolved."""
        return self._slider.value()

    @property
    def schedule(self) -> NoiseSchedule:
        """Of the process that dissolves the molecule."""
        return self._schedule

    def set_schedule(self, schedule: NoiseSchedule) -> None:
        """Dissolve by the process of another model; what is dissolved is gone."""
        if schedule is not self._schedule:
            self._schedule = schedule
            self.reset()
            self._slider.setMaximum(schedule.n_steps - 1)

    def reset(self) -> None:
        """Another molecule, or a trajectory: nothing is dissolved any more."""
        self._timer.stop()
        self._diffused = None
        self._slider.blockSignals(True)
        self._slider.setValue(0)
        self._slider.blockSignals(False)
        self._told.setText(INTRODUCTION)
        self._scene.preview(None)

    def refresh_frame(self) -> None:
        """The numbers of the frame looked at."""
        if not is_seen(self):
            return
        state = self._state
        some = state.trajectory is not None and len(state.trajectory) > 0
        lines: list[Line] = []
        if some and state.trajectory is not None:
            index = state.frame_index if state.hovered is None else state.hovered
            lines = update_numbers(state.trajectory[index], state.trajectory.provenance)
            self._heading.setText(f"Step {state.trajectory[index].step} in numbers")
        else:
            self._heading.setText(NUMBERS)
        self._no_frame.setVisible(not lines)
        self._show_lines(lines)

    def show_prediction(self, asked: Structure, frame: Frame) -> None:
        """What the network says of a structure; dropped where the slider has moved on."""
        if asked is not self._diffused or frame.t is None:
            return
        self._told.setText(f"{self._sentence()} The network says t = {frame.t:.0f}.")
        self._scene.preview(Frame(0, asked.positions, t=frame.t, noise=frame.noise))

    # --- inside ---------------------------------------------------------------------------------

    def _dissolve(self) -> None:
        base = self._state.base
        if base is None:
            return
        self._diffused = noised(base, self.t, seed=SAME_NOISE, schedule=self._schedule)
        self._scene.preview(Frame(0, self._diffused.positions))
        self._told.setText(self._sentence())
        self._timer.start()

    def _sentence(self) -> str:
        base, diffused = self._state.base, self._diffused
        if base is None or diffused is None:
            return INTRODUCTION
        apart = rmsd(diffused.positions, base.positions)
        expected = float(expected_rmsd(base, self._schedule)[self.t])
        return (
            f"Diffused to t = {self.t}: RMSD {apart:.2f} Å ({expected:.2f} Å expected on average)."
        )

    def _ask(self) -> None:
        if self._diffused is None:
            return
        if self._state.busy:  # with a run, or the model is only just being loaded
            self._timer.start()
        else:
            self.prediction_asked.emit(self._diffused)

    def _show_lines(self, lines: list[Line]) -> None:
        while len(self._cells) < len(lines):
            cells = (QLabel(), QLabel(), muted(""))
            cells[-1].setWordWrap(True)  # else the longest would make the whole column wider
            for column, cell in enumerate(cells):
                self._grid.addWidget(cell, len(self._cells), column)
            self._cells.append(cells)
        for row, cells in enumerate(self._cells):
            texts = ("", "", "")
            if row < len(lines):
                texts = (lines[row].symbol, lines[row].value, lines[row].meaning)
            for cell, text in zip(cells, texts, strict=True):
                cell.setText(text)
                cell.setVisible(bool(text))

    def showEvent(self, event: object) -> None:
        self.refresh_frame()
