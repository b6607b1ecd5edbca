"""Take the pictures of the README from the running program.

    python scripts/screenshot.py [--example ID] [--noise T] [--frames N] [--folder DIR]

Opens the real window, loads an example, diffuses it, relaxes it with a real model, and grabs the
window during the run, light and dark.
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
    """Take both pictures."""
    arguments = _arguments()
    application = make_application()
    for name, palette in (
        ("window.png", application.palette()),
        ("window-dark.png", dark_palette()),
    ):
        application.setPalette(palette)
        window, problem = make_window()
        if problem:
            print(problem, file=sys.stderr)
        window.resize(*SIZE)
        window.show()
        _take(window, arguments, arguments.folder / name)
        window.close()
        shiboken6.delete(window)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--example", default="difluorophenol")
    parser.add_argument("--noise", type=int, default=150)
    parser.add_argument("--frames", type=int, default=62, help="grab after so many frames")
    parser.add_argument("--folder", type=Path, default=PICTURES)
    return parser.parse_args()


def _take(window: MainWindow, arguments: argparse.Namespace, path: Path) -> None:
    state = window.state
    _wait(lambda: window.view.is_ready, "the 3D view")
    window.open_example(arguments.example)
    _wait(lambda: state.structure is not None, "the example")
    if arguments.noise:
        window.run_panel.set_noise_t(arguments.noise)
        window.commands.noise()
    window.commands.relax()
    _wait(lambda: _frames(window) >= arguments.frames or not state.busy, "the frames")
    # Waiting for Chromium to hand the drawn page to the window takes a moment.
    _pause(0.15)
    path.parent.mkdir(parents=True, exist_ok=True)
    window.grab().save(str(path))
    print(f"{path}: {_frames(window)} frames, {state.activity}")


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
