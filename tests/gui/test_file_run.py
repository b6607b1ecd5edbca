"""A whole file relaxed from the window."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from morered_gui.app.file_run import FileRow
from morered_gui.chem import read_structures
from morered_gui.gui import file_run_model
from morered_gui.gui.file_run_dialog import FileRequest, FileRunDialog
from morered_gui.gui.file_run_model import COLUMNS, ENERGY, RESULT, FileRunModel
from morered_gui.gui.theme import theme_of
from morered_gui.gui.window import MainWindow
from morered_gui.relaxers.check import Grade
from tests.gui.conftest import REAL_DEVICE

WAIT = 200_000  # ms; a worker has to import torch on a busy machine
SMILES = ("CCO ethanol", "[Fe] iron", "CC=O acetaldehyde")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.smi"
    path.write_text("\n".join(SMILES) + "\n")
    return path


@pytest.fixture
def dialog(window: MainWindow, library: Path, qtbot: QtBot) -> Iterator[FileRunDialog]:
    """Open, with the file chosen that is open in the window."""
    window.run_panel.choose_device(REAL_DEVICE)
    window.run_panel.choose_method("fast")
    window.open_path(library)
    qtbot.waitUntil(lambda: window.state.file_path == library, timeout=WAIT)
    window.actions_by_id["relax_file"].trigger()
    yield window.files.dialog
    window.files.run.stop()
    qtbot.waitUntil(lambda: not window.files.run.is_running, timeout=WAIT)
    window.files.dialog.close()
    window.state.set_file(())


@pytest.fixture
def done(window: MainWindow, dialog: FileRunDialog, qtbot: QtBot) -> FileRunDialog:
    """The same when the file is relaxed."""
    dialog.start.click()
    assert window.files.run.is_running and not dialog.start.isEnabled()
    qtbot.waitUntil(lambda: not window.files.run.is_running, timeout=WAIT)
    return dialog


def questions(parent: QWidget) -> list[QMessageBox]:
    """Those that are open."""
    return [box for box in parent.findChildren(QMessageBox) if box.isVisible()]


def answer(parent: QWidget, text: str) -> None:
    """Click a button of the question that is open."""
    (question,) = questions(parent)
    next(b for b in question.buttons() if b.text().replace("&", "") == text).click()


def cells(model: FileRunModel, column: int) -> list[str]:
    return [model.index(k, column).data() for k in range(model.rowCount())]


def test_that_the_open_file_is_relaxed_into_a_file_of_its_own(
    window: MainWindow, done: FileRunDialog, library: Path
) -> None:
    assert done.source == library and done.output == library.with_name("library-relaxed.sdf")
    assert "Few steps" in done._method.text() and "everyday" in done._method.text()
    assert cells(done.model, 1) == ["ethanol", "iron", "acetaldehyde"]
    assert "unsupported element" in cells(done.model, RESULT)[1]
    assert "Relaxed 2 of 3 molecules" in done.words.text()
    assert done.words.property("role") == "warning"
    assert [s.name for s in read_structures(done.output)] == ["ethanol", "acetaldehyde"]
    assert done.table.isColumnHidden(ENERGY) and done.results.isEnabled()
    assert done.start.isEnabled() and not done.stop.isEnabled()


def test_that_a_molecule_of_the_table_is_shown_with_its_result(
    window: MainWindow, done: FileRunDialog, qtbot: QtBot
) -> None:
    done.table.doubleClicked.emit(done.model.index(2, 0))
    qtbot.waitUntil(lambda: window.state.known_reference is not None, timeout=WAIT)
    assert window.state.structure is not None and window.state.structure.name == "acetaldehyde"
    assert window.file_panel.has_several  # the file stays open beside it
    assert not window.file_panel.list.currentIndex().isValid()  # this is no molecule of its list
    done.table.doubleClicked.emit(done.model.index(1, 0))  # it can be looked at all the same
    qtbot.waitUntil(lambda: window.state.structure.name == "iron", timeout=WAIT)
    assert window.state.known_reference is None


def test_that_the_results_can_be_opened(
    window: MainWindow, done: FileRunDialog, qtbot: QtBot
) -> None:
    done.results.click()
    qtbot.waitUntil(lambda: window.state.file_path == done.output, timeout=WAIT)
    assert len(window.state.file_molecules) == 2


def test_that_earlier_results_are_replaced_only_after_a_question(
    window: MainWindow, done: FileRunDialog, qtbot: QtBot
) -> None:
    assert done.output is not None
    before = done.output.read_bytes()
    done.start.click()
    answer(done, "Cancel")
    assert not window.files.run.is_running and done.output.read_bytes() == before
    done.start.click()
    answer(done, "Replace")
    assert window.files.run.is_running
    qtbot.waitUntil(lambda: not window.files.run.is_running, timeout=WAIT)
    assert len(read_structures(done.output)) == 2


def test_that_a_stopped_file_is_gone_on_with(
    window: MainWindow, dialog: FileRunDialog, qtbot: QtBot
) -> None:
    assert dialog.source is not None and dialog.output is not None
    dialog.source.write_text("".join(f"CCCCO m{k}\n" for k in range(200)))
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.model.rowCount() > 0, timeout=WAIT)
    assert "of 200 molecules" in dialog.words.text()
    dialog.stop.click()
    assert dialog.words.text() == "Stopping…"
    qtbot.waitUntil(lambda: not window.files.run.is_running, timeout=WAIT)
    first = dialog.model.rowCount()
    assert 0 < first < 200 and "Stopped after" in dialog.words.text()
    dialog.close()
    dialog.start.click()
    answer(dialog, "Go on")
    qtbot.waitUntil(lambda: not window.files.run.is_running, timeout=WAIT)
    assert first + dialog.model.rowCount() == 200
    assert len(read_structures(dialog.output)) == 200
    # The dialog was closed: the window tells.
    assert window.state.message is not None and "Relaxed 200 of 200" in window.state.message.text


def test_that_the_window_asks_before_it_is_closed_on_a_file_that_is_half_done(
    window: MainWindow, dialog: FileRunDialog, qtbot: QtBot
) -> None:
    assert dialog.source is not None
    dialog.source.write_text("".join(f"CCCCO m{k}\n" for k in range(200)))
    dialog.start.click()
    QTimer.singleShot(0, window.close)
    qtbot.waitUntil(lambda: bool(questions(window)), timeout=WAIT)
    assert window.isVisible() and window.files.run.is_running
    assert "A file is still being made" in questions(window)[0].text()
    answer(window, "Cancel")


def test_that_a_csv_is_relaxed_and_not_listed(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "library.csv"
    path.write_text("name,smiles\nethanol,CCO\n")
    window.open_path(path)
    assert window.files.dialog.isVisible() and window.files.dialog.source == path
    window.files.dialog.close()


def test_that_a_file_of_another_kind_is_refused_in_words(
    dialog: FileRunDialog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = dialog.source
    choose = "PySide6.QtWidgets.QFileDialog.getOpenFileName"
    monkeypatch.setattr(choose, lambda *_, **__: (str(tmp_path / "x.pdb"), ""))
    dialog.choose_source.click()
    assert dialog.source == before and "x.pdb is none of these" in dialog.words.text()
    assert dialog.words.property("role") == "error"


def test_that_results_always_go_to_an_sdf_file(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, library: Path, tmp_path: Path
) -> None:
    dialog = FileRunDialog(theme_of(window.palette()), window)
    dialog.set_source(library)
    asked: list[FileRequest] = []
    dialog.asked.connect(asked.append)
    choose = "PySide6.QtWidgets.QFileDialog.getSaveFileName"
    monkeypatch.setattr(choose, lambda *_, **__: (str(tmp_path / "out.2"), ""))
    dialog.choose_output.click()
    dialog.start.click()
    assert [request.output for request in asked] == [tmp_path / "out.2.sdf"]


# --- the table alone --------------------------------------------------------------------------


def rows() -> list[FileRow]:
    good, care = Grade.GOOD, Grade.CARE
    return [
        FileRow(number=0, place=0, name="b", moved=0.2, t=3.0, grade=good, said="Same bonds"),
        FileRow(number=1, place=None, name="a", said="unsupported element: Fe"),
        FileRow(
            number=2, place=1, name="c", moved=0.1, t=4.0, energy_change=-2.5, grade=care, said="!"
        ),
    ]


@pytest.fixture
def model(window: MainWindow) -> FileRunModel:
    made = FileRunModel(theme_of(window.palette()))
    made.add(rows())
    return made


def test_that_a_table_is_sorted_with_what_is_unknown_last(model: FileRunModel) -> None:
    moved = next(k for k, c in enumerate(COLUMNS) if c.title.startswith("Moved"))
    for order, names in (
        (Qt.SortOrder.AscendingOrder, ["c", "b", "a"]),
        (Qt.SortOrder.DescendingOrder, ["b", "c", "a"]),
    ):
        model.sort(moved, order)
        assert cells(model, 1) == names
    model.sort(1)
    assert cells(model, 1) == ["a", "b", "c"]
    model.add([FileRow(number=3, place=2, name="0", moved=0.0, grade=Grade.GOOD, said="")])
    assert cells(model, 1) == ["a", "b", "c", "0"]


def test_that_only_what_needs_a_look_can_be_shown(model: FileRunModel) -> None:
    model.show_only_odd(True)
    assert cells(model, 1) == ["a", "c"]
    model.add(rows()[:1])
    assert cells(model, 1) == ["a", "c"]
    model.show_only_odd(False)
    assert sorted(cells(model, 1)) == ["a", "b", "b", "c"]


def test_that_a_large_table_takes_only_what_needs_a_look(
    model: FileRunModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_run_model, "MOST_ROWS", 3)
    model.add(rows())
    assert cells(model, 1) == ["b", "a", "c", "a", "c"]


def test_that_numbers_are_written_with_their_decimals(model: FileRunModel) -> None:
    texts = [model.index(2, k).data() for k in range(len(COLUMNS))]
    assert texts == ["3", "c", "0.100", "4", "-2.50", "!"]
    assert model.has_energies
    role = Qt.ItemDataRole.ForegroundRole
    colours = [model.index(k, RESULT).data(role) for k in range(3)]
    assert colours[0] is None and colours[1].color() != colours[2].color()
