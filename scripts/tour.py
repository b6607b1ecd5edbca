"""A tour of the running program: pictures for docs/tour.md, and a film of two minutes.

    python scripts/tour.py [--film] [--folder DIR]

Opens the real window with the real models. The pictures are taken of scenes; the film is one
guided demonstration, with the frames of the window as they come.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage, QPalette
from staging import (
    PICTURES,
    SIZE,
    choose_method,
    make_application,
    make_window,
    pause,
    settle,
    wait,
)

from morered_gui.app.demos import (
    DISSOLVE,
    FRAMES,
    PLOT,
    RELAX,
    RUNS,
    SCATTER,
    TOLD,
    VIEW,
    Deed,
    Demo,
    DemoStep,
    Verb,
)
from morered_gui.app.measurements import Measurement
from morered_gui.app.movie import write_movie
from morered_gui.app.view_options import ColourBy, Style
from morered_gui.gui.theme import dark_palette
from morered_gui.gui.window import MainWindow

FILM_SIZE, FILM_RATE = (1280, 800), 8.0
SECONDS_A_STEP = 10.0
AMIDE, HYDROGEN_BOND = (5, 4, 6, 7), (5, 14)  # of 5-methylfuran-2-carboxamide
Scene = Callable[[MainWindow], None]


def main() -> int:
    """Take all pictures, and the film if wanted."""
    arguments = _arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    application = make_application()
    light = application.palette()
    for name, (palette, scene) in _scenes(light).items():
        if arguments.only is not None and name not in arguments.only:
            continue
        application.setPalette(palette)
        window = _opened()
        scene(window)
        settle(window)
        window.grab().save(str(arguments.folder / f"{name}.png"))
        print(name)
        _close(window)
    if arguments.film:
        application.setPalette(light)
        window = _opened()
        film(window, arguments.folder / "tour.mp4")
        _close(window)
    return 0


def _scenes(light: QPalette) -> dict[str, tuple[QPalette, Scene]]:
    return {
        "tour-dissolve": (light, dissolved),
        "tour-noise": (light, how_noisy),
        "tour-methods": (light, methods),
        "tour-cloud": (light, cloud),
        "tour-measure": (dark_palette(), measured),
        "tour-surface": (light, surface),
        "tour-demo": (light, demonstration),
    }


# --- scenes -------------------------------------------------------------------------------------


def dissolved(window: MainWindow) -> None:
    """Into the noise, with arrows of what the network would take away."""
    _open(window, "bicyclohexanone")
    _noise(window, 180)
    _relax(window, "jt")
    window.state.select_frame(0)
    window.state.set_view(replace(window.state.view, arrows=True))
    window.docks["Explain"].raise_()
    window.studio.explain.slider.setValue(180)
    wait(lambda: "says" in window.studio.explain.told, "the network's answer")


def how_noisy(window: MainWindow) -> None:
    """Three amounts of noise, one line."""
    _open(window, "bicyclohexanone")
    for t in (50, 100, 200):
        _noise(window, t)
        _relax(window, "jt")
    window.docks["Runs"].raise_()
    trajectory = window.state.trajectory
    window.state.select_frame(len(trajectory or ()) // 3)


def methods(window: MainWindow) -> None:
    """A force field, tight binding and MoreRed on one start."""
    _open(window, "isopropylbicyclohexane")
    for method in ("mmff94", "gfn2-xtb", "fast"):
        _relax(window, method)
    window.course.choose({"left": "rmsd", "right": "", "progress": "evaluations"})
    window.docks["Runs"].raise_()


def cloud(window: MainWindow) -> None:
    """Eight seeds from much noise."""
    _open(window, "methylnitropyrrole")
    _noise(window, 230)
    choose_method(window, "jt")
    window.docks["Runs"].raise_()
    window.studio.runs.set_seeds(8)
    window.actions_by_id["run_seeds"].trigger()
    wait(lambda: _n_members(window) == 8, "eight seeds", 300)
    window.course.tabs.setCurrentIndex(1)
    window.course.choose({"left": "t", "right": "spread", "progress": "step"})


def measured(window: MainWindow) -> None:
    """A dihedral that is plotted, and two distances."""
    _open(window, "methylfuramide")
    _relax(window, "jt")
    measurements = (Measurement(AMIDE), Measurement(HYDROGEN_BOND))
    window.state.set_view(replace(window.state.view, measurements=measurements))
    window.course.choose({"left": "t", "right": measurements[0].id, "progress": "step"})
    window.docks["Look and measure"].raise_()
    window.state.select_frame(20)


def surface(window: MainWindow) -> None:
    """A surface, coloured by how far each atom is from where it ends."""
    _open(window, "methylfuramide")
    _noise(window, 100)
    _relax(window, "fast")
    window.state.set_view(
        replace(window.state.view, style=Style.SURFACE, colour_by=ColourBy.DISPLACEMENT)
    )
    window.docks["Look and measure"].raise_()
    window.course.tabs.setCurrentIndex(1)
    window.state.select_frame(0)
    window.actions_by_id["fit"].trigger()
    wait(lambda: _has_surface(window), "the surface")
    pause(4.0)  # it is computed beside the page's own work


def demonstration(window: MainWindow) -> None:
    """A step of a guided demonstration."""
    window.actions_by_id["demo_dissolve"].trigger()
    player = window.studio.demos
    for _ in range(4):
        wait(lambda: not player.is_at_work, "the step")
        player.go_on()
    wait(lambda: not player.is_at_work, "the step")
    pause(1.5)
    window.playback.pause()


# --- the film -----------------------------------------------------------------------------------

_NOISY = (Deed(Verb.OPEN, "bicyclohexanone"), Deed(Verb.NOISE, 150))
TOUR = Demo(
    "tour",
    "MoreRed GUI in two minutes",
    (
        DemoStep(
            "A molecule",
            "Draw it, open a file, paste a SMILES, or pick an example. This one is "
            "bicyclo[2.1.1]hexan-5-one.",
            VIEW,
            _NOISY[:1],
        ),
        DemoStep(
            "Noise takes it apart",
            "Forward diffusion: the farther the slider, the less is left of the molecule.",
            DISSOLVE,
            (Deed(Verb.DISSOLVE, 150),),
        ),
        DemoStep(
            "The network tells the time",
            "From the structure alone it predicts how noisy it is: the time step t.",
            TOLD,
        ),
        DemoStep(
            "Relax",
            "MoreRed-JT takes the noise away, step by step; frames and curves come as they are "
            "computed.",
            RELAX,
            (*_NOISY, Deed(Verb.METHOD, ("jt", "qm9-jt")), Deed(Verb.RELAX)),
        ),
        DemoStep(
            "Every frame is kept",
            "Play, step, scrub; the marks in all plots go along.",
            FRAMES,
            (Deed(Verb.FRAME, "first"), Deed(Verb.PLAY)),
        ),
        DemoStep(
            "A point is a frame",
            "Point at a curve, click or drag: the molecule shows that frame.",
            PLOT,
        ),
        DemoStep(
            "Predicted t against RMSD",
            "Along the dashed curve predicted t measures the distance to the DFT geometry.",
            SCATTER,
        ),
        DemoStep(
            "Measure",
            "Distances, angles and dihedrals stay with their atoms and can be plotted.",
            PLOT,
            (Deed(Verb.FRAME, "first"), Deed(Verb.PLAY)),
        ),
        DemoStep(
            "Compare",
            "MMFF94, GFN2-xTB and MoreRed from the same start, side by side.",
            RUNS,
            (
                Deed(Verb.PLOT, ("rmsd", "", "evaluations")),
                *(
                    deed
                    for method in (("mmff94", ""), ("gfn2-xtb", ""), ("fast", "qm9-fast"))
                    for deed in (Deed(Verb.METHOD, method), Deed(Verb.RELAX))
                ),
            ),
        ),
        DemoStep(
            "Ask again",
            "Several seeds as a cloud: colour is how far each atom spreads.",
            VIEW,
            (
                Deed(Verb.OPEN, "methylnitropyrrole"),
                Deed(Verb.NOISE, 230),
                Deed(Verb.METHOD, ("jt", "qm9-jt")),
                Deed(Verb.PLOT, ("t", "rmsd", "step")),
            ),
        ),
        DemoStep(
            "Teach",
            "Three guided demonstrations like this one are in the menu Demos.",
            "Guided demonstration",
        ),
        DemoStep(
            "Take it with you",
            "Films, pictures, pages that play offline, curves, sessions: Ctrl+E. "
            "Every command by a few letters: Ctrl+K.",
            "Export…",
        ),
    ),
)


def film(window: MainWindow, path: Path) -> None:
    """Record the window while the tour goes through its steps."""
    _open(window, "bicyclohexanone")
    settle(window)
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(window, Path(folder))
        _play(window, recorder)
        write_movie(path, FILM_SIZE, FILM_RATE, recorder.pictures())
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def _play(window: MainWindow, recorder: "Recorder") -> None:
    player = window.studio.demos
    player.start(TOUR)
    beside: dict[str, Scene] = {
        "A point is a frame": _scrub,
        "Measure": _measure,
        "Ask again": _ask_again,
    }
    for step in TOUR.steps:
        recorder.begin_step()
        wait(lambda: not player.is_at_work, step.title, 300)
        if step.title in beside:
            beside[step.title](window)
        pause(SECONDS_A_STEP / 2)
        player.go_on()
    recorder.stop()


def _scrub(window: MainWindow) -> None:
    count = len(window.state.trajectory or ())
    for k in range(0, count, max(count // 40, 1)):
        window.state.hover(k)
        pause(0.08)
    window.state.hover(None)


def _measure(window: MainWindow) -> None:
    measurement = Measurement((0, 1))
    window.state.set_view(replace(window.state.view, measurements=(measurement,)))
    window.course.choose({"left": "t", "right": measurement.id, "progress": "step"})


def _ask_again(window: MainWindow) -> None:
    window.state.set_view(replace(window.state.view, measurements=()))
    window.studio.runs.set_seeds(4)
    seeds = window.actions_by_id["run_seeds"]
    wait(seeds.isEnabled, "an idle worker")  # a disabled action would do nothing
    seeds.trigger()
    wait(lambda: _n_members(window) == 4, "four seeds", 300)


class Recorder:
    """Pictures of the window, so many per step however long it took."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self._window, self._folder = window, folder
        self._steps: list[list[Path]] = []
        self._timer = QTimer(window)
        self._timer.timeout.connect(self._take)

    def begin_step(self) -> None:
        """What is taken from now on belongs to another step."""
        self._steps.append([])
        self._timer.start(round(1000 / FILM_RATE))

    def stop(self) -> None:
        """Take no more."""
        self._timer.stop()

    def pictures(self) -> Iterator[bytes]:
        """As many for each step, evenly out of all that were taken."""
        for taken in self._steps:
            count = round(SECONDS_A_STEP * FILM_RATE)
            for k in range(count):
                image = QImage(str(taken[k * len(taken) // count]))
                plain = image.convertToFormat(QImage.Format.Format_RGB888)
                yield bytes(plain.constBits())

    def _take(self) -> None:
        image = (
            self._window.grab()
            .toImage()
            .scaled(
                *FILM_SIZE,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )
        path = self._folder / f"{len(self._steps)}-{len(self._steps[-1])}.bmp"
        image.save(str(path))  # quicker to write than what is smaller
        self._steps[-1].append(path)


# --- what scenes are made of ----------------------------------------------------------------------


def _opened() -> MainWindow:
    window, problem = make_window()
    if problem:
        print(problem, file=sys.stderr)
    window.resize(*SIZE)
    window.show()
    wait(lambda: window.view.is_ready, "the 3D view")
    wait(lambda: window.sketch_panel.sketcher.is_ready, "the sketcher")
    return window


def _close(window: MainWindow) -> None:
    window.close()
    shiboken6.delete(window)


def _open(window: MainWindow, example: str) -> None:
    before = window.state.base
    window.open_example(example)
    wait(lambda: window.state.base is not before, example)


def _noise(window: MainWindow, t: int) -> None:
    window.run_panel.set_noise_t(t)
    window.actions_by_id["noise"].trigger()


def _relax(window: MainWindow, method: str) -> None:
    choose_method(window, method)
    window.actions_by_id["relax"].trigger()
    wait(lambda: not window.state.busy, f"the end of {method}", 300)


def _has_surface(window: MainWindow) -> bool:
    """Whether it has been drawn; computed when the frame has rested for a while."""
    got: list[bool] = []
    window.view.page().runJavaScript("moreredView.hasSurface()", 0, got.append)
    wait(lambda: bool(got), "the page")
    return got[0]


def _n_members(window: MainWindow) -> int:
    ensemble = window.state.ensemble
    return 0 if ensemble is None else len(ensemble.numbers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--film", action="store_true", help="record the film as well")
    parser.add_argument("--folder", type=Path, default=PICTURES)
    parser.add_argument("--only", nargs="*", help="names of pictures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
