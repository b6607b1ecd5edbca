"""Files that are written whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; when the block ends well, the file takes the place of ``path``.

    It has the same name in a hidden folder beside, so that writers which go by the suffix
    work and no search for files finds a half-written one. Raises OSError as the disk does.
    """
    folder = Path(tempfile.mkdtemp(prefix=".writing-", dir=path.parent))
    try:
        part = folder / path.name
        yield part
        part.replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
