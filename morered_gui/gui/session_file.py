"""Saves all that is on the screen to a file, and brings it back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morered_gui.app.controller import Controller
from morered_gui.app.messages import Message
from morered_gui.app.records import RunRecord
from morered_gui.app.session import Session
from morered_gui.app.session_file import SUFFIX, load_session, save_session
from morered_gui.app.view_options import ViewOptions
from morered_gui.gui.course import CoursePanel
from morered_gui.gui.dialogs import save_with_suffix
from morered_gui.gui.saves import Saves
from morered_gui.gui.view3d import View3D

STUDIO = "studio"  # among the session's choices
CAMERA_NUMBERS = 8
Choices = Mapping[str, Any]


@dataclass(eq=False)
class SessionFiles:
    """Session files; ``choices`` and ``adopt`` are the settings of a run, out and in."""

    controller: Controller
    view: View3D
    course: CoursePanel
    saves: Saves
    choices: Callable[[], Choices]
    adopt: Callable[[Choices], None]

    def save(self, path: Path) -> None:
        """Write the file; the page is asked for the camera first."""
        save_with_suffix(self.view.window(), path, SUFFIX, (SUFFIX,), self._ask_camera)

    def _ask_camera(self, path: Path) -> None:
        self.saves.begin()  # until the camera is known
        self.view.ask_camera(lambda camera: self._write(path, camera))

    def _write(self, path: Path, camera: list[float]) -> None:
        self.saves.end()
        state = self.controller.state
        session = Session.of(state, {**self.choices(), STUDIO: self._studio(camera)})
        if session is None:
            self._say("There is nothing to save yet; open a molecule first.")
            return

        def write() -> None:
            self.controller.run_task(
                lambda: save_session(path, session), lambda _: self._say(f"Saved {path}.")
            )

        self.saves.follow(write, state.runs)

    def load(self, path: Path) -> None:
        """Read a file and show what it holds; what is on the screen goes."""

        def read() -> tuple[Session, list[RunRecord]]:
            session = load_session(path)
            return session, session.records()

        self.controller.run_task(read, lambda result: self._restore(*result))

    def _restore(self, session: Session, records: list[RunRecord]) -> None:
        self.controller.cancel_run()
        session.restore(self.controller.state, records)
        self.saves.keep(records)
        self.adopt(session.choices)
        studio = session.choices.get(STUDIO)
        problem = self._restore_studio(studio) if isinstance(studio, dict) else ""
        self._say(problem or f"{session.start.name or session.start.formula} is back.")

    def _studio(self, camera: list[float]) -> dict[str, Any]:
        return {
            "view": self.controller.state.view.as_table(),
            "plot": self.course.chosen(),
            "camera": camera,
        }

    def _restore_studio(self, studio: dict[str, Any]) -> str:
        """Looks and camera; returns a sentence where they make no sense."""
        try:
            options = ViewOptions.of_table(studio["view"])
            plot = {str(k): str(v) for k, v in dict(studio["plot"]).items()}
            camera = [float(x) for x in studio["camera"]]
        except (KeyError, TypeError, ValueError, AttributeError):
            return "The molecule is back; how it was looked at can't be read."
        n_atoms = len(self.controller.state.structure or ())
        if any(max(m.atoms) >= n_atoms for m in options.measurements):
            return "The molecule is back; its measurements name atoms that do not exist."
        self.controller.state.set_view(options)
        self.course.choose(plot)
        if len(camera) == CAMERA_NUMBERS:
            self.view.set_camera(camera)
        return ""

    def _say(self, text: str) -> None:
        self.controller.state.say(Message(text))
