"""Nothing is lost by closing the window without a word."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from morered_gui.app.controller import Controller
from morered_gui.app.messages import Message, Severity
from morered_gui.app.session_file import load_session
from morered_gui.app.state import AppState
from morered_gui.core import Frame, Provenance
from morered_gui.gui.closing import Closing
from morered_gui.gui.saves import Saves
from morered_gui.gui.window import MainWindow
from tests.app.molecules import WATER
from tests.gui.questions import answer, questions

WAIT = 30_000


class Stage:
    """A window that may close, with a run in its state and nothing else behind it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot, self.window, self.state = qtbot, QWidget(), AppState()
        qtbot.addWidget(self.window)
        self.window.show()
        self.controller = Controller(self.state)
        self.saves, self.filming = Saves(self.controller), False
        self.closing = Closing(
            self.window, self.state, self.saves, lambda: self.filming, self.saves.begin
        )

    def relaxed(self) -> "Stage":
        """With a run of two frames."""
        self.state.load(WATER)
        self.state.begin_run(Provenance("spring"))
        self.state.add_frames([Frame(k, WATER.positions) for k in range(2)])
        return self

    def allows(self) -> bool:
        """What the closing says while events are dealt with, as after a click."""
        said: list[bool] = []
        QTimer.singleShot(0, lambda: said.append(self.closing.allows()))
        self.qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
        return said[0]

    def pump(self, condition: Callable[[], bool]) -> None:
        """Until then."""

        def pumped() -> bool:
            self.controller.pump()
            return condition()

        self.qtbot.waitUntil(pumped, timeout=WAIT)


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    stage = Stage(qtbot)
    yield stage
    assert stage.controller.close()


def test_that_a_window_without_work_closes_at_once(stage: Stage) -> None:
    assert stage.allows()
    stage.state.load(WATER)
    assert stage.allows()


def test_that_a_script_is_not_asked(stage: Stage) -> None:
    assert stage.relaxed().closing.allows()
    assert not questions(stage.window)


def test_that_runs_are_asked_about_until_they_are_in_a_file(stage: Stage) -> None:
    assert not stage.relaxed().allows()
    assert "One run is in no file" in answer(stage.window, "Cancel", stage.qtbot)
    stage.saves.follow(lambda: None, stage.state.runs)
    stage.pump(lambda: not stage.saves.under_way)
    assert stage.allows()
    stage.state.add_frames([Frame(2, WATER.positions)])
    assert not stage.allows()
    answer(stage.window, "Close without saving", stage.qtbot)
    assert not stage.window.isVisible()
    assert stage.allows()


def test_that_a_save_that_has_failed_keeps_no_run(stage: Stage) -> None:
    def fail() -> None:
        stage.controller.save_structure(Path("/nowhere/water.xyz"))

    stage.relaxed().saves.follow(fail, stage.state.runs)
    assert stage.saves.under_way
    stage.pump(lambda: not stage.saves.under_way)
    assert not stage.allows()


def test_that_a_window_that_waits_closes_when_all_is_written(stage: Stage) -> None:
    stage.filming = True
    assert not stage.allows()
    answer(stage.window, "Wait, then close", stage.qtbot)
    stage.closing.go_on()
    assert stage.window.isVisible()
    stage.filming = False
    stage.closing.go_on()
    assert not stage.window.isVisible()


def test_that_a_window_stays_where_the_file_can_not_be_written(stage: Stage) -> None:
    stage.filming = True
    assert not stage.allows()
    answer(stage.window, "Wait, then close", stage.qtbot)
    stage.filming = False
    stage.state.say(Message("The disk is full.", Severity.ERROR))
    stage.closing.go_on()
    assert stage.window.isVisible()


def test_that_the_window_waits_for_a_film_and_then_for_a_session(
    relaxed: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, session = tmp_path / "run.mp4", tmp_path / "run.morered"
    dialog = relaxed.studio.exporter.dialog
    dialog.offer(12)
    dialog.size_of_film.setCurrentIndex(0)
    relaxed.studio.exporter.save_film(film)
    QTimer.singleShot(0, relaxed.close_window)
    qtbot.waitUntil(lambda: bool(questions(relaxed)), timeout=WAIT)
    assert "being made" in answer(relaxed, "Wait, then close", qtbot)
    qtbot.waitUntil(lambda: bool(questions(relaxed)), timeout=WAIT)
    assert film.exists()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(session), ""))
    answer(relaxed, "Save session…", qtbot)
    qtbot.waitUntil(lambda: not relaxed.isVisible(), timeout=WAIT)
    assert len(load_session(session).trajectories) == 1
