"""Takes a film of the trajectory while the window goes on working.

The page draws one picture after another on a stage out of sight; a thread puts each beside the
plot and hands it to ffmpeg. Nothing waits in the window's thread.
"""

import logging
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from morered_gui.app.html_export import caption
from morered_gui.app.movie import MovieCancelledError, write_movie
from morered_gui.app.state import AppState
from morered_gui.core import ExpectedError, Trajectory
from morered_gui.gui.page3d import Camera
from morered_gui.gui.plot_picture import FilmPlot
from morered_gui.gui.scene import Scene
from morered_gui.gui.view3d import View3D

FINE = 2  # the page does not smooth edges: pictures are taken larger and scaled down
WAITING = 3  # pictures between page and encoder
MOST_PIXELS = 4096  # of a side, with FINE
CAPTION_SHARE, SMALLEST_CAPTION = 0.06, 22  # of the height; pixels
PLOT_SHARE = 0.42  # of the width
END_OF_FILM = None
CANCELLED = "cancelled"
LAST_SECONDS = 5.0  # for a film that was given up to tidy up
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FilmPlan:
    """What is filmed: frames ``first`` to ``last`` with both ends, every ``stride``-th."""

    path: Path
    first: int
    last: int
    stride: int = 1
    rate: float = 30.0
    width: int = 1280
    height: int = 720
    with_plot: bool = True

    @property
    def frames(self) -> list[int]:
        """Indices in their order; the last frame is always among them."""
        chosen = list(range(self.first, self.last + 1, self.stride))
        return chosen if chosen[-1] == self.last else [*chosen, self.last]


@dataclass(frozen=True, eq=False)
class Colours:
    """Of a picture."""

    canvas: QColor
    text: QColor
    line: QColor


class Film(QObject):
    """One film on its way.

    Signals:
        progressed: pictures that are encoded.
        ended: an empty text where all is well, ``CANCELLED``, or what went wrong.
    """

    progressed = Signal(int)
    ended = Signal(str)
    _thread_ended = Signal(str)

    def __init__(self, plan: FilmPlan, state: AppState, scene: Scene, view: View3D) -> None:
        super().__init__(view)
        if state.trajectory is None or not len(state.trajectory):
            raise ExpectedError("there is no trajectory to film; relax a molecule first")
        self.plan = plan
        self._trajectory: Trajectory = state.trajectory.copy()
        self._scene, self._view = scene, view
        self._frames = plan.frames
        self._next = 0
        self._begun, self._reason = False, ""
        self._cancelled = threading.Event()
        self._shots: queue.Queue[tuple[int, bytes] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._encode, name="film", daemon=True)
        self._composer: Composer | None = None
        self._thread_ended.connect(self._on_end)
        self.progressed.connect(self._ask_next)

    def start(self, plot: FilmPlot | None, colours: Colours) -> None:
        """Begin; ``plot`` is drawn beside the molecule."""
        self._begun = True
        stage = stage_of(self.plan, plot is not None)
        count, made = len(self._trajectory), self._trajectory.provenance
        captions = [caption(frame, count, made) for frame in self._trajectory]
        self._composer = Composer(self.plan, stage, plot, captions, colours)
        self._view.picture_taken.connect(self._on_picture)
        self._view.open_camera(
            Camera(stage.width() * FINE, stage.height() * FINE, background=colours.canvas.name())
        )
        self._thread.start()
        for _ in range(WAITING):
            self._ask_next()

    def cancel(self, reason: str = CANCELLED) -> None:
        """Give the film up; ``ended`` tells when nothing of it is left."""
        if self._cancelled.is_set():
            return
        self._reason = reason
        self._cancelled.set()
        self._shots.put(END_OF_FILM)
        if not self._begun:
            self.ended.emit(reason)

    def wait(self) -> None:
        """Wait for the thread of a film that was given up."""
        if self._begun:
            self._thread.join(LAST_SECONDS)

    @property
    def count(self) -> int:
        """Pictures of the whole film."""
        return len(self._frames)

    def _ask_next(self) -> None:
        if self._next >= len(self._frames) or self._cancelled.is_set():
            return
        index = self._frames[self._next]
        self._next += 1
        try:
            positions, extras = self._scene.picture_of(self._trajectory[index])
        except Exception as error:  # the thread would wait for this picture for ever
            logger.exception("frame %d can't be drawn", index)
            self.cancel(f"frame {index + 1} can't be drawn ({error})")
        else:
            self._view.take_picture(index, positions, extras)

    def _on_picture(self, index: int, png: bytes) -> None:
        self._shots.put((index, png))
        if index == self._frames[-1]:
            self._shots.put(END_OF_FILM)

    def _on_end(self, problem: str) -> None:
        self._view.picture_taken.disconnect(self._on_picture)
        self._view.close_camera()
        self._thread.join()
        self.ended.emit(problem)

    # --- in the thread --------------------------------------------------------------------------

    def _encode(self) -> None:
        plan = self.plan
        try:
            write_movie(plan.path, (plan.width, plan.height), plan.rate, self._pictures())
        except MovieCancelledError:
            self._thread_ended.emit(self._reason)
        except (ExpectedError, OSError) as error:
            self._thread_ended.emit(str(error))
        except Exception as error:  # such as imageio_ffmpeg's where it finds no ffmpeg
            logger.exception("the film has failed")
            self._thread_ended.emit(str(error) or type(error).__name__)
        else:
            self._thread_ended.emit("")

    def _pictures(self) -> Iterator[bytes]:
        done = 0
        while (shot := self._shots.get()) is not END_OF_FILM:
            if self._composer is None or not shot[1]:
                raise ExpectedError("the 3D view has drawn nothing; try again")
            yield self._composer.picture(*shot)
            done += 1
            self.progressed.emit(done)
        if self._cancelled.is_set():
            raise MovieCancelledError


def caption_height(plan: FilmPlan) -> int:
    """Of the line below the pictures, pixels."""
    return max(SMALLEST_CAPTION, round(plan.height * CAPTION_SHARE))


def stage_of(plan: FilmPlan, with_plot: bool) -> QRect:
    """Where the molecule stands in the picture."""
    width = round(plan.width * (1.0 - PLOT_SHARE)) if with_plot else plan.width
    return QRect(0, 0, width, plan.height - caption_height(plan))


def plot_size(plan: FilmPlan) -> tuple[int, int]:
    """Of the plot beside the molecule, pixels."""
    return plan.width - stage_of(plan, with_plot=True).width(), plan.height - caption_height(plan)


class Composer:
    """Puts the molecule, the plot with its cursor, and the caption into one picture."""

    def __init__(
        self,
        plan: FilmPlan,
        stage: QRect,
        plot: FilmPlot | None,
        captions: list[str],
        colours: Colours,
    ) -> None:
        self._plan, self._stage, self._plot = plan, stage, plot
        self._captions, self._colours = captions, colours

    def picture(self, index: int, png: bytes) -> bytes:
        """The bytes of one picture, red, green, blue; usable in any thread."""
        plan, stage = self._plan, self._stage
        image = QImage(plan.width, plan.height, QImage.Format.Format_RGB888)
        image.fill(self._colours.canvas)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        molecule = QImage.fromData(png).scaled(
            stage.size(),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        painter.drawImage(stage.topLeft(), molecule)
        if self._plot is not None:
            self._draw_plot(painter, self._plot, index)
        self._write(painter, self._captions[index])
        painter.end()
        return _packed(image)

    def _draw_plot(self, painter: QPainter, plot: FilmPlot, index: int) -> None:
        left = self._stage.right() + 1
        painter.drawImage(QPointF(left, 0), plot.image)
        x, (top, bottom) = left + plot.places[index], plot.span
        painter.setPen(QPen(self._colours.text, 1.5))
        painter.drawLine(QPointF(x, top), QPointF(x, bottom))

    def _write(self, painter: QPainter, text: str) -> None:
        height = caption_height(self._plan)
        font = QFont()
        font.setPixelSize(round(height * 0.5))
        painter.setFont(font)
        painter.setPen(self._colours.text)
        band = QRectF(height / 2, self._plan.height - height, self._plan.width - height, height)
        painter.drawText(band, Qt.AlignmentFlag.AlignVCenter, text)


def _packed(image: QImage) -> bytes:
    """Without the bytes that fill up a row to a multiple of four."""
    row = image.width() * 3
    data = bytes(image.constBits())
    stride = image.bytesPerLine()
    if stride == row:
        return data
    return b"".join(data[k * stride : k * stride + row] for k in range(image.height()))
