"""Play, step and scrub through the trajectory."""

import time
from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.state import AppState
from morered_gui.gui.theme import Theme
from morered_gui.gui.view3d import View3D
from morered_gui.gui.widgets import action_button

RATES = (1, 5, 10, 15, 30, 60, 120)  # frames per second
SHORTEST_TICK_MS = 8
MOST_DEBT = 0.5  # s of frames that skipping makes up for; a pause is not made up for


class PlaybackBar(QWidget):
    """Buttons, slider, counter and speed below the 3D view.

    Every frame is drawn before the next one's turn comes, however slow the drawing is, unless
    skipping is switched on: then the speed is kept.

    Signals:
        rate_changed: frames per second.
    """

    rate_changed = Signal(int)

    def __init__(
        self,
        state: AppState,
        actions: Mapping[str, QAction],
        theme: Theme,
        view: View3D,
        rate: int,
    ) -> None:
        super().__init__()
        self._state, self._actions, self._theme = state, actions, theme
        self._view = view
        self._late = False  # a frame's time has come, but the one before is not drawn yet
        self._last_tick = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_tick)
        view.drawn.connect(self._on_drawn)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName("Frame")
        self._slider.setToolTip("Drag to look at a frame (Left, Right; Shift for ten)")
        self._slider.valueChanged.connect(self._on_slider)
        self._counter = QLabel()
        self._counter.setAccessibleName("Frame looked at")
        self._speed = self._speed_box(rate)
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        """The slider has the whole width: a thousand frames want every pixel of it."""
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 8)
        column.setSpacing(2)
        column.addWidget(self._slider)
        row = QHBoxLayout()
        row.setSpacing(2)
        for name in ("first", "previous", "play", "next", "last", "live", "best", "loop"):
            row.addWidget(action_button(self._actions[name]))
        row.addStretch(1)
        width = self.fontMetrics().horizontalAdvance("frame 00000 / 00000")
        self._counter.setMinimumWidth(width)
        self._counter.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._counter)
        row.addSpacing(8)
        row.addWidget(self._speed)
        column.addLayout(row)

    def _speed_box(self, rate: int) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName("Playback speed")
        box.setToolTip("Playback speed in frames per second")
        for each in RATES:
            box.addItem(f"{each} fps", each)
        box.setCurrentIndex(_nearest_rate(rate))
        box.currentIndexChanged.connect(self._on_rate)
        return box

    @property
    def rate(self) -> int:
        """Frames per second."""
        return int(self._speed.currentData())

    def set_rate(self, rate: int) -> None:
        """Choose the speed nearest to so many frames per second."""
        self._speed.setCurrentIndex(_nearest_rate(rate))

    @property
    def slider(self) -> QSlider:
        """The slider over the frames."""
        return self._slider

    @property
    def is_playing(self) -> bool:
        """Whether playback runs."""
        return self._timer.isActive()

    def toggle(self) -> None:
        """Play, from the start where the end is shown; or pause."""
        if self.is_playing:
            self.pause()
        elif self._count() > 1:
            if self._state.frame_index >= self._count() - 1 and not self._state.busy:
                self._state.select_frame(0)
            self._state.live = False
            self._late, self._last_tick = False, time.perf_counter()
            self._timer.start(max(SHORTEST_TICK_MS, 1000 // self.rate))
            self._show_play()

    def pause(self) -> None:
        """Stop playback where it is."""
        self._timer.stop()
        self._show_play()

    def step(self, frames: int) -> None:
        """Go some frames on, or back."""
        self.pause()
        self._state.select_frame(self._state.frame_index + frames)

    def refresh(self) -> None:
        """Show the number of frames and the one looked at."""
        count, index = self._count(), self._state.frame_index
        some = count > 0
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(count - 1, 0))
        self._slider.setValue(index)
        self._slider.blockSignals(False)
        self._slider.setEnabled(some)
        self._counter.setText(f"frame {index + 1} / {count}" if some else "no frames yet")
        live = self._actions["live"]
        follows = self._state.live and self._state.busy
        if live.isChecked() != follows:
            live.setChecked(follows)

    def enable_actions(self) -> None:
        """Grey out what makes no sense now; to be called when a trajectory comes or goes."""
        some = self._count() > 0
        names = ("play", "first", "previous", "next", "last", "back_ten", "forward_ten", "best")
        for name in names:
            self._actions[name].setEnabled(some)
        self._actions["live"].setEnabled(self._state.busy)
        self.refresh()
        if not some and self.is_playing:
            self.pause()

    def set_theme(self, theme: Theme) -> None:
        """Icons in the theme's colours."""
        self._theme = theme
        self._show_play()

    def _show_play(self) -> None:
        playing = self.is_playing
        action = self._actions["play"]
        action.setIcon(self._theme.icon("mdi6.pause" if playing else "mdi6.play"))
        action.setText("&Pause" if playing else "&Play")

    def _count(self) -> int:
        return 0 if self._state.trajectory is None else len(self._state.trajectory)

    def _on_slider(self, value: int) -> None:
        self.pause()
        self._state.select_frame(value)

    def _on_rate(self) -> None:
        if self.is_playing:
            self._timer.setInterval(max(SHORTEST_TICK_MS, 1000 // self.rate))
        self.rate_changed.emit(self.rate)

    def _on_tick(self) -> None:
        """Time for the next frame."""
        now = time.perf_counter()
        if self._actions["skip_frames"].isChecked():
            owed = min(now - self._last_tick, MOST_DEBT) * self.rate
            if owed >= 1.0:
                self._last_tick = now
                self._advance(int(owed))
        elif self._view.is_settled:
            self._advance(1)
        else:
            self._late = True

    def _on_drawn(self) -> None:
        if self._late and self.is_playing and self._view.is_settled:
            self._advance(1)

    def _advance(self, frames: int) -> None:
        self._late = False
        index, last = self._state.frame_index, self._count() - 1
        if index < last:
            self._state.select_frame(index + frames)
        elif self._actions["loop"].isChecked() and not self._state.busy:
            self._state.select_frame(0)
        elif not self._state.busy:
            self.pause()


def _nearest_rate(rate: int) -> int:
    return min(range(len(RATES)), key=lambda k: abs(RATES[k] - rate))
