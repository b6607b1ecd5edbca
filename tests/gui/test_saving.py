"""A file is replaced only where that was agreed to."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from morered_gui.gui.window import MainWindow
from tests.gui.questions import answer, questions

WAIT = 20_000
Type = Callable[[str, str], None]


@pytest.fixture
def type_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """What is typed into the system's dialog, and the filter chosen in it."""

    def choose(name: str, chosen: str) -> None:
        found = (str(tmp_path / name), chosen)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: found)

    return choose


@pytest.mark.parametrize(
    ("action", "suffix", "chosen"),
    [
        ("save_structure", ".xyz", "xyz (*.xyz)"),
        ("save_trajectory", ".extxyz", "extxyz (*.extxyz)"),
        ("save_session", ".morered", "Session (*.morered)"),
    ],
)
def test_that_a_file_whose_suffix_was_not_typed_is_not_replaced_unasked(
    relaxed: MainWindow,
    qtbot: QtBot,
    tmp_path: Path,
    type_name: Type,
    action: str,
    suffix: str,
    chosen: str,
) -> None:
    type_name("aspirin", chosen)
    mine = tmp_path / f"aspirin{suffix}"
    mine.write_text("mine")
    relaxed.actions_by_id[action].trigger()
    assert mine.name in answer(relaxed, "Cancel", qtbot)
    qtbot.wait(100)
    assert mine.read_bytes() == b"mine"
    relaxed.actions_by_id[action].trigger()
    answer(relaxed, "Replace", qtbot)
    qtbot.waitUntil(lambda: mine.read_bytes() != b"mine", timeout=WAIT)


@pytest.mark.parametrize(
    ("typed", "written"),
    [("run.2", "run.2.sdf"), ("run.XYZ", "run.XYZ"), ("run.mol", "run.mol")],
)
def test_that_a_name_with_a_dot_gets_the_suffix_that_it_lacks(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, type_name: Type, typed: str, written: str
) -> None:
    type_name(typed, "sdf (*.sdf)")
    window.actions_by_id["save_structure"].trigger()
    qtbot.waitUntil((tmp_path / written).exists, timeout=WAIT)


def test_that_an_export_asks_as_well(
    relaxed: MainWindow, qtbot: QtBot, tmp_path: Path, type_name: Type
) -> None:
    type_name("curves.1", "csv (*.csv)")
    (tmp_path / "curves.1.csv").write_text("mine")
    dialog = relaxed.studio.exporter.dialog
    dialog.asked.emit("curves")
    assert "curves.1.csv" in answer(dialog, "Cancel", qtbot)
    assert (tmp_path / "curves.1.csv").read_text() == "mine"
    type_name("curves.2", "csv (*.csv)")
    dialog.asked.emit("curves")
    assert not questions(dialog)
    qtbot.waitUntil((tmp_path / "curves.2.csv").exists, timeout=WAIT)
