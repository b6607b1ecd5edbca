"""How a command is declared."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionSpec:
    """One command.

    Attributes:
        id: unique; the window finds its callback under this name.
        text: in the menu.
        icon: name of a qtawesome icon, or empty.
        shortcut: as Qt writes it, or empty.
        tooltip: one sentence; the shortcut is put behind it.
        checkable: whether it is a switch.
        short: one or two words for the toolbar.
    """

    id: str
    text: str
    icon: str = ""
    shortcut: str = ""
    tooltip: str = ""
    checkable: bool = False
    short: str = ""

    @property
    def hint(self) -> str:
        """The tooltip with the shortcut."""
        text = self.tooltip or self.text.replace("&", "").rstrip(".…")
        return f"{text} ({self.shortcut})" if self.shortcut else text
