"""Under which circumstances figures were found: program, packages, machine."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import morered_gui
from morered_gui.relaxers.versions import versions_of

PACKAGES = ("torch", "numpy", "rdkit", "ase", "tblite", "pyscf")
_ROOT = Path(morered_gui.__file__).resolve().parent.parent
_LOAD = "load_of_15_minutes"


def circumstances(command: str, processes: int) -> dict[str, Any]:
    """Those of a run that begins now."""
    return {
        "command": command,
        "processes": processes,
        "program": program(),
        "machine": machine(),
    }


def distinct(noted: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each of them once, the latest first; command and load alone make no other ones."""
    found: dict[str, dict[str, Any]] = {}
    for one in reversed(noted):
        same = [one["processes"], one["program"], one["machine"] | {_LOAD: None}]
        found.setdefault(json.dumps(same, sort_keys=True), one)
    return list(found.values())


def time_stamp() -> str:
    """Now, in UTC; later ones are greater."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def program() -> dict[str, Any]:
    """Versions of the packages, and the commit where the program is a git checkout."""
    return {"commit": _commit(), "versions": versions_of(*PACKAGES)}


def machine() -> dict[str, Any]:
    """The computer, and how busy it is: wall times mean little without."""
    found: dict[str, Any] = {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count(),
    }
    if hasattr(os, "getloadavg"):
        found[_LOAD] = round(os.getloadavg()[2], 2)
    return found


def _commit() -> str | None:
    """The commit, with a plus sign where files differ from it."""
    if not (_ROOT / ".git").exists():
        return None
    try:
        commit = _git("rev-parse", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None  # git is not installed, or refuses the folder


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(_ROOT), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
