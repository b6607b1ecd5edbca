"""The words of a guided demonstration, with the way on and back."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout

from morered_gui.app.demos import Demo
from morered_gui.gui.widgets import action_button, heading, muted

WORDS = Qt.ToolButtonStyle.ToolButtonTextOnly
LINES = 3  # of text; the bar is as high for every step, so that nothing below it moves


class DemoBar(QFrame):
    """Above the 3D view while a demonstration runs."""

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("demo")
        self.setAccessibleName("Guided demonstration")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._place, self._title, self._text = muted(""), heading(""), QLabel()
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Else the words decide how wide the window has to be.
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._back, self._next, self._end = (
            action_button(actions[name], WORDS) for name in ("demo_back", "demo_next", "demo_end")
        )
        self._next.setObjectName("demo_next")
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self._place, 1)
        for button in (self._back, self._next, self._end):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 10, 8)
        column.setSpacing(4)
        column.addLayout(buttons)
        column.addWidget(self._title)
        column.addWidget(self._text)
        self._text.setFixedHeight(LINES * self._text.fontMetrics().lineSpacing() + 4)

    @property
    def text(self) -> str:
        """What is said."""
        return self._text.text()

    @property
    def title(self) -> str:
        """Of the step."""
        return self._title.text()

    def show_step(self, demo: Demo, index: int) -> None:
        """Say what belongs to a step."""
        step = demo.steps[index]
        self._place.setText(f"{index + 1} of {len(demo.steps)}  ·  {demo.title}")
        self._title.setText(step.title)
        self._text.setText(step.text)
        self.setAccessibleDescription(f"{step.title}. {step.text}")
        self.show()

    def focus_next(self) -> None:
        """Space goes on, unless the user works elsewhere by now."""
        here = self.window().focusWidget()
        if not here or here is self or self.isAncestorOf(here):
            self._next.setFocus(Qt.FocusReason.OtherFocusReason)
