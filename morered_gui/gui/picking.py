"""Atoms clicked in the 3D view become measurements, or a selection to be edited."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from morered_gui.app.measurements import Measurement
from morered_gui.app.state import AppState
from morered_gui.gui.look_panel import LookPanel
from morered_gui.gui.scene import Scene
from morered_gui.gui.view3d import View3D


class Picker(QObject):
    """Collects clicked atoms; a second click takes one back.

    While a measurement is wanted, they go into it; else they stay selected for the editor.

    Signals:
        selection_changed: other atoms are selected for the editor.
    """

    selection_changed = Signal()

    def __init__(self, state: AppState, view: View3D, scene: Scene, panel: LookPanel) -> None:
        super().__init__(panel)
        self._state, self._scene, self._panel = state, scene, panel
        self._atoms: tuple[int, ...] = ()
        view.atom_clicked.connect(self._on_atom)
        panel.picking_changed.connect(lambda _count: self._mark(()))
        # After structure_changed, so that the scene has drawn the new atoms.
        state.trajectory_changed.connect(self._keep_what_is_there)
        self._symbols: list[str] = []

    @property
    def atoms(self) -> tuple[int, ...]:
        """Picked so far, in their order."""
        return self._atoms

    def _on_atom(self, index: int) -> None:
        wanted = self._panel.picking
        structure = self._state.structure
        if structure is None or not 0 <= index < len(structure):
            return
        if index in self._atoms:
            self._mark(tuple(k for k in self._atoms if k != index))
            return
        atoms = (*self._atoms, index)
        if not wanted or len(atoms) < wanted:
            self._mark(atoms)
            return
        self._mark(())
        view, new = self._state.view, Measurement(atoms)
        if new not in view.measurements:
            self._state.set_view(replace(view, measurements=(*view.measurements, new)))

    @property
    def selection(self) -> tuple[int, ...]:
        """Atoms for the editor, in their order; none while a measurement is picked."""
        return () if self._panel.picking else self._atoms

    def select(self, atoms: tuple[int, ...]) -> None:
        """Select these atoms for the editor, in their order, and no others."""
        self._panel.pick(0)
        self._mark(atoms)

    def _keep_what_is_there(self) -> None:
        """Another molecule has other atoms; the same one keeps what is selected."""
        structure = self._state.structure
        symbols = [] if structure is None else structure.symbols
        if symbols != self._symbols:
            self._symbols = symbols
            self._mark(())

    def _mark(self, atoms: tuple[int, ...]) -> None:
        if atoms != self._atoms:
            self._atoms = atoms
            self._scene.mark(atoms)
            self.selection_changed.emit()
