"""What the program says to its user."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


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
