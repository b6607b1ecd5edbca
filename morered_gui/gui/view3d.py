"""The molecule in three dimensions: 3Dmol.js in a web view.

All drawing goes through one call in flight: while the page draws, newer positions replace those
that wait, so that a fast relaxation never piles up work for a slow screen. What was set last is
kept for a page that begins anew: one that starts later than the window, or again after a crash.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QContextMenuEvent, QShowEvent
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineSettings
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from morered_gui.core import Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.core.bundled import asset
from morered_gui.gui.graphics import ASKED, draws_in_software, put_window_first
from morered_gui.gui.last_word import LastWord
from morered_gui.gui.page3d import (
    Bridge,
    Camera,
    Cloud,
    Drag,
    Extras,
    HandMode,
    Legend,
    Look,
    Zoom,
    as_json,
    colours_of,
    moved,
    page_text,
    png_of,
)
from morered_gui.gui.theme import Theme

PATIENCE_MS = 20_000  # with a page that starts
NOT_STARTED = (
    "the 3D view has not started; if it never does, start the program with the variable "
    f"{ASKED}=1, which draws without a graphics card"
)


class View3D(QWebEngineView):
    """Ball and stick with true bonds; the reference as thin grey sticks.

    Signals:
        ready: the page can draw.
        drawn: a call has been carried out; nothing may be waiting any more.
        atom_clicked: index of the atom.
        atoms_grabbed: the mouse begins to move atoms.
        atoms_dragged: and has moved them; the page alone knows yet.
        box_drawn: atoms inside, and whether they are to be added to those selected.
        picture_taken: number of the picture and its PNG, empty where nothing could be drawn.
        broken: the page does not start, or the drawing process has died; in words.
    """

    ready = Signal()
    drawn = Signal()
    atom_clicked = Signal(int)
    atoms_grabbed = Signal()
    atoms_dragged = Signal(Drag)
    box_drawn = Signal(list, bool)
    picture_taken = Signal(int, bytes)
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
        self._worked = False  # all that was to be drawn has been drawn, since the page began
        self._kept: dict[str, str] = {}  # the latest call that sets each thing, the theme first
        self._calls: list[str] = []  # in order; each is carried out
        self._asked: list[Callable[[list[float]], None]] = []  # for the camera
        self._latest: str | None = None  # positions
        self._positions: str | None = None  # the same until they are drawn
        self._bridge = Bridge(self)
        self._bridge.ready.connect(self._on_ready)
        self._bridge.atom_clicked.connect(self.atom_clicked)
        self._bridge.atoms_grabbed.connect(self.atoms_grabbed)
        self._bridge.atoms_dragged.connect(self.atoms_dragged)
        self._bridge.box_drawn.connect(self.box_drawn)
        self._bridge.picture_taken.connect(self.picture_taken)
        self._last_word = LastWord(lambda number: self._call(f"tell({number})"), self)
        self._bridge.told.connect(self._last_word.take)
        self._late = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._late.timeout.connect(lambda: self.broken.emit(NOT_STARTED))
        self._prepare_page()
        self.set_theme(theme)
        self._load()

    # --- what to draw ---------------------------------------------------------------------------

    def show_molecule(self, structure: Structure | None, *, zoom: Zoom = Zoom.HOME) -> None:
        """Draw another molecule, or none."""
        self._positions = self._latest = None
        if zoom != Zoom.KEEP:
            self._kept.pop("View", None)
        molecule = as_json(structure)
        self._set("Molecule", molecule, json.dumps(zoom))
        self._kept["Molecule"] = f"setMolecule({molecule}, {json.dumps(Zoom.HOME)})"

    def move_atoms(self, positions: FloatArray, extras: Extras | None = None) -> None:
        """Draw the same molecule elsewhere; (n, 3) Å."""
        self._positions = self._latest = moved(positions, extras)
        self._next()

    def set_look(self, look: Look) -> None:
        """Draw in another style."""
        self._set("Look", json.dumps(asdict(look)))

    def set_hand(self, mode: HandMode) -> None:
        """What the left button does from now on."""
        self._set("Hand", json.dumps(mode))

    def then(self, deed: Callable[[], None]) -> None:
        """Do something after all that the mouse did until now, also what is yet to be told."""
        if self._is_ready and "Hand" in self._kept:  # the hand was never taken: nothing to tell
            self._last_word.before(deed)
        else:
            deed()

    def set_camera(self, view: list[float]) -> None:
        """Look from where ``ask_camera`` said."""
        self._set("View", json.dumps(view))

    def ask_camera(self, on_view: Callable[[list[float]], None]) -> None:
        """Hand over where the molecule is looked at from, as numbers for ``set_camera``.

        No numbers where there is no page to ask.
        """
        self._asked.append(on_view)
        if self._is_ready:
            self.page().runJavaScript("moreredView.view()", 0, self._on_view)
        else:
            self._on_view(None)

    def show_ghost(self, structure: Structure | None) -> None:
        """Draw a reference faintly, or none."""
        self._set("Ghost", as_json(structure))

    def show_cloud(self, cloud: Cloud | None) -> None:
        """Draw many results of one molecule at once, or none."""
        self._set("Cloud", cloud.as_json() if cloud else "null")

    def show_legend(self, rows: Sequence[Legend], ramp: Sequence[str]) -> None:
        """Tell what colours mean; ``ramp`` are those from 0 to the top. No rows for none."""
        table = {"rows": [asdict(row) for row in rows], "ramp": list(ramp)}
        self._set("Legend", json.dumps(table))

    def set_theme(self, theme: Theme) -> None:
        """Background and ghost in the theme's colours."""
        self._theme = theme
        self.page().setBackgroundColor(theme.canvas)
        self._set("Theme", json.dumps(colours_of(theme)))

    def fit(self) -> None:
        """Show the whole molecule."""
        self._call("fit()")

    def grab_png(self, on_png: Callable[[bytes], None]) -> None:
        """Hand the picture over as PNG when it is there; empty where nothing could be drawn."""
        if self._is_ready:
            self.page().runJavaScript("moreredView.png()", 0, lambda uri: on_png(png_of(uri)))
        else:
            on_png(b"")

    def open_camera(self, camera: Camera) -> None:
        """Set up a second picture of what is shown, out of sight."""
        self._call(f"openCamera({json.dumps(asdict(camera))})")

    def take_picture(
        self, number: int, positions: FloatArray | None = None, extras: Extras | None = None
    ) -> None:
        """Let the camera take a picture, of other positions if given; see ``picture_taken``."""
        elsewhere = "" if positions is None else f", {moved(positions, extras)}"
        self._call(f"shoot({number}{elsewhere})")

    def close_camera(self) -> None:
        """Give the second picture's memory back."""
        self._call("closeCamera()")

    @property
    def is_ready(self) -> bool:
        """Whether the page has started."""
        return self._is_ready

    @property
    def is_settled(self) -> bool:
        """Whether everything asked for has been drawn."""
        return self._is_ready and not (self._in_flight or self._calls or self._positions)

    # --- the page -----------------------------------------------------------------------------

    def _prepare_page(self) -> None:
        page = self.page()
        settings = page.settings()
        settings.setAttribute(QWebEngineSettings.WebAttribute.LocalContentCanAccessFileUrls, True)
        settings.setAttribute(QWebEngineSettings.WebAttribute.ShowScrollBars, False)
        page.renderProcessTerminated.connect(self._on_terminated)
        channel = QWebChannel(page)
        channel.registerObject("bridge", self._bridge)
        page.setWebChannel(channel)
        page.loadFinished.connect(self._on_loaded)

    def _load(self) -> None:
        folder = QUrl.fromLocalFile(str(asset("3Dmol-min.js").parent) + "/")
        self.page().setHtml(page_text(), folder)
        self._late.start()

    def _on_loaded(self, _ok: bool) -> None:
        options = {
            "antialias": not draws_in_software(),
            "background": self._theme.canvas.name(),
        }
        self.page().runJavaScript(f"moreredView.start({json.dumps(options)})")

    def _on_ready(self) -> None:
        self._late.stop()
        self._is_ready, self._in_flight = True, False
        self._calls, self._positions = list(self._kept.values()), self._latest
        self._next()
        self.ready.emit()

    def _on_view(self, text: Any) -> None:
        asked, self._asked = self._asked, []
        for on_view in asked:
            on_view(json.loads(text) if text else [])

    def _on_terminated(
        self, status: QWebEnginePage.RenderProcessTerminationStatus, code: int
    ) -> None:
        worked, self._worked = self._worked, False
        self._is_ready, self._in_flight, self._gives_way = False, False, False
        self._late.stop()
        self._on_view(None)
        self._last_word.wait_no_more()
        if status == QWebEnginePage.RenderProcessTerminationStatus.NormalTerminationStatus:
            return
        self.broken.emit(f"the 3D view has stopped working ({status.name}, {code})")
        if worked:  # or else it would die of the same again and again
            QTimer.singleShot(0, self, self._load)

    def _set(self, what: str, *values: str) -> None:
        """Set something on the page, and again on each one that follows it."""
        self._kept[what] = f"set{what}({', '.join(values)})"
        self._call(self._kept[what])

    def _call(self, code: str) -> None:
        """Lost where there is no page yet: that one begins with what is kept."""
        if self._is_ready:
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
        self._worked = self._worked or self.is_settled
        self.drawn.emit()

    # --- Qt -----------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The browser's own menu (reload, back) makes no sense here."""
        event.accept()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._next()
