"""How long the window's thread is blocked while a relaxation of 29 atoms runs.

    python benchmarks/window_block.py [--frames 400] [--noise 200] [--example ID]

Opens the real window, relaxes with the real model, and lets a timer of the window's thread tick
every 5 ms. Where two ticks lie further apart, something has held the thread in between. Prints
percentiles and the longest gap, first for the window at rest, then during the run.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="morered-benchmark-")

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer

from morered_gui.gui.main import make_application, make_window
from morered_gui.gui.window import MainWindow

TICK_MS = 5


class Heartbeat:
    """Notes when the window's thread comes round."""

    def __init__(self) -> None:
        self._beats: list[tuple[float, float]] = []  # wall and CPU time of this thread, s
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(TICK_MS)

    def clear(self) -> None:
        """Begin anew."""
        self._beats.clear()

    def gaps(self) -> np.ndarray:
        """Between two ticks, (k, 2) ms: wall time, and CPU time that this thread used."""
        return np.diff(self._beats, axis=0) * 1000.0

    def _beat(self) -> None:
        self._beats.append((time.perf_counter(), time.thread_time()))

    def stop(self) -> None:
        """No more ticks."""
        self._timer.stop()


def main() -> int:
    """Measure and print."""
    arguments = _arguments()
    application = make_application()
    window, _ = make_window()
    window.resize(1440, 900)
    window.show()
    _wait(lambda: window.view.is_ready)
    if arguments.smiles:
        window.open_smiles(arguments.smiles)
    else:
        window.open_example(arguments.example)
    _wait(lambda: window.state.structure is not None and window.view.is_settled)
    window.run_panel.choose_method(arguments.method)
    _warm_up(window)
    window.run_panel.set_noise_t(arguments.noise)
    window.run_panel.set_max_steps(arguments.frames)
    window.commands.noise()
    heartbeat = Heartbeat()
    _wait(lambda: False, seconds=3.0)
    _report("at rest", heartbeat.gaps())
    _measure(window, heartbeat)
    heartbeat.stop()
    window.close()
    application.processEvents()
    return 0


def _measure(window: MainWindow, heartbeat: Heartbeat) -> None:
    drawn: list[float] = []
    window.view.drawn.connect(lambda: drawn.append(time.perf_counter()))
    cpu, began = time.process_time(), time.perf_counter()
    window.commands.relax()
    heartbeat.clear()
    _wait(lambda: not window.state.busy, seconds=300)
    seconds = time.perf_counter() - began
    _report("relaxing", heartbeat.gaps())
    trajectory = window.state.trajectory
    structure = window.state.structure
    if trajectory is None or structure is None:
        sys.exit("the relaxation did not begin")
    print(  # noqa: T201 - a command
        f"{len(structure)} atoms, {len(trajectory)} frames in {seconds:.1f} s "
        f"({len(trajectory) / seconds:.0f} steps/s), {len(drawn) / seconds:.0f} pictures/s, "
        f"{(time.process_time() - cpu) / seconds:.2f} cores, {trajectory.stop_reason}; "
        f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )


def _warm_up(window: MainWindow) -> None:
    """Import torch and load the model: once per program, not part of a relaxation."""
    choice = window.run_panel.choice
    if choice is None:
        sys.exit("no model is installed")
    heartbeat = Heartbeat()
    window.controller.warm_up(choice)
    _wait(lambda: window.state.busy)
    _wait(lambda: not window.state.busy)
    _report("loading torch and model", heartbeat.gaps())
    heartbeat.stop()


def _report(what: str, gaps: np.ndarray) -> None:
    """Wall time holds what other processes took; CPU time is what this program did itself."""
    for kind, values in (("wall", gaps[:, 0]), ("own CPU", gaps[:, 1])):
        p50, p95, p99 = np.percentile(values, (50, 95, 99))
        print(  # noqa: T201 - a command
            f"{what}, {kind}: gap p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, "
            f"longest {values.max():.1f} ms, above 50 ms: {(values > 50).sum()} of {len(values)}"
        )


def _wait(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        loop = QEventLoop()
        QTimer.singleShot(20, loop.quit)
        loop.exec()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--example", default="methyloctane")
    parser.add_argument("--smiles", default="", help="instead of an example")
    parser.add_argument("--noise", type=int, default=200)
    parser.add_argument("--method", default="jt")
    parser.add_argument("--frames", type=int, default=400, help="largest number of steps")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
