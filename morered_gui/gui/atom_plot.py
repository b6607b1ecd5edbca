"""Noise and displacement of each atom, and how far it spreads over seeds."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from morered_gui.app.atoms import displacements, noise_sizes
from morered_gui.app.state import AppState
from morered_gui.gui.frame_plot import LEFT, FramePlot
from morered_gui.gui.theme import Theme

EMPTY = "After the first step: displacement and\npredicted noise of each atom."
NAME_GAP = 6  # pixels between the names of atoms
BARS_WIDTH = 0.8  # of all bars of an atom
LEAST_NOISE, LEAST_DISPLACEMENT = 0.5, 0.05


class AtomPlot(FramePlot):
    """Bars per atom of the frame looked at, on twin axes; one more where there are seeds.

    Signals:
        atom_asked: index of the atom whose bars were clicked.
    """

    atom_asked = Signal(int)

    def __init__(self, state: AppState, theme: Theme, parent: QWidget | None = None) -> None:
        name = "Displacement and predicted noise of each atom"
        super().__init__(state, theme, name, EMPTY, parent)
        item = self.getPlotItem()
        item.setContentsMargins(4, 10, 4, 4)
        item.showAxis("right")
        self._right = pg.ViewBox(enableMenu=False)
        item.scene().addItem(self._right)
        item.getAxis("right").linkToView(self._right)
        self._right.setXLink(self._box)
        self._freeze(self._right)
        self._box.sigResized.connect(self._match_views)
        self._noise = pg.BarGraphItem(x=[], height=[], width=0.38)
        self._displacement = pg.BarGraphItem(x=[], height=[], width=0.38)
        self._spread = pg.BarGraphItem(x=[], height=[], width=0.3)
        self._box.addItem(self._noise)
        self._right.addItem(self._displacement)
        self._right.addItem(self._spread)
        self._spread.hide()
        self._tops = (0.0, 0.0)
        self._named: list[str] = []
        self._stride = 1  # of the atoms that are named: all would overlap
        self.set_theme(theme)
        self.refresh()
        self._box.sigResized.connect(self.refresh)

    def refresh(self) -> None:
        self.move_cursor()

    def move_cursor(self) -> None:
        """Draw the bars of the frame looked at, or pointed at, where they are seen."""
        self._draw(seen=self.isVisible())

    def render(self, *args: Any) -> None:
        """For a file, which shows the bars whether they are on the screen or not."""
        self._draw(seen=True)
        super().render(*args)

    def _draw(self, *, seen: bool) -> None:
        run, hovered = self._state.run, self._state.hovered
        some = run is not None and len(run.trajectory) > 0
        self._empty.setVisible(not some)
        for bars in (self._noise, self._displacement, self._spread):
            bars.setVisible(some)
        if run is None or not some or not seen:
            return
        frame = run.trajectory[self._state.frame_index if hovered is None else hovered]
        noise = noise_sizes(frame)
        apart = displacements(frame, run.reference.structure)
        x = np.arange(len(apart), dtype=float)
        ensemble = self._state.ensemble
        bars = [(self._noise, np.zeros(len(x)) if noise is None else noise)]
        bars.append((self._displacement, apart))
        if ensemble is not None and len(ensemble.spread) == len(x):
            bars.append((self._spread, ensemble.spread))
            apart = np.maximum(apart, ensemble.spread)
        else:
            self._spread.setVisible(False)
        width = BARS_WIDTH / len(bars)
        for k, (item, heights) in enumerate(bars):
            item.setOpts(x=x + width * (k - (len(bars) - 1) / 2), height=heights, width=width)
        self._name_atoms(run.trajectory.start.symbols)
        self._scale(len(x), 0.0 if noise is None else float(noise.max()), float(apart.max()))
        self._name_right(len(bars) > 2)

    def retitle(self) -> None:
        self.label("left", "Predicted noise", self._theme.accent, "Noise")
        self._name_right(self._spread.isVisible())
        self.label("bottom", "Atom", self._theme.muted)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.retitle()
        self._noise.setOpts(brush=theme.accent, pen=pg.mkPen(None))
        self._displacement.setOpts(brush=theme.second, pen=pg.mkPen(None))
        self._spread.setOpts(brush=theme.muted, pen=pg.mkPen(None))

    @property
    def spread(self) -> np.ndarray | None:
        """Spread over seeds per atom as drawn, (n,) Å; None where there is none."""
        return self._spread.opts["height"] if self._spread.isVisible() else None

    @property
    def heights(self) -> tuple[np.ndarray, np.ndarray]:
        """Noise and displacement per atom as drawn, (n,) each."""
        return self._noise.opts["height"], self._displacement.opts["height"]

    # --- inside ---------------------------------------------------------------------------------

    def _name_right(self, spread: bool) -> None:
        title = "Displacement, spread (grey) (Å)" if spread else "Displacement (Å)"
        short = "Displ., spread (Å)" if spread else "Displ. (Å)"
        self.label("right", title, self._theme.second, short)

    def _name_atoms(self, symbols: list[str]) -> None:
        names = [f"{symbol}{k + 1}" for k, symbol in enumerate(symbols)]
        width = max(map(self.fontMetrics().horizontalAdvance, names), default=0) + NAME_GAP
        fit = max(int(self._box.width() // width), 1)
        stride = -(-len(names) // fit)
        if (names, stride) == (self._named, self._stride):
            return
        self._named, self._stride = names, stride
        ticks = [(k, name) for k, name in enumerate(names) if k % stride == 0]
        self.getPlotItem().getAxis("bottom").setTicks([ticks])
        self._tops = (0.0, 0.0)

    def _scale(self, n: int, noise: float, apart: float) -> None:
        """Scales only grow: bars of different frames can be compared."""
        full = (
            max(self._tops[0], noise * 1.06, LEAST_NOISE),
            max(self._tops[1], apart * 1.06, LEAST_DISPLACEMENT),
        )
        if full != self._tops:
            self._tops = full
            self._box.setRange(xRange=(-0.7, n - 0.3), yRange=(0, full[0]), padding=0)
            self._right.setYRange(0, full[1], padding=0)

    def _match_views(self) -> None:
        self._right.setGeometry(self._box.sceneBoundingRect())
        self._right.linkedViewChanged(self._box, self._right.XAxis)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == LEFT and self._inside(event) and self._named:
            at = self._box.mapSceneToView(self.mapToScene(event.position().toPoint()))
            self.atom_asked.emit(int(np.clip(round(at.x()), 0, len(self._named) - 1)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
