"""The log: what went wrong, also where nobody was there to be told."""

import atexit
import faulthandler
import logging
import logging.handlers
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from filelock import FileLock
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from morered_gui.app.own_files import drop, left_behind, lock_of, own_path
from morered_gui.app.settings import crash_folder, log_path

LOG_BYTES, LOG_FILES = 1_000_000, 3
SUFFIX = ".txt"  # of what crashes leave
LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
logger = logging.getLogger(__name__)


def start_log() -> None:
    """A rotating log, Qt's messages among them; without a place for it the program runs, too."""
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
        )
    except OSError as error:
        logging.getLogger().warning("no log file: %s", error)
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    qInstallMessageHandler(_take_from_qt)
    # Qt goes on to speak when Python can no longer listen.
    atexit.register(qInstallMessageHandler, None)


def watch_for_crashes() -> str:
    """From now on a crash outside Python leaves where all threads were, in a file of this program.

    Returns what crashes before this start have left, which goes into the log; else an empty text.
    """
    folder = crash_folder()
    own = own_path(folder, SUFFIX)
    lock = lock_of(own)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        left = "".join(_taken(path, old) for path, old in left_behind(folder, f"*{SUFFIX}").items())
        lock.acquire(timeout=0)
        file = own.open("w", encoding="utf-8")  # until the process ends
    except OSError:
        logger.exception("crashes can't be recorded")
        return ""
    faulthandler.enable(file)
    atexit.register(_end_well, file, lock)
    if left:
        logger.error("the program had crashed:\n%s", left)
    return left


def _taken(path: Path, lock: FileLock) -> str:
    """What a program has left, which is gone then."""
    text = path.read_text(encoding="utf-8", errors="replace")
    drop(path, lock)
    return text


def _end_well(file: TextIO, lock: FileLock) -> None:
    """No crash: nothing is left."""
    faulthandler.disable()
    file.close()
    drop(Path(file.name), lock)


def catch_errors(tell: Callable[[str, str], None]) -> None:
    """What nobody caught goes into the log; ``tell`` gets a sentence and a report to copy."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        logger.error("uncaught", exc_info=(kind, error, trace))
        details = "".join(traceback.format_exception(kind, error, trace))
        tell(f"{kind.__name__}: {error}", details)

    sys.excepthook = hook
    threading.excepthook = lambda args: logger.error(
        "uncaught in a thread", exc_info=args.exc_value
    )


def _take_from_qt(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    category = context.category or "default"
    logging.getLogger(f"qt.{category}").log(LEVELS[kind], text)
