"""The keys of the page that plays a trajectory, in our own browser."""

import json
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QUrl
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from morered_gui.app.html_export import write_html
from morered_gui.core import Frame, Provenance, Trajectory
from tests.app.molecules import WATER

PRESS = (
    "const press = (key, more) => document.body.dispatchEvent("
    "new KeyboardEvent('keydown', { key, bubbles: true, ...more }));"
)


def ask(view: QWebEngineView, qtbot: QtBot, code: str) -> Any:
    got: list[str] = []
    view.page().runJavaScript(
        f"(() => {{ {PRESS} return JSON.stringify({code}); }})()", 0, got.append
    )
    qtbot.waitUntil(lambda: bool(got), timeout=60_000)
    return json.loads(got[0])


def test_that_a_key_held_down_plays_once_and_the_browsers_keys_are_left_alone(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    made = Trajectory(WATER, Provenance("jt"))
    for k in range(5):
        made.append(Frame(k, WATER.positions))
    write_html(tmp_path / "run.html", made)
    view = QWebEngineView()
    view.resize(400, 300)
    view.load(QUrl.fromLocalFile(str(tmp_path / "run.html")))
    there = "typeof moreredMovie !== 'undefined'"
    qtbot.waitUntil(lambda: bool(ask(view, qtbot, there)), timeout=60_000)
    said = "document.getElementById('play').textContent"
    frame = "document.getElementById('frame').value"
    ask(view, qtbot, "(moreredMovie.pause(), moreredMovie.show(2), 1)")
    ask(view, qtbot, "(press('ArrowLeft', { altKey: true }), 1)")
    assert ask(view, qtbot, frame) == "2"
    ask(view, qtbot, "(press('ArrowLeft'), 1)")
    assert ask(view, qtbot, frame) == "1"
    assert ask(view, qtbot, f"(press(' '), press(' ', {{ repeat: true }}), {said})") == "Pause"
    shiboken6.delete(view)
