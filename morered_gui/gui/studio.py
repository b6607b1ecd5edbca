"""The trajectory studio: looks, measurements, comparison, explanation, export.

Builds the panels beside the 3D view and carries out their actions; the window only gives them
a place.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QWidget

from morered_gui.app.comparison import (
    RunQueue,
    methods_of,
    needs_seeds,
    seeds_done,
    seeds_of,
    served_methods,
)
from morered_gui.app.demos import DEMOS
from morered_gui.app.ensemble_watch import EnsembleWatch
from morered_gui.app.messages import Message
from morered_gui.app.session_file import SUFFIX
from morered_gui.app.settings import Settings, choices_of, with_choices
from morered_gui.core import Structure
from morered_gui.gui.commands import file_stem
from morered_gui.gui.demo_player import DemoPlayer, reveal
from morered_gui.gui.edit_panel import EDITS, EditPanel
from morered_gui.gui.explain_panel import SAME_NOISE, ExplainPanel
from morered_gui.gui.exporter import Exporter
from morered_gui.gui.hand import MODES, Hand
from morered_gui.gui.look_panel import LookPanel
from morered_gui.gui.palette import Palette
from morered_gui.gui.picking import Picker
from morered_gui.gui.runs_panel import RunsPanel
from morered_gui.gui.session_file import SessionFiles
from morered_gui.gui.studio_parts import StudioParts
from morered_gui.gui.theme import Theme
from morered_gui.relaxers.methods import find_method

SAME_RESULT = "draws no random numbers: every seed gives the same result."


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
            "cloud": self._switch_cloud,
            "export": self._export,
            "save_session": self._save_session,
            "run_seeds": self._run_seeds,
            "run_methods": self._run_methods,
            "remove_run": self._remove_run,
            "start_dissolved": self._start_dissolved,
            "palette": self._open_palette,
            "copy_picture": self._copy_picture,
            "demo_next": self._next_step,
            "demo_back": self._step_back,
            "demo_end": self._end_demo,
            **{name: partial(self._start_demo, name) for name in DEMOS},
            **{name: partial(self._edit, name) for name in EDITS},
            **{name: partial(self._take_in_hand, name) for name in MODES},
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
        self.runs = RunsPanel(state, parts.actions, parts.theme)
        self.explain = ExplainPanel(state, parts.scene, parts.actions)
        self.panels: dict[str, QWidget] = {
            "Runs": self.runs,
            "Look and measure": self.look,
            "Explain": self.explain,
        }
        self.demos = DemoPlayer(self._window, parts, self.explain)
        self.queue = RunQueue(parts.controller)
        self.ensembles = EnsembleWatch(parts.controller)
        self.palette = Palette(parts.actions, self._window)
        self.sessions = SessionFiles(
            parts.controller, parts.view, parts.course, parts.saves, self._choices, self._adopt
        )
        self.picker = Picker(state, parts.view, parts.scene, self.look)
        self.edit = EditPanel(parts.editing, self.picker, parts.actions)
        self.panels["Edit in 3D"] = self.edit
        self.hand = Hand(
            parts.controller, parts.view, parts.scene, self.picker, self.edit.edits, parts.actions
        )
        self.exporter = Exporter(
            self._window,
            parts.controller,
            parts.view,
            parts.scene,
            parts.course,
            parts.saves,
            parts.theme,
        )
        state.fixed_changed.connect(parts.scene.restyle)
        state.trajectory_changed.connect(parts.scene.move)  # colours refer to the reference
        state.view_changed.connect(self._on_view)
        state.structure_changed.connect(self._on_view)
        state.structure_changed.connect(self.explain.reset)
        state.trajectory_changed.connect(self.explain.reset)
        state.trajectory_changed.connect(self.runs.refresh)  # marks the run looked at
        state.frame_selected.connect(lambda _index: self.explain.reset())
        state.runs_changed.connect(self._on_runs)
        state.run_checked.connect(lambda _run: self.runs.refresh())
        state.frames_added.connect(lambda _first: self.runs.refresh_numbers())
        state.ensemble_changed.connect(self._on_ensemble)
        self.explain.prediction_asked.connect(self._predict)
        parts.run_panel.changed.connect(self._follow_model)
        self._follow_model()
        self.look.plot_asked.connect(lambda name: parts.course.choose({"left": name}))

    def refresh_frame(self) -> None:
        """Another frame is looked at, or pointed at."""
        self.look.refresh_values()
        self.explain.refresh_frame()
        self.edit.refresh()

    def set_theme(self, theme: Theme) -> None:
        """New colours."""
        self.exporter.theme = theme
        self.runs.set_theme(theme)
        self.demos.theme = theme

    def enable_actions(self) -> None:
        """Grey out what makes no sense now."""
        state, actions = self.parts.controller.state, self.parts.actions
        some = state.structure is not None
        frames = state.trajectory is not None and len(state.trajectory) > 0
        for name in ("measure_distance", "measure_angle", "measure_dihedral"):
            actions[name].setEnabled(some)
        for name in ("run_seeds", "run_methods", "start_dissolved", "save_session"):
            actions[name].setEnabled(some and (name == "save_session" or not state.busy))
        actions["remove_run"].setEnabled(bool(state.runs))
        for name in ("plot_measurement", "remove_measure"):
            actions[name].setEnabled(bool(state.view.measurements))
        actions["pin_frame"].setEnabled(frames or state.pinned is not None)
        actions["pin_frame"].setChecked(state.pinned is not None)
        actions["cloud"].setEnabled(state.ensemble is not None)
        actions["cloud"].setChecked(state.view.cloud and state.ensemble is not None)

    # --- actions --------------------------------------------------------------------------------

    def _measure(self, count: int) -> None:
        reveal(self.look)
        self.look.pick(count)

    def _plot_measurement(self) -> None:
        self.look.plot_selected()

    def _remove_measurement(self) -> None:
        self.look.remove_selected()

    def _start_demo(self, name: str) -> None:
        self.demos.start(DEMOS[name])

    def _next_step(self) -> None:
        self.demos.go_on()

    def _step_back(self) -> None:
        self.demos.go_back()

    def _end_demo(self) -> None:
        self.demos.end()

    def _edit(self, name: str) -> None:
        self.edit.carry_out(name)

    def _take_in_hand(self, name: str) -> None:
        self.hand.take(name)

    def _export(self) -> None:
        self.exporter.show()

    def _copy_picture(self) -> None:
        self.exporter.copy_picture()

    def _save_session(self) -> None:
        state = self.parts.controller.state
        if state.structure is None:
            return
        stem = file_stem(state.structure.name or state.structure.formula)
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save session", stem + SUFFIX, f"Session (*{SUFFIX})"
        )
        if name:
            self.sessions.save(Path(name))

    def _choices(self) -> Mapping[str, Any]:
        return choices_of(self.parts.run_panel.remembered(Settings()))

    def _adopt(self, choices: Mapping[str, Any]) -> None:
        panel = self.parts.run_panel
        panel.adopt(with_choices(panel.remembered(Settings()), choices))

    def _run_seeds(self) -> None:
        panel, state = self.parts.run_panel, self.parts.controller.state
        choice, method, start = panel.choice, panel.method, state.structure
        if choice is None or method is None or start is None:
            return None
        if not needs_seeds(method.name):
            return state.say(Message(f"{method.title} {SAME_RESULT}"))
        state.set_view(replace(state.view, cloud=True))
        done = seeds_done(state.runs, start, choice, panel.max_steps)
        runs = seeds_of(choice, panel.seed, self.runs.n_seeds, panel.max_steps, done)
        return self.queue.begin(runs)

    def _run_methods(self) -> None:
        panel = self.parts.run_panel
        if panel.choice is None:
            return
        served = served_methods(panel.models)
        plan = methods_of(panel.choice, served, panel.seed, panel.steps_of)
        self.queue.begin(plan)

    def _remove_run(self) -> None:
        run = self.runs.selected
        if run is not None:
            self.parts.controller.state.remove_run(run)

    def _start_dissolved(self) -> None:
        self.parts.controller.add_noise(self.explain.t, SAME_NOISE, self.explain.schedule)

    def _predict(self, structure: Structure) -> None:
        choice = self.parts.run_panel.choice
        # Plain diffusion is told the time step: what it gives back is no prediction.
        if choice is not None and not find_method(choice.method).starts_at_given_time:
            self.parts.controller.predict(
                structure, choice, lambda frame: self.explain.show_prediction(structure, frame)
            )

    def _open_palette(self) -> None:
        self.palette.open_empty()

    def _pin_frame(self) -> None:
        state = self.parts.controller.state
        state.pin_frame(None if state.pinned is not None else state.shown)

    def _switch_cloud(self) -> None:
        view = self.parts.controller.state.view
        self.parts.controller.state.set_view(replace(view, cloud=not view.cloud))

    # --- reactions ------------------------------------------------------------------------------

    def _follow_model(self) -> None:
        """Dissolve by the process of the model chosen."""
        self.explain.set_schedule(self.parts.run_panel.schedule)

    def _on_runs(self) -> None:
        self.runs.refresh()
        self.parts.course.refresh()
        self.enable_actions()

    def _on_ensemble(self) -> None:
        self.parts.scene.restyle()
        self.parts.course.set_ensemble(self.parts.controller.state.ensemble)
        self._on_runs()

    def _on_view(self) -> None:
        state = self.parts.controller.state
        self.look.refresh()
        self.parts.course.set_measurements(state.view.measurements)
        self.enable_actions()
