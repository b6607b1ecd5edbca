"""What every test relies on; the environment is set before anything imports Qt.

Qt draws into memory. Without a GPU Chromium refuses WebGL and as root it refuses to start, hence
the flags; they are for tests and continuous integration only.
"""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault(
    "QTWEBENGINE_CHROMIUM_FLAGS", "--ignore-gpu-blocklist --disable-gpu-compositing"
)
os.environ["QT_API"] = "pyside6"
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"

THREAD_SECONDS = 3.0
USER_FOLDERS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
# Belongs to tqdm, which keeps one for the life of the process.
KEPT_THREADS = ("tqdm",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that need a CUDA device where there is none."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked:
        return
    import torch

    if not torch.cuda.is_available():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, logs and caches of the program go to the test's folder, not to the user's."""
    for name in USER_FOLDERS:
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


def running_threads() -> set[threading.Thread]:
    """The Python threads that are alive and that somebody has to stop."""
    alive = (thread for thread in threading.enumerate() if thread.is_alive())
    return {thread for thread in alive if not type(thread).__module__.startswith(KEPT_THREADS)}


@pytest.fixture(autouse=True)
def no_thread_left_running() -> Iterator[None]:
    """A test fails that leaves a thread running."""
    before = running_threads()
    yield
    deadline = time.monotonic() + THREAD_SECONDS
    while (left := running_threads() - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left, f"threads left running: {sorted(thread.name for thread in left)}"
