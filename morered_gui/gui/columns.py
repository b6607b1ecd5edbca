"""The panels on both sides of the molecule, of which a narrow window shows one side at a time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from morered_gui.gui.layout import add_dock, add_tabs, bytes_of, share_room, text_of

LEFT, RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
ROOM_FOR_BOTH = 1250  # pixels of the window's width: the molecule between them keeps 440
ROOM_FOR_TITLES = 720  # pixels of its height: in a lower one the panels have none
LAYOUT_VERSION = 4
ON_DEMAND = "File"  # the panel that is there only while there is something in it

Area = Qt.DockWidgetArea
Panels = Mapping[str, tuple[str, QWidget]]


class Columns(QObject):
    """Docks by id; sources of molecules on the left, what comes of them on the right.

    Where there is no room for both sides, the one that was not opened last is folded away, and
    comes back with the room. To show a panel of it folds the other one.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.docks: dict[str, QDockWidget] = {}
        self._folded: dict[Area, list[QDockWidget]] = {LEFT: [], RIGHT: []}  # the front one last
        self._sizes: dict[QDockWidget, QSize] = {}  # as the user has made them
        self._for_room: set[Area] = set()
        self._latest: Area = LEFT
        self._moving = False  # what opens and closes now does so by this class

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """By the id of the action."""
        return {
            "left_panels": lambda: self._switch(LEFT),
            "right_panels": lambda: self._switch(RIGHT),
        }

    def build(
        self, actions: Mapping[str, QAction], sources: Panels, course: Panels, outcomes: Panels
    ) -> None:
        """Make the docks. ``sources`` end with what stands below the tabs of the others."""
        window = self._window
        self._switches = {LEFT: actions["left_panels"], RIGHT: actions["right_panels"]}
        *tabs, below = sources
        self.docks = add_tabs(window, {name: sources[name] for name in tabs}, LEFT)
        for name, area, panels in ((below, LEFT, sources), *((n, RIGHT, course) for n in course)):
            self.docks[name] = add_dock(window, *panels[name], area)
        self.docks |= add_tabs(window, outcomes, RIGHT)
        self.docks[ON_DEMAND].hide()
        share_room(window, self.docks)
        for dock in self.docks.values():
            dock.installEventFilter(self)

    # --- what others may ask --------------------------------------------------------------------

    def show(self, name: str, wanted: bool = True) -> None:
        """Show a panel in front of those that share its place, or take it away."""
        dock = self.docks[name]
        for folded in self._folded.values():
            if dock in folded:
                folded.remove(dock)
        if wanted:
            self._latest = self._window.dockWidgetArea(dock)
        dock.setVisible(wanted)
        if wanted:
            dock.raise_()

    def is_seen(self, name: str) -> bool:
        """Whether a panel is there, and no other one in front of it."""
        return self._in_sight(self.docks[name])

    def fit(self) -> None:
        """See to it that both sides are there if there is room, and else one."""
        if self._moving:
            return
        if self._has_room:
            for area in list(self._for_room):
                self._unfold(area)
        elif self._is_open(LEFT) and self._is_open(RIGHT):
            away = LEFT if self._latest == RIGHT else RIGHT
            self._for_room.add(away)
            self._fold(away)
        # Else Qt would not let the window become so narrow that a side is folded.
        self._window.setMinimumWidth(self._middle + max(self._least(LEFT), self._least(RIGHT)))
        self._set_titles()
        self._mark()

    def layout(self) -> str:
        """Where everything stands where there is room for it, for the settings."""
        for area in list(self._for_room):
            self._unfold(area)
        found = text_of(self._window.saveState(LAYOUT_VERSION))
        self.fit()
        return found

    def restore(self, layout: str) -> None:
        """Put everything where it was; an empty text for the first start."""
        if layout:
            with self._in_motion():
                self._window.restoreState(bytes_of(layout), LAYOUT_VERSION)
        else:
            self._resize()
        self.fit()

    # --- inside ---------------------------------------------------------------------------------

    @contextmanager
    def _in_motion(self) -> Iterator[None]:
        before, self._moving = self._moving, True
        try:
            yield
        finally:
            self._moving = before

    def _column(self, area: Area) -> list[QDockWidget]:
        return [d for d in self.docks.values() if self._window.dockWidgetArea(d) == area]

    def _in_sight(self, dock: QDockWidget) -> bool:
        """Qt moves those behind another one out of the window."""
        return dock.isVisible() and dock.geometry().intersects(self._window.rect())

    def _is_open(self, area: Area) -> bool:
        return not all(dock.isHidden() for dock in self._column(area))

    def _least(self, area: Area) -> int:
        """The width that a column needs, pixels."""
        return max((d.minimumSizeHint().width() for d in self._column(area)), default=0)

    @property
    def _middle(self) -> int:
        """The width that the molecule and what is below it need, pixels."""
        centre = self._window.centralWidget()
        return 0 if centre is None else centre.minimumSizeHint().width()

    @property
    def _has_room(self) -> bool:
        need = self._least(LEFT) + self._middle + self._least(RIGHT)
        return self._window.width() >= max(ROOM_FOR_BOTH, need)

    @property
    def _is_low(self) -> bool:
        return self._window.height() < ROOM_FOR_TITLES

    def _set_titles(self) -> None:
        """Titles, by which panels are moved and closed, where there is room for them."""
        changed = [d for d in self.docks.values() if self._is_low == (d.titleBarWidget() is None)]
        with self._in_motion():
            for dock in changed:
                before = dock.titleBarWidget()
                dock.setTitleBarWidget(_NoTitle() if self._is_low else None)  # type: ignore[arg-type]
                if before is not None:
                    before.deleteLater()
        if changed and self._window.isVisible():
            self._resize()

    def _switch(self, area: Area) -> None:
        if self._is_open(area):
            self._fold(area)
        elif self._folded[area]:
            self._open(area)
        else:
            self._folded[area] = [d for d in self._column(area) if d is not self.docks[ON_DEMAND]]
            self._open(area)
        self._mark()

    def _open(self, area: Area) -> None:
        self._latest = area
        self._unfold(area)
        self.fit()

    def _fold(self, area: Area) -> None:
        # Before the window is there none is in sight: then the first ones come to the front.
        shown = [dock for dock in reversed(self._column(area)) if not dock.isHidden()]
        self._folded[area] = sorted(shown, key=self._in_sight)
        with self._in_motion():
            for dock in shown:
                dock.hide()
        self._resize()

    def _unfold(self, area: Area) -> None:
        self._for_room.discard(area)
        folded, self._folded[area] = self._folded[area], []
        with self._in_motion():
            for dock in folded:
                dock.show()
                dock.raise_()
        self._resize()

    def _resize(self) -> None:
        """As large as they were, which Qt does not know after a side has come or gone."""
        sizes = self._sizes.copy()  # of now: Qt will have made others when the time has come
        QTimer.singleShot(0, self, lambda: self._resize_to(sizes))

    def _resize_to(self, sizes: Mapping[QDockWidget, QSize]) -> None:
        share_room(self._window, self.docks, low=self._is_low)
        known = [dock for dock in sizes if self._in_sight(dock)]
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self._window.resizeDocks(known, [sizes[dock].width() for dock in known], across)
        if not self._is_low:
            known = [dock for dock in known if sizes[dock].height() > 0]
            self._window.resizeDocks(known, [sizes[dock].height() for dock in known], down)

    def _note_size(self, dock: QDockWidget) -> None:
        """Unless both sides are pressed together in a window that has just become narrow."""
        alone = not (self._is_open(LEFT) and self._is_open(RIGHT))
        if (
            self._window.isVisible()
            and self._in_sight(dock)
            and (alone or self._window.width() >= ROOM_FOR_BOTH)
        ):
            before = self._sizes.get(dock, QSize())  # no height, until the window is high
            height = before.height() if self._is_low else dock.height()
            self._sizes[dock] = QSize(dock.width(), height)

    def _mark(self) -> None:
        for area, switch in self._switches.items():
            switch.setChecked(self._is_open(area))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A panel that is opened by whatever way brings its side with it."""
        if not self._moving and isinstance(watched, QDockWidget):
            if event.type() == QEvent.Type.ShowToParent:
                area = self._window.dockWidgetArea(watched)
                if area in self._folded:
                    self._open(area)
            elif event.type() == QEvent.Type.HideToParent:
                self._mark()
            elif event.type() == QEvent.Type.Resize:
                self._note_size(watched)
        return super().eventFilter(watched, event)


class _NoTitle(QWidget):
    """In the place of a title; an empty widget would count as -1 pixels high."""

    def sizeHint(self) -> QSize:
        return QSize(0, 0)
