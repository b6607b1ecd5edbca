"""From a click in the sketcher to the new molecule in space, and to the relaxed one.

    python benchmarks/draw_latency.py [--edits 20] [--smiles SMILES]

Opens the real window, and clicks with the element tools on one atom of the drawing, in turn
nitrogen and oxygen. Measured from the press of the mouse: until the first picture of the new
structure was drawn, until the relaxation had ended, and the longest that the window's thread was
held meanwhile. torch and the model are loaded before. Prints medians with the load of the machine.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="morered-benchmark-")

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from morered_gui.gui.main import make_application, make_window
from morered_gui.gui.window import MainWindow

TICK_MS = 5
# Wall time holds what other processes took; CPU time is what the window's thread did itself.
NAMES = ("first picture", "relaxed", "longest block", "longest block, own CPU")
TOOLS = ("N-button", "O-button")
CENTRE = (
    "(() => {{ const r = {element}.getBoundingClientRect();"
    " return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
)


def main() -> int:
    """Measure and print."""
    arguments = _arguments()
    make_application()
    window, _ = make_window()
    window.resize(1440, 900)
    window.show()
    sketcher = window.sketch_panel.sketcher
    _wait(lambda: window.view.is_ready and sketcher.is_ready)
    choice = window.desk.follow_choice()
    if choice is None:
        sys.exit("no model is installed")
    window.controller.warm_up(choice)
    window.open_smiles(arguments.smiles)
    _wait(lambda: window.state.drawing is not None and sketcher.is_settled)
    _wait(lambda: not window.state.busy)
    rows = np.array([_edit(window, TOOLS[k % 2]) for k in range(arguments.edits + 2)][2:])
    structure = window.state.structure
    atoms = len(structure) if structure is not None else 0
    for name, values in zip(NAMES, rows.T, strict=True):
        p50, p90 = np.percentile(values, (50, 90))
        print(f"{name}: median {p50:.0f} ms, p90 {p90:.0f} ms, longest {values.max():.0f} ms")  # noqa: T201 - a command
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"{atoms} atoms, {len(rows)} edits; load of the machine {load:.1f} on {cores} cores")  # noqa: T201 - a command
    window.close()
    return 0


def _edit(window: MainWindow, tool: str) -> tuple[float, ...]:
    """One edit; ms to the first picture, to the relaxed structure, and the longest blocks."""
    _click(window, _point(window, f"document.querySelector('[data-testid={tool}]')"))
    target = _point(window, "[...document.querySelectorAll('[data-testid=atom]')][0]")
    _move(window, target)
    _wait(lambda: False, seconds=0.5)
    before, state = window.state.structure, window.state
    beats, drawn = [(time.perf_counter(), time.thread_time())], list[float]()
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: beats.append((time.perf_counter(), time.thread_time())))
    timer.start(TICK_MS)

    def on_drawn() -> None:
        if state.structure is not before:
            drawn.append(time.perf_counter())

    window.view.drawn.connect(on_drawn)
    began = time.perf_counter()
    QTest.mouseClick(_proxy(window), Qt.MouseButton.LeftButton, pos=target)
    _wait(lambda: bool(drawn) and state.trajectory is not None and not state.busy)
    ended = time.perf_counter()
    timer.stop()
    window.view.drawn.disconnect(on_drawn)
    return (
        1000 * (drawn[0] - began),
        1000 * (ended - began),
        *(1000 * np.diff(beats, axis=0).max(0)),
    )


def _click(window: MainWindow, point: QPoint) -> None:
    _move(window, point)
    QTest.mouseClick(_proxy(window), Qt.MouseButton.LeftButton, pos=point)


def _move(window: MainWindow, point: QPoint) -> None:
    proxy = _proxy(window)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(point),
        QPointF(proxy.mapToGlobal(point)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(proxy, event)
    _wait(lambda: False, seconds=0.1)


def _proxy(window: MainWindow) -> Any:
    return window.sketch_panel.sketcher.focusProxy()


def _point(window: MainWindow, element: str) -> QPoint:
    got: list[str] = []
    code = f"JSON.stringify({CENTRE.format(element=element)})"
    window.sketch_panel.sketcher.page().runJavaScript(code, 0, got.append)
    _wait(lambda: bool(got))
    x, y = json.loads(got[0])
    return QPoint(round(x), round(y))


def _wait(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        loop = QEventLoop()
        QTimer.singleShot(5, loop.quit)
        loop.exec()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--smiles", default="CC(=O)Nc1ccc(O)cc1CCO", help="of about 25 atoms")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
