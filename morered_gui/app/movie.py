"""Films in files: mp4 (H.264) or gif, encoded by ffmpeg in a process of its own."""

import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from morered_gui.core import ExpectedError
from morered_gui.core.files import replacing

SUFFIXES = (".mp4", ".gif")
# A palette per picture: nothing has to wait in memory for the end of the film.
_PALETTES = "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1"
_AS_GIF = ("-vcodec", "gif", "-pix_fmt", "pal8", "-filter_complex", _PALETTES)
_AS_MP4 = ("-vcodec", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-movflags", "+faststart")
_OWN_GROUP: dict[str, Any] = {"process_group": 0}
if sys.platform == "win32":
    _OWN_GROUP = {
        "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    }


class MovieError(ExpectedError):
    """A film can't be written; the message says why."""


class MovieCancelledError(Exception):
    """Raised by the pictures' source to give the film up."""


def write_movie(path: Path, size: tuple[int, int], rate: float, pictures: Iterable[bytes]) -> None:
    """Encode pictures as they come; the file appears whole or not at all.

    Args:
        path: with a suffix of ``SUFFIXES``.
        size: width and height in pixels, both even.
        rate: frames per second.
        pictures: width * height * 3 bytes each, red, green, blue, row by row.

    Raises:
        MovieError: the suffix or the size do not serve, or ffmpeg fails.
        MovieCancelledError: as raised by ``pictures``; nothing is left on the disk.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise MovieError(f"a film is written as {' or '.join(SUFFIXES)}, not as '{path.suffix}'")
    if size[0] % 2 or size[1] % 2 or min(size) < 2:
        raise MovieError(f"width and height of a film have to be even, not {size}")
    try:
        with replacing(path) as part:
            _encode(part, size, rate, pictures)
    except OSError as error:
        raise MovieError(f"{path} can't be written: {error.strerror or error}") from error


def _encode(path: Path, size: tuple[int, int], rate: float, pictures: Iterable[bytes]) -> None:
    log = path.with_name("ffmpeg.log")
    with log.open("wb") as errors:
        ffmpeg = _start_ffmpeg(path, size, rate, errors)
        try:
            _feed(ffmpeg, pictures)
        except BaseException:
            ffmpeg.kill()
            raise
        finally:
            code = ffmpeg.wait()
    if code or not path.exists() or path.stat().st_size == 0:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise MovieError(f"ffmpeg has failed: {last[0] if last else f'it ended with {code}'}")


def _start_ffmpeg(
    path: Path, size: tuple[int, int], rate: float, errors: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start ffmpeg in a process group of its own, so that Ctrl+C is left to this program.

    Not by imageio_ffmpeg.write_frames: it asks for the group by ``preexec_fn``, and then Python
    goes on in the fork of a program with many threads. Garbage collected there (an object of PyAV
    that waits for its threads, which no fork has) stopped it for ever before ffmpeg began.
    """
    import imageio_ffmpeg

    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", f"{rate}"]
    coding = _AS_GIF if path.suffix.lower() == ".gif" else _AS_MP4
    return subprocess.Popen(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *source, "-i", "-", *coding, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        **_OWN_GROUP,
    )


def _feed(ffmpeg: subprocess.Popen[bytes], pictures: Iterable[bytes]) -> None:
    pipe = ffmpeg.stdin
    assert pipe is not None
    try:
        for picture in pictures:
            pipe.write(picture)
    except BrokenPipeError:
        pass  # ffmpeg has ended; its log says why
    finally:
        with suppress(BrokenPipeError):  # what was still to be written
            pipe.close()
