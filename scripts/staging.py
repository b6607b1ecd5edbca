"""What scripts that take pictures of the running program share. To be imported before Qt."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The user's own settings have no place in the picture.
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="morered-pictures-")

from morered_gui.gui.main import make_application, make_window  # isort: skip

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from morered_gui.gui.window import MainWindow

__all__ = [
    "PICTURES",
    "SIZE",
    "choose_method",
    "make_application",
    "make_window",
    "pause",
    "settle",
    "wait",
]
# The examples' references are DFT geometries, and these have learnt from such.
MODELS = {"fast": "qm9-fast", "jt": "qm9-jt", "itp": "qm9-ddpm"}
PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZE = (1440, 900)


def choose_method(window: MainWindow, method: str) -> None:
    """A method, and the network that is trained for it."""
    window.run_panel.choose_method(method)
    window.run_panel.choose_model(MODELS.get(method, ""))


def settle(window: MainWindow) -> None:
    """Wait until everything asked for is drawn, and Chromium has handed it to the window."""
    wait(lambda: window.view.is_settled, "the last frame's drawing")
    pause(0.3)


def wait(condition: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
    """Let the window live until something is so; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds} s")
        pause(0.02)


def pause(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()
    QApplication.processEvents()
