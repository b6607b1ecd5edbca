"""Take the pictures of the editor from the running program.

    python scripts/editor_pictures.py [--folder DIR]

Opens the real window and takes three: the start page; a molecule in the sketcher with its relaxed
structure beside it; atoms selected by a box and dragged in 3D with the mouse.
"""

import argparse
import json
import sys
from pathlib import Path

import shiboken6
from staging import PICTURES, SIZE, make_application, make_window, pause, settle, wait

# Qt comes behind the settings of staging.
from PySide6.QtCore import QPoint, Qt  # isort: skip
from PySide6.QtTest import QTest

from morered_gui.gui.window import MainWindow

SMILES = "CC(=O)Nc1ccc(O)cc1"
DRAWING_SECONDS = 1.5  # of thumbnails and pages
FROZEN = (6, 7, 8, 9)  # half of the ring with its oxygen
LEFT = Qt.MouseButton.LeftButton


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=PICTURES)
    folder = parser.parse_args().folder
    make_application()
    window, problem = make_window()
    if problem:
        print(problem, file=sys.stderr)
    window.resize(*SIZE)
    window.show()
    wait(lambda: window.view.is_ready, "the 3D view")
    wait(lambda: window.sketch_panel.sketcher.is_ready, "the sketcher")
    pause(2 * DRAWING_SECONDS)
    take(window, folder / "start.png")
    draw(window)
    take(window, folder / "editor.png")
    edit_in_space(window)
    take(window, folder / "edit-3d.png")
    window.close()
    shiboken6.delete(window)
    return 0


def draw(window: MainWindow) -> None:
    """Paracetamol on the page, relaxed as if it had been drawn."""
    window.open_smiles(SMILES)
    wait(lambda: window.state.drawing is not None, "the drawing")
    window.run_panel.choose_method("fast")
    window.commands.relax()
    wait(lambda: not window.state.busy, "the end of the run")
    wait(lambda: window.sketch_panel.sketcher.is_settled, "the sketcher's page")
    pause(DRAWING_SECONDS)
    window.commands.fit()


def edit_in_space(window: MainWindow) -> None:
    """Half of the ring frozen, the acetyl group selected, and the hand about to move it."""
    window.raise_panel("Edit in 3D")
    pause(DRAWING_SECONDS)
    window.commands.fit()
    window.state.set_fixed(frozenset(FROZEN))
    window.studio.picker.select((3, 1))
    window.actions_by_id["select_fragment"].trigger()
    window.actions_by_id["hand_move"].trigger()
    settle(window)
    target = window.view.focusProxy()
    if target is None:
        raise RuntimeError("the 3D view has no page")
    start, by = on_screen(window, 1), QPoint(-25, 45)
    before = on_screen(window, 1)
    QTest.mouseMove(target, start)
    pause(0.3)
    QTest.mousePress(target, LEFT, Qt.KeyboardModifier.NoModifier, start)
    for k in range(1, 9):
        QTest.mouseMove(target, start + by * k / 8)
        pause(0.05)
    wait(lambda: (on_screen(window, 1) - before).manhattanLength() > 50, "the atoms' move")


def on_screen(window: MainWindow, atom: int) -> QPoint:
    """Where an atom is drawn, in pixels of the view."""
    got: list[str] = []
    code = f"JSON.stringify(moreredView.atomOnScreen({atom}))"
    window.view.page().runJavaScript(code, 0, got.append)
    wait(lambda: bool(got), "the page's answer")
    at = json.loads(got[0])
    return QPoint(round(at["x"]), round(at["y"]))


def take(window: MainWindow, path: Path) -> None:
    """Grab the window when all is drawn."""
    settle(window)
    path.parent.mkdir(parents=True, exist_ok=True)
    window.grab().save(str(path))
    print(path.name)


if __name__ == "__main__":
    sys.exit(main())
