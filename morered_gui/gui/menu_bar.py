"""The menus of the window, out of their declaration."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu

from morered_gui.app.menus import MENUS


def fill_menus(
    window: QMainWindow, actions: Mapping[str, QAction], panels: Iterable[QAction]
) -> dict[str, QMenu]:
    """The menus by title; ``panels`` are the switches of the panels, which end View."""
    menus: dict[str, QMenu] = {}
    for title, ids in MENUS.items():
        menu = menus[title] = window.menuBar().addMenu(title)
        for each in ids:
            if each:
                menu.addAction(actions[each])
            else:
                menu.addSeparator()
    menus["&View"].addSeparator()
    menus["&View"].addActions(list(panels))
    return menus


class RecentMenu(QMenu):
    """The files opened last; what they are is asked each time that the menu opens."""

    def __init__(
        self,
        window: QMainWindow,
        files: Callable[[], Iterable[str]],
        open_path: Callable[[Path], None],
    ) -> None:
        super().__init__("Open &recent", window)
        self._files, self._open_path = files, open_path
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        self.clear()
        for name in self._files():
            action = self.addAction(name.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, n=name: self._open_path(Path(n)))
        if self.isEmpty():
            self.addAction("No files yet").setEnabled(False)
