"""What each action does: asks for what it needs, then hands over to the controller."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QFileDialog, QWidget

from morered_gui.app.controller import Controller
from morered_gui.app.messages import Message, Severity
from morered_gui.app.operations import STRUCTURE_SUFFIXES, TRAJECTORY_SUFFIXES
from morered_gui.app.session_file import SUFFIX
from morered_gui.chem.library import is_csv
from morered_gui.gui.dialogs import ask_path, show_about, show_shortcuts
from morered_gui.gui.model_manager import ModelManager
from morered_gui.gui.playback import PlaybackBar
from morered_gui.gui.recovery import Recovery
from morered_gui.gui.run_panel import NO_MODEL, RunPanel
from morered_gui.gui.saves import Saves
from morered_gui.gui.scene import Scene
from morered_gui.gui.view3d import View3D
from morered_gui.relaxers.suitability import Verdict

OPEN_PATTERNS = (
    "*.morered *.xyz *.extxyz *.mol *.sdf *.mol2 *.pdb *.smi *.traj *.cif *.gen *.csv *.gz"
)
OPEN_FILTER = f"Molecules and sessions ({OPEN_PATTERNS});;All files (*)"


class Window(Protocol):
    """What the commands need of the window."""

    def widget(self) -> QWidget: ...
    def remember_file(self, path: Path) -> None: ...
    def ghost_switched(self, show: bool) -> None: ...
    def ghost_wanted(self) -> bool: ...
    def live_wanted(self) -> bool: ...
    def resize_interface(self, way: int) -> None: ...
    def close_window(self) -> None: ...
    def open_session(self, path: Path) -> None: ...
    def relax_file(self, path: Path) -> None: ...


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of the window that commands act on."""

    controller: Controller
    run_panel: RunPanel
    playback: PlaybackBar
    scene: Scene
    view: View3D
    recovery: Recovery
    models: ModelManager
    saves: Saves


class Commands:
    """One method per action."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._parts: Parts | None = None

    def attach(self, parts: Parts) -> None:
        """Give it the parts, which are built with the actions already there."""
        self._parts = parts

    @property
    def parts(self) -> Parts:
        """The parts; raises RuntimeError before ``attach``."""
        if self._parts is None:
            raise RuntimeError("a command ran before the window was built")
        return self._parts

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """By the id of the action."""
        return {
            "open": self.open,
            "save_structure": self.save_structure,
            "save_trajectory": self.save_trajectory,
            "restore_session": self.restore_session,
            "quit": self._window.close_window,
            "relax": self.relax,
            "relax_by_other": self.relax_by_other,
            "stop": self.stop,
            "noise": self.noise,
            "pure_noise": self.pure_noise,
            "adopt_frame": self.adopt_frame,
            "ghost": lambda: self._window.ghost_switched(self._window.ghost_wanted()),
            "fit": self.fit,
            "larger": lambda: self._window.resize_interface(1),
            "smaller": lambda: self._window.resize_interface(-1),
            "play": self.play,
            "first": lambda: self._go(0),
            "previous": lambda: self.parts.playback.step(-1),
            "next": lambda: self.parts.playback.step(1),
            "last": self.last,
            "back_ten": lambda: self.parts.playback.step(-10),
            "forward_ten": lambda: self.parts.playback.step(10),
            "best": self.best,
            "live": self.live,
            "import_model": self.import_model,
            "manage_models": self.manage_models,
            "models_folder": self.open_models_folder,
            "loop": _nothing,  # switches: their state is looked at when it matters
            "skip_frames": _nothing,
            "shortcuts": lambda: show_shortcuts(self._window.widget()),
            "about": lambda: show_about(self._window.widget()),
        }

    # --- models ---------------------------------------------------------------------------------

    def import_model(self) -> None:
        """Ask for a model's file."""
        self.parts.models.ask_import()

    def manage_models(self) -> None:
        """Show all models."""
        self.parts.models.manage()

    def open_models_folder(self) -> None:
        """Show the folder of the user's own models."""
        self.parts.models.open_folder()

    # --- files ----------------------------------------------------------------------------------

    def open(self) -> None:
        """Ask for a file and read it."""
        name, _ = QFileDialog.getOpenFileName(
            self._window.widget(), "Open a molecule", "", OPEN_FILTER
        )
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> None:
        """Read a file: a molecule, or a session."""
        if is_csv(path):  # which is relaxed, but not looked at molecule by molecule
            self._window.relax_file(path)
            return
        self._window.remember_file(path)
        if path.suffix == SUFFIX:
            self._window.open_session(path)
        else:
            self.parts.controller.open_file(path)

    def open_reference(self, symmetric: bool) -> None:
        """Ask for a file with the structure that the RMSD is to be measured to."""
        name, _ = QFileDialog.getOpenFileName(
            self._window.widget(), "Structure to measure the RMSD to", "", OPEN_FILTER
        )
        if name:
            self.parts.controller.load_reference(Path(name), symmetric=symmetric)

    def restore_session(self) -> None:
        """Bring back what a crash has left."""
        self.parts.recovery.restore()

    def save_structure(self) -> None:
        """Ask where, and write the structure looked at."""
        self._save("Save structure", STRUCTURE_SUFFIXES, self.parts.controller.save_structure)

    def save_trajectory(self) -> None:
        """Ask where, and write all frames."""
        self._save("Save trajectory", TRAJECTORY_SUFFIXES, self.parts.controller.save_trajectory)

    def _save(self, title: str, suffixes: tuple[str, ...], save: Callable[[Path], None]) -> None:
        """Ask for a path, and write there."""
        state = self.parts.controller.state
        if state.structure is None:
            state.say(Message("There is no molecule to save; open one first.", Severity.WARNING))
            return
        stem = file_stem(state.structure.name or state.structure.formula)
        runs = [] if state.run is None else [state.run]

        def write(path: Path) -> None:
            self.parts.saves.follow(lambda: save(path), runs)

        ask_path(self._window.widget(), title, stem, suffixes, write)

    # --- relaxing -------------------------------------------------------------------------------

    def relax(self) -> None:
        """Relax the starting structure with what the panel says."""
        parts = self.parts
        choice = parts.run_panel.choice
        state, found = parts.controller.state, parts.run_panel.verdict
        if choice is None:
            return state.say(Message(NO_MODEL, Severity.ERROR))
        if found.refusal:
            return state.say(_refused(found))
        parts.playback.pause()
        panel = parts.run_panel
        parts.controller.relax(choice, seed=panel.seed, max_steps=panel.max_steps)
        if found.warning:
            state.say(Message(found.warning, Severity.WARNING))
        return None

    def relax_by_other(self) -> None:
        """Relax with what takes the molecule, where what is chosen does not."""
        others = self.parts.run_panel.verdict.others
        if others:
            self.parts.run_panel.choose_alternative(others[0])
        self.relax()

    def stop(self) -> None:
        """Stop the relaxation."""
        self.parts.controller.stop()

    def noise(self) -> None:
        """Diffuse the molecule to the t of the panel."""
        panel = self.parts.run_panel
        self.parts.playback.pause()
        self.parts.controller.add_noise(panel.noise_t, panel.seed, panel.schedule)

    def pure_noise(self) -> None:
        """Put the atoms at random places, for plain diffusion from its last time step."""
        panel = self.parts.run_panel
        if panel.choose_method("ddpm"):
            self.parts.playback.pause()
            panel.set_start_t(panel.last_t)
            self.parts.controller.start_from_noise(panel.last_t, panel.seed)

    def adopt_frame(self) -> None:
        """Make the frame looked at the starting structure."""
        self.parts.playback.pause()
        self.parts.controller.cancel_run()
        self.parts.controller.state.adopt_frame()

    # --- playback -------------------------------------------------------------------------------

    def play(self) -> None:
        """Play or pause."""
        self.parts.playback.toggle()

    def fit(self) -> None:
        """Show the whole molecule."""
        self.parts.view.fit()

    def last(self) -> None:
        """The newest frame."""
        self._go(-1)

    def best(self) -> None:
        """The best frame so far, see ``relaxers.check``."""
        run = self.parts.controller.state.run
        if run is not None and len(run.trajectory):
            self._go(run.best_index)

    def live(self) -> None:
        """Follow the newest frame, or stay where one is."""
        state = self.parts.controller.state
        self.parts.playback.pause()
        if self._window.live_wanted():
            state.go_live()
        else:
            state.live = False

    def _go(self, index: int) -> None:
        state = self.parts.controller.state
        self.parts.playback.pause()
        count = len(state.trajectory) if state.trajectory is not None else 0
        state.select_frame(count - 1 if index < 0 else index)


def _refused(found: Verdict) -> Message:
    """Why, with a button for what takes the molecule."""
    if not found.others:
        return Message(found.refusal, Severity.ERROR)
    button = f"Relax with {found.others[0].title}"
    return Message(found.refusal, Severity.ERROR, action="relax_by_other", button=button)


def _nothing() -> None:
    pass


def file_stem(name: str) -> str:
    """A name that every file system takes."""
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in name).strip("-")
    return kept[:60] or "molecule"
