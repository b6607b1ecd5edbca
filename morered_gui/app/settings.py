"""What the program remembers: a JSON file in the user's configuration folder.

A broken file never keeps the program from starting: what can't be used is left at its default,
and the caller is told.
"""

import json
import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from platformdirs import user_config_path, user_log_path

from morered_gui.core.files import replacing

APPLICATION = "morered-gui"
MOST_RECENT = 10
LARGEST_SEED = 2**31 - 1
INTERFACE_SIZES = (100, 125, 150, 175, 200)  # per cent
RANGES: dict[str, tuple[int, int]] = {
    "seed": (0, LARGEST_SEED),
    "max_steps": (1, 100_000),
    "noise_t": (0, 400),
    "evaluations": (1, 50),
    "start_t": (0, 99_999),  # of the longest process that a model may have
    "playback_rate": (1, 240),
    "interface_size": (INTERFACE_SIZES[0], INTERFACE_SIZES[-1]),
}
# What belongs to the next relaxation, and hence to a session.
CHOICES = (
    "method",
    "model",
    "time_model",
    "device",
    "seed",
    "max_steps",
    "evaluations",
    "start_t",
    "noise_t",
)


@dataclass(frozen=True)
class Settings:
    """All that is remembered. Window layout: base64 of Qt's own byte arrays."""

    method: str = ""
    model: str = ""
    device: str = "auto"
    seed: int = 0
    max_steps: int = 1000
    noise_t: int = 100
    evaluations: int = 20
    start_t: int = 999
    time_model: str = ""
    playback_rate: int = 30
    interface_size: int = INTERFACE_SIZES[0]
    show_ghost: bool = True
    relax_while_drawing: bool = True
    check_energies: bool = False
    window_geometry: str = ""
    window_layout: str = ""
    recent_files: list[str] = field(default_factory=list)

    def with_recent(self, path: Path) -> list[str]:
        """The recent files with this one in front."""
        name = str(path.resolve())
        return [name, *(p for p in self.recent_files if p != name)][:MOST_RECENT]


def settings_path() -> Path:
    """Where the settings lie."""
    return user_config_path(APPLICATION, appauthor=False) / "settings.json"


def log_path() -> Path:
    """Where the log lies."""
    return user_log_path(APPLICATION, appauthor=False) / "morered-gui.log"


def crash_folder() -> Path:
    """Where crashes outside Python leave their traces until the next start."""
    return log_path().with_name("crashes")


def load_settings(path: Path | None = None) -> tuple[Settings, str]:
    """The settings, and a sentence about what could not be used (empty where all is well)."""
    path = path or settings_path()
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, ValueError, RecursionError) as error:
        return Settings(), f"The settings in {path} can't be read, defaults are used: {error}"
    if not isinstance(table, dict):
        return Settings(), f"The settings in {path} are not a table, defaults are used."
    usable, refused = _sorted_out(table)
    problem = f"Settings that make no sense were left out: {', '.join(refused)}." if refused else ""
    return Settings(**usable), problem


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write the file whole or not at all; raises OSError."""
    path = path or settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")


def choices_of(settings: Settings) -> dict[str, Any]:
    """What a session keeps of the settings."""
    return {name: getattr(settings, name) for name in CHOICES}


def with_choices(settings: Settings, choices: Mapping[str, Any]) -> Settings:
    """The settings with the choices of a session, as far as they make sense."""
    usable, _ = _sorted_out({name: choices[name] for name in CHOICES if name in choices})
    return replace(settings, **usable)


def _sorted_out(table: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Values of the right type within their range, and the names of the others."""
    hints = get_type_hints(Settings)
    known = {f.name for f in fields(Settings)}
    usable = {
        name: value
        for name, value in table.items()
        if name in known and _fits(value, hints[name]) and _in_range(name, value)
    }
    return usable, sorted((known & set(table)) - set(usable))


def _in_range(name: str, value: Any) -> bool:
    low, high = RANGES.get(name, (None, None))
    return low is None or high is None or low <= value <= high


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is list:
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if get_origin(hint) in {Union, types.UnionType}:
        return any(_fits(value, option) for option in get_args(hint))
    return type(value) is hint  # a bool is no int here
