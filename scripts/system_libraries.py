"""Finds the system libraries that the program needs; installs them where it may.

A library is missing when the loader cannot open it. On Debian and Ubuntu as root the packages are
installed; elsewhere they are named and the exit code is 1. Only the standard library is used:
this runs before the environment is made. Nothing to do on macOS and Windows.
"""

import argparse
import ctypes
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Library(NamedTuple):
    """A shared library and the packages that hold it."""

    soname: str
    debian: str
    fedora: str


WIDGETS_AND_WEB = (
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    Library("libGL.so.1", "libgl1", "libglvnd-glx"),
    Library("libEGL.so.1", "libegl1", "libglvnd-egl"),
    Library("libnss3.so", "libnss3", "nss"),
    Library("libasound.so.2", "libasound2", "alsa-lib"),
    Library("libXcomposite.so.1", "libxcomposite1", "libXcomposite"),
    Library("libXdamage.so.1", "libxdamage1", "libXdamage"),
    Library("libXrandr.so.2", "libxrandr2", "libXrandr"),
    Library("libXtst.so.6", "libxtst6", "libXtst"),
    Library("libxkbfile.so.1", "libxkbfile1", "libxkbfile"),
    Library("libgssapi_krb5.so.2", "libgssapi-krb5-2", "krb5-libs"),
    Library("libgomp.so.1", "libgomp1", "libgomp"),  # tblite
)
SCREEN = (
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
)


def is_missing(library: Library) -> bool:
    """Whether the loader cannot open the library."""
    try:
        ctypes.CDLL(library.soname)
    except OSError:
        return True
    return False


def is_debian() -> bool:
    """Whether this is Debian, Ubuntu or another system with their packages."""
    return Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def candidate(package: str) -> str:
    """The package's name on this release: some have had the suffix t64 since 2024."""
    policy = subprocess.run(
        ["apt-cache", "policy", package], capture_output=True, text=True, check=False
    ).stdout
    has_candidate = "Candidate:" in policy and "Candidate: (none)" not in policy
    return package if has_candidate else f"{package}t64"


def install(missing: list[Library]) -> int:
    """Install the Debian packages; the exit code of apt-get."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
    packages = [candidate(library.debian) for library in missing]
    print("Installing system libraries:", *packages, flush=True)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    return subprocess.run(command, env=environment, check=False).returncode


def advice(missing: list[Library]) -> str:
    """What the user has to install, in words."""
    if is_debian():
        names = " ".join(candidate(library.debian) for library in missing)
        return f"System libraries are missing. Install them with:\n  sudo apt-get install {names}"
    lines = [f"  {lib.soname}  (Fedora: {lib.fedora}; Debian: {lib.debian})" for lib in missing]
    return "\n".join(["System libraries are missing. Install the packages that hold:", *lines])


def main() -> int:
    """Return 0 when every library can be opened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screen", action="store_true", help="also those of a window on X11")
    wanted = WIDGETS_AND_WEB + (SCREEN if parser.parse_args().screen else ())
    if platform.system() != "Linux":
        return 0
    missing = [library for library in wanted if is_missing(library)]
    if missing and is_debian() and os.geteuid() == 0 and install(missing) == 0:
        missing = [library for library in wanted if is_missing(library)]
    if missing:
        print(advice(missing), file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
