"""A frame around a control that is being talked about."""

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QScrollArea, QWidget

MARGIN, ROUNDING = 5, 8  # pixels
LINE, GLOW = 3.0, 9.0


class Spotlight(QWidget):
    """Drawn over the window; mouse and keys go through it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setObjectName("spotlight")
        self._target: QWidget | None = None
        self._colour = QColor()
        self.hide()

    @property
    def target(self) -> QWidget | None:
        """The control in the frame."""
        return self._target

    def point_at(self, target: QWidget | None, colour: QColor) -> None:
        """Frame a control, or none."""
        self._target, self._colour = target, colour
        if target is not None:
            _scroll_to(target)
        self.follow()
        self.update()

    def follow(self) -> None:
        """Be where the control is now; gone where it is hidden."""
        target, window = self._target, self.window()
        if target is None or not target.isVisible():
            self.hide()
            return
        corner = target.mapTo(window, QPoint(0, 0))
        wide = QRect(corner, target.size()).adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        self.setGeometry(wide.intersected(window.rect()))
        if not self.isVisible():
            self.show()
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        glow = QColor(self._colour)
        glow.setAlpha(60)
        for colour, width in ((glow, GLOW), (self._colour, LINE)):
            painter.setPen(QPen(colour, width))
            inside = QRectF(self.rect()).adjusted(LINE, LINE, -LINE, -LINE)
            painter.drawRoundedRect(inside, ROUNDING, ROUNDING)
        painter.end()


def _scroll_to(target: QWidget) -> None:
    """Into sight, where it stands in a form that scrolls."""
    above = target.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(target)
        above = above.parentWidget()
