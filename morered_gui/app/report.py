"""What whoever mends the program has to know beside the error: versions, system, log."""

import platform

from morered_gui.app.settings import log_path
from morered_gui.relaxers.versions import versions_of

PACKAGES = ("torch", "schnetpack", "numpy", "rdkit", "ase", "tblite", "PySide6", "pyqtgraph")


def surroundings() -> str:
    """One line each; names nothing of the user's but where the log lies."""
    lines = [f"{name} {version}" for name, version in versions_of(*PACKAGES).items()]
    return "\n".join(
        (*lines, f"Python {platform.python_version()}", platform.platform(), f"log: {log_path()}")
    )


def report(details: str) -> str:
    """An error's details with all that goes with them."""
    return f"{details.rstrip()}\n\n{surroundings()}\n"
