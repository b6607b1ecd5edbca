"""Asks before the window takes with it what nobody wants to lose."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QThread
from PySide6.QtWidgets import QWidget

from morered_gui.app.messages import Message, Severity
from morered_gui.app.records import RunRecord
from morered_gui.app.state import AppState
from morered_gui.gui.dialogs import ask
from morered_gui.gui.saves import Saves

TITLE = "Close the program"


class Closing(QObject):
    """Knows of files under way, and of runs that are in no file."""

    def __init__(
        self,
        window: QWidget,
        state: AppState,
        saves: Saves,
        others: Callable[[], bool],
        save_session: Callable[[], None],
    ) -> None:
        """``others`` tells whether anything else writes a file: films, whole files relaxed."""
        super().__init__(window)
        self._window, self._state = window, state
        self._saves, self._others, self._save_session = saves, others, save_session
        self._waits, self._decided = False, False

    def allows(self) -> bool:
        """Whether the window may close now; where not, a question is asked that may close it."""
        if self._decided or not QThread.currentThread().loopLevel():
            return True  # a script that closes the window has no loop in which to answer
        self._waits = False
        if self._under_way:
            self._ask_about_files()
        elif self._unsaved:
            self._ask_about_runs(len(self._unsaved))
        else:
            return True
        return False

    def go_on(self) -> None:
        """Close the window if it has only waited for files; to be called every now and then."""
        if not self._waits or self._under_way:
            return
        self._waits = False
        message = self._state.message
        if message is None or message.severity != Severity.ERROR:  # why a file can't be written
            self._window.close()

    # --- inside ---------------------------------------------------------------------------------

    @property
    def _under_way(self) -> bool:
        return self._others() or self._saves.under_way

    @property
    def _unsaved(self) -> list[RunRecord]:
        return [run for run in self._state.runs if not self._saves.has(run)]

    def _ask_about_files(self) -> None:
        text = "A file is still being made. Closing now gives it up."
        answers = {"Wait, then close": self._wait, "Close now": self._close}
        ask(self._window, TITLE, text, answers)

    def _ask_about_runs(self, count: int) -> None:
        which, it = ("One run is", "it") if count == 1 else (f"{count} runs are", "them")
        text = f"{which} in no file yet. Closing now loses {it}."
        answers = {"Save session…": self._save_then_close, "Close without saving": self._close}
        ask(self._window, TITLE, text, answers)

    def _wait(self) -> None:
        self._waits = True
        self._state.say(Message("The window closes when the file is there."))

    def _save_then_close(self) -> None:
        self._save_session()
        if self._under_way:  # a path was chosen
            self._wait()

    def _close(self) -> None:
        self._decided = True
        self._window.close()
