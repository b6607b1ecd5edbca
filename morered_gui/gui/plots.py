"""Two quantities of the run against its progress, locked to the frame in both directions."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from morered_gui.app.curves import axis_labels, drawn, level_of, note_on, shares_axis
from morered_gui.app.measurements import MeasuredCurves
from morered_gui.app.records import RunRecord
from morered_gui.app.series import QUANTITIES
from morered_gui.app.state import AppState
from morered_gui.core.arrays import FloatArray
from morered_gui.gui.frame_plot import FramePlot, nearest_index
from morered_gui.gui.theme import Theme
from morered_gui.relaxers.xtb import KCAL_PER_MOL

EMPTY = "Press Relax: the predicted time step t\nand the RMSD appear here, step by step."
LEAST_STEPS = 20  # shown on the step axis from the start, so that the first frames don't jump
GROWTH = 1.35  # the step axis grows in strides: rescaling both axes costs more than the curves
# Smallest full scales.
LEAST_TOP = {
    "t": 10.0,
    "rmsd": 0.05,
    "moved": 0.01,
    "noise": 0.5,
    "energy": 0.1,
    "xtb": 0.1,
}
FROM_ZERO = frozenset({*LEAST_TOP, "step", "evaluations", "seconds"})
SIDES = ("left", "right")


class RunPlot(FramePlot):
    """Twin axes over step, evaluations or time; a line marks the frame looked at."""

    def __init__(self, state: AppState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(state, theme, "Course of the relaxation, frame by frame", EMPTY, parent)
        self.measured = MeasuredCurves()
        self._chosen = {"left": "t", "right": "rmsd"}
        self._progress = "step"
        self._range: tuple[tuple[float, float], ...] = ()
        self._painted: dict[str, QColor] = {}
        self._titled: dict[str, tuple[str, str]] = {}
        self._level = ""  # whose energies are drawn
        item = self.getPlotItem()
        item.setContentsMargins(4, 10, 4, 4)
        self._boxes = {"left": self._box, "right": pg.ViewBox(enableMenu=False)}
        item.showAxis("right")
        item.scene().addItem(self._boxes["right"])
        item.getAxis("right").linkToView(self._boxes["right"])
        self._boxes["right"].setXLink(self._box)
        self._freeze(self._boxes["right"])
        self._curves = {side: pg.PlotCurveItem(connect="finite") for side in SIDES}
        self._overlays: list[tuple[pg.ViewBox, pg.PlotCurveItem]] = []
        self._cursor = pg.InfiniteLine(angle=90)
        self._hover = pg.InfiniteLine(angle=90)
        for side in SIDES:
            self._boxes[side].addItem(self._curves[side])
        for line in (self._hover, self._cursor):
            item.addItem(line, ignoreBounds=True)
        self._box.sigResized.connect(self._match_views)
        self.set_theme(theme)
        self.refresh()

    # --- choices --------------------------------------------------------------------------------

    @property
    def progress(self) -> str:
        """What runs along the horizontal axis."""
        return self._progress

    @property
    def chosen(self) -> dict[str, str]:
        """Id of the quantity on the left and the right axis; empty for none."""
        return dict(self._chosen)

    def choose(self, *, left: str, right: str, progress: str) -> None:
        """Draw other quantities: ids of ``QUANTITIES`` or of measurements, or empty."""
        self._chosen = {"left": left, "right": right}
        self._progress = progress
        self._range = ()
        self.retitle()
        self.refresh()

    # --- what is shown --------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw the series as it is now; called at most once per tick."""
        run = self._state.run
        some = run is not None and len(run.series) > 0
        self._empty.setVisible(not some and not any(len(r.series) for r in self.others()))
        self._cursor.setVisible(some)
        self._level = level_of(run, self.others())
        self._draw_overlays()
        self._paint()
        self._say()
        for side in SIDES:
            x, y = self._points(run, side)
            self._curves[side].setData(x, y)
        self._scale()
        self.move_cursor()

    def retitle(self) -> None:
        colours = self._axis_colours()
        for side in SIDES:
            axis, some = self.getPlotItem().getAxis(side), bool(self._chosen[side])
            if axis.style["showValues"] != some:  # set again it would be painted again
                axis.setStyle(showValues=some)
            text, short = self._titles(self._chosen[side])
            self.label(side, text, colours[side], short)
        self.label("bottom", QUANTITIES[self._progress].label, self._theme.muted)

    def move_cursor(self) -> None:
        """Put the lines to the frames looked at and pointed at."""
        for line, index in (
            (self._cursor, self._state.frame_index),
            (self._hover, self._state.hovered),
        ):
            x = self._progress_values(self._state.run)
            known = index is not None and index < len(x)
            line.setVisible(known)
            if known and index is not None:
                line.setValue(x[index])

    def set_theme(self, theme: Theme) -> None:
        """Colours of axes, curves and cursor."""
        super().set_theme(theme)
        self._painted = {}
        self._paint()
        self._cursor.setPen(pg.mkPen(theme.text, width=1, style=Qt.PenStyle.DashLine))
        self._hover.setPen(pg.mkPen(theme.muted, width=1, style=Qt.PenStyle.DotLine))

    def nearest(self, at: QPointF) -> int | None:
        return nearest_index(self._progress_values(self._state.run), at.x())

    @property
    def cursor_step(self) -> float:
        """Where the line of the frame looked at is on the horizontal axis."""
        return float(self._cursor.value())

    @property
    def n_points(self) -> int:
        """Points of the left curve."""
        x, _ = self._curves["left"].getData()
        return 0 if x is None else len(x)

    def drawn(self, side: str) -> tuple[FloatArray, FloatArray]:
        """The curve on the left or the right axis, (k,) both."""
        return self._points(self._state.run, side)

    @property
    def n_overlays(self) -> int:
        """Curves of other runs."""
        return len(self._overlays)

    # --- for films ------------------------------------------------------------------------------

    def copy_choices(self, other: "RunPlot") -> None:
        """Draw what another plot draws."""
        self.measured = other.measured
        self.choose(**other.chosen, progress=other.progress)

    def hide_cursor(self) -> None:
        """Take the marks away until the next ``refresh``."""
        self._cursor.hide()
        self._hover.hide()

    def cursor_places(self) -> tuple[list[float], tuple[float, float]]:
        """Where the cursor stands for each frame, and from where to where it reaches, pixels."""
        area = self._box.sceneBoundingRect()
        low, high = self._range[0]
        x = (self._progress_values(self._state.run) - low) / (high - low)
        places = area.left() + x * area.width()
        return places.tolist(), (area.top(), area.bottom())

    # --- inside ---------------------------------------------------------------------------------

    def _axis_colours(self) -> dict[str, QColor]:
        """One colour per axis; beside other runs the run's own for both."""
        run = self._state.run
        if run is not None and self.others():
            return dict.fromkeys(SIDES, self.colour_of(run))
        return {"left": self._theme.accent, "right": self._theme.second}

    def _paint(self) -> None:
        colours = self._axis_colours()
        titles = {side: self._titles(self._chosen[side]) for side in SIDES}
        if (colours, titles) == (self._painted, self._titled):
            return
        self._painted, self._titled = colours, titles
        comparing = bool(self.others())
        for side in SIDES:
            # Lines wider than one pixel are slow to draw unless they are plain.
            dashed = comparing and side == "right"
            style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
            self._curves[side].setPen(pg.mkPen(colours[side], width=2, style=style))
        self.retitle()

    def _titles(self, name: str) -> tuple[str, str]:
        """For an axis: the title, and a shorter one."""
        if name in QUANTITIES:
            return axis_labels(name, self._runs(), self._level)
        return self.measured.label(name), self.measured.short(name)

    def _runs(self) -> list[RunRecord]:
        """All that are drawn."""
        return drawn(self._state.run, self.others())

    def _say(self) -> None:
        """Why curves are missing, if any are."""
        names = dict.fromkeys(self._chosen.values())
        notes = [note_on(name, self._state.run, self.others()) for name in names]
        self.note(*next(filter(None, notes), ()))

    def _progress_values(self, run: RunRecord | None) -> FloatArray:
        return np.empty(0) if run is None else run.series.column(self._progress)

    def _points(self, run: RunRecord | None, side: str) -> tuple[FloatArray, FloatArray]:
        name = self._chosen[side]
        if run is None or not name:
            return np.empty(0), np.empty(0)
        x = self._progress_values(run)
        if not shares_axis(name, run, self._level):
            return x, np.full(len(x), np.nan)
        y = run.series.column(name) if name in QUANTITIES else self.measured.curve(name, run)
        if name in QUANTITIES and QUANTITIES[name].above_lowest:
            y = (y - self._lowest(name)) / KCAL_PER_MOL
        return x, y[: len(x)]

    def _lowest(self, name: str) -> float:
        """The least value of a quantity in all runs that are drawn; NaN where none is known."""
        runs = [run for run in self._runs() if shares_axis(name, run, self._level)]
        columns = [run.series.column(name) for run in runs]
        return min((float(np.nanmin(c)) for c in columns if np.isfinite(c).any()), default=np.nan)

    def _draw_overlays(self) -> None:
        wanted = [
            (run, side)
            for run in self.others()
            for side in SIDES
            if self._chosen[side] and shares_axis(self._chosen[side], run, self._level)
        ]
        while len(self._overlays) > len(wanted):
            box, curve = self._overlays.pop()
            box.removeItem(curve)
        for k, (run, side) in enumerate(wanted):
            if k == len(self._overlays):
                self._overlays.append((self._boxes[side], pg.PlotCurveItem(connect="finite")))
                self._boxes[side].addItem(self._overlays[k][1])
            box, curve = self._overlays[k]
            if box is not self._boxes[side]:
                box.removeItem(curve)
                self._boxes[side].addItem(curve)
                self._overlays[k] = (self._boxes[side], curve)
            dash = Qt.PenStyle.SolidLine if side == "left" else Qt.PenStyle.DashLine
            curve.setPen(pg.mkPen(self.colour_of(run), width=1, style=dash))
            curve.setData(*self._points(run, side))

    def _scale(self) -> None:
        """Full scales that only grow while running: the picture stays still."""
        runs = self._runs()
        running = self._state.busy and bool(self._range)
        x = np.concatenate([np.zeros(1), *(self._progress_values(r)[-1:] for r in runs)])
        least = LEAST_STEPS if self._progress == "step" else 0.0
        wanted_x = max(float(np.nanmax(x)), least, 1e-6)
        full = [(0.0, wanted_x * 1.02)]
        if self._state.busy:
            old = self._range[0][1] if running else 0.0
            full = [(0.0, old if wanted_x <= old else wanted_x * GROWTH)]
        for k, side in enumerate(SIDES, start=1):
            values = [self._points(r, side)[1] for r in runs]
            low, high = _extent(values, self._chosen[side])
            if running:
                low, high = min(low, self._range[k][0]), max(high, self._range[k][1])
            full.append((low, high))
        if tuple(full) == self._range:
            return
        self._range = tuple(full)
        self._box.setRange(xRange=full[0], yRange=full[1], padding=0)
        self._boxes["right"].setYRange(*full[2], padding=0)

    def _match_views(self) -> None:
        right = self._boxes["right"]
        right.setGeometry(self._box.sceneBoundingRect())
        right.linkedViewChanged(self._box, right.XAxis)


def _extent(values: list[FloatArray], name: str) -> tuple[float, float]:
    """The axis that shows all values: from 0 for what can't be negative."""
    joined = np.concatenate([np.empty(0), *values])
    known = joined[np.isfinite(joined)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    if name in FROM_ZERO:
        return 0.0, max(high, LEAST_TOP.get(name, 1e-9)) * 1.06
    margin = max((high - low) * 0.06, abs(high) * 1e-7, 1e-6)
    return low - margin, high + margin
