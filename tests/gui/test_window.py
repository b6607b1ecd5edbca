import os
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QListWidget,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from morered_gui.app.settings import save_settings, settings_path
from morered_gui.core import Structure
from morered_gui.gui import interface_size
from morered_gui.gui.main import main, make_window
from morered_gui.gui.theme import dark_palette
from morered_gui.gui.window import MainWindow
from tests.app.molecules import WATER

AMMONIA = "4\nammonia\nN 0 0 0.1\nH 0 0.94 -0.27\nH 0.81 -0.47 -0.27\nH -0.81 -0.47 -0.27\n"
CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QListWidget, QSlider)


def loaded(window: MainWindow) -> Structure:
    assert window.state.structure is not None
    return window.state.structure


def test_that_the_version_is_told_and_nothing_is_opened(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"MoreRed GUI {version('morered-gui')}\n"


def test_that_a_file_is_opened(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "ammonia.xyz"
    path.write_text(AMMONIA)
    window.open_path(path)
    qtbot.waitUntil(lambda: loaded(window) is not WATER, timeout=20_000)
    assert loaded(window).formula == "H3N"
    assert window.settings.recent_files[0].endswith("ammonia.xyz")


def drop(window: MainWindow, mime: QMimeData) -> None:
    event = QDropEvent(
        QPointF(10, 10),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def test_that_a_dropped_file_is_opened(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "ammonia.xyz"
    path.write_text(AMMONIA)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    drop(window, mime)
    qtbot.waitUntil(lambda: loaded(window).formula == "H3N", timeout=20_000)


def test_that_of_several_dropped_files_none_is_opened_and_that_stays_said(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "ammonia.xyz"
    path.write_text(AMMONIA)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(p)) for p in (path, tmp_path / "other.sdf")])
    before = window.settings.recent_files
    drop(window, mime)
    qtbot.wait(300)
    assert "2 files were dropped" in window.message_bar.text
    assert loaded(window) is WATER
    assert window.settings.recent_files == before


def test_that_a_dropped_smiles_is_built(window: MainWindow, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setText("CCO")
    drop(window, mime)
    qtbot.waitUntil(lambda: loaded(window).formula == "C2H6O", timeout=20_000)


def test_that_a_broken_file_is_told_and_changes_nothing(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "broken.xyz"
    path.write_text("3\nwater\nO 0 0 0\n")
    window.open_path(path)
    qtbot.waitUntil(lambda: bool(window.message_bar.text), timeout=20_000)
    assert loaded(window) is WATER


def test_that_a_smiles_is_built(window: MainWindow, qtbot: QtBot) -> None:
    panel = window.molecule_panel
    panel.smiles_field.setText("CCO")
    qtbot.keyClick(panel.smiles_field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: loaded(window).formula == "C2H6O", timeout=20_000)
    assert not panel.smiles_error


@pytest.mark.parametrize("smiles", ["C(C", "", "   ", "C(C)(C)(C)(C)C", "*"])
def test_that_a_bad_smiles_is_told_beside_the_field_and_changes_nothing(
    window: MainWindow, qtbot: QtBot, smiles: str
) -> None:
    panel = window.molecule_panel
    panel.smiles_field.setText(smiles)
    qtbot.keyClick(panel.smiles_field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(panel.smiles_error), timeout=20_000)
    assert loaded(window) is WATER
    assert not window.message_bar.text


def test_that_an_example_comes_with_its_reference(window: MainWindow, qtbot: QtBot) -> None:
    window.open_example("benzaldehyde")
    qtbot.waitUntil(lambda: loaded(window) is not WATER, timeout=20_000)
    reference = window.state.known_reference
    assert reference is not None
    assert reference.label == "DFT geometry"
    assert window.actions_by_id["ghost"].isEnabled()


def test_that_the_structure_is_saved(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "water"
    answer = (str(path), "xyz (*.xyz)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: answer)
    window.actions_by_id["save_structure"].trigger()
    qtbot.waitUntil(path.with_suffix(".xyz").exists, timeout=20_000)


def test_that_the_trajectory_is_saved(
    relaxed: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.xyz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), ""))
    relaxed.actions_by_id["save_trajectory"].trigger()
    qtbot.waitUntil(path.exists, timeout=20_000)
    assert path.read_text().count("\nO ") == 61


def test_that_every_control_has_a_name_for_screen_readers(window: MainWindow) -> None:
    own = [
        w
        for w in window.findChildren(QWidget)
        if isinstance(w, CONTROLS)
        and w.window() is window  # not in pyqtgraph's menu, which is never shown
        and not w.objectName().startswith("qt_")
        and not isinstance(w.parent(), (QAbstractSpinBox, QComboBox, QLineEdit))
    ]
    nameless = [
        repr(w)
        for w in own
        if not (w.accessibleName() or (isinstance(w, QAbstractButton) and w.text()))
    ]
    assert len(own) > 20
    assert not nameless


def test_that_the_theme_follows_the_palette(
    window: MainWindow, qtbot: QtBot, qapp: QApplication
) -> None:
    light = qapp.palette()
    qapp.setPalette(dark_palette())
    qtbot.waitUntil(lambda: window.theme.dark, timeout=5_000)
    qapp.setPalette(light)
    qtbot.waitUntil(lambda: not window.theme.dark, timeout=5_000)


def test_that_a_broken_settings_file_still_opens_the_window(qapp: QApplication) -> None:
    path = settings_path()
    path.parent.mkdir(parents=True)
    path.write_text('{"seed": "many"')
    window, problem = make_window()
    assert "settings" in problem
    assert window.run_panel.seed == 0
    window.close()
    shiboken6.delete(window)


def test_that_the_window_is_imported_without_torch() -> None:
    code = (
        "import sys, morered_gui.gui.main; "
        "sys.exit(bool({'torch', 'schnetpack'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0


STARTED = """
from morered_gui.gui.main import begin_with, load_settings, make_application
begin_with(load_settings()[0])
print(make_application().devicePixelRatio())
"""


def test_that_the_interface_is_larger_from_the_next_start_on(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interface_size, "has_room", lambda *_: True)
    sizes = []
    for action in ("smaller", "larger", "larger", "smaller"):
        window.actions_by_id[action].trigger()
        sizes.append(window.current_settings().interface_size)
    assert sizes == [100, 125, 150, 125]
    assert "125 %" in window.message_bar.text and "starts again" in window.message_bar.text
    save_settings(window.current_settings())
    for given, drawn in (("", "1.25"), ("2", "2.0")):  # the environment counts more
        env = {k: v for k, v in os.environ.items() if k != interface_size.VARIABLE}
        env |= {interface_size.VARIABLE: given} if given else {}
        done = subprocess.run(
            [sys.executable, "-c", STARTED],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.strip() == drawn
    window.settings = replace(window.settings, interface_size=100)


def test_that_the_window_never_outgrows_its_screen(window: MainWindow) -> None:
    screen = window.screen().availableSize()
    assert screen.width() < 2 * window.minimumSizeHint().width()
    window.settings = replace(window.settings, interface_size=175)
    window.actions_by_id["larger"].trigger()
    assert "would not fit" in window.message_bar.text
    assert window.settings.interface_size == 175
    window.settings = replace(window.settings, interface_size=100)
