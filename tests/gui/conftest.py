"""One real window per module: a web view takes seconds to start."""

# QtWebEngine has to be imported before there is an application.
from morered_gui.gui.main import make_application, window_with  # isort: skip

import gc
import threading
from collections.abc import Callable, Iterator

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from morered_gui.app.controller import Controller
from morered_gui.app.runs import build
from morered_gui.app.settings import Settings
from morered_gui.app.state import AppState
from morered_gui.core import Relaxer
from morered_gui.gui.window import MainWindow
from morered_gui.relaxers.registry import RelaxerChoice
from tests.app.molecules import WATER
from tests.app.spring import Pace, SpringRelaxer

SLOW_STEP = 0.004  # s


REAL_DEVICE = "cpu"  # with this device chosen the window relaxes with the shipped model
PACE = Pace()


def relaxer_of(choice: RelaxerChoice) -> Relaxer:
    """Springs, unless the test asks for the real one by its device."""
    return build(choice) if choice.device == REAL_DEVICE else SpringRelaxer(PACE)


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    return make_application()


@pytest.fixture(scope="module")
def shared_window(qapp: QApplication) -> Iterator[MainWindow]:
    threads = set(threading.enumerate())
    widgets = set(map(id, qapp.topLevelWidgets()))
    settings = Settings(method="jt")  # takes as many steps as it is told
    window, problem = window_with(Controller(AppState(), build=relaxer_of), settings)
    assert not problem
    window.resize(1300, 900)  # both sides of the molecule are there
    window.show()
    yield window
    window.close()
    shiboken6.delete(window)
    del window
    gc.collect()  # pyqtgraph's menus have no parent and go with its Python objects
    qapp.processEvents()
    left = [t.name for t in set(threading.enumerate()) - threads]
    assert not {"compute", "tasks"} & set(left), f"threads left running: {left}"
    extra = [w for w in qapp.topLevelWidgets() if id(w) not in widgets and not w.parent()]
    assert not extra, f"widgets left: {extra}"


@pytest.fixture
def window(shared_window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window with water in it, at rest."""
    qtbot.waitUntil(lambda: shared_window.view.is_ready, timeout=90_000)
    PACE.seconds = 0.0
    shared_window.run_panel.choose_device("auto")
    shared_window.run_panel.choose_method("jt")
    shared_window.run_panel.set_max_steps(60)
    shared_window.state.load(WATER)
    shared_window.state.say(None)
    qtbot.waitUntil(lambda: shared_window.view.is_settled, timeout=60_000)
    yield shared_window
    shared_window.playback.pause()
    shared_window.controller.cancel_run()


@pytest.fixture
def relaxed(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window after a relaxation of 61 frames."""
    window.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: not window.state.busy, timeout=90_000)
    return window


@pytest.fixture
def slow_run(window: MainWindow, qtbot: QtBot) -> Iterator[Callable[[int], MainWindow]]:
    """Starts a run that does not end by itself, and waits for so many frames."""

    def start(frames: int) -> MainWindow:
        PACE.seconds = SLOW_STEP
        window.run_panel.set_max_steps(100_000)
        window.actions_by_id["relax"].trigger()
        qtbot.waitUntil(lambda: n_frames(window) >= frames, timeout=90_000)
        return window

    yield start
    window.controller.cancel_run()


def n_frames(window: MainWindow) -> int:
    """Frames of the trajectory."""
    trajectory = window.state.trajectory
    return 0 if trajectory is None else len(trajectory)
