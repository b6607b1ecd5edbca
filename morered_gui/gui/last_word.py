"""Waits for what was done on a page, but is not yet known here.

A stroke travels from the browser's process to this one: a few milliseconds, or longer where the
machine is busy. What is to come after it, an undo say, asks the page first. The page answers
through the channel by which it tells of strokes, hence after them.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

PATIENCE_MS = 3_000  # with a page that hangs: an undo must not wait for it for ever


class Teller(QObject):
    """That end of a page's channel by which it gives the number back."""

    told = Signal(int)

    @Slot(int)
    def report_told(self, number: int) -> None:
        """All that was done on the page before this was asked for has been told."""
        self.told.emit(number)


class LastWord(QObject):
    """One for each page; ``ask`` sends it a number, which it has to give back."""

    def __init__(self, ask: Callable[[int], None], parent: QObject) -> None:
        super().__init__(parent)
        self._ask = ask
        self._waiting: dict[int, Callable[[], None]] = {}
        self._number = 0
        self._timer = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._timer.timeout.connect(self.wait_no_more)

    def before(self, deed: Callable[[], None]) -> None:
        """Do something after all that was done on the page until now."""
        self._number += 1
        self._waiting[self._number] = deed
        self._timer.start()
        self._ask(self._number)

    def take(self, number: int) -> None:
        """The page has answered."""
        for each in [k for k in self._waiting if k <= number]:
            self._waiting.pop(each)()
        if not self._waiting:
            self._timer.stop()

    def wait_no_more(self) -> None:
        """There will be no answer."""
        self.take(self._number)
