"""What is dropped on the window: a file, or a molecule as text."""

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QMimeData

from morered_gui.app.messages import Message, Severity
from morered_gui.app.state import AppState


class Window(Protocol):
    """What a drop needs of the window."""

    state: AppState

    def open_path(self, path: Path) -> None: ...

    def open_smiles(self, smiles: str) -> None: ...


def can_be_dropped(mime: QMimeData) -> bool:
    """Whether there is a file of this machine in it, or text."""
    return bool(_files_in(mime)) or mime.hasText()


def open_dropped(window: Window, mime: QMimeData) -> None:
    """Open the file, or what the text says; of several files none, which is said.

    What opens takes the message away that was there: to open the first one would hide it.
    """
    files = _files_in(mime)
    if not files:
        window.open_smiles(mime.text())
    elif len(files) == 1:
        window.open_path(files[0])
    else:
        text = f"{len(files)} files were dropped; please drop the one that is to be opened."
        window.state.say(Message(text, Severity.WARNING))


def _files_in(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
