"""How fast trajectories play and scrub, against the same loop in bare 3Dmol.js.

    python benchmarks/playback.py [--atoms 21 63 150] [--frames 100 1000 10000]

Opens the real window with trajectories of straight chains that wiggle. Per size and length:

- play: frames per second at the highest speed, with no frame left out;
- scrub: from the slider's move to the drawn picture, median and 95 % of 60 jumps;
- window: how long the window's own thread was held by one jump, 95 %;
- page: memory of the page (JavaScript heap), MB;
- bare: a page with 3Dmol.js alone, all frames added with addFrame, then setFrame and render in
  a loop of its own; and its memory.

On a machine without a graphics card the processor draws, and both are as slow as it is.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="morered-benchmark-")

os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = (
    "--ignore-gpu-blocklist --disable-gpu-compositing --enable-precise-memory-info"
)

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer, QUrl
from PySide6.QtWebEngineWidgets import QWebEngineView

from morered_gui.app.records import RunRecord
from morered_gui.app.references import Reference
from morered_gui.core import Frame, Provenance, Structure, Trajectory
from morered_gui.core.bundled import asset
from morered_gui.gui.graphics import draws_in_software
from morered_gui.gui.main import make_application, make_window
from morered_gui.gui.window import MainWindow

SIZE = (1440, 900)
JUMPS = 60
PLAYED = 100  # frames: enough for a rate
MOST_BARE = 2_000_000  # atoms times frames: beyond, addFrame alone takes minutes and gigabytes
BARE_PAGE = """<html><body style="margin:0"><div id="view" style="width:100%;height:100%"></div>
<script src="3Dmol-min.js"></script><script>
const viewer = $3Dmol.createViewer("view", {antialias: ANTIALIAS, backgroundColor: "white"});
let model = null;
function load(data) {
  viewer.removeAllModels();
  model = viewer.addModel();
  const atoms = data.symbols.map((elem, i) => ({elem, serial: i, index: i, bonds: [],
    bondOrder: [], properties: {},
    x: data.start[3*i], y: data.start[3*i+1], z: data.start[3*i+2]}));
  for (const [i, j] of data.bonds) {
    atoms[i].bonds.push(j); atoms[i].bondOrder.push(1);
    atoms[j].bonds.push(i); atoms[j].bondOrder.push(1);
  }
  model.addAtoms(atoms);
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
  for (let k = 0; k < data.frames; k++)
    model.addFrame(atoms.map((a) => ({...a, x: a.x + 0.1 * random(), y: a.y + 0.1 * random()})));
  model.setStyle({}, {stick: {radius: 0.14}, sphere: {scale: 0.23}});
  viewer.zoomTo(); viewer.render();
  return true;
}
async function play(count, frames) {
  const begin = performance.now();
  for (let k = 0; k < count; k++) {
    await model.setFrame(Math.floor(k * frames / count));
    viewer.render();
    await new Promise((next) => setTimeout(next, 0));
  }
  window.result = count / (performance.now() - begin) * 1000;
}
</script></body></html>"""


@dataclass
class Row:
    """One line of the table."""

    atoms: int
    frames: int
    play: float
    scrub: tuple[float, float]
    window_ms: float
    page_mb: float
    bare: float | None
    bare_mb: float | None


def chain(n: int) -> Structure:
    """A zigzag of n carbon atoms."""
    x = 1.25 * np.arange(n)
    y = 0.45 * (np.arange(n) % 2)
    z = 2.0 * (np.arange(n) // 12)
    positions = np.stack([x % 15.0, y, z], axis=1)
    bonds = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    near = np.linalg.norm(positions[bonds[:, 0]] - positions[bonds[:, 1]], axis=1) < 3.0
    return Structure(np.full(n, 6), positions, bonds[near], np.ones(int(near.sum())))


def wiggle(start: Structure, count: int) -> Trajectory:
    """Frames with a little noise, and noise vectors as the network gives them."""
    rng = np.random.default_rng(0)
    trajectory = Trajectory(start, Provenance("benchmark"))
    for k in range(count):
        noise = rng.standard_normal(start.positions.shape)
        trajectory.append(Frame(k, start.positions + 0.05 * noise, t=float(count - k), noise=noise))
    return trajectory


def main() -> int:
    """Measure and print the table."""
    arguments = _arguments()
    application = make_application()
    window, _ = make_window()
    window.resize(*SIZE)
    window.show()
    _wait(lambda: window.view.is_ready)
    bare = QWebEngineView()
    bare.resize(window.view.size())
    bare.show()
    _load_bare(bare)
    titles = "atoms|frames|play, 1/s|scrub p50, ms|p95|window p95, ms|page, MB|bare, 1/s|bare, MB"
    head = "| " + titles.replace("|", " | ") + " |\n" + "| --- " * 9 + "|"
    print(head, flush=True)  # noqa: T201 - a command
    for atoms in arguments.atoms:
        for frames in arguments.frames:
            _print(_measure(window, bare, atoms, frames))
    window.close()
    bare.close()
    application.processEvents()
    return 0


def _measure(window: MainWindow, bare: QWebEngineView, atoms: int, frames: int) -> Row:
    start = chain(atoms)
    trajectory = wiggle(start, frames)
    window.state.load(start)
    window.state.keep_run(RunRecord(trajectory, Reference(start, "start")))
    _wait(lambda: window.view.is_settled)
    scrub, held = _scrub(window, frames)
    play = _play(window, frames)
    page_mb = _heap(window.view)
    bare_rate, bare_mb = None, None
    if atoms * frames <= MOST_BARE:
        bare_rate, bare_mb = _bare(bare, start, frames)
    return Row(atoms, frames, play, scrub, held, page_mb, bare_rate, bare_mb)


def _scrub(window: MainWindow, frames: int) -> tuple[tuple[float, float], float]:
    drawn, held = [], []
    for index in np.random.default_rng(1).integers(0, frames, JUMPS).tolist():
        if index == window.state.frame_index:
            continue
        began = time.perf_counter()
        window.playback.slider.setValue(index)
        held.append(time.perf_counter() - began)
        _wait(lambda: window.view.is_settled, step_ms=0)
        drawn.append(time.perf_counter() - began)
    p50, p95 = np.percentile(drawn, (50, 95)) * 1000
    return (float(p50), float(p95)), float(np.percentile(held, 95) * 1000)


def _play(window: MainWindow, frames: int) -> float:
    wanted = min(PLAYED, frames - 1)
    window.state.select_frame(0)
    _wait(lambda: window.view.is_settled)
    window.playback.set_rate(120)
    seen: list[int] = []
    window.state.frame_selected.connect(seen.append)
    began = time.perf_counter()
    window.playback.toggle()
    _wait(lambda: len(seen) >= wanted, step_ms=0)
    rate = len(seen) / (time.perf_counter() - began)
    window.playback.pause()
    window.state.frame_selected.disconnect(seen.append)
    if seen != list(range(1, len(seen) + 1)):
        sys.exit("a frame was left out")
    return rate


def _load_bare(view: QWebEngineView) -> None:
    loaded: list[bool] = []
    view.page().loadFinished.connect(loaded.append)
    page = BARE_PAGE.replace("ANTIALIAS", json.dumps(not draws_in_software()))
    view.page().setHtml(page, QUrl.fromLocalFile(str(asset("3Dmol-min.js").parent) + "/"))
    _wait(lambda: bool(loaded))


def _bare(view: QWebEngineView, start: Structure, frames: int) -> tuple[float, float]:
    data = {
        "symbols": start.symbols,
        "start": start.positions.ravel().tolist(),
        "bonds": start.bonds.tolist(),
        "frames": frames,
    }
    _ask(view, f"load({json.dumps(data)})", 120)
    count = min(PLAYED, frames)
    _ask(view, f"window.result = 0; play({count}, {frames}); 1")
    rate = 0.0
    while not rate:
        rate = float(_ask(view, "window.result"))
    return rate, _heap(view)


def _heap(view: QWebEngineView) -> float:
    return float(_ask(view, "performance.memory.usedJSHeapSize")) / 1e6


def _ask(view: QWebEngineView, code: str, seconds: float = 60.0) -> Any:
    got: list[Any] = []
    view.page().runJavaScript(code, 0, got.append)
    _wait(lambda: bool(got), seconds)
    return got[0] if got else 0


def _wait(condition: Callable[[], bool], seconds: float = 60.0, step_ms: int = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        loop = QEventLoop()
        QTimer.singleShot(step_ms, loop.quit)
        loop.exec()


def _print(row: Row) -> None:
    bare = "-" if row.bare is None else f"{row.bare:.0f}"
    bare_mb = "-" if row.bare_mb is None else f"{row.bare_mb:.0f}"
    print(  # noqa: T201 - a command
        f"| {row.atoms} | {row.frames} | {row.play:.0f} | {row.scrub[0]:.0f} | {row.scrub[1]:.0f} "
        f"| {row.window_ms:.1f} | {row.page_mb:.0f} | {bare} | {bare_mb} |",
        flush=True,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--atoms", type=int, nargs="+", default=[21, 63, 150])
    parser.add_argument("--frames", type=int, nargs="+", default=[100, 1000, 10_000])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
