"""The parts of the window that the studio's panels and demonstrations work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction

from morered_gui.app.controller import Controller
from morered_gui.app.editing import Editing
from morered_gui.gui.course import CoursePanel
from morered_gui.gui.playback import PlaybackBar
from morered_gui.gui.run_panel import RunPanel
from morered_gui.gui.saves import Saves
from morered_gui.gui.scene import Scene
from morered_gui.gui.theme import Theme
from morered_gui.gui.view3d import View3D


@dataclass(frozen=True, eq=False)
class StudioParts:
    """The parts of the window that the studio works with."""

    controller: Controller
    view: View3D
    scene: Scene
    course: CoursePanel
    saves: Saves
    playback: PlaybackBar
    run_panel: RunPanel
    actions: Mapping[str, QAction]
    theme: Theme
    editing: Editing
    open_example: Callable[[str], None]
