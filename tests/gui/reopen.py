"""What a window shows, in figures; and a program of its own that opens a session and tells it.

python -m tests.gui.reopen SESSION FOLDER WIDTH HEIGHT
"""

# QtWebEngine has to be imported before there is an application.
from morered_gui.gui.main import make_application, window_with  # isort: skip

import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shiboken6
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage

from morered_gui.app.controller import Controller
from morered_gui.app.settings import Settings
from morered_gui.app.state import AppState
from morered_gui.core import Frame, Structure
from morered_gui.gui.window import MainWindow

PATIENCE = 120.0  # s


def described(window: MainWindow, camera: list[float]) -> dict[str, Any]:
    """All that a session has to bring back; numbers as digests of their bytes."""
    state, plot = window.state, window.course.plot
    return {
        "base": _structure(state.base),
        "start": _structure(state.structure),
        "pinned": _structure(state.pinned),
        "reference": getattr(state.reference, "label", None),
        "choice": [state.reference_choice.kind, state.reference_choice.symmetric],
        "noise_step": state.noise_step,
        "frame": state.frame_index,
        "run": state.runs.index(state.run) if state.run else -1,
        "runs": [
            [
                [_frame(frame) for frame in run.trajectory],
                run.trajectory.provenance.__dict__,
                run.trajectory.stop_reason,
                run.visible,
                run.colour,
                _bytes(run.series.rmsd),
            ]
            for run in state.runs
        ],
        "view": state.view.as_table(),
        "plot": window.course.chosen(),
        "curves": [_bytes(y) for side in ("left", "right") for y in plot.drawn(side)],
        "camera": camera,
        "picture": [window.view.width(), window.view.height()],
    }


def camera_of(window: MainWindow, wait: Callable[[Callable[[], bool]], None]) -> list[float]:
    """Where the molecule is looked at from."""
    got: list[list[float]] = []
    window.view.ask_camera(got.append)
    wait(lambda: bool(got))
    return got[0]


def png_of(window: MainWindow, wait: Callable[[Callable[[], bool]], None]) -> bytes:
    """The 3D view, once the page has taken the size of its widget."""
    wait(lambda: window.view.is_settled)
    got: list[bytes] = []

    def fits() -> bool:
        if got and QImage.fromData(got[-1]).size() == window.view.size():
            return True
        window.view.grab_png(got.append)
        return False

    wait(fits)
    return got[-1]


def main(session: Path, folder: Path, width: int, height: int) -> None:
    """Open the session in a new window and write what it shows into the folder."""
    make_application()
    window, _ = window_with(Controller(AppState()), Settings())
    window.resize(width, height)
    window.show()
    _wait(lambda: window.view.is_ready)
    window.open_path(session)
    _wait(lambda: "is back" in window.message_bar.text)
    window.message_bar.hide()
    _pause(0.5)
    (folder / "picture.png").write_bytes(png_of(window, _wait))
    content = described(window, camera_of(window, _wait))
    (folder / "described.json").write_text(json.dumps(content), encoding="utf-8")
    window.close()
    shiboken6.delete(window)


def _bytes(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def _structure(structure: Structure | None) -> list[object] | None:
    if structure is None:
        return None
    arrays = (structure.numbers, structure.positions, structure.bonds, structure.orders)
    return [*map(_bytes, arrays), structure.charge, structure.name]


def _frame(frame: Frame) -> list[object]:
    noise = None if frame.noise is None else _bytes(frame.noise)
    numbers = [frame.step, frame.t, frame.energy, frame.evaluations, frame.seconds, frame.stage]
    return [_bytes(frame.positions), noise, *numbers]


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not come")
        _pause(0.02)


def _pause(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
