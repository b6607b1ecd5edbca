"""Versions of packages, for the record of a run."""

from importlib.metadata import PackageNotFoundError, version


def versions_of(*packages: str) -> dict[str, str]:
    """The installed version of each, and of this program; "not installed" where there is none."""
    return {name: _version(name) for name in ("morered-gui", *packages)}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # an optional one, or the program in a checkout
        return "not installed"
