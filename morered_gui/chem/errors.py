"""What goes wrong with molecules, in words; and RDKit's own words, kept off the screen."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rdkit import rdBase

from morered_gui.core.errors import ExpectedError


class MoleculeError(ExpectedError):
    """A molecule can't be read, built or written; one line that says why and what to do."""


_LOGGER = logging.getLogger("rdkit")


def _silence_rdkit() -> None:
    """Send RDKit's messages to Python's logger "rdkit", which keeps them to itself."""
    rdBase.LogToPythonLogger()
    for handler in list(_LOGGER.handlers):
        _LOGGER.removeHandler(handler)
    _LOGGER.addHandler(logging.NullHandler())
    _LOGGER.propagate = False


_silence_rdkit()


class _Collector(logging.Handler):
    """Keeps the messages of the thread that made it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())


@contextmanager
def rdkit_messages() -> Iterator[list[str]]:
    """Collect what RDKit says in this thread while the block runs."""
    collector = _Collector()
    _LOGGER.addHandler(collector)
    try:
        yield collector.lines
    finally:
        _LOGGER.removeHandler(collector)
