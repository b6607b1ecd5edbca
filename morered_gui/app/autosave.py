"""What a user made outlives a crash: a session file per running program, and finding lost ones.

A file that no program holds (``own_files.py``) was lost by one that ended without saying good-bye.
Qt-free; lives in the interface's thread, and writes in the task thread.
"""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock
from platformdirs import user_state_path

from morered_gui.app.controller import Controller
from morered_gui.app.messages import Message, Severity
from morered_gui.app.own_files import drop, left_behind, lock_of, own_path, remove, when
from morered_gui.app.records import RunRecord
from morered_gui.app.session import Session
from morered_gui.app.session_file import SUFFIX, load_session, save_session
from morered_gui.app.settings import APPLICATION
from morered_gui.core import Structure

SHORTEST_PAUSE = 5.0  # s between two writes
SECONDS_PER_MEGABYTE = 1.0  # a long session is written less often
MOST_LOST = 5
DAYS_KEPT = 30.0
OFFERED = ".offered"  # in the name of a lost session that was offered once already
logger = logging.getLogger(__name__)


def autosave_folder() -> Path:
    """Where sessions are kept while programs run."""
    return user_state_path(APPLICATION, appauthor=False) / "sessions"


class Autosave:
    """Writes the session when it has changed, and finds the sessions of programs that crashed.

    Attributes:
        writing: whether the task thread is at it.
    """

    def __init__(self, controller: Controller, choices: Callable[[], Mapping[str, Any]]) -> None:
        self._controller, self._choices = controller, choices
        self._folder = autosave_folder()
        self._path = own_path(self._folder, SUFFIX)
        self._lock = lock_of(self._path)
        self._claimed: dict[Path, FileLock] = {}
        self._restored: list[Path] = []  # no longer needed once they are in our own file
        self._unreadable: set[Path] = set()  # perhaps by another program, or another time: kept
        self._untouched: Structure | None = None
        self._changed, self.writing, self._failed = False, False, False
        self._next = 0.0

    def begin(self) -> list[Path]:
        """Take a file; returns the lost sessions, the newest first. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire(timeout=0)
        state = self._controller.state
        self._untouched = state.structure
        for signal in (
            state.structure_changed,
            state.trajectory_changed,
            state.frames_added,
            state.runs_changed,
            state.run_checked,
            state.drawing_changed,
            state.fixed_changed,
        ):
            signal.connect(self.touch)
        return self._find_lost()

    def end(self) -> None:
        """A clean end: nothing is lost, hence nothing is left."""
        if self._lock.is_locked:
            remove(self._path)
        for lock in (self._lock, *self._claimed.values()):
            lock.release()
        remove(Path(self._lock.lock_file))

    def touch(self) -> None:
        """Something has changed."""
        self._changed = True
        if self._untouched is None:
            self._untouched = self._controller.state.structure

    def tick(self) -> None:
        """Write if there is something new and the last time is long enough ago."""
        if not self._changed or self.writing or time.monotonic() < self._next:
            return
        if not self._lock.is_locked or not self._worth_keeping():
            return
        session = Session.of(self._controller.state, self._choices())
        if session is None:
            return
        self._changed, self.writing = False, True
        path = self._path
        restored = self._restored.copy()  # what comes while it is written is not in this session

        def write() -> int:
            save_session(path, session)
            return path.stat().st_size

        self._controller.run_task(
            write, lambda size: self._written(size, restored), self._not_written
        )

    def offered(self, path: Path) -> None:
        """Do not offer it again by itself at the next start."""
        if not self.was_offered(path) and path.exists():
            renamed = path.with_name(f"{path.stem}{OFFERED}{SUFFIX}")
            path.rename(renamed)
            self._claimed[renamed] = self._claimed.pop(path)

    @staticmethod
    def was_offered(path: Path) -> bool:
        """Whether ``offered`` was called for it, now or by an earlier program."""
        return OFFERED in path.name

    @property
    def lost(self) -> list[Path]:
        """Sessions that can be restored, the newest first."""
        known = {*self._restored, *self._unreadable}
        found = [path for path in self._claimed if path.exists() and path not in known]
        return sorted(found, key=when, reverse=True)

    def restore(self, path: Path, on_restored: Callable[[Session], None]) -> None:
        """Read a lost session in the task thread and put it into the state.

        A file that can't be read is told of, not offered again by this program, and kept.
        """

        def read() -> tuple[Session, list[RunRecord]]:
            session = load_session(path)
            return session, session.records()

        def restored(result: tuple[Session, list[RunRecord]]) -> None:
            session, records = result
            self._controller.cancel_run()
            session.restore(self._controller.state, records)
            self._restored.append(path)
            on_restored(session)

        def failed(message: Message) -> None:
            self._unreadable.add(path)
            self._controller.state.say(message)

        self._controller.run_task(read, restored, failed)

    def _find_lost(self) -> list[Path]:
        for path, lock in left_behind(self._folder, f"*{SUFFIX}").items():
            too_old = time.time() - when(path) > DAYS_KEPT * 86_400
            if too_old or len(self._claimed) >= MOST_LOST:
                drop(path, lock)
            else:
                self._claimed[path] = lock
        return self.lost

    def _worth_keeping(self) -> bool:
        """Not where there is only the molecule that the program began with."""
        state = self._controller.state
        return bool(state.runs) or bool(state.fixed) or state.structure is not self._untouched

    def _written(self, size: int, restored: list[Path]) -> None:
        """``restored``: the lost files that were in the state when the session was taken of it."""
        self.writing, self._failed = False, False
        pause = max(SHORTEST_PAUSE, SECONDS_PER_MEGABYTE * size / 1e6)
        self._next = time.monotonic() + pause
        for path in restored:
            self._restored.remove(path)
            lock = self._claimed.pop(path, None)
            if lock is None:
                remove(path)
            else:
                drop(path, lock)

    def _not_written(self, message: Message) -> None:
        """Told once; tried again later."""
        self.writing, self._changed = False, True
        self._next = time.monotonic() + 4 * SHORTEST_PAUSE
        if not self._failed:
            self._failed = True
            text = f"Your work can't be kept safe from a crash: {message.text}"
            self._controller.state.say(Message(text, Severity.WARNING))
