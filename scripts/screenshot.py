"""Take the pictures of the README from the running program.

    python scripts/screenshot.py [--example ID] [--noise T] [--folder DIR]

Opens the real window, loads an example, diffuses it, relaxes it with the real models, and grabs the
window: after few steps, after MoreRed-JT in the dark theme, and with three methods compared.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The user's own settings have no place in the picture.
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="morered-screenshot-")

import shiboken6
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from morered_gui.gui.main import make_application, make_window
from morered_gui.gui.theme import dark_palette
from morered_gui.gui.window import MainWindow

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZE = (1440, 900)


def main() -> int:
    """Take all pictures."""
    arguments = _arguments()
    application = make_application()
    light = application.palette()
    for name, palette, take in (
        ("window.png", light, _few_steps),
        ("window-dark.png", dark_palette(), _published),
        ("runs.png", light, _compared),
    ):
        application.setPalette(palette)
        window, problem = make_window()
        if problem:
            print(problem, file=sys.stderr)
        window.resize(*SIZE)
        window.show()
        _load(window, arguments)
        take(window)
        _settle(window)
        # Waiting for Chromium to hand the drawn page to the window takes a moment.
        _pause(0.3)
        arguments.folder.mkdir(parents=True, exist_ok=True)
        window.grab().save(str(arguments.folder / name))
        print(f"{name}: {_frames(window)} frames, {window.state.activity}")
        window.close()
        shiboken6.delete(window)
    return 0


def _settle(window: MainWindow) -> None:
    _wait(lambda: window.view.is_settled, "the last frame's drawing")


def _load(window: MainWindow, arguments: argparse.Namespace) -> None:
    _wait(lambda: window.view.is_ready, "the 3D view")
    _wait(lambda: window.sketch_panel.sketcher.is_ready, "the sketcher")
    window.open_example(arguments.example)
    _wait(lambda: window.state.structure is not None, "the example")
    window.run_panel.set_noise_t(arguments.noise)
    window.commands.noise()


def _relax(window: MainWindow, method: str) -> None:
    window.run_panel.choose_method(method)
    window.commands.relax()
    _wait(lambda: not window.state.busy, "the end of the run")


def _few_steps(window: MainWindow) -> None:
    _relax(window, "fast")


def _published(window: MainWindow) -> None:
    _relax(window, "jt")


def _compared(window: MainWindow) -> None:
    for method in ("jt", "itp", "fast"):
        _relax(window, method)
    window.docks["Runs"].raise_()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--example", default="difluorophenol")
    parser.add_argument("--noise", type=int, default=150)
    parser.add_argument("--folder", type=Path, default=PICTURES)
    return parser.parse_args()


def _frames(window: MainWindow) -> int:
    trajectory = window.state.trajectory
    return 0 if trajectory is None else len(trajectory)


def _wait(condition: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds} s")
        _pause(0.02)


def _pause(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()
    QApplication.processEvents()


if __name__ == "__main__":
    sys.exit(main())
