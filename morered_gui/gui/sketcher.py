"""The drawing in two dimensions: Ketcher in a web view.

Atoms have numbers in Ketcher that stay theirs for life; a mol block only has their order. What
goes out with every edit is therefore the mol block and, for each of its atoms, the place that it
had in the mol block before.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineSettings
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication, QWidget

from morered_gui.gui.last_word import LastWord, Teller
from morered_gui.gui.theme import Theme
from morered_gui.gui.web_scheme import SKETCHER_URL, OnlyOwnFiles, serve_files

# With Ctrl; the sketcher has a use for them, the window's shortcuts have to wait.
_OWN_CONTROL_KEYS = {Qt.Key.Key_A, Qt.Key.Key_C, Qt.Key.Key_V, Qt.Key.Key_X}
REPLACED = "another drawing has taken the place of the last stroke; draw it again"


class Bridge(Teller):
    """What the page tells."""

    ready = Signal()
    drawing = Signal(str, list)
    shown = Signal(int, list)
    refused = Signal(str)
    undo_asked = Signal()
    redo_asked = Signal()

    @Slot()
    def report_ready(self) -> None:
        """Ketcher can take commands."""
        self.ready.emit()

    @Slot(str, "QVariantList")
    def report_drawing(self, molblock: str, numbers: list[int]) -> None:
        """The user has changed the drawing."""
        self.drawing.emit(molblock, numbers)

    @Slot(int, "QVariantList")
    def report_shown(self, token: int, numbers: list[int]) -> None:
        """A drawing of Python's is on the page."""
        self.shown.emit(token, numbers)

    @Slot(str)
    def report_refusal(self, message: str) -> None:
        """Ketcher could not do something."""
        self.refused.emit(message)

    @Slot()
    def ask_undo(self) -> None:
        """The keys for undo were pressed on the page."""
        self.undo_asked.emit()

    @Slot()
    def ask_redo(self) -> None:
        """The keys for redo were pressed on the page."""
        self.redo_asked.emit()


class Sketcher(QWebEngineView):
    """Shows a drawing and tells of every edit.

    Signals:
        ready: Ketcher has been loaded.
        edited: the mol block, and per atom its index in the mol block before, -1 for a new one.
        refused: Ketcher could not read or write something; its own words.
        undo_asked, redo_asked: by the keyboard.
        broken: the page's process has died.
    """

    ready = Signal()
    edited = Signal(str, list)
    refused = Signal(str)
    undo_asked = Signal()
    redo_asked = Signal()
    broken = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Drawing of the molecule")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAcceptDrops(False)  # a dropped file belongs to the window
        self._theme = theme
        self._is_ready = False
        self._numbers: list[int] = []  # Ketcher's, of the atoms of the drawing
        self._molblock: str | None = None  # what the page has, or is about to have
        self._token = 0
        self._settled = 0
        self._marked: tuple[int, ...] = ()  # places in the mol block
        self._is_marked = False
        self._bridge = Bridge(self)
        self._last_word = LastWord(lambda number: self._run(f"tell({number})"), self)
        self._connect()
        self._filtered: QObject | None = None

    def _connect(self) -> None:
        bridge = self._bridge
        bridge.ready.connect(self._on_ready)
        bridge.drawing.connect(self._on_drawing)
        bridge.shown.connect(self._on_shown)
        bridge.told.connect(self._last_word.take)
        bridge.refused.connect(self._on_refused)
        bridge.undo_asked.connect(self.undo_asked)
        bridge.redo_asked.connect(self.redo_asked)

    # --- what others may ask --------------------------------------------------------------------

    def start(self) -> None:
        """Load the page: seconds of work for another process, none for this one."""
        serve_files(QApplication.instance() or self)
        page = self.page()
        page.setUrlRequestInterceptor(OnlyOwnFiles(page))
        page.setBackgroundColor(self._theme.canvas)
        settings = page.settings()
        attribute = QWebEngineSettings.WebAttribute
        settings.setAttribute(attribute.JavascriptCanAccessClipboard, True)
        settings.setAttribute(attribute.JavascriptCanPaste, True)
        page.renderProcessTerminated.connect(self._on_terminated)
        page.loadFinished.connect(self._on_loaded)
        channel = QWebChannel(page)
        channel.registerObject("bridge", self._bridge)
        page.setWebChannel(channel)
        page.load(SKETCHER_URL)

    def show_drawing(self, molblock: str, *, in_place: bool = False) -> None:
        """Show a drawing; what the page already has is left alone.

        Args:
            molblock: V2000, empty for an empty page.
            in_place: leave it where its coordinates say, as for an undo.
        """
        if molblock == self._molblock:
            return
        self._molblock = molblock
        self._token += 1
        if self._is_ready:
            self._run(f"show({json.dumps(molblock)}, {self._token}, {json.dumps(in_place)})")

    def mark_atoms(self, atoms: Sequence[int]) -> None:
        """Mark atoms by their places in the mol block; none takes the marks away.

        A drawing on its way to the page is marked when it is there.
        """
        self._marked = tuple(atoms)
        if self.is_settled:
            self._mark()

    def _mark(self) -> None:
        numbers = [self._numbers[k] for k in self._marked if k < len(self._numbers)]
        if numbers or self._is_marked:
            self._is_marked = bool(numbers)
            self._run(f"mark({json.dumps(numbers)}, {json.dumps(self._theme.error.name())})")

    def then(self, deed: Callable[[], None]) -> None:
        """Do something after all that was drawn until now, also what the page has yet to tell."""
        if self._is_ready:
            self._last_word.before(deed)
        else:
            deed()

    def set_theme(self, theme: Theme) -> None:
        """Colours of the page."""
        self._theme = theme
        self.page().setBackgroundColor(theme.canvas)
        if self._is_ready:
            self._run(f"setTheme({json.dumps(_page_theme(theme))})")

    @property
    def is_ready(self) -> bool:
        """Whether Ketcher has been loaded."""
        return self._is_ready

    @property
    def is_settled(self) -> bool:
        """Whether the page shows what it was asked to show."""
        return self._is_ready and self._settled == self._token

    @property
    def molblock(self) -> str:
        """The drawing on the page, or about to be."""
        return self._molblock or ""

    # --- the page -------------------------------------------------------------------------------

    def _run(self, code: str) -> None:
        self.page().runJavaScript(f"moreredSketch.{code}")

    def _on_ready(self) -> None:
        self._is_ready = True
        self.set_theme(self._theme)
        self._watch_keys()
        if self._molblock is not None:  # an empty page as well: it is waited for
            molblock, self._molblock = self._molblock, None
            self.show_drawing(molblock)
        self.ready.emit()

    def _on_loaded(self, is_there: bool) -> None:
        if not is_there:
            self.broken.emit("the sketcher's page can't be loaded")

    def _on_drawing(self, molblock: str, numbers: list[Any]) -> None:
        if self._settled != self._token:  # the page is about to show another drawing
            if molblock != self._molblock:
                self.refused.emit(REPLACED)
            return
        places = {number: k for k, number in enumerate(self._numbers)}
        now = [int(number) for number in numbers]
        self._molblock, self._numbers = molblock, now
        self.edited.emit(molblock, [places.get(number, -1) for number in now])

    def _on_shown(self, token: int, numbers: list[Any]) -> None:
        if token == self._token:
            self._settled = token
            self._numbers = [int(number) for number in numbers]
            self._mark()

    def _on_refused(self, message: str) -> None:
        self._settled = self._token
        self.refused.emit(message)

    def _on_terminated(
        self, status: QWebEnginePage.RenderProcessTerminationStatus, code: int
    ) -> None:
        self._is_ready = False
        self._last_word.wait_no_more()
        if status == QWebEnginePage.RenderProcessTerminationStatus.NormalTerminationStatus:
            return
        self.broken.emit(f"the sketcher has stopped working ({status.name}, {code})")
        QTimer.singleShot(0, self.page(), lambda: self.page().load(SKETCHER_URL))

    # --- keys -----------------------------------------------------------------------------------

    def _watch_keys(self) -> None:
        proxy = self.focusProxy()
        if proxy is not None and proxy is not self._filtered:
            self._filtered = proxy
            proxy.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the sketcher (n is nitrogen, Space, Del) are not the window's shortcuts."""
        is_key = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if is_key and _belongs_to_sketcher(event):
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ketcher has menus of its own; the browser's (reload, back) make no sense here."""
        event.accept()


def _belongs_to_sketcher(event: QEvent) -> bool:
    assert isinstance(event, QKeyEvent)
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if modifiers == Qt.KeyboardModifier.ControlModifier:
        return Qt.Key(event.key()) in _OWN_CONTROL_KEYS
    plain = {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier}
    is_function_key = Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35
    return modifiers in plain and not is_function_key


def _page_theme(theme: Theme) -> dict[str, object]:
    return {
        "dark": theme.dark,
        "colours": {
            "canvas": theme.canvas.name(),
            "accent": theme.accent.name(),
        },
    }
