"""Keeps the 3D view in step with the state."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg

from morered_gui.app.atoms import displacements, noise_sizes
from morered_gui.app.ensembles import Ensemble
from morered_gui.app.frame_bonds import Bonds, FrameBonds
from morered_gui.app.records import same_molecule
from morered_gui.app.state import AppState
from morered_gui.app.view_options import BondsFrom, ColourBy
from morered_gui.chem.conversion import AROMATIC, bond_arrays, kekulised
from morered_gui.core import Frame, Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.core.geometry import rotation_onto
from morered_gui.gui.page3d import Cloud, Extras, Legend, Look, Zoom
from morered_gui.gui.view3d import View3D

RAMP = "viridis"  # readable with any kind of colour vision
FULL_DISPLACEMENT, FULL_NOISE = 0.5, 3.0  # Å and 1: where the ramp ends
FULL_SPREADS = (
    0.02,
    0.05,
    0.1,
    0.2,
    0.3,
    0.5,
    0.7,
    1.0,
    2.0,
    3.0,
    5.0,
)  # Å: the first one that holds all
ARROW_LENGTH = 0.6  # Å per unit of predicted noise


class Pose(NamedTuple):
    """What is taken for the origin, (3,) Å, and for the axes, (3, 3) rows."""

    centre: FloatArray
    axes: FloatArray


class Scene:
    """Draws the structure looked at, superposed on the reference where there is one.

    A relaxation drifts and turns; superposed on one anchor the molecule stays where it is,
    and the ghost of the reference never moves.
    """

    def __init__(
        self, state: AppState, view: View3D, bonds: FrameBonds, *, show_ghost: bool
    ) -> None:
        self._state, self._view = state, view
        self.bonds = bonds
        bonds.known.connect(self.move)
        self._last_bonds: Bonds | None = None  # drawn until those of the frame are known
        self._show_ghost = show_ghost
        self._anchor: FloatArray | None = None  # (n, 3), where everything is superposed on
        self._poses: dict[int, Pose] = {}  # by the number of the coordinate frame
        self._drawn: Structure | None = None  # whose atoms and bonds the view has
        self._frame_drawn = -1
        self._look: Look | None = None
        self._legend: list[Legend] = []
        self._cloud: Ensemble | None = None  # that is drawn
        self._picked: tuple[int, ...] = ()
        self._decorated = False
        self._preview: Frame | None = None

    def preview(self, frame: Frame | None) -> None:
        """Draw the molecule elsewhere until something else is looked at; None ends it."""
        if frame is not None or self._preview is not None:
            self._preview = frame
            self.move()

    def redraw(self) -> None:
        """Draw another structure; the camera stays where the atoms are the same."""
        state, shown = self._state, self._state.shown
        if self._cloud is not None:  # its anchor may be another one
            self._cloud = None
            self._view.show_cloud(None)
        self._anchor = None if state.anchor is None else self._posed(state.anchor.positions)
        if shown is not None:
            shown = drawable(shown.with_positions(self.placed(shown.positions)[0]))
        drawn = self._drawn
        same = shown is not None and drawn is not None and same_molecule(shown, drawn)
        self._drawn, self._last_bonds = shown, None
        self._view.show_molecule(shown, zoom=self._zoom(same))
        self._frame_drawn = state.frame
        self.restyle()

    def _zoom(self, same: bool) -> Zoom:
        """An edited molecule has to fit again, but stays as the user has turned it."""
        if same:
            return Zoom.KEEP
        return Zoom.FIT if self._state.frame == self._frame_drawn else Zoom.HOME

    def _posed(self, positions: FloatArray) -> FloatArray:
        """Broad side to the viewer; edits of a molecule keep the pose that it had at first."""
        frame = self._state.frame
        if frame not in self._poses:
            self._poses[frame] = face_on(positions)
        pose = self._poses[frame]
        posed: FloatArray = (positions - pose.centre) @ pose.axes.T
        return posed

    def move(self) -> None:
        """Draw the frame pointed at, or else the one looked at."""
        state, trajectory = self._state, self._state.trajectory
        if self._preview is not None:
            self._view.move_atoms(*self.picture_of(self._preview))
        elif trajectory is not None and len(trajectory):
            index = state.frame_index if state.hovered is None else state.hovered
            self._view.move_atoms(*self.picture_of(trajectory[index]))
        elif state.structure is not None:
            start = Frame(0, state.structure.positions)
            self._view.move_atoms(*self.picture_of(start))

    def restyle(self) -> None:
        """Draw as the state's options say."""
        options = self._state.view
        look = Look(options.style, options.labels, options.background)
        if look != self._look:
            self._look = look
            self._view.set_look(look)
        self._draw_ghost()
        self._draw_cloud()
        self._show_legend()
        if self._drawn is not None:
            self._decorated = True  # something may have to be taken away
            self.move()

    def mark(self, atoms: tuple[int, ...]) -> None:
        """Mark atoms that were picked."""
        self._picked = atoms
        self._decorated = True
        self.move()

    def set_ghost(self, show: bool) -> None:
        """Show the reference, or hide it."""
        self._show_ghost = show
        self._draw_ghost()

    def picture_of(self, frame: Frame) -> tuple[FloatArray, Extras | None]:
        """Where the atoms of a frame are drawn, (n, 3) Å, and what goes with them."""
        positions, rotation = self._placed_frame(frame.positions)
        options = self._state.view
        plain = (
            options.colour_by == ColourBy.ELEMENT
            and not options.arrows
            and not options.measurements
            and not self._picked
            and not self._state.fixed
            and options.bonds == BondsFrom.MOLECULE
        )
        if plain and not self._decorated:
            return positions, None
        self._decorated = not plain
        arrows = np.empty((0, 3))
        if options.arrows and frame.noise is not None:
            arrows = ARROW_LENGTH * (frame.noise.astype(float) @ rotation)
        return positions, Extras(
            colors=self._colours(frame),
            arrows=arrows,
            measures=[m.atoms for m in options.measurements],
            texts=[m.text(frame.positions) for m in options.measurements],
            picked=self._picked,
            frozen=sorted(self._state.fixed),
            bonds=self._bonds_of(frame),
        )

    def _bonds_of(self, frame: Frame) -> Bonds | None:
        """None for the molecule's own."""
        if self._state.view.bonds == BondsFrom.MOLECULE:
            return None
        found = self.bonds.of(frame.positions)
        if found is not None:
            self._last_bonds = found
        return self._last_bonds

    def _placed_frame(self, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As ``placed``; but frames in which frozen atoms stand still are not turned one by one."""
        start, fixed = self._state.structure, sorted(self._state.fixed)
        if start is None or not fixed or len(start) != len(positions):
            return self.placed(positions)
        if not np.array_equal(positions[fixed], start.positions[fixed]):
            return self.placed(positions)
        _, rotation = self.placed(start.positions)
        centre = start.positions.mean(0)
        anchor = centre if self._anchor is None else self._anchor.mean(0)
        return (positions - centre) @ rotation + anchor, rotation

    def placed(self, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions as they are drawn, (n, 3) Å, and the rotation (3, 3) that brings them there."""
        anchor = self._anchor
        if anchor is None:
            return positions, np.eye(3)
        centred = positions - positions.mean(0)
        centre = anchor.mean(0)
        rotation = rotation_onto(centred, anchor - centre)
        return centred @ rotation + centre, rotation

    def into_structure(self, vector: FloatArray) -> FloatArray:
        """A direction of the picture, (3,), in the coordinates that edits are made in.

        These are the anchor's, or those of the structure looked at where atoms are frozen
        (``Editing.looked_at``).
        """
        state, shown = self._state, self._state.shown
        if shown is None:
            return vector
        if state.fixed:
            rotation = self._placed_frame(shown.positions)[1].T
        else:
            rotation = self._poses[state.frame].axes
        turned: FloatArray = vector @ rotation
        return turned

    def _colours(self, frame: Frame) -> list[str]:
        """One colour per atom; none for those of the elements."""
        kind, run = self._state.view.colour_by, self._state.run
        values = None
        if kind == ColourBy.DISPLACEMENT and run is not None:
            values = displacements(frame, run.reference.structure) / FULL_DISPLACEMENT
        elif kind == ColourBy.NOISE:
            sizes = noise_sizes(frame)
            values = None if sizes is None else sizes / FULL_NOISE
        elif kind == ColourBy.SPREAD and self._state.ensemble is not None:
            values = self._state.ensemble.spread / self._full_spread
        return [] if values is None else ramp_colours(values)

    @property
    def _full_spread(self) -> float:
        """Å, where the ramp ends for the spread: it fits the ensemble."""
        ensemble = self._state.ensemble
        largest = 0.0 if ensemble is None else float(ensemble.spread.max())
        return next((full for full in FULL_SPREADS if full >= largest), FULL_SPREADS[-1])

    def _draw_cloud(self) -> None:
        ensemble = self._state.ensemble if self._state.view.cloud else None
        if ensemble is not None and not self._fits(ensemble.molecule):
            ensemble = None
        if ensemble is self._cloud:
            return
        self._cloud = ensemble
        if ensemble is None:
            self._view.show_cloud(None)
            return
        centre = ensemble.mean.mean(0)
        placed, rotation = self.placed(ensemble.mean)
        members = (ensemble.members - centre) @ rotation + placed.mean(0)
        colours = ramp_colours(ensemble.spread / self._full_spread)
        self._view.show_cloud(Cloud(drawable(ensemble.molecule), members, colours))

    def _fits(self, structure: Structure) -> bool:
        """Whether it can be superposed on the anchor."""
        return self._anchor is not None and len(structure) == len(self._anchor)

    def _show_legend(self) -> None:
        rows, kind = [], self._state.view.colour_by
        if kind == ColourBy.DISPLACEMENT:
            rows.append(Legend("Displacement", f"{FULL_DISPLACEMENT:g} Å"))
        elif kind == ColourBy.NOISE:
            rows.append(Legend("Predicted noise", f"{FULL_NOISE:g}"))
        if self._state.ensemble and (kind == ColourBy.SPREAD or self._cloud):
            seeds = len(self._state.ensemble.numbers)
            rows.append(Legend(f"Spread of {seeds} seeds", f"{self._full_spread:g} Å"))
        if rows != self._legend:
            self._legend = rows
            self._view.show_legend(rows, ramp_colours(np.linspace(0.0, 1.0, 9)))

    def _draw_ghost(self) -> None:
        state, target = self._state, self._state.target
        structure = state.pinned or (target.structure if target and self._show_ghost else None)
        if structure is None or not self._fits(structure):
            self._view.show_ghost(None)
        else:
            positions, _ = self.placed(structure.positions)
            self._view.show_ghost(drawable(structure.with_positions(positions)))


def ramp_colours(values: FloatArray) -> list[str]:
    """Colours such as ``#440154`` for values from 0 to 1, clipped; (n,)."""
    ramp = pg.colormap.get(RAMP)
    colours = ramp.map(np.clip(values, 0.0, 1.0), mode="byte")
    return ["#" + bytes(rgba[:3]).hex() for rgba in colours]


def face_on(positions: FloatArray) -> Pose:
    """The pose in which the broad side faces the viewer, the longest axis across."""
    centre: FloatArray = positions.mean(0)
    # The full matrices of n atoms are n x n; only a single atom or two lack axes without them.
    _, _, axes = np.linalg.svd(positions - centre, full_matrices=len(positions) < 3)
    axes[2] = np.cross(axes[0], axes[1])  # no reflection
    return Pose(centre, axes)


def drawable(structure: Structure) -> Structure:
    """Aromatic bonds as single and double ones in turn: 3Dmol draws them as scattered dashes."""
    if AROMATIC not in structure.orders:
        return structure
    bonds, orders = bond_arrays(kekulised(structure))
    return replace(structure, bonds=bonds, orders=orders)
