"""Plots as pictures and vector files."""

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QMarginsF,
    QRect,
    QRectF,
    QSize,
    QSizeF,
    Qt,
)
from PySide6.QtGui import QImage, QImageWriter, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from morered_gui.app.state import AppState
from morered_gui.core import ExpectedError
from morered_gui.gui.frame_plot import FramePlot
from morered_gui.gui.plots import RunPlot
from morered_gui.gui.theme import Theme

SUFFIXES = (".svg", ".pdf", ".png")
SHARPNESS = 3  # pixels of a PNG per pixel of the screen
POINTS_PER_PIXEL = 0.75
FINE = 2  # a plot for a film is drawn larger and scaled down


def plot_file(plot: FramePlot, suffix: str) -> bytes:
    """The plot as it is on the screen, as svg, pdf or png; raises ValueError otherwise."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    size = plot.size()
    if suffix == ".svg":
        svg = QSvgGenerator()
        svg.setOutputDevice(buffer)
        svg.setSize(size)
        svg.setViewBox(QRect(0, 0, size.width(), size.height()))
        svg.setTitle(plot.accessibleName())
        _draw(plot, QPainter(svg), QRectF(0, 0, size.width(), size.height()))
    elif suffix == ".pdf":
        _draw_pdf(plot, buffer, size)
    elif suffix == ".png":
        write_png(_image(plot, size, SHARPNESS), buffer)
    else:
        raise ValueError(f"a plot is written as {', '.join(SUFFIXES)}, not as '{suffix}'")
    return bytes(buffer.data().data())


def write_png(image: QImage, device: QIODevice) -> None:
    """Encode a picture; raises ExpectedError where Qt can't, as for one without any pixels."""
    # Not QImage.save: PySide wants bytes for its format in the types and text when it runs.
    writer = QImageWriter(device, QByteArray(b"png"))
    if not writer.write(image):
        raise ExpectedError(f"the picture can't be written: {writer.errorString()}")


def _draw_pdf(plot: FramePlot, buffer: QBuffer, size: QSize) -> None:
    points = QSizeF(size.width() * POINTS_PER_PIXEL, size.height() * POINTS_PER_PIXEL)
    pdf = QPdfWriter(buffer)
    pdf.setPageSize(QPageSize(points, QPageSize.Unit.Point))
    pdf.setPageMargins(QMarginsF(0, 0, 0, 0))
    pdf.setTitle(plot.accessibleName())
    _draw(plot, QPainter(pdf), QRectF(0, 0, pdf.width(), pdf.height()))


def _draw(plot: FramePlot, painter: QPainter, target: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    plot.render(painter, target, plot.viewport().rect())
    painter.end()


def _image(plot: FramePlot, size: QSize, sharpness: int) -> QImage:
    image = QImage(size * sharpness, QImage.Format.Format_RGB32)
    _draw(plot, QPainter(image), QRectF(0, 0, image.width(), image.height()))
    return image


class FilmPlot:
    """The plot over steps at a film's size, drawn once; the cursor is drawn per picture.

    Attributes:
        image: of the size asked for, without a cursor.
        places: horizontal place of the cursor for each frame, pixels.
        span: from the upper to the lower end of the cursor, pixels.
    """

    def __init__(self, state: AppState, theme: Theme, like: RunPlot, size: tuple[int, int]) -> None:
        plot = RunPlot(state, theme)
        plot.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        plot.setFrameShape(RunPlot.Shape.NoFrame)
        plot.resize(*size)
        plot.show()  # lays the plot out
        plot.copy_choices(like)
        plot.hide_cursor()
        self.places, self.span = plot.cursor_places()
        fine = _image(plot, QSize(*size), FINE)
        self.image = fine.scaled(
            QSize(*size),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        plot.close()
        plot.deleteLater()
