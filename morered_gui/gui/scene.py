"""Keeps the 3D view in step with the state."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from morered_gui.app.records import same_molecule
from morered_gui.app.state import AppState
from morered_gui.chem.conversion import AROMATIC, bond_arrays, kekulised
from morered_gui.core import Structure, superpose
from morered_gui.core.arrays import FloatArray
from morered_gui.gui.view3d import View3D, Zoom


class Pose(NamedTuple):
    """What is taken for the origin, (3,) Å, and for the axes, (3, 3) rows."""

    centre: FloatArray
    axes: FloatArray


class Scene:
    """Draws the structure looked at, superposed on the reference where there is one.

    A relaxation drifts and turns; superposed on one anchor the molecule stays where it is,
    and the ghost of the reference never moves.
    """

    def __init__(self, state: AppState, view: View3D, *, show_ghost: bool) -> None:
        self._state, self._view = state, view
        self._show_ghost = show_ghost
        self._anchor: FloatArray | None = None  # (n, 3), where everything is superposed on
        self._poses: dict[int, Pose] = {}  # by the number of the coordinate frame
        self._drawn: Structure | None = None  # whose atoms and bonds the view has
        self._frame_drawn = -1

    def redraw(self) -> None:
        """Draw another structure; the camera stays where the atoms are the same."""
        state, shown = self._state, self._state.shown
        self._anchor = None if state.anchor is None else self._posed(state.anchor.positions)
        if shown is not None:
            shown = drawable(shown.with_positions(self._aligned(shown.positions)))
        drawn = self._drawn
        same = shown is not None and drawn is not None and same_molecule(shown, drawn)
        self._drawn = shown
        self._view.show_molecule(shown, zoom=self._zoom(same))
        self._frame_drawn = state.frame
        self._draw_ghost()

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
        if trajectory is not None and len(trajectory):
            index = state.frame_index if state.hovered is None else state.hovered
            positions = trajectory[index].positions
            self._view.move_atoms(self._aligned(positions))

    def set_ghost(self, show: bool) -> None:
        """Show the reference, or hide it."""
        self._show_ghost = show
        self._draw_ghost()

    def _draw_ghost(self) -> None:
        reference = self._state.known_reference
        if reference is None or not self._show_ghost or self._anchor is None:
            self._view.show_ghost(None)
        else:
            self._view.show_ghost(drawable(reference.structure.with_positions(self._anchor)))

    def _aligned(self, positions: FloatArray) -> FloatArray:
        return positions if self._anchor is None else superpose(positions, self._anchor)


def face_on(positions: FloatArray) -> Pose:
    """The pose in which the broad side faces the viewer, the longest axis across."""
    centre: FloatArray = positions.mean(0)
    _, _, axes = np.linalg.svd(positions - centre, full_matrices=True)
    axes[2] = np.cross(axes[0], axes[1])  # no reflection
    return Pose(centre, axes)


def drawable(structure: Structure) -> Structure:
    """Aromatic bonds as single and double ones in turn: 3Dmol draws them as scattered dashes."""
    if AROMATIC not in structure.orders:
        return structure
    bonds, orders = bond_arrays(kekulised(structure))
    return replace(structure, bonds=bonds, orders=orders)
