"""The layers hold, the lower ones work without Qt, and the first window without networks."""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

REFUSE_QT = """
import importlib.abc, sys

class RefuseQt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PySide6", "shiboken6", "pyqtgraph", "qtawesome"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, RefuseQt())
"""
IMPORT_ALL = """
import importlib, json, pkgutil, sys
for name in {packages!r}:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
print(json.dumps(sorted(sys.modules)))
"""


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    """Run the code in a new interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )


def modules_after(*packages: str, prelude: str = "") -> set[str]:
    """The names in sys.modules after every module of the packages was imported."""
    done = run_python(prelude + IMPORT_ALL.format(packages=packages))
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_that_the_layers_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_that_the_finder_of_these_tests_refuses_qt() -> None:
    done = run_python(REFUSE_QT + "import PySide6.QtCore")
    assert "ModuleNotFoundError: No module named 'PySide6'" in done.stderr


def test_that_everything_below_the_window_imports_without_qt() -> None:
    packages = ["core", "chem", "diffusion", "relaxers", "app", "cli"]
    loaded = modules_after(*(f"morered_gui.{name}" for name in packages), prelude=REFUSE_QT)
    assert "morered_gui.diffusion.network" in loaded


@pytest.mark.parametrize("package", ["core", "chem", "app", "gui"])
def test_that_no_network_library_is_imported_before_it_is_needed(package: str) -> None:
    loaded = modules_after(f"morered_gui.{package}")
    assert loaded.isdisjoint({"torch", "schnetpack", "pytorch_lightning"})


def test_that_the_window_and_the_registry_start_without_torch() -> None:
    code = (
        "import sys, morered_gui.gui.main, morered_gui.relaxers.registry\n"
        "print('torch' in sys.modules, 'schnetpack' in sys.modules)"
    )
    done = run_python(code)
    assert done.stdout.split() == ["False", "False"], done.stderr


def test_that_a_worker_of_the_window_imports_nothing_of_qt() -> None:
    (entry,) = (
        e for e in metadata.distribution("morered-gui").entry_points if e.name == "morered-gui"
    )
    done = run_python(f"{REFUSE_QT}\nimport {entry.module}, morered_gui.relaxers.library")
    assert done.returncode == 0, done.stderr


def test_that_the_command_line_shows_its_help_without_torch() -> None:
    done = run_python("import sys, morered_gui.cli.main\nprint('torch' in sys.modules)")
    assert done.stdout.split() == ["False"], done.stderr
