"""Small drawings of molecules, made in the task thread when somebody wants to see them."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPixmap

from morered_gui.app import operations
from morered_gui.app.controller import Controller
from morered_gui.app.messages import Message
from morered_gui.core import Structure

SHARPNESS = 2  # drawn larger, for fine screens
AT_ONCE = 6  # drawn in one task, so that other tasks need not wait long


class Thumbnails(QObject):
    """The drawings of some molecules, by their places.

    Signals:
        drawn: place of a molecule whose drawing is there now.
    """

    drawn = Signal(int)

    def __init__(self, controller: Controller, size: QSize, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller, self._size = controller, size
        self._molecules: Sequence[Structure | str] = ()
        self._icons: dict[int, QIcon] = {}
        self._wanted: list[int] = []
        self._dark, self._drawing = False, False
        self._blank = QPixmap(size)
        self._blank.fill(Qt.GlobalColor.transparent)

    def show(self, molecules: Sequence[Structure | str], *, dark: bool) -> None:
        """Other molecules, as structures or SMILES, or other colours."""
        self._molecules, self._dark = molecules, dark
        self._icons, self._wanted = {}, []

    @property
    def n_drawn(self) -> int:
        """How many drawings there are."""
        return len(self._icons)

    def icon(self, place: int) -> QIcon | QPixmap:
        """The drawing, or a blank in its place until it is there."""
        if place in self._icons:
            return self._icons[place]
        if place not in self._wanted:
            self._wanted.append(place)
            QTimer.singleShot(0, self, self._draw)
        return self._blank

    def _draw(self) -> None:
        """Have those that were asked for last drawn first."""
        if self._drawing or not self._wanted:
            return
        places, self._wanted = self._wanted[-AT_ONCE:], self._wanted[:-AT_ONCE]
        molecules, dark = self._molecules, self._dark
        chosen = [molecules[place] for place in places]
        size = self._size * SHARPNESS

        def drawn(pictures: list[bytes]) -> None:
            self._drawing = False
            if molecules is self._molecules and dark == self._dark:
                self._take(places, pictures)
            self._draw()

        def failed(message: Message) -> None:
            self._drawing = False
            self._controller.state.say(message)

        self._drawing = True
        self._controller.run_task(
            lambda: operations.pictures(chosen, size.width(), size.height(), dark=dark),
            drawn,
            failed,
        )

    def _take(self, places: Sequence[int], pictures: Sequence[bytes]) -> None:
        for place, png in zip(places, pictures, strict=True):
            pixmap = QPixmap()
            pixmap.loadFromData(png)
            pixmap.setDevicePixelRatio(SHARPNESS)
            self._icons[place] = QIcon(pixmap)
            self.drawn.emit(place)
