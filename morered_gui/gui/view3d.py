"""The molecule in three dimensions: 3Dmol.js in a web view.

All drawing goes through one call in flight: while the page draws, newer positions replace those
that wait, so that a fast relaxation never piles up work for a slow screen. What was set last is
kept for a page that begins anew: one that starts later than the window, or again after a crash.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QShowEvent
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineSettings
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from morered_gui.core import Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.core.bundled import asset
from morered_gui.gui.graphics import ASKED, draws_in_software, put_window_first
from morered_gui.gui.theme import Theme

DECIMALS = 4  # of positions in Å sent to the page
PATIENCE_MS = 20_000  # with a page that starts
NOT_STARTED = (
    "the 3D view has not started; if it never does, start the program with the variable "
    f"{ASKED}=1, which draws without a graphics card"
)
_VIEWER = Path(__file__).parent / "viewer"


@dataclass(frozen=True)
class Look:
    """How the molecule is drawn.

    Attributes:
        style: ball, stick, sphere, line or surface.
        labels: none, element or number.
        background: a colour, or None for the theme's.
    """

    style: str = "ball"
    labels: str = "none"
    background: str | None = None


@dataclass(frozen=True, eq=False)
class Extras:
    """What goes with the positions of a frame; None leaves what is there.

    Attributes:
        colors: one colour per atom such as ``#ff0000``; empty for those of the elements.
        arrows: (n, 3) Å, a vector per atom; of shape (0, 3) for none.
        measures: atoms of each measurement.
        texts: a value per measurement.
        picked: atoms to be marked.
        frozen: atoms to be shown in a cage.
        bonds: first atom, second atom and order of each; here None stands for the molecule's own.
    """

    colors: Sequence[str] | None = None
    arrows: FloatArray | None = None
    measures: Sequence[Sequence[int]] | None = None
    texts: Sequence[str] | None = None
    picked: Sequence[int] | None = None
    frozen: Sequence[int] | None = None
    bonds: Sequence[tuple[int, int, float]] | None = None

    def as_json(self) -> str:
        """For the page."""
        table: dict[str, object] = {"bonds": self.bonds}
        if self.colors is not None:
            table["colors"] = list(self.colors) or None
        if self.arrows is not None:
            table["arrows"] = self.arrows.round(DECIMALS).ravel().tolist() or None
        for name in ("measures", "texts", "picked", "frozen"):
            value = getattr(self, name)
            if value is not None:
                table[name] = [list(v) if isinstance(v, tuple) else v for v in value]
        return json.dumps(table)


@dataclass(frozen=True, eq=False)
class Cloud:
    """The same molecule at several places at once.

    Attributes:
        molecule: elements and bonds.
        members: (m, n, 3) Å.
        colors: one per atom.
    """

    molecule: Structure
    members: FloatArray
    colors: Sequence[str]

    def as_json(self) -> str:
        """For the page."""
        table = _table(self.molecule)
        table["positions"] = [m.round(DECIMALS).ravel().tolist() for m in self.members]
        table["colors"] = list(self.colors)
        return json.dumps(table)


@dataclass(frozen=True)
class Legend:
    """A row of the key to the colours: what runs from 0 to ``top``."""

    title: str
    top: str


@dataclass(frozen=True)
class Camera:
    """A picture for a file: size in pixels; ``background`` None for the theme's.

    Edges are not smoothed, which takes a second a picture without a graphics card: take it
    larger and scale it down.
    """

    width: int
    height: int
    transparent: bool = False
    background: str | None = None


class Zoom(StrEnum):
    """Where the camera goes for another molecule."""

    KEEP = "keep"
    FIT = "fit"  # so that all is seen, from where it looks
    HOME = "home"  # so that all is seen, from the front


class HandMode(StrEnum):
    """What the left button of the mouse does."""

    TURN = "turn"  # the view
    BOX = "box"  # select the atoms in it
    MOVE = "move"  # atoms; beside them it turns the view, with Shift it draws a box


@dataclass(frozen=True)
class Drag:
    """Atoms that were moved by the mouse, in the coordinates that are drawn.

    Attributes:
        atoms: that moved as one rigid body.
        turns: whether ``vector`` is a turn about their centre or a shift.
        vector: Å; or the axis of the turn, as long as its degrees.
    """

    atoms: tuple[int, ...]
    turns: bool
    vector: tuple[float, float, float]


class Bridge(QObject):
    """What the page tells: that it is ready, and what the mouse did with atoms."""

    ready = Signal()
    atom_clicked = Signal(int)
    atoms_grabbed = Signal()
    atoms_dragged = Signal(Drag)
    box_drawn = Signal(list, bool)
    picture_taken = Signal(int, bytes)

    @Slot()
    def report_ready(self) -> None:
        """Called by the page when it can take commands."""
        self.ready.emit()

    @Slot(int)
    def report_atom(self, index: int) -> None:
        """Called by the page when an atom was clicked."""
        self.atom_clicked.emit(index)

    @Slot()
    def report_grab(self) -> None:
        """Called by the page when atoms are about to be moved."""
        self.atoms_grabbed.emit()

    @Slot("QVariantList", str, float, float, float)
    def report_drag(self, atoms: list[int], kind: str, x: float, y: float, z: float) -> None:
        """Called by the page when the button was let go."""
        self.atoms_dragged.emit(Drag(tuple(int(k) for k in atoms), kind == "turn", (x, y, z)))

    @Slot("QVariantList", bool)
    def report_box(self, atoms: list[int], adds: bool) -> None:
        """Called by the page when a box was drawn."""
        self.box_drawn.emit([int(k) for k in atoms], adds)

    @Slot(int, str)
    def report_picture(self, number: int, uri: str) -> None:
        """Called by the page when the camera has taken a picture."""
        self.picture_taken.emit(number, _png_of(uri))


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
        molecule = _as_json(structure)
        self._set("Molecule", molecule, json.dumps(zoom))
        self._kept["Molecule"] = f"setMolecule({molecule}, {json.dumps(Zoom.HOME)})"

    def move_atoms(self, positions: FloatArray, extras: Extras | None = None) -> None:
        """Draw the same molecule elsewhere; (n, 3) Å."""
        self._positions = self._latest = _moved(positions, extras)
        self._next()

    def set_look(self, look: Look) -> None:
        """Draw in another style."""
        self._set("Look", json.dumps(asdict(look)))

    def set_hand(self, mode: HandMode) -> None:
        """What the left button does from now on."""
        self._set("Hand", json.dumps(mode))

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
        self._set("Ghost", _as_json(structure))

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
        self._set("Theme", json.dumps(_page_theme(theme)))

    def fit(self) -> None:
        """Show the whole molecule."""
        self._call("fit()")

    def grab_png(self, on_png: Callable[[bytes], None]) -> None:
        """Hand the picture over as PNG when it is there; empty where nothing could be drawn."""
        if self._is_ready:
            self.page().runJavaScript("moreredView.png()", 0, lambda uri: on_png(_png_of(uri)))
        else:
            on_png(b"")

    def open_camera(self, camera: Camera) -> None:
        """Set up a second picture of what is shown, out of sight."""
        self._call(f"openCamera({json.dumps(asdict(camera))})")

    def take_picture(
        self, number: int, positions: FloatArray | None = None, extras: Extras | None = None
    ) -> None:
        """Let the camera take a picture, of other positions if given; see ``picture_taken``."""
        moved = "" if positions is None else f", {_moved(positions, extras)}"
        self._call(f"shoot({number}{moved})")

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
        self.page().setHtml(_html(), folder)
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


def _moved(positions: FloatArray, extras: Extras | None) -> str:
    """Arguments of the page's setPositions."""
    moved = json.dumps(positions.round(DECIMALS).ravel().tolist())
    return moved if extras is None else f"{moved}, {extras.as_json()}"


def _png_of(uri: Any) -> bytes:
    _, _, data = str(uri or "").partition(",")
    return base64.b64decode(data)


@cache
def _html() -> str:
    page = (_VIEWER / "viewer.html").read_text(encoding="utf-8")
    for place, name in (("/*HAND*/", "hand.js"), ("/*VIEWER*/", "viewer.js")):
        page = page.replace(place, (_VIEWER / name).read_text(encoding="utf-8"))
    return page


def _as_json(structure: Structure | None) -> str:
    return "null" if structure is None else json.dumps(_table(structure))


def _table(structure: Structure) -> dict[str, object]:
    pairs = zip(structure.bonds.tolist(), structure.orders.tolist(), strict=True)
    return {
        "symbols": structure.symbols,
        "positions": structure.positions.round(DECIMALS).ravel().tolist(),
        "bonds": [[i, j, order] for (i, j), order in pairs],
    }


def _page_theme(theme: Theme) -> dict[str, object]:
    return {
        "background": theme.canvas.name(),
        "muted": theme.muted.name(),
        "ghost": theme.ghost.name(),
        "ghostOpacity": theme.ghost_opacity,
        "text": theme.text.name(),
        "arrow": theme.arrow.name(),
        "measure": theme.second.name(),
        "frozen": theme.accent.name(),
    }
