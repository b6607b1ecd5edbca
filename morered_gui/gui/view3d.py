"""The molecule in three dimensions: 3Dmol.js in a web view.

All drawing goes through one call in flight: while the page draws, newer positions replace those
that wait, so that a fast relaxation never piles up work for a slow screen.
"""

import base64
import json
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QShowEvent
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineSettings
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from morered_gui.core import Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.core.bundled import asset
from morered_gui.gui.graphics import draws_in_software, put_window_first
from morered_gui.gui.theme import Theme

DECIMALS = 4  # of positions in Å sent to the page
_VIEWER = Path(__file__).parent / "viewer"


class Zoom(StrEnum):
    """Where the camera goes for another molecule."""

    KEEP = "keep"
    FIT = "fit"  # so that all is seen, from where it looks
    HOME = "home"  # so that all is seen, from the front


class Bridge(QObject):
    """What the page tells: that it is ready, and which atom was clicked."""

    ready = Signal()
    atom_clicked = Signal(int)

    @Slot()
    def report_ready(self) -> None:
        """Called by the page when it can take commands."""
        self.ready.emit()

    @Slot(int)
    def report_atom(self, index: int) -> None:
        """Called by the page when an atom was clicked."""
        self.atom_clicked.emit(index)


class View3D(QWebEngineView):
    """Ball and stick with true bonds; the reference as thin grey sticks.

    Signals:
        ready: the page can draw.
        drawn: a call has been carried out; nothing may be waiting any more.
        atom_clicked: index of the atom.
        broken: the drawing process has died.
    """

    ready = Signal()
    drawn = Signal()
    atom_clicked = Signal(int)
    broken = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Molecule in three dimensions")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # a browser eats the keys of the playback
        self.setAcceptDrops(False)  # a dropped file belongs to the window
        self._theme = theme
        self._is_ready = False
        self._in_flight = False
        self._gives_way = False
        self._calls: list[str] = []  # in order; each is carried out
        self._positions: str | None = None  # only the newest is carried out
        self._bridge = Bridge(self)
        self._bridge.ready.connect(self._on_ready)
        self._bridge.atom_clicked.connect(self.atom_clicked)
        self._load_page()

    # --- what to draw ---------------------------------------------------------------------------

    def show_molecule(self, structure: Structure | None, *, zoom: Zoom = Zoom.HOME) -> None:
        """Draw another molecule, or none."""
        self._positions = None
        self._call(f"setMolecule({_as_json(structure)}, {json.dumps(zoom)})")

    def move_atoms(self, positions: FloatArray) -> None:
        """Draw the same molecule elsewhere; (n, 3) Å."""
        self._positions = json.dumps(positions.round(DECIMALS).ravel().tolist())
        self._next()

    def show_ghost(self, structure: Structure | None) -> None:
        """Draw a reference faintly, or none."""
        self._call(f"setGhost({_as_json(structure)})")

    def set_theme(self, theme: Theme) -> None:
        """Background and ghost in the theme's colours."""
        self._theme = theme
        self.page().setBackgroundColor(theme.canvas)
        self._call(f"setTheme({json.dumps(_page_theme(theme))})")

    def fit(self) -> None:
        """Show the whole molecule."""
        self._call("fit()")

    def grab_png(self, on_png: Callable[[bytes], None]) -> None:
        """Hand the picture over as PNG when it is there; empty where nothing could be drawn."""

        def decode(uri: Any) -> None:
            _, _, data = str(uri or "").partition(",")
            on_png(base64.b64decode(data))

        self.page().runJavaScript("moreredView.png()", 0, decode)

    @property
    def is_ready(self) -> bool:
        """Whether the page has started."""
        return self._is_ready

    @property
    def is_settled(self) -> bool:
        """Whether everything asked for has been drawn."""
        return self._is_ready and not (self._in_flight or self._calls or self._positions)

    # --- the page -----------------------------------------------------------------------------

    def _load_page(self) -> None:
        page = self.page()
        settings = page.settings()
        settings.setAttribute(QWebEngineSettings.WebAttribute.LocalContentCanAccessFileUrls, True)
        settings.setAttribute(QWebEngineSettings.WebAttribute.ShowScrollBars, False)
        page.setBackgroundColor(self._theme.canvas)
        page.renderProcessTerminated.connect(self._on_terminated)
        channel = QWebChannel(page)
        channel.registerObject("bridge", self._bridge)
        page.setWebChannel(channel)
        folder = QUrl.fromLocalFile(str(asset("3Dmol-min.js").parent) + "/")
        page.loadFinished.connect(self._on_loaded)
        page.setHtml(_html(), folder)

    def _on_loaded(self, _ok: bool) -> None:
        options = {
            "antialias": not draws_in_software(),
            "background": self._theme.canvas.name(),
        }
        self.page().runJavaScript(f"moreredView.start({json.dumps(options)})")

    def _on_ready(self) -> None:
        self._is_ready = True
        self._calls.insert(0, f"setTheme({json.dumps(_page_theme(self._theme))})")
        self._next()
        self.ready.emit()

    def _on_terminated(
        self, status: QWebEnginePage.RenderProcessTerminationStatus, code: int
    ) -> None:
        self._is_ready, self._in_flight = False, False
        if status != QWebEnginePage.RenderProcessTerminationStatus.NormalTerminationStatus:
            self.broken.emit(f"the 3D view has stopped working ({status.name}, {code})")

    def _call(self, code: str) -> None:
        self._calls.append(code)
        self._next()

    def _next(self) -> None:
        if not self._is_ready or self._in_flight:
            return
        if self._calls:
            code = self._calls.pop(0)
        elif self._positions is not None:
            code, self._positions = f"setPositions({self._positions})", None
        else:
            return
        self._in_flight = True
        self.page().runJavaScript(f"moreredView.{code}", 0, self._on_drawn)

    def _on_drawn(self, _result: Any) -> None:
        self._in_flight = False
        if not self._gives_way:
            self._gives_way = True
            put_window_first(self.page().renderProcessPid())
        self._next()
        self.drawn.emit()

    # --- Qt -----------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The browser's own menu (reload, back) makes no sense here."""
        event.accept()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._next()


@cache
def _html() -> str:
    page = (_VIEWER / "viewer.html").read_text(encoding="utf-8")
    return page.replace("/*VIEWER*/", (_VIEWER / "viewer.js").read_text(encoding="utf-8"))


def _as_json(structure: Structure | None) -> str:
    if structure is None:
        return "null"
    pairs = zip(structure.bonds.tolist(), structure.orders.tolist(), strict=True)
    data = {
        "symbols": structure.symbols,
        "positions": structure.positions.round(DECIMALS).ravel().tolist(),
        "bonds": [[i, j, order] for (i, j), order in pairs],
    }
    return json.dumps(data)


def _page_theme(theme: Theme) -> dict[str, object]:
    return {
        "background": theme.canvas.name(),
        "muted": theme.muted.name(),
        "ghost": theme.ghost.name(),
        "ghostOpacity": theme.ghost_opacity,
    }
