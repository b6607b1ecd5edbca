"""Take the pictures of the README from the running program.

    python scripts/screenshot.py [--example ID] [--noise T] [--folder DIR]

Opens the real window, loads an example, diffuses it, relaxes it with the real models, and grabs the
window: after few steps, after MoreRed-JT in the dark theme, and with three methods compared. A file
of molecules is relaxed, too, and the dialog that shows them grabbed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import shiboken6
from staging import PICTURES, SIZE, choose_method, make_application, make_window, settle, wait

from morered_gui.gui.theme import dark_palette
from morered_gui.gui.window import MainWindow

MOLECULES = """smiles name
CC(=O)Nc1ccc(O)cc1 paracetamol
CC(=O)Oc1ccccc1C(=O)O aspirin
Cn1c(=O)c2c(ncn2C)n(C)c1=O caffeine
CC(C)Cc1ccc(cc1)[C@H](C)C(=O)O (S)-ibuprofen
NS(=O)(=O)c1ccc(N)cc1 sulfanilamide
C[N+](C)(C)CCO choline
[Fe+2] iron(II)
OB(O)c1ccccc1 phenylboronic acid
NCCc1c[nH]c2ccccc12 tryptamine
c1ccc(cc1)C(OCCN(C)C)c1ccccc1 diphenhydramine
"""


def main() -> int:
    """Take all pictures."""
    arguments = _arguments()
    application = make_application()
    light = application.palette()
    for name, palette, take in (
        ("window.png", light, _few_steps),
        ("window-dark.png", dark_palette(), _published),
        ("runs.png", light, _compared),
    ):
        application.setPalette(palette)
        window, problem = make_window()
        if problem:
            print(problem, file=sys.stderr)
        window.resize(*SIZE)
        window.show()
        _load(window, arguments)
        take(window)
        settle(window)
        arguments.folder.mkdir(parents=True, exist_ok=True)
        window.grab().save(str(arguments.folder / name))
        print(f"{name}: {_frames(window)} frames, {window.state.activity}")
        if take is _few_steps:
            _whole_file(window, arguments.folder / "file.png")
        window.close()
        shiboken6.delete(window)
    return 0


def _load(window: MainWindow, arguments: argparse.Namespace) -> None:
    wait(lambda: window.view.is_ready, "the 3D view")
    wait(lambda: window.sketch_panel.sketcher.is_ready, "the sketcher")
    window.open_example(arguments.example)
    wait(lambda: window.state.structure is not None, "the example")
    window.run_panel.set_noise_t(arguments.noise)
    window.commands.noise()


def _relax(window: MainWindow, method: str) -> None:
    choose_method(window, method)
    window.commands.relax()
    wait(lambda: not window.state.busy, "the end of the run")


def _few_steps(window: MainWindow) -> None:
    _relax(window, "fast")


def _published(window: MainWindow) -> None:
    _relax(window, "jt")


def _compared(window: MainWindow) -> None:
    for method in ("jt", "itp", "fast"):
        _relax(window, method)
    window.docks["Runs"].raise_()


def _whole_file(window: MainWindow, picture: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "molecules.smi"
        library.write_text(MOLECULES)
        window.run_panel.choose_model("everyday")
        window.relax_file(library)
        dialog = window.files.dialog
        dialog.energies.setChecked(True)
        dialog.start.click()
        wait(lambda: not window.files.run.is_running, "the end of the file")
        dialog.grab().save(str(picture))
        print(f"{picture.name}: {dialog.words.text()}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--example", default="difluorophenol")
    parser.add_argument("--noise", type=int, default=150)
    parser.add_argument("--folder", type=Path, default=PICTURES)
    return parser.parse_args()


def _frames(window: MainWindow) -> int:
    trajectory = window.state.trajectory
    return 0 if trajectory is None else len(trajectory)


if __name__ == "__main__":
    sys.exit(main())
