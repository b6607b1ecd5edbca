"""Predicted time step and RMSD against the step, locked to the frame in both directions."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QWidget

from morered_gui.app.state import AppState
from morered_gui.core.arrays import FloatArray
from morered_gui.gui.theme import Theme

EMPTY = "Press Relax: the predicted time step t\nand the RMSD appear here, step by step."
LEAST_STEPS = 20  # shown on the step axis from the start, so that the first frames don't jump
GROWTH = 1.35  # the step axis grows in strides: rescaling both axes costs more than the curves
LEAST_T, LEAST_RMSD = 10.0, 0.05  # smallest full scales of the two axes


class RunPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Twin axes over the step; a line marks the frame looked at.

    Signals:
        frame_asked: index of the frame that was clicked or dragged to.
    """

    frame_asked = Signal(int)

    def __init__(self, state: AppState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=theme.canvas, enableMenu=False)
        self.setAccessibleName("Predicted time step and RMSD against the step")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # arrows belong to the playback
        self._state, self._theme = state, theme
        self._full = (0.0, 0.0, 0.0)  # of step, t, RMSD
        item = self.getPlotItem()
        item.hideButtons()
        # pyqtgraph leaves it without a parent, to outlive the window.
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())
        item.setContentsMargins(4, 10, 4, 4)
        self._left = item.getViewBox()
        self._right = pg.ViewBox(enableMenu=False)
        item.showAxis("right")
        item.scene().addItem(self._right)
        for name in ("left", "right", "bottom"):
            item.getAxis(name).enableAutoSIPrefix(False)
        item.getAxis("right").linkToView(self._right)
        self._right.setXLink(self._left)
        for box in (self._left, self._right):
            box.setMouseEnabled(x=False, y=False)
            box.disableAutoRange()
        self._t_curve = pg.PlotCurveItem(connect="finite")
        self._rmsd_curve = pg.PlotCurveItem(connect="finite")
        self._cursor = pg.InfiniteLine(angle=90, movable=True)
        self._empty = pg.TextItem(EMPTY, anchor=(0.5, 0.5))
        self._build(item)
        self.set_theme(theme)
        self.refresh()

    def _build(self, item: pg.PlotItem) -> None:
        item.addItem(self._t_curve)
        self._right.addItem(self._rmsd_curve)
        item.addItem(self._cursor, ignoreBounds=True)
        self._empty.setParentItem(self._left)
        self._left.sigResized.connect(self._match_views)
        self._cursor.sigDragged.connect(self._on_dragged)
        self.scene().sigMouseClicked.connect(self._on_clicked)

    # --- what is shown --------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw the series as it is now; called at most once per tick."""
        series = self._state.series
        some = series is not None and len(series.step) > 0
        self._empty.setVisible(not some)
        self._cursor.setVisible(some)
        if series is None or not some:
            self._t_curve.setData([], [])
            self._rmsd_curve.setData([], [])
            self._full = (0.0, 0.0, 0.0)
            self._scale(np.zeros(1), np.zeros(1), np.zeros(1))
            return
        self._scale(series.step, series.t, series.rmsd)
        self._t_curve.setData(series.step, series.t)
        self._rmsd_curve.setData(series.step, series.rmsd)
        self.move_cursor()

    def retitle(self) -> None:
        """Name the reference on the axis: it can change at the end of a run."""
        reference = self._state.reference or self._state.known_reference
        to = f" to {reference.label}" if reference else ""
        self._label("right", f"RMSD{to} (Å)", self._theme.second)

    def move_cursor(self) -> None:
        """Put the line to the frame looked at."""
        series, index = self._state.series, self._state.frame_index
        if series is not None and index < len(series.step):
            self._cursor.setValue(series.step[index])

    def set_theme(self, theme: Theme) -> None:
        """Colours of axes, curves and cursor."""
        self._theme = theme
        self.setBackground(theme.canvas)
        item = self.getPlotItem()
        for name, colour in (("bottom", theme.muted), ("left", theme.accent)):
            item.getAxis(name).setPen(theme.line)
            item.getAxis(name).setTextPen(colour)
        item.getAxis("right").setPen(theme.line)
        item.getAxis("right").setTextPen(theme.second)
        self._label("bottom", "Step", theme.muted)
        self._label("left", "Predicted time step t", theme.accent)
        self.retitle()
        # Lines wider than one pixel are slow to draw unless they are plain.
        self._t_curve.setPen(pg.mkPen(theme.accent, width=2))
        self._rmsd_curve.setPen(pg.mkPen(theme.second, width=2))
        self._cursor.setPen(pg.mkPen(theme.muted, width=1, style=Qt.PenStyle.DashLine))
        self._cursor.setHoverPen(pg.mkPen(theme.text, width=2))
        self._empty.setColor(theme.muted)

    @property
    def cursor_step(self) -> float:
        """The step that the line is at."""
        return float(self._cursor.value())

    @property
    def n_points(self) -> int:
        """Points of the curve of predicted t."""
        x, _ = self._t_curve.getData()
        return 0 if x is None else len(x)

    # --- inside ---------------------------------------------------------------------------------

    def _label(self, axis: str, text: str, colour: object) -> None:
        self.getPlotItem().getAxis(axis).setLabel(text, color=pg.mkColor(colour).name())

    def _scale(self, step: FloatArray, t: FloatArray, rmsd: FloatArray) -> None:
        """Full scales from 0, growing only: the picture stays still while a run goes on."""
        wanted = (
            max(float(step[-1]), LEAST_STEPS),
            max(_top(t), LEAST_T) * 1.06,
            max(_top(rmsd), LEAST_RMSD) * 1.06,
        )
        running = self._state.busy
        old_step, old_t, old_rmsd = self._full
        full = (
            _grown(old_step, wanted[0], running),
            wanted[1] if wanted[1] > old_t or not running else old_t,
            wanted[2] if wanted[2] > old_rmsd or not running else old_rmsd,
        )
        if full == self._full:
            return
        self._full = full
        self._left.setRange(xRange=(0, full[0]), yRange=(0, full[1]), padding=0)
        self._right.setYRange(0, full[2], padding=0)

    def _match_views(self) -> None:
        self._right.setGeometry(self._left.sceneBoundingRect())
        self._right.linkedViewChanged(self._left, self._right.XAxis)
        self._empty.setPos(self._left.width() / 2, self._left.height() / 2)

    def _on_clicked(self, event: object) -> None:
        position: QPointF = event.scenePos()  # type: ignore[attr-defined]
        if self._left.sceneBoundingRect().contains(position):
            self._ask(self._left.mapSceneToView(position).x())

    def _on_dragged(self, line: pg.InfiniteLine) -> None:
        self._ask(float(line.value()))

    def _ask(self, step: float) -> None:
        """Ask for the frame nearest to a step."""
        series = self._state.series
        if series is None or not len(series.step):
            return
        right = int(np.clip(np.searchsorted(series.step, step), 1, max(len(series.step) - 1, 1)))
        left = right - 1
        near = (
            left
            if right >= len(series.step)
            else min(left, right, key=lambda k: abs(series.step[k] - step))
        )
        self.frame_asked.emit(int(near))
        self.move_cursor()


def _top(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else 0.0


def _grown(old: float, wanted: float, running: bool) -> float:
    """In strides while running, exact afterwards."""
    if not running:
        return wanted * 1.02
    return old if wanted <= old else max(wanted * GROWTH, LEAST_STEPS)
