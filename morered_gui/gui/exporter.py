"""Carries out what the export dialog asks for."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QObject, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from morered_gui.app.controller import Controller
from morered_gui.app.series import csv_of
from morered_gui.app.state import Message, Severity
from morered_gui.app.view_options import BondsFrom
from morered_gui.gui.commands import file_stem, with_suffix
from morered_gui.gui.course import CoursePanel
from morered_gui.gui.export_dialog import KINDS, ExportDialog
from morered_gui.gui.film import Colours, Film, FilmPlan, plot_size
from morered_gui.gui.frame_plot import FramePlot
from morered_gui.gui.plot_picture import FilmPlot, plot_file, write_png
from morered_gui.gui.scene import Scene
from morered_gui.gui.theme import Theme
from morered_gui.gui.view3d import Camera, View3D

PICTURE = -1  # number of a single picture, beside those of a film's frames
FINE = 2  # a picture is taken larger and scaled down
LARGEST = 8192  # pixels of a side that drawing contexts commonly take


class Exporter(QObject):
    """Owns the dialog and the film under way."""

    def __init__(
        self,
        window: QWidget,
        controller: Controller,
        view: View3D,
        scene: Scene,
        course: CoursePanel,
        theme: Theme,
    ) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self._view, self._scene, self._course = view, scene, course
        self.theme = theme
        self.film: Film | None = None
        self.dialog = ExportDialog(window)
        self.dialog.asked.connect(self._ask_path)
        self.dialog.cancelled.connect(self.cancel)
        self._saves: dict[str, Callable[[Path], None]] = {
            "film": self.save_film,
            "picture": self.save_picture,
            "page": controller.export_html,
            "plot": self.save_plot,
            "curves": self.save_curves,
            "trajectory": controller.save_trajectory,
            "structure": controller.save_structure,
        }

    def show(self, kind: str = "") -> None:
        """Open the dialog."""
        trajectory = self._controller.state.trajectory
        self.dialog.offer(0 if trajectory is None else len(trajectory))
        if kind:
            self.dialog.choose(kind)
        self.dialog.show()
        self.dialog.raise_()

    def cancel(self) -> None:
        """Give up the film under way."""
        if self.film is not None:
            self.film.cancel()

    def copy_picture(self) -> None:
        """Put the 3D view into the clipboard."""

        def copy(png: bytes) -> None:
            QGuiApplication.clipboard().setImage(QImage.fromData(png))
            self._say("The picture is in the clipboard.")

        self._view.grab_png(copy)

    # --- kinds ----------------------------------------------------------------------------------

    def save_film(self, path: Path) -> None:
        """Film what the dialog says; the dialog shows how far it is."""
        dialog, state = self.dialog, self._controller.state
        if self.film is not None:
            return self._say("A film is being made already; wait for it, or cancel it.")
        width, height = dialog.size_of_film.currentData()
        plan = FilmPlan(
            path=path,
            first=min(dialog.first.value(), dialog.last.value()) - 1,
            last=max(dialog.first.value(), dialog.last.value()) - 1,
            stride=dialog.stride.value(),
            rate=float(dialog.rate.currentData()),
            width=width,
            height=height,
            with_plot=dialog.with_plot.isChecked(),
        )
        film = self.film = Film(plan, state, self._scene, self._view)
        if state.view.bonds == BondsFrom.FRAME and state.trajectory is not None:
            trajectory = state.trajectory
            frames = [trajectory[k].positions for k in plan.frames]
            return self._scene.bonds.prepare(frames, lambda: self._begin(film))
        return self._begin(film)

    def _begin(self, film: Film) -> None:
        """Start the film, for which everything is known now."""
        plan, state = film.plan, self._controller.state
        theme = self.theme
        plot = None
        if plan.with_plot:
            plot = FilmPlot(state, theme, self._course.plot, plot_size(plan))
        # A method of a QObject: the film's thread emits, this one draws.
        film.progressed.connect(self._on_progress)
        film.ended.connect(self._on_film_end)
        self.dialog.show_progress(0, film.count)
        film.start(plot, Colours(theme.canvas, theme.text, theme.line))

    def save_picture(self, path: Path) -> None:
        """Take a picture of the size that the dialog says."""
        width, height = self.dialog.width_px.value(), self.dialog.height_px.value()
        fine = FINE if max(width, height) * FINE <= LARGEST else 1
        if self.film is not None:
            return self._say("A film is being made; take the picture when it is done.")

        def taken(number: int, png: bytes) -> None:
            if number == PICTURE:
                self._view.picture_taken.disconnect(taken)
                self._view.close_camera()
                self._controller.run_task(lambda: _scaled(png, width, height), save)

        def save(png: bytes) -> None:
            self._controller.save_bytes(path, png)

        self._view.picture_taken.connect(taken)
        transparent = self.dialog.transparent.isChecked()
        self._view.open_camera(Camera(width * fine, height * fine, transparent))
        return self._view.take_picture(PICTURE)

    def save_plot(self, path: Path) -> None:
        """Write the plot that the dialog says."""
        plots: dict[str, FramePlot] = {
            "course": self._course.plot,
            "scatter": self._course.scatter,
            "atoms": self._course.atoms,
        }
        content = plot_file(plots[self.dialog.plot.currentData()], path.suffix.lower())
        self._controller.save_bytes(path, content)

    def save_curves(self, path: Path) -> None:
        """Write all curves of the run looked at."""
        run = self._controller.state.run
        if run is None:
            return self._say("There are no curves yet; relax a molecule first.")
        measured = self._course.plot.measured
        more = {measured.label(name): measured.values(name, run) for name in measured.ids()}
        return self._controller.save_bytes(path, csv_of(run.series, more).encode())

    # --- inside ---------------------------------------------------------------------------------

    def _ask_path(self, kind: str) -> None:
        state = self._controller.state
        if state.structure is None:
            return self._say("There is no molecule to export; open one first.")
        title, _, suffixes = KINDS[kind]
        stem = file_stem(state.structure.name or state.structure.formula)
        filters = ";;".join(f"{s[1:]} (*{s})" for s in suffixes)
        name, chosen = QFileDialog.getSaveFileName(
            self.dialog, f"Export: {title}", stem + suffixes[0], filters
        )
        if not name:
            return None
        path = with_suffix(name, chosen, suffixes)
        if path.suffix.lower() not in suffixes:
            return self._say(f"{title}: choose one of {', '.join(suffixes)}.")
        return self._saves[kind](path)

    def _on_progress(self, done: int) -> None:
        if self.film is not None:
            self.dialog.show_progress(done, self.film.count)

    def _on_film_end(self, problem: str) -> None:
        path = self.film.plan.path if self.film is not None else None
        self.film = None
        self.dialog.show_progress(0, 0)
        if problem == "cancelled":
            self._say("The film was given up; nothing was written.")
        elif problem:
            text = f"The film can't be made: {problem}."
            self._controller.state.say(Message(text, Severity.ERROR))
        else:
            self._say(f"Saved {path}.")

    def _say(self, text: str) -> None:
        self._controller.state.say(Message(text))


def _scaled(png: bytes, width: int, height: int) -> bytes:
    """The picture at its final size."""
    image = QImage.fromData(png).scaled(
        width,
        height,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    write_png(image, buffer)
    return bytes(buffer.data().data())
