"""How Chromium may draw here; to be settled before QtWebEngine is imported."""

import os
import sys
from pathlib import Path

SOFTWARE_FLAGS = "--ignore-gpu-blocklist --disable-gpu-compositing"
ASKED = "MORERED_SOFTWARE_RENDERING"  # 1 or 0, where the guess is wrong


def draws_in_software() -> bool:
    """Whether the processor has to draw: no graphics card, or a screen in memory."""
    asked = os.environ.get(ASKED, "")
    if asked:
        return asked != "0"
    if os.environ.get("QT_QPA_PLATFORM", "") == "offscreen":
        return True
    return sys.platform == "linux" and not any(Path("/dev/dri").glob("renderD*"))


def prepare_web_engine() -> None:
    """Set the environment that QtWebEngine reads when it is imported.

    Without a graphics card Chromium refuses WebGL unless told otherwise; as root it refuses to
    start unless its sandbox is off. Neither is touched for anybody else, and what the user has
    set is left alone.
    """
    if draws_in_software():
        os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", SOFTWARE_FLAGS)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
