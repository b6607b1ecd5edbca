"""``morered-gui``: the program's start. The first window appears without torch."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from morered_gui.app.settings import APPLICATION, Settings, load_settings, save_settings
from morered_gui.gui.graphics import keep_llvm_apart, prepare_web_engine

# Both are read when Qt's modules are imported, hence before them.
os.environ.setdefault("QT_API", "pyside6")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
prepare_web_engine()
keep_llvm_apart()

import shiboken6  # noqa: E402
from PySide6.QtCore import QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from morered_gui.app.controller import Controller  # noqa: E402
from morered_gui.app.messages import Message, Severity  # noqa: E402
from morered_gui.app.model_tasks import sorted_models  # noqa: E402
from morered_gui.app.state import AppState  # noqa: E402
from morered_gui.chem.errors import MoleculeError  # noqa: E402
from morered_gui.chem.examples import Example, list_examples  # noqa: E402
from morered_gui.core import ExpectedError  # noqa: E402
from morered_gui.gui.interface_size import begin_with  # noqa: E402
from morered_gui.gui.logs import catch_errors, start_log, watch_for_crashes  # noqa: E402
from morered_gui.gui.theme import program_icon  # noqa: E402
from morered_gui.gui.web_scheme import register_scheme  # noqa: E402
from morered_gui.gui.window import MainWindow  # noqa: E402
from morered_gui.relaxers.methods import ModelInfo  # noqa: E402
from morered_gui.relaxers.versions import versions_of  # noqa: E402

WARM_UP_MS = 1200  # after the first window: the model is loaded before anybody asks for it
CRASHED = "The program crashed when it ran last. Please send the report to who maintains it."
logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window; returns the exit code."""
    arguments = _parser().parse_args(argv)
    if arguments.version:
        sys.stdout.write(f"MoreRed GUI {versions_of()['morered-gui']}\n")
        return 0
    begin_with(load_settings()[0])
    application = make_application()
    start_log()
    crash = watch_for_crashes()
    window, problem = make_window()
    catch_errors(window.show_problem)
    if problem:
        window.state.say(Message(problem, Severity.WARNING))
    _open_first(window, arguments)
    window.show()
    if crash:
        window.state.say(Message(CRASHED, Severity.WARNING, "copy_report", crash))
    window.recovery.begin()
    QTimer.singleShot(WARM_UP_MS, window, lambda: _warm_up(window))
    code = application.exec()
    _remember(window)
    # Qt's web profile has to outlive the page; Python's own order at exit is not certain.
    shiboken6.delete(window)
    return code


def make_application() -> QApplication:
    """The QApplication with its names."""
    existing = QApplication.instance()
    if existing is None:
        register_scheme()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setOrganizationName(APPLICATION)
    application.setApplicationName(APPLICATION)
    application.setApplicationDisplayName("MoreRed GUI")
    application.setDesktopFileName(APPLICATION)
    application.setWindowIcon(program_icon())
    return application


def make_window() -> tuple[MainWindow, str]:
    """The window as the user left it, and a sentence about what is wrong (or empty)."""
    settings, settings_problem = load_settings()
    window, problem = window_with(Controller(AppState()), settings)
    return window, f"{settings_problem} {problem}".strip()


def window_with(controller: Controller, settings: Settings) -> tuple[MainWindow, str]:
    """The window with the models and examples that are installed, and what is wrong with them."""
    models, model_problem = _models()
    examples, example_problem = _examples()
    window = MainWindow(controller, settings, models=models, examples=examples)
    return window, f"{model_problem} {example_problem}".strip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="morered-gui", description="Relax molecules and watch.")
    first = parser.add_mutually_exclusive_group()
    first.add_argument("file", nargs="?", type=Path, help="a molecule to open")
    first.add_argument("--smiles", help="a SMILES to build")
    first.add_argument("--example", help="an example to load")
    parser.add_argument("--relax", action="store_true", help="start to relax it at once")
    parser.add_argument("--version", action="store_true", help="tell the version, open nothing")
    return parser


def _models() -> tuple[list[ModelInfo], str]:
    try:
        return sorted_models(), ""
    except (ExpectedError, OSError) as error:
        return [], f"The models can't be listed: {error}."


def _examples() -> tuple[list[Example], str]:
    try:
        return list_examples(), ""
    except MoleculeError as error:
        return [], f"The examples can't be listed: {error}."


def _open_first(window: MainWindow, arguments: argparse.Namespace) -> None:
    if arguments.file is not None:
        window.open_path(arguments.file)
    elif arguments.smiles is not None:
        window.open_smiles(arguments.smiles)
    elif arguments.example is not None:
        window.open_example(arguments.example)
    else:
        return  # the start page
    if arguments.relax:
        _relax_when_loaded(window)


def _relax_when_loaded(window: MainWindow) -> None:
    """Start the relaxation when the first molecule is there."""
    changed = window.state.structure_changed

    def start() -> None:
        changed.disconnect(start)
        QTimer.singleShot(0, window, window.commands.relax)

    changed.connect(start)


def _warm_up(window: MainWindow) -> None:
    choices = [window.desk.follow_choice(), window.run_panel.choice]
    for choice in choices:
        if choice is not None and not window.state.busy:
            window.controller.warm_up(choice)


def _remember(window: MainWindow) -> None:
    try:
        save_settings(window.settings)
    except OSError:
        logger.exception("the settings can't be saved")


if __name__ == "__main__":
    sys.exit(main())
