"""How large everything is drawn: for lecture halls, and for eyes that want it larger.

Qt takes the size when it starts, so that a change shows at the next start.
"""

import os

from PySide6.QtWidgets import QWidget

from morered_gui.app.messages import Message, Severity
from morered_gui.app.settings import INTERFACE_SIZES, Settings

VARIABLE = "QT_SCALE_FACTOR"


def begin_with(settings: Settings) -> None:
    """Before there is an application; what the user's environment says counts more."""
    if settings.interface_size != INTERFACE_SIZES[0]:
        os.environ.setdefault(VARIABLE, f"{settings.interface_size / 100:g}")


def next_size(size: int, way: int) -> int:
    """One size up (way 1) or down (-1), per cent; the same where there is none."""
    others = [each for each in INTERFACE_SIZES if (each - size) * way > 0]
    return min(others, key=lambda each: abs(each - size), default=size)


def has_room(window: QWidget, size: int) -> bool:
    """Whether all of the window can be seen on its screen at this size, per cent."""
    need, screen = window.minimumSizeHint(), window.screen().availableSize()
    larger = size / 100 / float(os.environ.get(VARIABLE, "1"))
    return need.width() * larger <= screen.width() and need.height() * larger <= screen.height()


def resized(window: QWidget, size: int, way: int) -> tuple[int, Message]:
    """The size to remember after a step up (way 1) or down (-1), and what to say of it."""
    wanted = next_size(size, way)
    if wanted == size:
        return size, Message(f"The interface has {size} % already.", Severity.WARNING)
    if not has_room(window, wanted):
        text = f"At {wanted} % the window would not fit the screen."
        return size, Message(text, Severity.WARNING)
    text = f"The interface will be drawn at {wanted} % when the program starts again."
    return wanted, Message(text, action="quit", button="Quit now")
