"""Keeps the 3D view in step with the state."""

from dataclasses import replace

import numpy as np

from morered_gui.app.records import same_molecule
from morered_gui.app.state import AppState
from morered_gui.chem.conversion import AROMATIC, bond_arrays, kekulised
from morered_gui.core import Structure, superpose
from morered_gui.core.arrays import FloatArray
from morered_gui.gui.view3d import View3D


class Scene:
    """Draws the structure looked at, superposed on the reference where there is one.

    A relaxation drifts and turns; superposed on one anchor the molecule stays where it is,
    and the ghost of the reference never moves.
    """

    def __init__(self, state: AppState, view: View3D, *, show_ghost: bool) -> None:
        self._state, self._view = state, view
        self._show_ghost = show_ghost
        self._anchor: FloatArray | None = None  # (n, 3), where everything is superposed on
        self._drawn: Structure | None = None  # whose atoms and bonds the view has

    def redraw(self) -> None:
        """Draw another structure; the camera stays where the atoms are the same."""
        state, shown = self._state, self._state.shown
        anchor = state.known_reference.structure if state.known_reference else state.base
        self._anchor = None if anchor is None else face_on(anchor.positions)
        if shown is not None:
            shown = drawable(shown.with_positions(self._aligned(shown.positions)))
        drawn = self._drawn
        same = shown is not None and drawn is not None and same_molecule(shown, drawn)
        self._drawn = shown
        self._view.show_molecule(shown, zoom=not same)
        self._draw_ghost()

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


def face_on(positions: FloatArray) -> FloatArray:
    """Turn a molecule so that its broad side faces the viewer, the longest axis across."""
    centred = positions - positions.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=True)
    axes[2] = np.cross(axes[0], axes[1])  # no reflection
    turned: FloatArray = centred @ axes.T
    return turned


def drawable(structure: Structure) -> Structure:
    """Aromatic bonds as single and double ones in turn: 3Dmol draws them as scattered dashes."""
    if AROMATIC not in structure.orders:
        return structure
    bonds, orders = bond_arrays(kekulised(structure))
    return replace(structure, bonds=bonds, orders=orders)
