"""Where the files that come with the program lie.

In a checkout ``models/`` and ``resources/`` are beside the package; a wheel carries them inside
it. The scripts that a build fetches lie in ``morered_gui/assets`` in both cases.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
ASSETS = PACKAGE / "assets"


def bundled(name: str) -> Path:
    """The folder ``models`` or ``resources``; raises FileNotFoundError where it is missing."""
    for root in (PACKAGE / "bundled", PACKAGE.parent):
        if (root / name).is_dir():
            return root / name
    raise FileNotFoundError(f"the folder '{name}' of the program is missing; install it again")


def asset(name: str) -> Path:
    """A script fetched by the build; raises FileNotFoundError that says how to get it."""
    path = ASSETS / name
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: it is fetched when the program is built; "
            "run 'pip install -e .' in the checkout, or 'make setup'"
        )
    return path
