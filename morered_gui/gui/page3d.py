"""What the page of the 3D view is told and what it tells: data, and how they are written for it."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal, Slot

from morered_gui.core import Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.gui.last_word import Teller
from morered_gui.gui.theme import Theme

DECIMALS = 4  # of positions in Å sent to the page
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


class Bridge(Teller):
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
        self.picture_taken.emit(number, png_of(uri))


def moved(positions: FloatArray, extras: Extras | None) -> str:
    """Arguments of the page's setPositions."""
    flat = json.dumps(positions.round(DECIMALS).ravel().tolist())
    return flat if extras is None else f"{flat}, {extras.as_json()}"


def png_of(uri: Any) -> bytes:
    """Of a data URI; empty where nothing could be drawn."""
    _, _, data = str(uri or "").partition(",")
    return base64.b64decode(data)


@cache
def page_text() -> str:
    """The page itself, with its scripts in it."""
    text = (_VIEWER / "viewer.html").read_text(encoding="utf-8")
    for place, name in (("/*HAND*/", "hand.js"), ("/*VIEWER*/", "viewer.js")):
        text = text.replace(place, (_VIEWER / name).read_text(encoding="utf-8"))
    return text


def as_json(structure: Structure | None) -> str:
    """A molecule for the page."""
    return "null" if structure is None else json.dumps(_table(structure))


def _table(structure: Structure) -> dict[str, object]:
    pairs = zip(structure.bonds.tolist(), structure.orders.tolist(), strict=True)
    return {
        "symbols": structure.symbols,
        "positions": structure.positions.round(DECIMALS).ravel().tolist(),
        "bonds": [[i, j, order] for (i, j), order in pairs],
    }


def colours_of(theme: Theme) -> dict[str, object]:
    """Those of the theme that the page needs."""
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
