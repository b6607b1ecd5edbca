"""Keeps the 3D view in step with the state."""

from morered_gui.app.state import AppState
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
        self._drawn: Structure | None = None  # whose atoms and bonds the view has

    def redraw(self) -> None:
        """Draw another structure; the camera stays where the atoms are the same."""
        shown = self._state.shown
        if shown is not None:
            shown = shown.with_positions(self._aligned(shown.positions))
        same = _same_graph(shown, self._drawn)
        self._drawn = shown
        self._view.show_molecule(shown, zoom=not same)
        self._draw_ghost()

    def move(self) -> None:
        """Draw the frame looked at."""
        trajectory = self._state.trajectory
        if trajectory is not None and len(trajectory):
            positions = trajectory[self._state.frame_index].positions
            self._view.move_atoms(self._aligned(positions))

    def set_ghost(self, show: bool) -> None:
        """Show the reference, or hide it."""
        self._show_ghost = show
        self._draw_ghost()

    def _draw_ghost(self) -> None:
        reference = self._state.known_reference
        visible = self._show_ghost and reference is not None
        self._view.show_ghost(reference.structure if reference and visible else None)

    def _aligned(self, positions: FloatArray) -> FloatArray:
        state = self._state
        anchor = state.known_reference.structure if state.known_reference else state.base
        return positions if anchor is None else superpose(positions, anchor.positions)


def _same_graph(first: Structure | None, second: Structure | None) -> bool:
    if first is None or second is None:
        return False
    return first.same_atoms(second) and first.bonds.tolist() == second.bonds.tolist()
