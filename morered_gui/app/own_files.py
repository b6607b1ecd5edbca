"""Files of running programs, and those that programs which have ended left behind.

Each program holds a lock on its own file for as long as it runs; the system lets it go however the
program ends. A file whose lock is free belongs to nobody any more.
"""

import logging
import os
import secrets
import time
from pathlib import Path

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)


def own_path(folder: Path, suffix: str) -> Path:
    """A name that no other program takes: when, which process, and chance."""
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{secrets.token_hex(3)}"
    return folder / f"{name}{suffix}"


def lock_of(path: Path) -> FileLock:
    """The lock of a file, beside it; what follows the first dot of the name is left out."""
    return FileLock(path.with_name(f"{path.name.partition('.')[0]}.lock"))


def left_behind(folder: Path, pattern: str) -> dict[Path, FileLock]:
    """Files that no program holds, the newest first; their locks are the caller's now."""
    found = {}
    for path in sorted(folder.glob(pattern), key=when, reverse=True):
        lock = lock_of(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue  # a program that runs
        found[path] = lock
    return found


def when(path: Path) -> float:
    """When it was written last."""
    try:
        return path.stat().st_mtime
    except OSError:  # another program has just removed it
        return 0.0


def drop(path: Path, lock: FileLock) -> None:
    """Remove a file and its lock."""
    remove(path)
    lock.release()
    remove(Path(lock.lock_file))


def remove(path: Path) -> None:
    """Remove a file if it is there; where that can't be, the log says so."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        logger.exception("%s can't be removed", path)
