"""What all plots over frames share: look, and the way from a point to its frame and back."""

import html
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from morered_gui.app.records import RunRecord
from morered_gui.app.state import AppState
from morered_gui.gui.theme import Theme

LEFT = Qt.MouseButton.LeftButton
LEAST_HEIGHT = 100  # pixels, with the axis
SMALL_PRINT = {"font-size": "7pt"}
NOTE_POINTS, NOTE_HEIGHT, NOTE_ASIDE = 8, 16, 8  # size of the letters; pixels


class AxisName(NamedTuple):
    """What stands beside an axis; ``short`` where there is little room."""

    text: str
    short: str
    colour: str


class FramePlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot in which every point is a frame.

    Pointing at a point shows its frame for as long as one points at it; a click or a drag
    goes there.

    Signals:
        frame_asked: index of the frame that was clicked or dragged to.
    """

    frame_asked = Signal(int)

    def __init__(
        self, state: AppState, theme: Theme, name: str, empty: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, background=theme.canvas, enableMenu=False)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # arrows belong to the playback
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self._state, self._theme = state, theme
        item = self.getPlotItem()
        item.hideButtons()
        # pyqtgraph leaves it without a parent, to outlive the window.
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())
        item.setContentsMargins(4, 10, 10, 4)
        # Across the axes, too: above the curves alone it would have less room than they leave.
        item.layout.removeItem(item.titleLabel)
        item.layout.addItem(item.titleLabel, 0, 0, 1, 3)
        self._box: pg.ViewBox = item.getViewBox()
        self._empty = pg.TextItem(empty, anchor=(0.5, 0.5))
        self._empty.setParentItem(self._box)
        self._box.sigResized.connect(self._place_empty)
        self._names: dict[str, AxisName] = {}
        self._room = (0.0, 0.0)
        self._notes: tuple[str, ...] = ()
        self._said = ""
        self._box.sigResized.connect(self._fit_names)
        for axis in ("left", "right", "bottom"):
            item.getAxis(axis).enableAutoSIPrefix(False)
        self._freeze(self._box)

    # --- for the plots --------------------------------------------------------------------------

    def nearest(self, at: QPointF) -> int | None:
        """The frame nearest to a point of the view box's coordinates."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Draw the series as it is now; called at most once per tick."""
        raise NotImplementedError

    def move_cursor(self) -> None:
        """Mark the frame looked at."""
        raise NotImplementedError

    def retitle(self) -> None:
        """Name the axes."""
        raise NotImplementedError

    def set_theme(self, theme: Theme) -> None:
        """Colours of background and axes."""
        self._theme = theme
        self.setBackground(theme.canvas)
        for axis in ("bottom", "left", "right"):
            self.getPlotItem().getAxis(axis).setPen(theme.line)
            self.getPlotItem().getAxis(axis).setTextPen(theme.muted)
        self._names.clear()
        self._empty.setColor(theme.muted)
        self._fit_note()

    def colour_of(self, run: RunRecord) -> QColor:
        """The colour of a run, the same in every plot and table."""
        return self._theme.run_colour(run.colour)

    @property
    def hint(self) -> str:
        """What stands in an empty plot; nothing in one that shows something."""
        return str(self._empty.textItem.toPlainText()) if self._empty.isVisible() else ""

    def others(self) -> list[RunRecord]:
        """The runs drawn beside the one looked at."""
        return [r for r in self._state.runs if r.visible and r is not self._state.run]

    def label(self, axis: str, text: str, colour: QColor, short: str = "") -> None:
        """Name an axis, its numbers in the same colour.

        By ``short``, and then in small print, where the text is too long. Nothing is done where
        the axis has that name: a new one costs milliseconds, most of them for painting.
        """
        name = AxisName(text, short or text, pg.mkColor(colour).name())
        if name != self._names.get(axis):
            self._names[axis] = name
            self.getPlotItem().getAxis(axis).setTextPen(colour)
            self._fit_name(axis)

    def note(self, *texts: str) -> None:
        """Say something above the plot, the longest text that fits; or nothing.

        Where it is not the first one, that is shown to who points at the plot.
        """
        if texts != self._notes:
            self._notes = texts
            self._fit_note()

    @property
    def said(self) -> str:
        """What stands above the plot."""
        return self._said

    def _fit_note(self) -> None:
        font = self.font()
        font.setPointSize(NOTE_POINTS)
        measure = QFontMetrics(font).horizontalAdvance
        room = self.viewport().width() - 2 * NOTE_ASIDE
        self._said = next((text for text in self._notes if measure(text) <= room), "")
        item, colour = self.getPlotItem(), self._theme.muted.name()
        # An old text, though hidden, would keep the plot from becoming narrower.
        item.setTitle(html.escape(self._said), color=colour, size=f"{NOTE_POINTS}pt")
        if self._said:
            item.layout.setRowFixedHeight(0, NOTE_HEIGHT)
        else:
            item.setTitle(None)
        self.setToolTip(next((text for text in self._notes[:1] if text != self._said), ""))

    def _fit_name(self, axis: str) -> None:
        """Write the name so that the plot does not cut it."""
        item, name = self.getPlotItem().getAxis(axis), self._names[axis]
        room = item.width() if axis == "bottom" else item.height()
        for text, style in ((name.text, {}), (name.short, {}), (name.short, SMALL_PRINT)):
            item.setLabel(text, color=name.colour, **style)
            if item.label.boundingRect().width() <= room:
                return

    def _fit_names(self) -> None:
        room = (self._box.width(), self._box.height())
        if room != self._room:
            self._room = room
            for axis in self._names:
                self._fit_name(axis)

    @staticmethod
    def _freeze(box: pg.ViewBox) -> None:
        box.setMouseEnabled(x=False, y=False)
        box.disableAutoRange()

    def _place_empty(self) -> None:
        self._empty.setPos(self._box.width() / 2, self._box.height() / 2)

    def _frame_at(self, event: QMouseEvent) -> int | None:
        scene = self.mapToScene(event.position().toPoint())
        if not len(self._state.series or ()):
            return None
        return self.nearest(self._box.mapSceneToView(scene))

    def _inside(self, event: QMouseEvent) -> bool:
        scene = self.mapToScene(event.position().toPoint())
        return bool(self._box.sceneBoundingRect().contains(scene))

    # --- Qt -------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == LEFT and self._inside(event):
            self._go_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & LEFT:
            self._go_to(event)
        else:
            self._state.hover(self._frame_at(event) if self._inside(event) else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        # pyqtgraph calls it from its constructor, too, and a closed plot is empty.
        if event is not None and self.getPlotItem() is not None:
            self._fit_note()
        super().resizeEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._state.hover(None)

    def _go_to(self, event: QMouseEvent) -> None:
        index = self._frame_at(event)
        if index is not None:
            self._state.hover(None)
            self.frame_asked.emit(index)


def nearest_index(values: np.ndarray, wanted: float) -> int | None:
    """Index of the nearest of values that never fall; None where there is none."""
    if not len(values):
        return None
    right = int(np.clip(np.searchsorted(values, wanted), 1, max(len(values) - 1, 1)))
    if right >= len(values):
        return 0
    left = right - 1
    return left if wanted - values[left] <= values[right] - wanted else right
