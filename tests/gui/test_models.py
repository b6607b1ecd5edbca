from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from morered_gui.app.model_tasks import list_all
from morered_gui.diffusion.checkpoint import (
    FOLDER_VARIABLE,
    ModelFolder,
    user_models,
    user_models_folder,
)
from morered_gui.diffusion.importer import import_model
from morered_gui.gui.import_dialog import ImportDialog
from morered_gui.gui.models_dialog import ModelsDialog, card_of
from morered_gui.gui.window import MainWindow
from tests.diffusion import parity

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def ask(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], ImportDialog]:
    """Choose a file in the menu's dialog, and get the dialog that follows."""

    def choose(path: Path) -> ImportDialog:
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
        window.actions_by_id["import_model"].trigger()
        return next(d for d in window.findChildren(ImportDialog) if d.isVisible())

    return choose


def press_import(dialog: ImportDialog, qtbot: QtBot) -> None:
    (button,) = [b for b in dialog.buttons.buttons() if b.text() == "Import"]
    assert button.isEnabled()
    qtbot.mouseClick(button, LEFT)


@pytest.mark.filterwarnings("ignore")  # what torch warns of is not this test's concern
def test_that_a_model_is_imported_listed_chosen_and_removed(
    window: MainWindow, qtbot: QtBot, ask: Callable[[Path], ImportDialog]
) -> None:
    dialog = ask(parity.FOLDER / "tiny_upstream_ddpm.pt")
    assert dialog.name.text() == "tiny_upstream_ddpm"
    dialog.name.selectAll()
    qtbot.keyClicks(dialog.name, "mine")
    dialog.elements.selectAll()
    qtbot.keyClicks(dialog.elements, "o, h")
    press_import(dialog, qtbot)
    qtbot.waitUntil(lambda: "is imported" in window.message_bar.text, timeout=60_000)
    choice = window.run_panel.choice
    assert choice is not None and choice.model == "mine" and choice.method == "as"
    assert [m.config.elements for m in user_models()] == [(1, 8)]
    (user_models_folder() / "spoilt").mkdir()
    window.actions_by_id["manage_models"].trigger()
    manager = window.models.dialog
    assert manager is not None
    qtbot.waitUntil(lambda: rows(manager)[-2:] == ["mine", "spoilt (broken)"], timeout=20_000)
    manager.list.setCurrentRow(rows(manager).index("qm9-fast"))
    assert "B3LYP" in manager.card.text() and "up to 29 atoms" in manager.card.text()
    assert not manager.remove.isEnabled()
    manager.list.setCurrentRow(manager.list.count() - 1)
    assert "config.json" in manager.card.text()
    remove(manager, qtbot, window)
    manager.list.setCurrentRow(manager.list.count() - 1)
    assert "your own" in manager.card.text() and "SHA-256" in manager.card.text()
    remove(manager, qtbot, window)
    assert user_models() == []
    assert window.run_panel.choice is not None and window.run_panel.choice.model != "mine"
    manager.close()


def rows(manager: ModelsDialog) -> list[str]:
    return [manager.list.item(k).text() for k in range(manager.list.count())]


def remove(manager: ModelsDialog, qtbot: QtBot, window: MainWindow) -> None:
    """Press Remove, agree, and wait until it is gone."""
    before = manager.list.count()
    assert manager.remove.isEnabled()
    qtbot.mouseClick(manager.remove, LEFT)
    question = next(q for q in manager.findChildren(QMessageBox) if q.isVisible())
    (delete,) = [b for b in question.buttons() if b.text() == "Delete"]
    qtbot.mouseClick(delete, LEFT)
    qtbot.waitUntil(lambda: manager.list.count() == before - 1, timeout=20_000)


def test_that_what_can_not_be_meant_is_told_while_it_is_typed(
    window: MainWindow, qtbot: QtBot, ask: Callable[[Path], ImportDialog]
) -> None:
    dialog = ask(Path("published (v2).pt"))
    assert dialog.name.text() == "published-v2"
    (button,) = [b for b in dialog.buttons.buttons() if b.text() == "Import"]
    qtbot.keyClicks(dialog.elements, " Xx")
    assert "no element 'Xx'" in dialog.problem.text() and not button.isEnabled()
    dialog.elements.setText("")
    assert button.isEnabled()
    dialog.name.setText("qm9-jt")
    assert "comes with the program" in dialog.problem.text() and not button.isEnabled()
    dialog.name.setText("a/b")
    assert "no name" in dialog.problem.text()
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel), LEFT)
    assert not dialog.isVisible()


@pytest.mark.filterwarnings("ignore")
def test_that_a_file_that_is_no_model_is_told_in_words(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, ask: Callable[[Path], ImportDialog]
) -> None:
    path = tmp_path / "poem.pt"
    path.write_text("no model at all")
    press_import(ask(path), qtbot)
    qtbot.waitUntil(lambda: window.message_bar.property("severity") == "error", timeout=60_000)
    assert "poem.pt" in window.message_bar.text
    assert not user_models_folder().exists() or user_models() == []


def test_that_a_name_that_was_taken_meanwhile_is_told_in_the_dialog(
    window: MainWindow, qtbot: QtBot, ask: Callable[[Path], ImportDialog]
) -> None:
    dialog = ask(Path("published.pt"))
    (user_models_folder() / "published").mkdir(parents=True)
    press_import(dialog, qtbot)
    assert dialog.isVisible() and "already a model 'published'" in dialog.problem.text()
    dialog.close()


def test_that_models_are_read_anew_when_they_have_come_or_gone(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[bool] = []
    monkeypatch.setattr(window.controller, "forget_models", lambda: forgotten.append(True))
    for name in ("ddpm", "time"):
        import_model(parity.FOLDER / f"tiny_upstream_{name}.pt", user_models_folder() / name)
    window.models.remove(user_models_folder() / "time")
    qtbot.waitUntil(lambda: "ddpm" in [m.name for m in window.run_panel.models], timeout=20_000)
    assert forgotten == [True]
    window.models.remove(user_models_folder() / "ddpm")
    qtbot.waitUntil(lambda: len(forgotten) == 2, timeout=20_000)


def test_that_a_folder_for_models_that_can_not_be_made_is_told_in_words(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file" / "models"))
    window.actions_by_id["models_folder"].trigger()
    assert "models can't be made" in window.message_bar.text


def test_that_weights_that_can_not_be_read_do_not_spoil_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_folder: ModelFolder) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(ModelFolder, "weights_hash", refuse)
    models = list_all()
    assert models.usable
    card = card_of(models.usable[0], models.hashes[models.usable[0].name])
    assert "Permission denied" in card
