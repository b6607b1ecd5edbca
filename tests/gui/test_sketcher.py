import json
from collections.abc import Callable, Iterator

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from morered_gui.app.editing import Verdict
from morered_gui.chem.drawing import Drawing, drawn, mol_of_drawing, smiles_of_mol
from morered_gui.chem.smiles import mol_from_smiles
from morered_gui.core import Structure
from morered_gui.gui import sketch_panel, web_scheme
from morered_gui.gui.last_word import LastWord
from morered_gui.gui.sketch_panel import SketchPanel
from morered_gui.gui.sketcher import Sketcher
from morered_gui.gui.window import MainWindow
from tests.gui.conftest import REAL_DEVICE
from tests.gui.pen import SECONDS, Pen
from tests.smiles import DIVERSE

# Asks the page what it has yet to tell; it reads the drawing and takes half a second more.
SLOW_ANSWER = """
const ketcher = moreredSketch.ketcher();
const read = ketcher.getMolfile.bind(ketcher);
ketcher.getMolfile = async (format) => {
  delete ketcher.getMolfile;
  const molfile = await read(format);
  await new Promise((resolve) => setTimeout(resolve, 500));
  return molfile;
};
moreredSketch.tell(0);
"""
LATER = "(window.trueDate = Date, Date = class extends trueDate { constructor(...given) {\
 super(...(given.length ? given : [%s])); } }, 1)"


@pytest.fixture
def pen(window: MainWindow, qtbot: QtBot) -> Pen:
    sketcher = window.sketch_panel.sketcher
    qtbot.waitUntil(lambda: sketcher.is_ready, timeout=SECONDS)
    qtbot.waitUntil(lambda: window.state.drawing is not None, timeout=SECONDS)
    qtbot.waitUntil(lambda: sketcher.is_settled, timeout=SECONDS)
    return Pen(sketcher, qtbot)


@pytest.fixture
def real_relaxer(window: MainWindow) -> Iterator[None]:
    window.run_panel.choose_device(REAL_DEVICE)
    yield
    window.run_panel.choose_device("auto")


def wait_for(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=SECONDS)


def shown(window: MainWindow) -> Structure:
    assert window.state.shown is not None
    return window.state.shown


def smiles(window: MainWindow) -> str:
    return window.state.drawing.smiles if window.state.drawing else ""


def wait_for_relaxed(window: MainWindow, qtbot: QtBot, wanted: str) -> Structure:
    wait_for(qtbot, lambda: smiles(window) == wanted)
    state = window.state
    wait_for(qtbot, lambda: bool(state.trajectory) and not state.busy)
    return shown(window)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what torch warns of is not this test's concern
def test_that_a_molecule_drawn_by_hand_is_relaxed_and_every_step_can_be_undone(
    window: MainWindow, pen: Pen, qtbot: QtBot, real_relaxer: None
) -> None:
    if window.run_panel.model is None:
        pytest.skip("no model is shipped yet")
    pen.take("clear-canvas")
    wait_for(qtbot, lambda: window.state.structure is None)
    steps = []
    pen.take("template-0")
    pen.click_page()
    steps.append(wait_for_relaxed(window, qtbot, "c1ccccc1"))
    pen.take("bonds")
    pen.click_atom(0)
    steps.append(wait_for_relaxed(window, qtbot, "Cc1ccccc1"))
    pen.take("O-button")
    pen.click_atom(6)
    steps.append(wait_for_relaxed(window, qtbot, "Oc1ccccc1"))
    pen.take("N-button")
    pen.click_atom(6)
    steps.append(wait_for_relaxed(window, qtbot, "Nc1ccccc1"))
    pen.take("erase")
    pen.click_atom(6)
    steps.append(wait_for_relaxed(window, qtbot, "c1ccccc1"))
    assert window.molecule_panel.smiles_field.text() == "c1ccccc1"
    undo, redo = window.actions_by_id["undo"], window.actions_by_id["redo"]
    for expected in reversed(steps[:-1]):
        undo.trigger()
        wait_for(qtbot, lambda expected=expected: shown(window) == expected)  # type: ignore[misc]
        wait_for(qtbot, lambda: window.sketch_panel.sketcher.is_settled)
        assert on_page(pen) == smiles(window)
    undo.trigger()
    wait_for(qtbot, lambda: window.state.structure is None)
    for expected in steps:
        redo.trigger()
        wait_for(qtbot, lambda expected=expected: window.state.shown == expected)  # type: ignore[misc]
    wait_for(qtbot, lambda: window.sketch_panel.sketcher.is_settled)
    assert on_page(pen) == "c1ccccc1"
    assert not redo.isEnabled()


def on_page(pen: Pen) -> str:
    return smiles_of_mol(mol_of_drawing(pen.molfile()))


def test_that_a_drawing_goes_through_the_sketcher_unchanged(window: MainWindow, pen: Pen) -> None:
    blocks = [drawn(mol_from_smiles(s)) for s in DIVERSE]
    back = pen.round_trip(blocks)
    changed = [
        (before, after)
        for before, after in zip(
            map(smiles_of_block, blocks), map(smiles_of_block, back), strict=True
        )
        if before != after
    ]
    assert not changed
    assert len(back) >= 60


def smiles_of_block(block: str) -> str:
    return smiles_of_mol(mol_of_drawing(block))


def test_that_a_typed_smiles_is_drawn(window: MainWindow, pen: Pen, qtbot: QtBot) -> None:
    field = window.molecule_panel.smiles_field
    field.setText("C[C@H](O)F")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    wait_for(qtbot, lambda: smiles(window) == "C[C@H](O)F")
    wait_for(qtbot, lambda: window.sketch_panel.sketcher.is_settled)
    assert on_page(pen) == "C[C@H](O)F"


def test_that_an_impossible_bond_is_told_beside_the_sketcher(
    window: MainWindow, pen: Pen, qtbot: QtBot
) -> None:
    window.open_smiles("CC(C)(C)C")
    wait_for(qtbot, lambda: smiles(window) == "CC(C)(C)C")
    wait_for(qtbot, lambda: window.sketch_panel.sketcher.is_settled)
    before = shown(window)
    pen.take("bonds")
    pen.click_atom(1)
    wait_for(qtbot, lambda: "5 bonds" in window.sketch_panel.words)
    assert shown(window) == before
    assert not window.molecule_panel.smiles_field.text()
    window.actions_by_id["undo"].trigger()
    wait_for(qtbot, lambda: not window.sketch_panel.words)
    wait_for(qtbot, lambda: window.sketch_panel.sketcher.is_settled)
    assert on_page(pen) == "CC(C)(C)C"
    assert not window.sketch_panel.words


def test_that_keys_of_the_sketcher_are_not_the_windows(
    window: MainWindow, pen: Pen, qtbot: QtBot
) -> None:
    pen.take("select-rectangle")
    pen.click_page(80, 80)
    proxy = window.sketch_panel.sketcher.focusProxy()
    assert proxy is not None
    was_on = window.actions_by_id["ghost"].isChecked()
    qtbot.keyClick(proxy, Qt.Key.Key_G)
    qtbot.keyClick(proxy, Qt.Key.Key_Space)
    assert window.actions_by_id["ghost"].isChecked() == was_on
    assert not window.playback.is_playing


def test_that_undo_by_keyboard_reaches_the_window(
    window: MainWindow, pen: Pen, qtbot: QtBot
) -> None:
    window.open_smiles("CCN")
    wait_for(qtbot, lambda: smiles(window) == "CCN")
    wait_for(qtbot, lambda: window.sketch_panel.sketcher.is_settled)
    pen.take("select-rectangle")
    pen.click_page(80, 80)
    proxy = window.sketch_panel.sketcher.focusProxy()
    assert proxy is not None
    pen.ask("document.hasFocus()")  # once the page answers, it has taken the click, too
    qtbot.keyClick(proxy, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait_for(qtbot, lambda: smiles(window) == "O")


def test_that_undo_right_after_a_stroke_takes_back_that_stroke(
    window: MainWindow, pen: Pen, qtbot: QtBot
) -> None:
    window.open_smiles("CCN")
    wait_for(qtbot, lambda: smiles(window) == "CCN")
    wait_for(qtbot, lambda: window.sketch_panel.sketcher.is_settled)
    first, second = (json.dumps(drawn(mol_from_smiles(each))) for each in ("CCO", "CCCO"))
    pressed = "new KeyboardEvent('keydown', { key: 'z', ctrlKey: true })"
    pen.wait_for(  # the page waits before it tells of one change after another
        "(async (k, pause) => {"
        f"await k.setMolecule({first}); await pause(40);"
        f"await k.setMolecule({second}); await pause(5); window.dispatchEvent({pressed}); }})"
        "(moreredSketch.ketcher(), (ms) => new Promise((done) => setTimeout(done, ms)))"
    )
    wait_for(qtbot, lambda: window.desk.editing.can_redo)
    wait_for(qtbot, lambda: smiles(window) == "CCO")
    window.actions_by_id["redo"].trigger()
    wait_for(qtbot, lambda: smiles(window) == "CCCO")


def test_that_undo_by_menu_waits_for_a_stroke_that_the_page_has_yet_to_tell(
    window: MainWindow, pen: Pen, qtbot: QtBot
) -> None:
    window.open_smiles("CCN")
    wait_for(qtbot, lambda: smiles(window) == "CCN")
    wait_for(qtbot, lambda: window.sketch_panel.sketcher.is_settled)
    window.sketch_panel.sketcher.page().runJavaScript("moreredSketch.ketcher().editor.clear()")
    window.actions_by_id["undo"].trigger()
    wait_for(qtbot, lambda: window.desk.editing.can_redo)
    assert smiles(window) == "CCN"
    window.actions_by_id["redo"].trigger()
    wait_for(qtbot, lambda: window.state.structure is None)


@pytest.fixture(params=["trueDate.now() + 90000", "2031, 0, 2, 3, 4", "2031, 10, 12, 13, 14"])
def later(pen: Pen, request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """Puts the page's clock forward; month, day, hour and minute have one digit or two."""
    yield lambda: pen.ask(LATER % request.param)
    pen.ask("(Date = window.trueDate ?? Date, 1)")


def test_that_an_undo_much_later_takes_back_the_last_stroke(
    window: MainWindow, pen: Pen, qtbot: QtBot, later: Callable[[], None]
) -> None:
    window.open_smiles("CCN")
    wait_for(qtbot, lambda: smiles(window) == "CCN")
    wait_for(qtbot, lambda: window.sketch_panel.sketcher.is_settled)
    before = pen.molfile()
    later()
    assert pen.molfile() != before  # Ketcher writes the time into it
    with qtbot.assertNotEmitted(window.sketch_panel.sketcher.edited):
        window.actions_by_id["undo"].trigger()
        wait_for(qtbot, lambda: window.desk.editing.can_redo)
    assert smiles(window) == "O"


def test_that_a_stroke_that_another_drawing_replaces_is_told(
    window: MainWindow, pen: Pen, qtbot: QtBot
) -> None:
    sketcher = window.sketch_panel.sketcher
    sketcher.page().runJavaScript("moreredSketch.ketcher().editor.clear()")
    window.state.set_drawing(Drawing(drawn(mol_from_smiles("CCO")), (), "CCO"))
    wait_for(qtbot, lambda: "draw it again" in window.sketch_panel.words)
    wait_for(qtbot, lambda: sketcher.is_settled)
    assert on_page(pen) == "CCO"


def test_that_a_page_that_answers_late_does_not_bring_back_what_was_replaced(
    window: MainWindow, pen: Pen, qtbot: QtBot
) -> None:
    window.open_smiles("CCN")
    wait_for(qtbot, lambda: smiles(window) == "CCN")
    sketcher = window.sketch_panel.sketcher
    wait_for(qtbot, lambda: sketcher.is_settled)
    sketcher.page().runJavaScript(SLOW_ANSWER)
    with qtbot.waitSignal(sketcher._bridge.told, timeout=10_000):
        window.state.set_drawing(Drawing(drawn(mol_from_smiles("CCO")), (), "CCO"))
    wait_for(qtbot, lambda: sketcher.is_settled)
    assert smiles(window) == on_page(pen) == "CCO"


def test_that_undo_goes_on_without_a_page_that_never_answers(
    window: MainWindow, pen: Pen, qtbot: QtBot
) -> None:
    asked: list[int] = []
    done: list[str] = []
    word = LastWord(asked.append, window)
    word.before(lambda: done.append("first"))
    word.before(lambda: done.append("second"))
    assert asked == [1, 2] and not done
    word.take(1)
    assert done == ["first"]
    word.wait_no_more()
    assert done == ["first", "second"]
    word.deleteLater()


def test_that_an_undo_to_an_impossible_drawing_marks_its_atoms(
    window: MainWindow, pen: Pen, qtbot: QtBot
) -> None:
    window.open_smiles("C1CCCCC1.CC(C)(C)C")
    wait_for(qtbot, lambda: smiles(window) == "C1CCCCC1.CC(C)(C)C")
    sketcher = window.sketch_panel.sketcher
    wait_for(qtbot, lambda: sketcher.is_settled)
    pen.take("bonds")
    pen.click_atom(7)
    wait_for(qtbot, lambda: "5 bonds" in window.sketch_panel.words)
    assert marked(pen) == [7]
    pen.take("clear-canvas")
    wait_for(qtbot, lambda: window.state.structure is None)
    window.actions_by_id["undo"].trigger()
    wait_for(qtbot, lambda: "5 bonds" in window.sketch_panel.words)
    wait_for(qtbot, lambda: sketcher.is_settled)
    assert marked(pen) == [7]
    window.actions_by_id["undo"].trigger()
    wait_for(qtbot, lambda: not window.sketch_panel.words)
    wait_for(qtbot, lambda: sketcher.is_settled)
    assert marked(pen) == []


def marked(pen: Pen) -> list[int]:
    """Places of the marked atoms in the drawing."""
    found = pen.ask(
        "(() => { const editor = moreredSketch.ketcher().editor;"
        "const ids = [...editor.struct().atoms.keys()];"
        "return editor.highlights.getAll().flatMap((each) => each.highlight?.atoms ?? each.atoms)"
        ".map((id) => ids.indexOf(id)); })()"
    )
    return [int(place) for place in found]


def test_that_a_page_emptied_while_it_loads_can_be_drawn_on(
    window: MainWindow, qtbot: QtBot
) -> None:
    sketcher = Sketcher(window.theme)
    sketcher.resize(600, 400)
    sketcher.show_drawing(drawn(mol_from_smiles("CCO")))
    sketcher.show_drawing("")
    sketcher.start()
    wait_for(qtbot, lambda: sketcher.is_ready)
    wait_for(qtbot, lambda: sketcher.is_settled)  # until then edits are not listened to
    shiboken6.delete(sketcher)


def test_that_what_is_said_of_a_drawing_is_never_taken_for_markup(window: MainWindow) -> None:
    window.sketch_panel.show_verdict(Verdict(problem="can't read <b>C</b>"))
    labels = window.sketch_panel.findChildren(QLabel)
    label = next(each for each in labels if "<b>" in each.text())
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert "&lt;b&gt;C" in label.toolTip()
    window.sketch_panel.show_verdict(Verdict())
    assert not label.toolTip()


def test_that_the_molecule_is_copied_and_pasted(window: MainWindow, pen: Pen, qtbot: QtBot) -> None:
    clipboard = QGuiApplication.clipboard()
    window.actions_by_id["copy_smiles"].trigger()
    assert clipboard.text() == "O"
    window.actions_by_id["copy_inchi"].trigger()
    wait_for(qtbot, lambda: clipboard.text() == "InChI=1S/H2O/h1H2")
    window.actions_by_id["copy_molfile"].trigger()
    assert "V2000" in clipboard.text()
    clipboard.setText("InChI=1S/CH4O/c1-2/h2H,1H3")
    window.actions_by_id["paste_molecule"].trigger()
    wait_for(qtbot, lambda: smiles(window) == "CO")
    clipboard.setText(" ")
    window.actions_by_id["paste_molecule"].trigger()
    assert "no text" in window.message_bar.text


def test_that_the_page_gets_nothing_from_elsewhere(window: MainWindow, pen: Pen) -> None:
    for address in ("http://localhost:9/", "file:///etc/hostname", "morered://sketcher/../main.py"):
        assert not pen.can_fetch(address), address
    assert pen.can_fetch("sketcher.css")


def test_that_a_missing_bundle_is_told_and_the_rest_works(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketch_panel, "ketcher_is_there", lambda: False)
    panel = SketchPanel(window.actions_by_id, window.theme)
    assert "make setup" in panel.hint
    shiboken6.delete(panel)


def test_that_paths_outside_name_no_file() -> None:
    assert web_scheme.file_of("/../window.py") is None
    assert web_scheme.file_of("/") is None
    found = web_scheme.file_of("/ketcher/ketcher.js")
    assert found is not None
    assert found.endswith("assets/ketcher/ketcher.js")
