"""As a new user would: paracetamol drawn from nothing, with the mouse alone, in the real window.

Each step is a picture in the folder that MORERED_TEST_PICTURES names, if it does.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from morered_gui.chem.drawing import mol_of_drawing, smiles_of_mol
from morered_gui.core import Structure
from morered_gui.gui.window import MainWindow
from tests.gui.conftest import REAL_DEVICE
from tests.gui.pen import SECONDS, Pen

PICTURES = os.environ.get("MORERED_TEST_PICTURES", "")
RING, PHENOL, PARACETAMOL = "c1ccccc1", "Oc1ccccc1", "CC(=O)Nc1ccc(O)cc1"
THIOL = "CC(=O)Nc1ccc(S)cc1"
N_UNDONE = 5
SIZE = (1440, 900)


@dataclass(frozen=True)
class Stroke:
    """One click on the page with a tool in the hand, and the molecule after it.

    ``at`` is an atom by its place in the drawing, a bond by its two ends, or None for the middle
    of the page.
    """

    tool: str
    at: int | tuple[int, int] | None
    smiles: str


# Ketcher numbers the benzene ring 0 to 5; what is added comes behind.
STROKES = (
    Stroke("template-0", None, RING),
    Stroke("bonds", 0, "Cc1ccccc1"),
    Stroke("O-button", 6, PHENOL),
    Stroke("bonds", 3, "Cc1ccc(O)cc1"),
    Stroke("N-button", 7, "Nc1ccc(O)cc1"),
    Stroke("bonds", 7, "CNc1ccc(O)cc1"),
    Stroke("bonds", 8, "CCNc1ccc(O)cc1"),
    Stroke("bonds", 8, "CC(C)Nc1ccc(O)cc1"),
    Stroke("O-button", 9, "CC(O)Nc1ccc(O)cc1"),
    Stroke("bonds", (8, 9), PARACETAMOL),
    Stroke("S-button", 6, THIOL),
)


@pytest.fixture
def window(shared_window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window as it opens, with nothing in it."""
    sketcher = shared_window.sketch_panel.sketcher
    qtbot.waitUntil(lambda: shared_window.view.is_ready and sketcher.is_ready, timeout=SECONDS)
    shared_window.resize(*SIZE)
    shared_window.resizeDocks([shared_window.docks["Draw"]], [420], Qt.Orientation.Horizontal)
    shared_window.run_panel.choose_device(REAL_DEVICE)
    assert shared_window.state.structure is None and shared_window.state.drawing is None
    yield shared_window
    shared_window.controller.cancel_run()


class NewUser:
    """Draws, presses the buttons of the toolbar, and waits until all stands still."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self._qtbot = window, qtbot
        self.pen = Pen(window.sketch_panel.sketcher, qtbot)
        self._tool = ""
        self._pictures = 0

    def draw(self, stroke: Stroke) -> Structure:
        """A stroke, and the structure that it comes to."""
        if stroke.tool != self._tool:
            self.pen.take(stroke.tool)
            self._tool = stroke.tool
        self.pen.click(self._place(stroke.at))
        self._wait(lambda: self.smiles == stroke.smiles)
        state = self.window.state
        self._wait(lambda: not state.busy and self._is_relaxed())
        return self.settled()

    def press(self, action: str, smiles: str) -> Structure:
        """A click on a button of the toolbar, after which this is drawn."""
        (button,) = (
            b
            for b in self.window.toolbar.findChildren(QToolButton)
            if b.defaultAction() is self.window.actions_by_id[action]
        )
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self._wait(lambda: self.smiles == smiles)
        return self.settled()

    def settled(self) -> Structure:
        """What is shown when page and view have drawn everything."""
        sketcher, view = self.window.sketch_panel.sketcher, self.window.view
        self._wait(lambda: sketcher.is_settled and view.is_settled)
        self._record()
        assert self.window.state.shown is not None
        return self.window.state.shown

    @property
    def smiles(self) -> str:
        """Of the drawing, as the program understands it."""
        drawing = self.window.state.drawing
        return drawing.smiles if drawing else ""

    @property
    def on_page(self) -> str:
        """Of what Ketcher really shows."""
        return smiles_of_mol(mol_of_drawing(self.pen.molfile()))

    def _is_relaxed(self) -> bool:
        trajectory = self.window.state.trajectory
        return trajectory is not None and trajectory.stop_reason is not None

    def _place(self, at: int | tuple[int, int] | None) -> QPoint:
        if isinstance(at, tuple):
            first, second = (self.pen.atom(k) for k in at)
            return (first + second) / 2
        return self.pen.middle() if at is None else self.pen.atom(at)

    def _wait(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=SECONDS)

    def _record(self) -> None:
        if PICTURES:
            self._qtbot.wait(200)  # Chromium hands the drawn page over a moment later
            folder = Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            self.window.grab().save(str(folder / f"{self._pictures:02}.png"))
            self._pictures += 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what torch warns of is not this test's concern
def test_that_paracetamol_is_drawn_by_mouse_relaxed_and_every_step_undone(
    window: MainWindow, qtbot: QtBot
) -> None:
    user = NewUser(window, qtbot)
    steps = [user.draw(stroke) for stroke in STROKES]
    drawn = [stroke.smiles for stroke in STROKES]
    assert user.on_page == THIOL
    assert window.sketch_panel.words == ""  # nothing to complain of: sulfur is relaxed as well
    last = len(steps) - 1
    for k in range(last - 1, last - 1 - N_UNDONE, -1):
        assert user.press("undo", drawn[k]) == steps[k]
        assert user.on_page == drawn[k]
    for k in range(last - N_UNDONE + 1, last + 1):
        assert user.press("redo", drawn[k]) == steps[k]
        assert user.on_page == drawn[k]
    assert not window.actions_by_id["redo"].isEnabled()
