"""Atoms clicked in the 3D view become measurements."""

from dataclasses import replace

from PySide6.QtCore import QObject

from morered_gui.app.measurements import Measurement
from morered_gui.app.state import AppState
from morered_gui.gui.look_panel import LookPanel
from morered_gui.gui.scene import Scene
from morered_gui.gui.view3d import View3D


class Picker(QObject):
    """Collects clicked atoms until a measurement is complete; a second click takes one back."""

    def __init__(self, state: AppState, view: View3D, scene: Scene, panel: LookPanel) -> None:
        super().__init__(panel)
        self._state, self._scene, self._panel = state, scene, panel
        self._atoms: tuple[int, ...] = ()
        view.atom_clicked.connect(self._on_atom)
        panel.picking_changed.connect(lambda _count: self._mark(()))

    @property
    def atoms(self) -> tuple[int, ...]:
        """Picked so far, in their order."""
        return self._atoms

    def _on_atom(self, index: int) -> None:
        wanted = self._panel.picking
        structure = self._state.structure
        if not wanted or structure is None or not 0 <= index < len(structure):
            return
        if index in self._atoms:
            self._mark(tuple(k for k in self._atoms if k != index))
            return
        atoms = (*self._atoms, index)
        if len(atoms) < wanted:
            self._mark(atoms)
            return
        self._mark(())
        view, new = self._state.view, Measurement(atoms)
        if new not in view.measurements:
            self._state.set_view(replace(view, measurements=(*view.measurements, new)))

    def _mark(self, atoms: tuple[int, ...]) -> None:
        if atoms != self._atoms:
            self._atoms = atoms
            self._scene.mark(atoms)
