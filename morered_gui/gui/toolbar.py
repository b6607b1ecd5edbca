"""The toolbar: small tools on the left, the two buttons that matter on the right."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from morered_gui.app.menus import TOOLBAR

ICON = Qt.ToolButtonStyle.ToolButtonIconOnly
WORDS = Qt.ToolButtonStyle.ToolButtonTextBesideIcon


class Toolbar(QToolBar):
    """Where it is too narrow for all words, the small tools are icons; Relax keeps its word."""

    def __init__(self, parent: QWidget, actions: Mapping[str, QAction]) -> None:
        super().__init__("Tools", parent)
        self.setObjectName("Tools")
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._whole = 0  # width with all words, pixels
        self._tools: list[QToolButton] = []
        self._add(actions["left_panels"], ICON)
        self.addSeparator()
        for each in TOOLBAR:
            if each:
                self._tools.append(self._add(actions[each], WORDS))
            else:
                self.addSeparator()
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(gap)
        for name in ("stop", "relax"):
            button = self._add(actions[name], WORDS, flat=False)
            button.setObjectName(name)
        self.addSeparator()
        self._add(actions["right_panels"], ICON)

    def _add(self, action: QAction, style: Qt.ToolButtonStyle, *, flat: bool = True) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAutoRaise(flat)
        button.setToolButtonStyle(style)
        button.setAccessibleName(action.text().replace("&", ""))
        self.addWidget(button)
        return button

    def _fit(self) -> None:
        style = WORDS if self.width() >= self._whole else ICON
        for button in self._tools:
            button.setToolButtonStyle(style)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for button in self._tools:
            button.setToolButtonStyle(WORDS)
        self._whole = self.sizeHint().width()  # in the fonts of the style sheet
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
