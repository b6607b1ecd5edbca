"""What only some methods ask for. Rows are swapped in place, so that the panel never jumps."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from morered_gui.app.settings import RANGES
from morered_gui.gui.method_box import TimeModelBox
from morered_gui.relaxers.methods import find_method

N_STEPS = 1000  # of the usual process, until a model says how many it has

FEW_STEPS = "fast"


class SwappedRow:
    """A row of a form of which one of several contents is seen; all take the same room.

    Attributes:
        label, field: for ``QFormLayout.addRow``.
    """

    def __init__(self) -> None:
        self.label, self.field = QStackedWidget(), QStackedWidget()
        self._places: dict[str, int] = {}

    def put(self, name: str, text: str, content: QWidget) -> None:
        """One more content."""
        label = QLabel(text)
        label.setBuddy(content)
        self._places[name] = self.label.addWidget(label)
        self.field.addWidget(content)

    def show(self, name: str) -> None:
        """See this one."""
        self.label.setCurrentIndex(self._places[name])
        self.field.setCurrentIndex(self._places[name])


class Number(QSpinBox):
    """A whole number with the range of its setting."""

    def __init__(self, name: str, setting: str, tooltip: str) -> None:
        super().__init__()
        self.setRange(*RANGES[setting])
        self.setAccessibleName(name)
        self.setToolTip(tooltip)


class Slide(QSlider):
    """A slider with the range of its setting."""

    def __init__(self, name: str, setting: str, tooltip: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(*RANGES[setting])
        self.setAccessibleName(name)
        self.setToolTip(tooltip)


class Evaluations(QWidget):
    """How often the few-step method may ask the network to move the structure."""

    def __init__(self) -> None:
        super().__init__()
        tooltip = (
            "Each evaluation of the network moves the structure once; one more looks at the "
            "result. The method stops by itself when it has arrived."
        )
        self.slider = Slide("Evaluations, at most", "evaluations", tooltip)
        self.slider.setPageStep(5)
        self._value = QLabel()
        self._value.setMinimumWidth(self._value.fontMetrics().horizontalAdvance("at most 50"))
        self.slider.valueChanged.connect(lambda n: self._value.setText(f"at most {n}"))
        self._value.setText(f"at most {self.slider.value()}")
        row = _row(self)
        row.addWidget(self.slider, 1)
        row.addWidget(self._value)


class StartTime(QWidget):
    """Where plain diffusion starts, and a button that starts it from pure noise."""

    def __init__(self, pure_noise: QAction) -> None:
        super().__init__()
        tooltip = "Plain diffusion predicts no time step: say where the structure lies"
        self.number = Number("Time step t to start from", "start_t", tooltip)
        self.slider = Slide("Time step t to start from", "start_t", tooltip)
        self.slider.valueChanged.connect(self.number.setValue)
        self.number.valueChanged.connect(self.slider.setValue)
        self.set_last(N_STEPS)
        button = QToolButton()
        button.setDefaultAction(pure_noise)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        row = _row(self)
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)
        row.addWidget(button)

    def set_last(self, n_steps: int) -> None:
        """The process has so many time steps."""
        for each in (self.number, self.slider):
            each.setMaximum(n_steps - 1)


class StepsRow(SwappedRow):
    """The largest number of steps; for the few-step method, of evaluations.

    Both are kept, whichever is seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.max_steps = Number(
            "Largest number of steps", "max_steps", "A relaxation stops here at the latest"
        )
        self.evaluations = Evaluations()
        self.put("steps", "Max. steps", self.max_steps)
        self.put("evaluations", "Evaluations", self.evaluations)
        self._method = ""

    def set_method(self, method: str) -> None:
        """See what the method counts."""
        self._method = method
        self.show("evaluations" if method == FEW_STEPS else "steps")

    @property
    def value(self) -> int:
        """The largest number of moves of a run."""
        return self.of(self._method)

    def of(self, method: str) -> int:
        """The same for any method."""
        few = method == FEW_STEPS
        return self.evaluations.slider.value() if few else self.max_steps.value()


class ExtraRow(SwappedRow):
    """The time model, or the time step to start from, or nothing."""

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.time_model = TimeModelBox()
        self.start = StartTime(actions["pure_noise"])
        self.put("nothing", "", QWidget())
        self.put("time_model", "Time model", self.time_model)
        self.put("start", "Start from t", self.start)

    def set_method(self, method: str) -> None:
        """See what the method asks for; nothing is chosen where there are no models."""
        asking = find_method(method) if method else None
        if asking is not None and asking.needs_time_network:
            self.show("time_model")
        elif asking is not None and asking.starts_at_given_time:
            self.show("start")
        else:
            self.show("nothing")


def _row(parent: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(parent)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(10)
    return row
