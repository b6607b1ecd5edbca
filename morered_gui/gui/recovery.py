"""Offers what a crash has left, and keeps the session safe from the next one."""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from morered_gui.app.autosave import Autosave
from morered_gui.app.controller import Controller
from morered_gui.app.messages import Message
from morered_gui.app.session import Session
from morered_gui.app.settings import Settings, choices_of, with_choices
from morered_gui.gui.run_panel import RunPanel

TICK_MS = 1000
WAIT_MS, PATIENCE = 200, 50
logger = logging.getLogger(__name__)


class Recovery(QObject):
    """Autosave for a window; does nothing before ``begin``."""

    def __init__(
        self,
        controller: Controller,
        panel: RunPanel,
        on_change: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._controller, self._panel, self._on_change = controller, panel, on_change
        self._autosave = Autosave(controller, self._choices)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._autosave.tick)

    def begin(self) -> None:
        """Keep the session from now on; offer the one that was lost last."""
        try:
            lost = self._autosave.begin()
        except OSError:
            logger.exception("sessions can't be kept")
            return
        self._panel.changed.connect(self._autosave.touch)
        self._timer.start(TICK_MS)
        new = [path for path in lost if not self._autosave.was_offered(path)]
        if new:
            self._offer(new[0], PATIENCE)
        self._on_change()

    def end(self) -> None:
        """A clean end."""
        self._timer.stop()
        self._autosave.end()

    @property
    def available(self) -> bool:
        """Whether there is a lost session."""
        return bool(self._autosave.lost)

    def restore(self) -> None:
        """Bring back the newest of the lost sessions."""
        lost = self._autosave.lost
        if lost:
            self._autosave.restore(lost[0], self._restored)

    def _offer(self, path: Path, patience: int) -> None:
        """Behind the molecule of the start, which takes away any message when it comes."""
        if self._controller.is_loading and patience:
            QTimer.singleShot(WAIT_MS, self, lambda: self._offer(path, patience - 1))
            return
        when = time.strftime("%H:%M on %d %B", time.localtime(path.stat().st_mtime))
        self._autosave.offered(path)
        text = f"The program ended without being closed. Your work as of {when} is kept."
        self._controller.state.say(Message(text, action="restore_session"))

    def _restored(self, session: Session) -> None:
        self._panel.adopt(with_choices(self._panel.remembered(Settings()), session.choices))
        name = session.start.name or session.start.formula
        count = len(session.trajectories)
        runs = f" with {count} run{'s' if count > 1 else ''}" if count else ""
        self._controller.state.say(Message(f"{name}{runs} is back."))
        self._on_change()

    def _choices(self) -> Mapping[str, Any]:
        return choices_of(self._panel.remembered(Settings()))
