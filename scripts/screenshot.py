"""Take the pictures of the README from the running program.

    python scripts/screenshot.py [--example ID] [--noise T] [--folder DIR]

Opens the real window, loads an example, diffuses it, relaxes it with the real models, and grabs the
window: after few steps, after MoreRed-JT in the dark theme, and with three methods compared.
"""

import argparse
import sys
from pathlib import Path

import shiboken6
from staging import PICTURES, SIZE, choose_method, make_application, make_window, settle, wait

from morered_gui.gui.theme import dark_palette
from morered_gui.gui.window import MainWindow


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
        settle(window)
        arguments.folder.mkdir(parents=True, exist_ok=True)
        window.grab().save(str(arguments.folder / name))
        print(f"{name}: {_frames(window)} frames, {window.state.activity}")
        window.close()
        shiboken6.delete(window)
    return 0


def _load(window: MainWindow, arguments: argparse.Namespace) -> None:
    wait(lambda: window.view.is_ready, "the 3D view")
    wait(lambda: window.sketch_panel.sketcher.is_ready, "the sketcher")
    window.open_example(arguments.example)
    wait(lambda: window.state.structure is not None, "the example")
    window.run_panel.set_noise_t(arguments.noise)
    window.commands.noise()


def _relax(window: MainWindow, method: str) -> None:
    choose_method(window, method)
    window.commands.relax()
    wait(lambda: not window.state.busy, "the end of the run")


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


if __name__ == "__main__":
    sys.exit(main())
