"""What is asked for is done in its order, though some of it takes time in another thread.

Qt-free; lives in the interface's thread.
"""

from collections import deque
from collections.abc import Callable


class Turns:
    """A queue of deeds: each begins when the one before has ended."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], bool]] = deque()
        self._under_way = False

    @property
    def are_taken(self) -> bool:
        """Whether something is under way or waits."""
        return self._under_way or bool(self._waiting)

    def ask(self, deed: Callable[[], bool]) -> None:
        """Do it now, or when its turn comes; it returns whether it goes on until ``end``."""
        self._waiting.append(deed)
        self._go_on()

    def end(self) -> None:
        """What went on has ended."""
        self._under_way = False
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._under_way:
            deed, self._under_way = self._waiting.popleft(), True
            goes_on = False
            try:
                goes_on = deed()
            finally:  # a deed that fails must not hold up what comes after it for good
                self._under_way = goes_on
