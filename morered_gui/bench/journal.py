"""The folder of a benchmark: what it is, and what it has got so far."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morered_gui.bench.circumstances import time_stamp
from morered_gui.bench.work import Record
from morered_gui.core import ExpectedError
from morered_gui.core.configuration import CONFIGURATION, claim_folder

RECORDS, CIRCUMSTANCES = "records.jsonl", "circumstances.jsonl"


@dataclass(frozen=True)
class Journal:
    """One line of JSON per finished unit, beside the configuration that they belong to."""

    folder: Path

    @classmethod
    def open(cls, folder: Path, configuration: dict[str, Any]) -> "Journal":
        """Begin in a new folder, or go on in one that has the same configuration.

        Raises ExpectedError where the folder belongs to something else.
        """
        known = (folder / CONFIGURATION).exists()
        if not known and (folder / RECORDS).exists():
            raise ExpectedError(f"{folder} has results, but no {CONFIGURATION}; choose another one")
        claim_folder(folder, configuration)
        return cls(folder)

    def records(self) -> dict[str, Record]:
        """Finished units by their key.

        A last line that a killed run left unfinished is cut off, and its unit is done again.
        Raises ExpectedError where any other line is broken.
        """
        return {record.key: record for record in self._read(RECORDS, Record.from_dict)}

    def append(self, record: Record) -> None:
        """Add a finished unit; it is on the disk when this returns."""
        record.finished = time_stamp()
        self._append(RECORDS, record.as_dict())

    def circumstances(self) -> list[dict[str, Any]]:
        """Those that were noted, the last one last; none in the folder of an older program.

        Raises ExpectedError where a line is broken.
        """
        return self._read(CIRCUMSTANCES, dict)

    def note(self, circumstances: dict[str, Any]) -> None:
        """Keep how the records are made that come now."""
        self._append(CIRCUMSTANCES, circumstances)

    def _read[T](self, name: str, parse: Callable[[Any], T]) -> list[T]:
        path = self.folder / name
        if not path.exists():
            return []
        whole, _, rest = path.read_bytes().rpartition(b"\n")
        if rest:
            os.truncate(path, len(whole) + 1 if whole else 0)
        found: list[T] = []
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                found.append(parse(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise ExpectedError(
                    f"line {number} of {path} can't be read ({error}); delete that line"
                ) from error
        return found

    def _append(self, name: str, table: dict[str, Any]) -> None:
        line = json.dumps(table, allow_nan=False) + "\n"
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
