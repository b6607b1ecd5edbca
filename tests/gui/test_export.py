"""What leaves the program is opened by other programs."""

import io
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtPdf import QPdfDocument
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWebEngineCore import (
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from morered_gui.app.movie import MovieCancelledError, MovieError, write_movie
from morered_gui.app.records import RunRecord
from morered_gui.app.references import Reference
from morered_gui.app.view_options import BondsFrom, ViewOptions
from morered_gui.core import Frame, Provenance, Trajectory
from morered_gui.gui.export_dialog import ExportDialog
from morered_gui.gui.window import MainWindow
from tests.app.molecules import IRON_OXIDE, WATER

WAIT = 30_000
Export = Callable[[str, str], Path]


@pytest.fixture
def dialog(relaxed: MainWindow) -> ExportDialog:
    relaxed.actions_by_id["export"].trigger()
    return relaxed.studio.exporter.dialog


@pytest.fixture
def export(
    relaxed: MainWindow,
    dialog: ExportDialog,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Export:
    """Presses the dialog's button for a kind; returns the file's path when it is there."""

    def press(kind: str, name: str) -> Path:
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), ""))
        dialog.choose(kind)
        button = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Export…")
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(path.exists, timeout=WAIT)
        qtbot.waitUntil(lambda: "Saved" in relaxed.message_bar.text, timeout=WAIT)
        return path

    return press


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]


def test_that_plots_are_vectors(dialog: ExportDialog, export: Export) -> None:
    svg = export("plot", "course.svg").read_bytes()
    assert QSvgRenderer(QByteArray(svg)).isValid()
    assert b"<polyline" in svg or b"<path" in svg
    assert b"RMSD" in svg
    dialog.plot.setCurrentIndex(1)
    pdf = QPdfDocument()
    assert pdf.load(str(export("plot", "scatter.pdf"))) == QPdfDocument.Error.None_
    assert pdf.pageCount() == 1
    assert "RMSD" in "".join(pdf.getAllText(0).text().split())
    pdf.close()
    dialog.plot.setCurrentIndex(0)


def test_that_a_plot_is_a_picture_too(relaxed: MainWindow, export: Export) -> None:
    with Image.open(export("plot", "course.png")) as image:
        shown = relaxed.course.plot.size()
        assert image.size == (3 * shown.width(), 3 * shown.height())
        assert len(image.getcolors(1 << 20) or []) > 10


def test_that_the_curves_are_a_row_per_frame(
    relaxed: MainWindow, export: Export, qtbot: QtBot
) -> None:
    def rests_on_the_final_frame() -> bool:  # measured anew in a task after the run's end
        series = relaxed.state.series
        return series is not None and series.rmsd[-1] < 1e-9

    qtbot.waitUntil(rests_on_the_final_frame, timeout=WAIT)
    table = np.genfromtxt(
        io.StringIO(export("curves", "run.csv").read_text()), delimiter=",", names=True
    )
    assert len(table) == 61
    assert relaxed.state.series is not None
    assert np.allclose(table["RMSD_Å"], relaxed.state.series.rmsd, rtol=1e-8, atol=1e-12)


class NoNetwork(QWebEngineUrlRequestInterceptor):
    """Refuses whatever is not the file itself, and remembers it."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:  # noqa: N802
        if info.requestUrl().scheme() not in {"file", "data", "blob"}:
            self.refused.append(info.requestUrl().toString())
            info.block(True)


def test_that_the_page_plays_without_a_network(
    relaxed: MainWindow, export: Export, qtbot: QtBot, qapp: QApplication
) -> None:
    path = export("page", "run.html")
    profile, guard = QWebEngineProfile(qapp), NoNetwork()
    profile.setUrlRequestInterceptor(guard)
    page = QWebEnginePage(profile, profile)
    with qtbot.waitSignal(page.loadFinished, timeout=WAIT) as loaded:
        page.load(QUrl.fromLocalFile(str(path)))
    assert loaded.args == [True]
    got: list[str] = []
    code = (
        "JSON.stringify([moreredMovie.model.getNumFrames(), "
        "moreredMovie.model.selectedAtoms({}).map((atom) => atom.bonds)])"
    )
    page.runJavaScript(code, 0, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=WAIT)
    assert json.loads(got[0]) == [61, [[1, 2], [0], [0]]]
    assert not guard.refused
    page.deleteLater()
    profile.deleteLater()


def test_that_the_picture_goes_to_the_clipboard(relaxed: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().clear()
    relaxed.actions_by_id["copy_picture"].trigger()
    qtbot.waitUntil(lambda: not QGuiApplication.clipboard().image().isNull(), timeout=WAIT)
    assert QGuiApplication.clipboard().image().width() > 100


def test_that_a_film_of_an_odd_size_or_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MovieError, match="even"):
        write_movie(tmp_path / "a.mp4", (31, 20), 30, [])
    with pytest.raises(MovieError, match=r"\.mp4 or \.gif"):
        write_movie(tmp_path / "a.avi", (30, 20), 30, [])


def test_that_a_gif_has_the_frames_that_were_written(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    shades = [np.full((20, 30, 3), 60 * k, np.uint8).tobytes() for k in range(3)]
    write_movie(path, (30, 20), 10, shades)
    with Image.open(path) as image:
        assert (image.n_frames, image.size) == (3, (30, 20))


def test_that_a_film_given_up_leaves_nothing(tmp_path: Path) -> None:
    def pictures() -> Iterator[bytes]:
        yield bytes(30 * 20 * 3)
        raise MovieCancelledError

    with pytest.raises(MovieCancelledError):
        write_movie(tmp_path / "a.mp4", (30, 20), 10, pictures())
    assert not list(tmp_path.glob("*.mp4")) and not list(tmp_path.glob(".writing*"))


def test_that_the_film_has_the_frames_asked_for(dialog: ExportDialog, export: Export) -> None:
    dialog.size_of_film.setCurrentIndex(0)
    dialog.first.setValue(1)
    dialog.last.setValue(12)
    path = export("film", "run.mp4")
    pictures = decoded(path)
    assert len(pictures) == 12
    assert pictures[0].shape == (360, 640, 3)
    assert (np.abs(pictures[0].astype(int) - pictures[-1]) > 60).sum() > 300
    with av.open(str(path)) as container:
        assert float(container.streams.video[0].average_rate or 0) == 30.0
        assert container.streams.video[0].codec_context.name == "h264"


def test_that_a_film_has_the_bonds_of_its_frames(
    relaxed: MainWindow, dialog: ExportDialog, export: Export
) -> None:
    """The hydrogen that has gone away hangs on a long stick, or on none."""
    made = Trajectory(WATER, Provenance("jt"))
    for step in range(3):
        x = WATER.positions.copy()
        x[2] *= 1.0 + 2.0 * step
        made.append(Frame(step, x, t=float(step)))
    relaxed.state.keep_run(RunRecord(made, Reference(WATER, "start")))
    dialog.offer(3)
    dialog.size_of_film.setCurrentIndex(0)
    dialog.with_plot.setChecked(False)
    drawn = {}
    for bonds in BondsFrom:
        relaxed.state.set_view(ViewOptions(bonds=bonds))
        pictures = decoded(export("film", f"{bonds}.mp4"))
        assert len(pictures) == 3
        background = pictures[0][2, 2].astype(int)
        drawn[bonds] = [(np.abs(p - background).sum(-1) > 60).sum() for p in pictures]
        relaxed.state.say(None)
    own, perceived = drawn[BondsFrom.MOLECULE], drawn[BondsFrom.FRAME]
    assert abs(own[0] - perceived[0]) < 0.02 * own[0]
    assert all(few < 0.97 * many for few, many in zip(perceived[1:], own[1:], strict=True))
    dialog.with_plot.setChecked(True)
    relaxed.state.set_view(ViewOptions())


def test_that_a_gif_takes_every_so_many_frames(dialog: ExportDialog, export: Export) -> None:
    dialog.size_of_film.setCurrentIndex(0)
    dialog.first.setValue(1)
    dialog.last.setValue(11)
    dialog.stride.setValue(5)
    dialog.with_plot.setChecked(False)
    with Image.open(export("film", "run.gif")) as image:
        assert (image.n_frames, image.size) == (3, (640, 360))
    dialog.stride.setValue(1)
    dialog.with_plot.setChecked(True)


def test_that_frames_are_offered_as_they_are(
    relaxed: MainWindow, dialog: ExportDialog, export: Export, qtbot: QtBot
) -> None:
    dialog.offer(200)
    dialog.last.setValue(200)  # of a run that is gone
    relaxed.run_panel.set_max_steps(8)
    relaxed.actions_by_id["relax"].trigger()
    qtbot.waitUntil(lambda: not relaxed.state.busy, timeout=WAIT)
    assert (dialog.last.maximum(), dialog.last.value()) == (9, 9)
    dialog.offer(200)
    dialog.last.setValue(200)
    dialog.size_of_film.setCurrentIndex(0)
    assert len(decoded(export("film", "short.mp4"))) == 9


def film_of(window: MainWindow, path: Path) -> None:
    """Begin a small film of all frames."""
    window.studio.exporter.dialog.offer(61)
    window.studio.exporter.dialog.size_of_film.setCurrentIndex(0)
    window.studio.exporter.save_film(path)


def test_that_a_film_needs_frames(relaxed: MainWindow, tmp_path: Path) -> None:
    relaxed.state.load(WATER)
    film_of(relaxed, tmp_path / "run.mp4")
    assert relaxed.studio.exporter.film is None
    assert "no trajectory" in relaxed.message_bar.text


@pytest.mark.parametrize("bonds", list(BondsFrom))
def test_that_another_molecule_ends_the_film(
    relaxed: MainWindow, qtbot: QtBot, tmp_path: Path, bonds: BondsFrom
) -> None:
    relaxed.state.set_view(ViewOptions(bonds=bonds))
    film_of(relaxed, tmp_path / "run.mp4")
    assert relaxed.studio.exporter.film is not None
    relaxed.state.load(IRON_OXIDE)
    qtbot.waitUntil(lambda: relaxed.studio.exporter.film is None, timeout=WAIT)
    assert "the molecule has changed" in relaxed.message_bar.text
    assert not list(tmp_path.iterdir())
    relaxed.state.set_view(ViewOptions())


def fail(*_args: object) -> None:
    raise RuntimeError("it fails")


def test_that_a_film_without_an_encoder_ends(
    relaxed: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("morered_gui.gui.film.write_movie", fail)
    film_of(relaxed, tmp_path / "run.mp4")
    qtbot.waitUntil(lambda: relaxed.studio.exporter.film is None, timeout=WAIT)
    assert relaxed.message_bar.text == "The film can't be made: it fails."


def test_that_a_film_whose_frames_can_not_be_drawn_ends(
    relaxed: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:  # only as long as the film asks for its first frame
        patched.setattr("morered_gui.gui.scene.Scene.picture_of", fail)
        film_of(relaxed, tmp_path / "run.mp4")
    qtbot.waitUntil(lambda: relaxed.studio.exporter.film is None, timeout=WAIT)
    assert "frame 1 can't be drawn (it fails)" in relaxed.message_bar.text


def test_that_a_film_whose_bonds_can_not_be_perceived_ends(
    relaxed: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("morered_gui.app.frame_bonds.bonds_of_frames", fail)
    relaxed.state.set_view(ViewOptions(bonds=BondsFrom.FRAME))
    film_of(relaxed, tmp_path / "run.mp4")
    qtbot.waitUntil(lambda: relaxed.studio.exporter.film is None, timeout=WAIT)
    assert "bonds can't be perceived" in relaxed.message_bar.text
    relaxed.state.set_view(ViewOptions())


def test_that_the_plot_behind_another_is_exported_with_its_bars(
    relaxed: MainWindow, dialog: ExportDialog, export: Export
) -> None:
    assert not relaxed.course.atoms.isVisible()
    dialog.plot.setCurrentIndex(2)
    with Image.open(export("plot", "atoms.png")) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert (pixels == relaxed.theme.second.getRgb()[:3]).all(-1).sum() > 1000
    dialog.plot.setCurrentIndex(0)


def test_that_a_film_is_given_up_from_the_window(
    relaxed: MainWindow, dialog: ExportDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    exporter = relaxed.studio.exporter
    dialog.size_of_film.setCurrentIndex(0)
    exporter.save_film(tmp_path / "run.mp4")
    film = exporter.film
    assert film is not None
    with qtbot.waitSignal(film.progressed, timeout=WAIT):
        pass
    relaxed.playback.slider.setValue(3)  # the window goes on working
    assert relaxed.state.frame_index == 3
    dialog.cancelled.emit()
    qtbot.waitUntil(lambda: exporter.film is None, timeout=WAIT)
    assert "given up" in relaxed.message_bar.text
    assert not list(tmp_path.glob("*.mp4")) and not list(tmp_path.glob(".writing*"))


def test_that_a_picture_has_its_size_and_no_background(
    dialog: ExportDialog, export: Export
) -> None:
    dialog.width_px.setValue(701)
    dialog.height_px.setValue(500)
    dialog.transparent.setChecked(True)
    with Image.open(export("picture", "water.png")) as image:
        pixels = np.asarray(image.convert("RGBA"))
    assert pixels.shape == (500, 701, 4)
    assert pixels[2, 2, 3] == 0
    assert (pixels[..., 3] == 255).sum() > 1000


def test_that_ffmpeg_is_started_without_python_in_its_fork(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []
    start = subprocess.Popen

    def popen(*words: object, **options: object) -> object:
        asked.append(options)
        return start(*words, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", popen)
    write_movie(tmp_path / "a.mp4", (30, 20), 10, [bytes(30 * 20 * 3)])
    assert asked and not any(options.get("preexec_fn") for options in asked)


def test_that_a_film_that_ffmpeg_refuses_says_why(tmp_path: Path) -> None:
    with pytest.raises(MovieError, match=r"ffmpeg has failed: .+"):
        write_movie(tmp_path / "a.mp4", (30, 20), 0.0, [bytes(30 * 20 * 3)])
    assert not list(tmp_path.iterdir())
