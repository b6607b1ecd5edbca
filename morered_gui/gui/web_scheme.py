"""``morered:`` pages: files of the program for a web view, and nothing from anywhere else.

A module script may not come from ``file:``, and a server would open a socket; a scheme of our own
needs neither. It has to be registered before there is a QApplication.
"""

from pathlib import Path, PurePosixPath

from PySide6.QtCore import QFile, QIODevice, QObject, QUrl
from PySide6.QtWebEngineCore import (
    QWebEngineProfile,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
    QWebEngineUrlRequestJob,
    QWebEngineUrlScheme,
    QWebEngineUrlSchemeHandler,
)

from morered_gui.core.bundled import ASSETS

SCHEME = b"morered"
SKETCHER_URL = QUrl("morered://sketcher/sketcher.html")
KETCHER = "ketcher"
_PAGE = Path(__file__).parent / "sketch_page"
_CHANNEL = "qwebchannel.js"
_TYPES = {
    ".html": b"text/html",
    ".js": b"text/javascript",
    ".css": b"text/css",
    ".wasm": b"application/wasm",
    ".txt": b"text/plain",
}
_OWN_SCHEMES = {"morered", "data", "blob"}
_ERROR = QWebEngineUrlRequestJob.Error


def ketcher_is_there() -> bool:
    """Whether the build has made the bundle."""
    return (ASSETS / KETCHER / "ketcher.js").is_file()


def register_scheme() -> None:
    """Make the scheme known to Chromium; a second call does nothing."""
    if not QWebEngineUrlScheme.schemeByName(SCHEME).name().isEmpty():
        return
    scheme = QWebEngineUrlScheme(SCHEME)
    scheme.setSyntax(QWebEngineUrlScheme.Syntax.Host)
    flag = QWebEngineUrlScheme.Flag
    scheme.setFlags(flag.SecureScheme | flag.CorsEnabled | flag.FetchApiAllowed)
    QWebEngineUrlScheme.registerScheme(scheme)


def serve_files(parent: QObject) -> None:
    """Answer requests of the scheme; the handler lives as long as the parent."""
    profile = QWebEngineProfile.defaultProfile()
    if profile.urlSchemeHandler(SCHEME) is None:
        profile.installUrlSchemeHandler(SCHEME, FileHandler(parent))


class FileHandler(QWebEngineUrlSchemeHandler):
    """Hands out the files of the sketcher's page and of the bundle; the path names no other."""

    def requestStarted(self, job: QWebEngineUrlRequestJob) -> None:  # noqa: N802 - Qt's name
        """Called by Qt for each request; Chromium reads the file in a thread of its own."""
        path = file_of(job.requestUrl().path())
        content_type = _TYPES.get(PurePosixPath(path or "").suffix)
        if path is None or content_type is None:
            job.fail(_ERROR.UrlNotFound)
            return
        file = QFile(path, job)
        if not file.open(QIODevice.OpenModeFlag.ReadOnly):
            job.fail(_ERROR.UrlNotFound)
            return
        job.reply(content_type, file)


def file_of(path: str) -> str | None:
    """The file that a path of the scheme stands for, as QFile takes it; None for no file."""
    parts = PurePosixPath(path.lstrip("/")).parts
    if not parts or ".." in parts:
        return None
    if parts == (_CHANNEL,):
        return f":/qtwebchannel/{_CHANNEL}"
    root = ASSETS if parts[0] == KETCHER else _PAGE
    return str(root.joinpath(*parts))


class OnlyOwnFiles(QWebEngineUrlRequestInterceptor):
    """Refuses everything that does not come from the program itself."""

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:  # noqa: N802 - Qt's name
        """Called by Qt before each request of the page."""
        if info.requestUrl().scheme() not in _OWN_SCHEMES:
            info.block(True)
