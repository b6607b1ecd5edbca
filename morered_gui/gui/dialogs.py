"""Windows that only tell; none of them is modal."""

import html
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from morered_gui.app.actions import ACTIONS

ABOUT = """<h3>MoreRed GUI {version}</h3>
<p>Relaxes molecules by reverse diffusion with time step prediction.</p>
<p>Method: K. Kahouli, S. S. P. Hessmann, K.-R. Müller, S. Nakajima, S. Gugler, N. W. A. Gebauer,
<i>Molecular relaxation by reverse diffusion with time step prediction</i>, Mach. Learn.: Sci.
Technol. 2024, doi 10.1088/2632-2153/ad652c.</p>
<p>Drawn with 3Dmol.js (BSD-3-Clause) and pyqtgraph (MIT).</p>"""


def show_about(parent: QWidget) -> None:
    """Version, paper and licences."""
    _show("About MoreRed GUI", ABOUT.format(version=_version()), parent)


def show_shortcuts(parent: QWidget) -> None:
    """All keys, from the declarations of the actions."""
    rows = "".join(
        f"<tr><td style='padding-right:18px'><b>{html.escape(spec.shortcut)}</b></td>"
        f"<td>{html.escape(spec.tooltip or spec.text)}</td></tr>"
        for spec in ACTIONS
        if spec.shortcut
    )
    _show("Keyboard shortcuts", f"<table cellpadding='3'>{rows}</table>", parent)


def _version() -> str:
    try:
        return version("morered-gui")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return ""


def _show(title: str, text: str, parent: QWidget) -> None:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setMinimumWidth(420)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(20, 16, 20, 16)
    column.addWidget(label)
    column.addWidget(buttons)
    dialog.show()
