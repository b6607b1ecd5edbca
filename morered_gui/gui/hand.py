"""What the mouse does in the 3D view: turn the view, select by a box, move atoms."""

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup

from morered_gui.app.controller import Controller
from morered_gui.app.space_edits import SpaceEdits
from morered_gui.chem.moving import translate, turn
from morered_gui.gui.page3d import Drag, HandMode
from morered_gui.gui.picking import Picker
from morered_gui.gui.scene import Scene
from morered_gui.gui.view3d import View3D

MODES = {
    "hand_turn": HandMode.TURN,
    "hand_box": HandMode.BOX,
    "hand_move": HandMode.MOVE,
}


class Hand(QObject):
    """Carries out what was done with the mouse: a drag is one edit, relaxed when it has ended."""

    def __init__(
        self,
        controller: Controller,
        view: View3D,
        scene: Scene,
        picker: Picker,
        edits: SpaceEdits,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__(view)
        self._controller, self._view, self._scene = controller, view, scene
        self._picker, self._edits = picker, edits
        group = QActionGroup(self)
        for name in MODES:
            group.addAction(actions[name])
        actions["hand_turn"].setChecked(True)
        # A relaxation on its way would move the atoms below the hand.
        view.atoms_grabbed.connect(controller.cancel_run)
        view.atoms_dragged.connect(self._on_drag)
        view.box_drawn.connect(self._on_box)

    def take(self, name: str) -> None:
        """Let the mouse do one of MODES from now on."""
        self._view.set_hand(MODES[name])

    def _on_drag(self, drag: Drag) -> None:
        vector = self._scene.into_structure(np.array(drag.vector))
        motion = turn if drag.turns else translate
        self._edits.move(
            lambda structure, held: motion(structure, drag.atoms, vector, held=held),
            relax=True,
            on_refusal=self._scene.move,  # the page shows them where they can't go
        )

    def _on_box(self, atoms: list[int], adds: bool) -> None:
        before = self._picker.selection if adds else ()
        self._picker.select((*before, *(k for k in atoms if k not in before)))
