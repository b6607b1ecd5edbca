from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QIcon
from pytestqt.qtbot import QtBot

from morered_gui.chem.depiction import picture_png
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.gui.window import MainWindow
from tests.app.molecules import IRON_OXIDE, WATER

DRAWING = Qt.ItemDataRole.DecorationRole
SMILES = "O water\nCCO ethanol\nc1ccccc1 benzene\nC1CC1\n"


def open_several(window: MainWindow, qtbot: QtBot, folder: Path, text: str = SMILES) -> None:
    path = folder / "several.smi"
    path.write_text(text)
    window.open_path(path)
    qtbot.waitUntil(lambda: len(window.state.file_molecules) == 4, timeout=30_000)


def drawing(decoration: object) -> QIcon | None:
    """The icon; None while there is a blank only."""
    return decoration if isinstance(decoration, QIcon) else None


def click(window: MainWindow, qtbot: QtBot, row: int) -> None:
    view = window.file_panel.list
    view.scrollTo(window.file_panel.model.index(row))
    place = view.visualRect(window.file_panel.model.index(row)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))


def test_that_a_molecule_of_a_file_is_chosen_from_a_list(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    assert not window.docks["File"].isVisible()
    open_several(window, qtbot, tmp_path)
    assert window.docks["File"].isVisible()
    model = window.file_panel.model
    words = [model.data(model.index(k)) for k in range(model.rowCount())]
    assert words[1] == "ethanol\nC2H6O, 9 atoms"
    assert words[3].startswith("several 4\n")
    assert window.file_panel.list.currentIndex().row() == 0
    qtbot.waitUntil(lambda: model.n_drawn > 0, timeout=30_000)  # those that can be seen
    click(window, qtbot, 2)
    assert window.state.structure is window.state.file_molecules[2]
    assert window.state.structure.formula == "C6H6"
    window.actions_by_id["noise"].trigger()
    click(window, qtbot, 1)
    assert window.state.structure.formula == "C2H6O" and window.state.noise_step == 0


def test_that_the_list_goes_with_its_file(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    open_several(window, qtbot, tmp_path)
    window.open_smiles("CC")
    qtbot.waitUntil(lambda: window.state.file_molecules == (), timeout=30_000)
    assert not window.docks["File"].isVisible()


def test_that_molecules_that_can_not_be_read_are_left_out_and_told(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    open_several(window, qtbot, tmp_path, f"C( open\n{SMILES}")
    assert "left out what can't be used (1)" in window.message_bar.text
    assert window.state.structure is not None and window.state.structure.name == "water"


def test_that_drawings_are_made_of_any_structure() -> None:
    for structure in (WATER, IRON_OXIDE, structure_from_smiles("c1ccccc1[N+](=O)[O-]", seed=0)):
        for dark in (False, True):
            assert picture_png(structure, 168, 120, dark=dark).startswith(b"\x89PNG")


def test_that_a_drawing_has_lines(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    open_several(window, qtbot, tmp_path)
    model = window.file_panel.model
    index = model.index(2)
    window.file_panel.list.scrollTo(index)
    qtbot.waitUntil(lambda: drawing(model.data(index, DRAWING)) is not None, timeout=30_000)
    icon = drawing(model.data(index, DRAWING))
    assert icon is not None
    image = icon.pixmap(84, 60).toImage()
    drawn = [
        QColor(image.pixelColor(x, y)).alpha() > 100
        for x in range(image.width())
        for y in range(image.height())
    ]
    assert 0.02 < sum(drawn) / len(drawn) < 0.5
