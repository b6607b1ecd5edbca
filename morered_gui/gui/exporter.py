"""Carries out what the export dialog asks for."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QObject, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from morered_gui.app.controller import Controller
from morered_gui.app.curves import titles_of
from morered_gui.app.messages import Message, Severity
from morered_gui.app.operations import save_bytes
from morered_gui.app.series import csv_of
from morered_gui.app.view_options import BondsFrom
from morered_gui.gui.commands import file_stem
from morered_gui.gui.course import CoursePanel
from morered_gui.gui.dialogs import ask_path
from morered_gui.gui.export_dialog import KINDS, ExportDialog
from morered_gui.gui.film import CANCELLED, Colours, Film, FilmPlan, plot_size
from morered_gui.gui.frame_plot import FramePlot
from morered_gui.gui.page3d import Camera
from morered_gui.gui.plot_picture import FilmPlot, plot_file, write_png
from morered_gui.gui.saves import Saves
from morered_gui.gui.scene import Scene
from morered_gui.gui.theme import Theme
from morered_gui.gui.view3d import View3D

PICTURE = -1  # number of a single picture, beside those of a film's frames
FINE = 2  # a picture is taken larger and scaled down
LARGEST = 8192  # pixels of a side that drawing contexts commonly take
NO_VIEW = "The 3D view does not draw; try again when it does."


class Exporter(QObject):
    """Owns the dialog and the film under way."""

    def __init__(
        self,
        window: QWidget,
        controller: Controller,
        view: View3D,
        scene: Scene,
        course: CoursePanel,
        saves: Saves,
        theme: Theme,
    ) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self._view, self._scene, self._course = view, scene, course
        self.theme = theme
        self.film: Film | None = None
        self._picture: tuple[Path, int, int] | None = None  # on its way: its file and size
        self._saves = saves
        self.dialog = ExportDialog(window)
        self.dialog.asked.connect(self._ask_path)
        self.dialog.cancelled.connect(self.cancel)
        view.picture_taken.connect(self._on_picture)
        view.broken.connect(self._on_broken)
        controller.state.trajectory_changed.connect(self._on_trajectory)
        controller.state.structure_changed.connect(self._on_structure)
        self._kinds: dict[str, Callable[[Path], None]] = {
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
        self.dialog.offer(self._n_frames)
        if kind:
            self.dialog.choose(kind)
        self.dialog.show()
        self.dialog.raise_()

    def cancel(self) -> None:
        """Give up the film under way."""
        if self.film is not None:
            self.film.cancel()

    def close(self) -> None:
        """Give up the film under way and wait until nothing is left of it."""
        if self.film is not None:
            self.film.cancel()
            self.film.wait()

    @property
    def is_at_work(self) -> bool:
        """Whether a film or a picture is being made."""
        return self.film is not None or self._picture is not None

    def copy_picture(self) -> None:
        """Put the 3D view into the clipboard."""

        def copy(png: bytes) -> None:
            if png:
                QGuiApplication.clipboard().setImage(QImage.fromData(png))
            self._say("The picture is in the clipboard." if png else NO_VIEW)

        self._view.grab_png(copy)

    # --- kinds ----------------------------------------------------------------------------------

    def save_film(self, path: Path) -> None:
        """Film what the dialog says; the dialog shows how far it is."""
        state = self._controller.state
        if self.is_at_work:
            return self._say("A film or a picture is being made already; wait for it.")
        if state.trajectory is None or not self._n_frames:
            return self._say("There is no trajectory to film; relax a molecule first.")
        if not self._view.is_ready:
            return self._say(NO_VIEW)
        trajectory, plan = state.trajectory, self._plan(path)
        film = self.film = Film(plan, state, self._scene, self._view)
        # Methods of a QObject: the film's thread emits, this one draws.
        film.progressed.connect(self._on_progress)
        film.ended.connect(self._on_film_end)
        self.dialog.show_progress(0, film.count)
        if state.view.bonds != BondsFrom.FRAME:
            return self._begin(film)
        return self._scene.bonds.prepare(
            [trajectory[k].positions for k in plan.frames],
            lambda: self._begin(film),
            lambda message: film.cancel(f"bonds can't be perceived ({message.text})"),
        )

    def _plan(self, path: Path) -> FilmPlan:
        """What the dialog says, of the frames that there are by now."""
        dialog, last = self.dialog, self._n_frames - 1
        ends = sorted(min(box.value() - 1, last) for box in (dialog.first, dialog.last))
        width, height = dialog.size_of_film.currentData()
        return FilmPlan(
            path=path,
            first=ends[0],
            last=ends[1],
            stride=dialog.stride.value(),
            rate=float(dialog.rate.currentData()),
            width=width,
            height=height,
            with_plot=dialog.with_plot.isChecked(),
        )

    def _begin(self, film: Film) -> None:
        """Start the film, for which everything is known now."""
        if film is not self.film:  # given up meanwhile
            return
        plan, state = film.plan, self._controller.state
        theme = self.theme
        plot = None
        if plan.with_plot:
            plot = FilmPlot(state, theme, self._course.plot, plot_size(plan))
        film.start(plot, Colours(theme.canvas, theme.text, theme.line))

    def save_picture(self, path: Path) -> None:
        """Take a picture of the size that the dialog says."""
        width, height = self.dialog.width_px.value(), self.dialog.height_px.value()
        fine = FINE if max(width, height) * FINE <= LARGEST else 1
        if self.is_at_work:
            return self._say("A film or a picture is being made already; wait for it.")
        if not self._view.is_ready:
            return self._say(NO_VIEW)
        self._picture = path, width, height
        transparent = self.dialog.transparent.isChecked()
        self._view.open_camera(Camera(width * fine, height * fine, transparent))
        return self._view.take_picture(PICTURE)

    def _on_picture(self, number: int, png: bytes) -> None:
        if number != PICTURE or self._picture is None:
            return
        (path, width, height), self._picture = self._picture, None
        self._view.close_camera()

        def save() -> None:
            self._controller.run_task(
                lambda: save_bytes(path, _scaled(png, width, height)),
                lambda _: self._say(f"Saved {path}."),
            )

        self._saves.follow(save)

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
        titles = titles_of(run)
        return self._controller.save_bytes(path, csv_of(run.series, more, titles).encode())

    # --- inside ---------------------------------------------------------------------------------

    def _ask_path(self, kind: str) -> None:
        state = self._controller.state
        if state.structure is None:
            return self._say("There is no molecule to export; open one first.")
        title, _, suffixes = KINDS[kind]
        stem = file_stem(state.structure.name or state.structure.formula)
        runs = [state.run] if state.run and kind in {"trajectory", "structure"} else []

        def save(path: Path) -> None:
            self._saves.follow(lambda: self._kinds[kind](path), runs)

        return ask_path(self.dialog, f"Export: {title}", stem, suffixes, save)

    @property
    def _n_frames(self) -> int:
        trajectory = self._controller.state.trajectory
        return 0 if trajectory is None else len(trajectory)

    def _on_trajectory(self) -> None:
        """Offer the frames of another run; those of one under way when it has ended."""
        if not self._controller.state.busy and self._n_frames != self.dialog.n_frames:
            self.dialog.offer(self._n_frames)

    def _on_structure(self) -> None:
        if self.film is not None:
            self.film.cancel("the molecule has changed meanwhile")

    def _on_broken(self, problem: str) -> None:
        self._picture = None
        if self.film is not None:
            self.film.cancel(problem)

    def _on_progress(self, done: int) -> None:
        if self.film is not None:
            self.dialog.show_progress(done, self.film.count)

    def _on_film_end(self, problem: str) -> None:
        path = self.film.plan.path if self.film is not None else None
        self.film = None
        self.dialog.show_progress(0, 0)
        if problem == CANCELLED:
            self._say("The film was given up; nothing was written.")
        elif problem:
            text = f"The film can't be made: {problem.rstrip('.')}."
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
