"""Time step against RMSD: does the network know how far there is to go?"""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from morered_gui.app.curves import (
    TIME,
    drawn,
    may_be_diffused,
    of_one_process,
    schedule_drawn,
    time_words,
)
from morered_gui.app.records import RunRecord
from morered_gui.app.series import RunSeries
from morered_gui.app.state import AppState
from morered_gui.core.arrays import FloatArray
from morered_gui.diffusion.forward import expected_rmsd
from morered_gui.gui.frame_plot import FramePlot
from morered_gui.gui.theme import Theme

EMPTY = "After the first steps: predicted t against RMSD,\nwith the curve of diffused structures."
OTHER_PROCESS = (
    "Runs of another diffusion process are left out: their t counts other steps.",
    "Runs of another process are left out.",
)
NO_TIME = "This method predicts no time step."
LEAST_RMSD, LEAST_T = 0.1, 20.0
MOST_POINTS = 2000  # drawn; every frame can be reached all the same
POINT, RING = 5, 13  # pixels
# For the legend, from the left and from the top; the first is taken where nothing is there.
CORNERS = np.array([(0, 0), (1, 1), (1, 0), (0, 1)])
ASIDE = np.array([8, 4])  # pixels between it and the corner


class ScatterPlot(FramePlot):
    """One point per frame; the dashed curve is what forward diffusion gives on average."""

    def __init__(self, state: AppState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(state, theme, "Predicted time step against RMSD", EMPTY, parent)
        self._range = (0.0, 0.0)
        self._of: object = None  # structure and schedule of the expected curve
        self._expected = pg.PlotCurveItem()
        self._points = pg.ScatterPlotItem(size=POINT, pxMode=True, pen=None)
        self._others: list[pg.ScatterPlotItem] = []
        self._hover = pg.ScatterPlotItem(size=RING, pxMode=True, brush=None)
        self._cursor = pg.ScatterPlotItem(size=RING, pxMode=True)
        self._legend = pg.TextItem("- - expected of diffused structures", anchor=(0, 0))
        self._legend.setParentItem(self._box)
        self._box.sigResized.connect(self._place_legend)
        for item in (self._expected, self._points, self._hover, self._cursor):
            self._box.addItem(item)
        self.set_theme(theme)
        self.refresh()

    def refresh(self) -> None:
        series = self._state.series
        x, y = _known(series)
        some = len(x) > 0
        timeless = series is not None and len(series) > 1 and not series.knows("t")
        beside = self._beside()
        self._empty.setVisible(not some and not beside)
        self._empty.setText(NO_TIME if timeless else EMPTY)
        expected = some and may_be_diffused(self._state.run)
        self._legend.setVisible(expected)
        stride = max(1, -(-len(x) // MOST_POINTS))
        self._points.setData(x[::stride], y[::stride])
        self._draw_others(beside)
        self._paint()
        self._scale(x, y, beside)
        self._draw_expected(expected)
        self._place_legend()
        self._name_axes(beside)
        left_out = len(beside) < sum(r.series.knows(TIME) for r in self.others())
        self.note(*(OTHER_PROCESS if left_out else ()))
        self.move_cursor()

    def retitle(self) -> None:
        self._name_axes(self._beside())

    def move_cursor(self) -> None:
        series = self._state.series
        for mark, index in (
            (self._cursor, self._state.frame_index),
            (self._hover, self._state.hovered),
        ):
            known = series is not None and index is not None and index < len(series)
            if known and series is not None and index is not None:
                at = np.array([series.rmsd[index]]), np.array([series.t[index]])
                known = bool(np.isfinite(at).all())
                if known:
                    mark.setData(*at)
            mark.setVisible(known)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.retitle()
        self._paint()
        self._expected.setPen(pg.mkPen(theme.muted, width=1, style=Qt.PenStyle.DashLine))
        self._cursor.setBrush(pg.mkBrush(theme.second))
        self._cursor.setPen(pg.mkPen(theme.canvas, width=2))
        self._hover.setPen(pg.mkPen(theme.text, width=1))
        self._legend.setColor(theme.muted)
        self._legend.fill = pg.mkBrush(theme.canvas)

    def nearest(self, at: QPointF) -> int | None:
        series = self._state.series
        if series is None:
            return None
        pixel = self._box.viewPixelSize()
        if not all(pixel):
            return None
        apart = ((series.rmsd - at.x()) / pixel[0]) ** 2 + ((series.t - at.y()) / pixel[1]) ** 2
        return int(np.nanargmin(apart)) if np.isfinite(apart).any() else None

    @property
    def cursor_point(self) -> tuple[float, float]:
        """RMSD and t of the marked frame."""
        x, y = self._cursor.getData()
        return float(x[0]), float(y[0])

    @property
    def n_points(self) -> int:
        """Points drawn."""
        return len(self._points.getData()[0])

    @property
    def expected_curve(self) -> tuple[FloatArray, FloatArray]:
        """RMSD (Å) and t of diffused structures on average, (T,) both."""
        x, y = self._expected.getData()
        return x, y

    @property
    def shows_expected(self) -> bool:
        """Whether the curve of diffused structures is drawn."""
        return bool(self._expected.isVisible())

    @property
    def legend_area(self) -> QRectF:
        """Where the legend is, in pixels."""
        return QRectF(self._legend.sceneBoundingRect())

    # --- inside ---------------------------------------------------------------------------------

    def _paint(self) -> None:
        """Beside other runs in the run's own colour."""
        run = self._state.run
        colour = self.colour_of(run) if run is not None and self.others() else self._theme.accent
        faint = QColor(colour)
        faint.setAlphaF(0.55)
        self._points.setBrush(pg.mkBrush(faint))

    def _beside(self) -> list[RunRecord]:
        return of_one_process(self._state.run, self.others())

    def _name_axes(self, beside: list[RunRecord]) -> None:
        text, short = time_words(drawn(self._state.run, beside))
        self.label("bottom", "RMSD (Å)", self._theme.second)
        self.label("left", text, self._theme.accent, short)

    def _draw_others(self, runs: list[RunRecord]) -> None:
        while len(self._others) < len(runs):
            item = pg.ScatterPlotItem(size=POINT - 1, pxMode=True, pen=None)
            self._others.append(item)
            self._box.addItem(item)
        for k, item in enumerate(self._others):
            item.setVisible(k < len(runs))
            if k < len(runs):
                x, y = _known(runs[k].series)
                stride = max(1, -(-len(x) // (MOST_POINTS // 4)))
                item.setData(x[::stride], y[::stride])
                item.setBrush(pg.mkBrush(self.colour_of(runs[k])))

    def _draw_expected(self, wanted: bool) -> None:
        base, schedule = self._state.base, schedule_drawn(self._state.run)
        self._expected.setVisible(wanted)
        if base is None or schedule is None or (base, schedule) == self._of:
            return
        self._expected.setData(
            expected_rmsd(base, schedule), np.arange(schedule.n_steps, dtype=float)
        )
        self._of = base, schedule

    def _place_legend(self) -> None:
        """In the corner where the fewest points are."""
        room = np.array([self._box.width(), self._box.height()])
        if not room.all() or not all(self._range):
            return
        visible = [self._points, *(item for item in self._others if item.isVisible())]
        x, y = np.concatenate([item.getData() for item in visible], axis=1)
        # As shares of the plot, from the left and from the top.
        at = np.stack([x / self._range[0], 1 - y / self._range[1]], axis=1)
        size = self._legend.boundingRect()
        reach = (np.array([size.width(), size.height()]) + 2 * ASIDE) / room
        covered = [(np.abs(at - corner) < reach).all(axis=1).sum() for corner in CORNERS]
        corner = CORNERS[int(np.argmin(covered))]
        self._legend.setAnchor(corner)
        self._legend.setPos(*(ASIDE + corner * (room - 2 * ASIDE)))

    def _scale(self, x: FloatArray, y: FloatArray, beside: list[RunRecord]) -> None:
        all_x, all_y = [x], [y]
        for run in beside:
            known_x, known_y = _known(run.series)
            all_x.append(known_x)
            all_y.append(known_y)
        full = (_top(all_x, LEAST_RMSD), _top(all_y, LEAST_T))
        if self._state.busy:
            full = (max(full[0], self._range[0]), max(full[1], self._range[1]))
        if full != self._range:
            self._range = full
            self._box.setRange(xRange=(0, full[0]), yRange=(0, full[1]), padding=0)


def _top(values: list[FloatArray], least: float) -> float:
    joined = np.concatenate(values)
    known = joined[np.isfinite(joined)]
    return max(float(known.max()) if len(known) else 0.0, least) * 1.06


def _known(series: RunSeries | None) -> tuple[FloatArray, FloatArray]:
    """RMSD (Å) and t of the frames that have both."""
    if series is None:
        return np.empty(0), np.empty(0)
    known = np.isfinite(series.t) & np.isfinite(series.rmsd)
    return series.rmsd[known], series.t[known]
