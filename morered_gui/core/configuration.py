"""A folder of results belongs to one configuration, which is kept in it."""

import json
from pathlib import Path
from typing import Any

from morered_gui.core.errors import ExpectedError
from morered_gui.core.files import replacing

CONFIGURATION = "configuration.json"


def claim_folder(folder: Path, configuration: dict[str, Any]) -> None:
    """Begin in a new folder, or make sure that an old one has the same configuration.

    Raises ExpectedError, which names the differences, where the folder belongs to other work.
    """
    path = folder / CONFIGURATION
    wanted = json.loads(json.dumps(configuration))
    if path.exists():
        _compare(_read(path), wanted, folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ExpectedError(f"{path} can't be read ({error}); choose another folder") from error
    if not isinstance(table, dict):
        raise ExpectedError(f"{path} is no configuration; choose another folder")
    return table


def _compare(there: dict[str, Any], wanted: dict[str, Any], folder: Path) -> None:
    different = [key for key in wanted if there.get(key) != wanted[key]]
    different += [key for key in there if key not in wanted]
    if different:
        said = "; ".join(
            f"{key}: {there.get(key)} there, {wanted.get(key)} now" for key in different
        )
        raise ExpectedError(
            f"{folder} holds the results of other settings ({said}); choose another folder, or "
            "delete it"
        )
