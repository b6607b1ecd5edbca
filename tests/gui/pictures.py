"""What the 3D view has really drawn."""

import numpy as np
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from morered_gui.gui.window import MainWindow


def picture(window: MainWindow, qtbot: QtBot) -> np.ndarray:
    """The 3D view as (height, width, 3) bytes."""
    qtbot.waitUntil(lambda: window.view.is_settled, timeout=60_000)
    got: list[bytes] = []
    window.view.grab_png(got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=60_000)
    image = QImage.fromData(got[0]).convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return pixels[..., :3].copy()


def n_red(pixels: np.ndarray) -> int:
    """Pixels in the red of oxygen."""
    red, green, blue = (pixels[..., k].astype(int) for k in range(3))
    return int(((red > 120) & (green < 60) & (blue < 60)).sum())
