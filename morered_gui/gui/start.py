"""What the command ``morered-gui`` calls.

Nothing of Qt is imported before: the worker processes that relax a file read the main module of
their parent anew, and open no window.
"""


def main() -> int:
    """Open the window; returns the exit code."""
    from morered_gui.gui.main import main as open_window

    return open_window()
