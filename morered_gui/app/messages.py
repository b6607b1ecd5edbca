"""What the program says to its user."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from morered_gui.app.events import Failed


class Severity(StrEnum):
    """Of a message."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Message:
    """Words for the message bar.

    Attributes:
        text: a sentence.
        action: id of an action whose button helps, or empty.
        button: what the button says; empty for the text of the action.
        details: a report that can be copied, or empty.
    """

    text: str
    severity: Severity = Severity.NOTE
    action: str = ""
    details: str = ""
    button: str = ""

    @classmethod
    def of_defect(cls, what: str, details: str) -> Self:
        """Words for an error of the program itself, with a report to copy."""
        text = f"Something in the program went wrong ({what}). Your molecule is kept."
        return cls(text, Severity.ERROR, action="copy_report" if details else "", details=details)


def message_of(failure: Failed) -> Message:
    """Words for a failure: the reason where it was expected, else what to do with a defect."""
    if failure.expected:
        return Message(sentence(failure.message), Severity.ERROR)
    return Message.of_defect(failure.message, failure.details)


def sentence(text: str) -> str:
    """With a capital, unless it begins with the name of a molecule or file, and a full stop."""
    text = text.strip()
    first = text.partition(" ")[0]
    named = first.endswith(":") or "." in first[:-1]
    begin = text[:1] if named else text[:1].upper()
    return begin + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
