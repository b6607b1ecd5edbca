"""The trajectory studio: looks, measurements, comparison, explanation, export.

Builds the panels beside the 3D view and carries out their actions; the window only gives them
a place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from morered_gui.app.controller import Controller
from morered_gui.gui.course import CoursePanel
from morered_gui.gui.exporter import Exporter
from morered_gui.gui.look_panel import LookPanel
from morered_gui.gui.picking import Picker
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
    actions: Mapping[str, QAction]
    theme: Theme


class Studio:
    """Panels and actions of the studio; ``build`` is to be called once."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._parts: StudioParts | None = None

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """By the id of the action."""
        return {
            "measure_distance": lambda: self._measure(2),
            "measure_angle": lambda: self._measure(3),
            "measure_dihedral": lambda: self._measure(4),
            "plot_measurement": self._plot_measurement,
            "remove_measure": self._remove_measurement,
            "pin_frame": self._pin_frame,
            "export": self._export,
            "copy_picture": self._copy_picture,
        }

    @property
    def parts(self) -> StudioParts:
        """The parts; raises RuntimeError before ``build``."""
        if self._parts is None:
            raise RuntimeError("an action of the studio ran before the window was built")
        return self._parts

    def build(self, parts: StudioParts) -> None:
        """Make the panels and connect them."""
        self._parts = parts
        state = parts.controller.state
        self.look = LookPanel(state, parts.actions)
        self.panels: dict[str, QWidget] = {"Look and measure": self.look}
        self.picker = Picker(state, parts.view, parts.scene, self.look)
        self.exporter = Exporter(
            self._window, parts.controller, parts.view, parts.scene, parts.course, parts.theme
        )
        state.view_changed.connect(self._on_view)
        state.structure_changed.connect(self._on_view)
        self.look.plot_asked.connect(lambda name: parts.course.choose({"left": name}))

    def refresh_frame(self) -> None:
        """Another frame is looked at, or pointed at."""
        self.look.refresh_values()

    def set_theme(self, theme: Theme) -> None:
        """New colours."""
        self.exporter.theme = theme

    def enable_actions(self) -> None:
        """Grey out what makes no sense now."""
        state, actions = self.parts.controller.state, self.parts.actions
        some = state.structure is not None
        frames = state.trajectory is not None and len(state.trajectory) > 0
        for name in ("measure_distance", "measure_angle", "measure_dihedral"):
            actions[name].setEnabled(some)
        for name in ("plot_measurement", "remove_measure"):
            actions[name].setEnabled(bool(state.view.measurements))
        actions["pin_frame"].setEnabled(frames or state.pinned is not None)
        actions["pin_frame"].setChecked(state.pinned is not None)

    # --- actions --------------------------------------------------------------------------------

    def _measure(self, count: int) -> None:
        dock = self.look.parentWidget()
        if dock is not None:
            dock.show()
            dock.raise_()
        self.look.pick(count)

    def _plot_measurement(self) -> None:
        self.look.plot_selected()

    def _remove_measurement(self) -> None:
        self.look.remove_selected()

    def _export(self) -> None:
        self.exporter.show()

    def _copy_picture(self) -> None:
        self.exporter.copy_picture()

    def _pin_frame(self) -> None:
        state = self.parts.controller.state
        state.pin_frame(None if state.pinned is not None else state.shown)

    # --- reactions ------------------------------------------------------------------------------

    def _on_view(self) -> None:
        state = self.parts.controller.state
        self.look.refresh()
        self.parts.course.set_measurements(state.view.measurements)
        self.enable_actions()
