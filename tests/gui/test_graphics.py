"""What else may be loaded into the process that draws."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

# A page with WebGL first, drawn by Mesa in software, and then what torch.compile imports.
SCRIPT = """
import time
from pathlib import Path

from morered_gui.gui.main import make_application
from PySide6.QtWebEngineWidgets import QWebEngineView

application = make_application()
view = QWebEngineView()
view.setHtml("<canvas id=c></canvas><script>c.getContext('webgl')</script>")
view.show()
end = time.monotonic() + 60.0
while "libLLVM" not in Path("/proc/self/maps").read_text() and time.monotonic() < end:
    application.processEvents()
print("libLLVM" in Path("/proc/self/maps").read_text(), flush=True)
import triton
print("imported")
"""


@pytest.mark.skipif(
    sys.platform != "linux" or find_spec("triton") is None, reason="no Triton, or no Mesa"
)
def test_that_triton_can_be_imported_beside_a_3d_view() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=False
    )
    if done.stdout.startswith("False"):
        pytest.skip("another driver draws here")
    assert done.returncode == 0 and done.stdout.splitlines() == ["True", "imported"], done.stderr
