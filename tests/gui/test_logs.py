"""What is left of errors that nobody sees: in other processes, since these die of them."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from morered_gui.app.settings import crash_folder, log_path

BEGIN = "from morered_gui.gui import logs; logs.start_log(); print(logs.watch_for_crashes());"


def ran(code: str) -> subprocess.CompletedProcess[str]:
    """A program that begins as the application does."""
    return subprocess.run(
        [sys.executable, "-c", BEGIN + code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def log() -> str:
    return log_path().read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_that_a_crash_is_told_once_at_the_next_start() -> None:
    crashed = ran("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert crashed.returncode == -signal.SIGSEGV and not crashed.stdout.strip()
    after = ran("")
    assert after.returncode == 0
    assert "Segmentation fault" in after.stdout and 'File "<string>", line 1' in after.stdout
    assert "the program had crashed" in log() and "Segmentation fault" in log()
    assert not ran("").stdout.strip()
    assert not list(crash_folder().iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_that_a_second_program_neither_reads_nor_empties_the_first_ones_file() -> None:
    wait = "import sys; sys.stdout.flush(); sys.stdin.readline(); import os, signal;"
    with subprocess.Popen(
        [sys.executable, "-c", f"{BEGIN}{wait} os.kill(os.getpid(), signal.SIGSEGV)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout is not None
        assert not first.stdout.readline().strip()  # it watches from now on
        assert not ran("").stdout.strip()
        first.communicate("go\n", timeout=60)
    assert first.returncode == -signal.SIGSEGV
    assert "Segmentation fault" in ran("").stdout


def test_that_messages_of_qt_are_in_the_log() -> None:
    done = ran("from PySide6.QtCore import qWarning; qWarning('a broken pen')")
    assert done.returncode == 0, done.stderr
    assert "WARNING qt.default: a broken pen" in log()


def test_that_what_nobody_caught_is_told_and_in_the_log() -> None:
    done = ran("logs.catch_errors(lambda *told: print(told)); [][1]")
    assert "('IndexError: list index out of range', 'Traceback" in done.stdout
    assert "ERROR morered_gui.gui.logs: uncaught" in log() and "IndexError" in log()


def test_that_the_program_runs_without_a_place_for_its_log(tmp_path: Path) -> None:
    log_path().parent.parent.mkdir(parents=True)
    log_path().parent.write_text("a file where the folder should be", encoding="utf-8")
    done = ran("")
    assert done.returncode == 0 and "no log file" in done.stderr
    assert not crash_folder().exists()
