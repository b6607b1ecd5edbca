"""Films in files: mp4 (H.264) or gif, encoded by ffmpeg in a process of its own."""

from collections.abc import Iterable
from pathlib import Path

from morered_gui.core import ExpectedError
from morered_gui.core.files import replacing

SUFFIXES = (".mp4", ".gif")
# A palette per picture: nothing has to wait in memory for the end of the film.
_GIF = "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1"


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
    import imageio_ffmpeg

    gif = path.suffix.lower() == ".gif"
    options = {
        "codec": "gif" if gif else "libx264",
        "pix_fmt_out": "pal8" if gif else "yuv420p",
        "output_params": ["-filter_complex", _GIF]
        if gif
        else ["-crf", "18", "-movflags", "+faststart"],
        "quality": None,
    }
    encoder = imageio_ffmpeg.write_frames(
        str(path), size, fps=rate, macro_block_size=1, ffmpeg_log_level="error", **options
    )
    encoder.send(None)
    try:
        for picture in pictures:
            encoder.send(picture)
    finally:
        encoder.close()
    if not path.exists() or path.stat().st_size == 0:
        raise MovieError("ffmpeg has written nothing; the disk may be full")
