"""A hand that draws: real mouse events on the sketcher's page."""

import json
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from morered_gui.gui.sketcher import Sketcher

SECONDS = 60_000  # ms, for busy machines
PAUSE = 40  # ms between two movements of the hand


def move_mouse(
    target: QWidget, to: QPoint, buttons: Qt.MouseButton = Qt.MouseButton.NoButton
) -> None:
    """Move the mouse over a widget with these buttons down."""
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(to),
        QPointF(target.mapToGlobal(to)),
        Qt.MouseButton.NoButton,
        buttons,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(target, event)


class Pen:
    """Finds the tools by their test ids and the atoms by their place in the drawing."""

    def __init__(self, sketcher: Sketcher, qtbot: QtBot) -> None:
        self._sketcher, self._qtbot = sketcher, qtbot

    def take(self, tool: str) -> None:
        """Click a tool, until it is the one in the hand."""
        self.click(self._centre(f"[data-testid='{tool}']"))

    def click_page(self, dx: int = 0, dy: int = 0) -> None:
        """Click on the page, so many pixels from its middle."""
        self.click(self.middle() + QPoint(dx, dy))

    def click_atom(self, place: int) -> None:
        """Click an atom by its place in the mol block."""
        self.click(self.atom(place))

    def atom(self, place: int) -> QPoint:
        """Where an atom is on the screen."""
        x, y = self.ask(
            "(() => { const e = moreredSketch.ketcher().editor; const s = e.struct();"
            f"const id = [...s.atoms.keys()][{place}];"
            "const p = s.atoms.get(id).pp; const r = e.render;"
            "const v = r.paper.canvas.getBoundingClientRect();"
            "const b = r.viewBox; const m = r.options.microModeScale;"
            "return [v.x + (p.x * m - b.minX) * r.options.zoom,"
            " v.y + (p.y * m - b.minY) * r.options.zoom]; })()"
        )
        return QPoint(round(x), round(y))

    def click(self, point: QPoint) -> None:
        """Move there, then press and release."""
        target = self._sketcher.focusProxy()
        assert target is not None
        move_mouse(target, point)
        self._qtbot.wait(PAUSE)
        QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=point)
        self._qtbot.wait(PAUSE)

    def ask(self, code: str) -> Any:
        """The value of an expression on the page, by way of JSON."""
        got: list[str] = []
        page = self._sketcher.page()
        page.runJavaScript(f"JSON.stringify({code})", 0, got.append)
        self._qtbot.waitUntil(lambda: bool(got), timeout=SECONDS)
        return json.loads(got[0])

    def molfile(self) -> str:
        """What Ketcher makes of the drawing."""
        return str(self.wait_for("moreredSketch.ketcher().getMolfile('v2000')"))

    def round_trip(self, blocks: list[str]) -> list[str]:
        """Each mol block put on the page, and what comes back, one after the other."""
        code = (
            f"(async (k, blocks) => {{ const back = []; for (const b of blocks) {{"
            "await k.setMolecule(b); back.push(await k.getMolfile('v2000')); } return back; })"
            f"(moreredSketch.ketcher(), {json.dumps(blocks)})"
        )
        return [str(block) for block in self.wait_for(code)]

    def can_fetch(self, address: str) -> bool:
        """Whether the page gets an answer from there."""
        return bool(self.wait_for(f"fetch({json.dumps(address)}).then(r => r.ok, () => false)"))

    def wait_for(self, promise: str) -> Any:
        """What a promise on the page comes to."""
        self.ask(f"(window.testAnswer = null, ({promise}).then(v => window.testAnswer = [v]), 1)")
        answer: list[Any] = []

        def arrived() -> bool:
            answer[:] = self.ask("window.testAnswer") or []
            return bool(answer)

        self._qtbot.waitUntil(arrived, timeout=SECONDS)
        return answer[0]

    def _centre(self, selector: str) -> QPoint:
        x, y = self.ask(
            f'(() => {{ const r = document.querySelector("{selector}").getBoundingClientRect();'
            "return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        return QPoint(round(x), round(y))

    def middle(self) -> QPoint:
        """Of the page."""
        return QPoint(self._sketcher.width() // 2, self._sketcher.height() // 2)
