"""How to relax: method, model, device, seed, steps; and how much noise to start from."""

import math
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.settings import RANGES, Settings
from morered_gui.core.elements import symbol
from morered_gui.diffusion.schedule import polynomial_schedule
from morered_gui.gui.widgets import muted
from morered_gui.relaxers.methods import METHODS, ModelInfo
from morered_gui.relaxers.registry import RelaxerChoice

DEVICES = {
    "auto": "Automatic",
    "cpu": "CPU",
    "cuda": "CUDA (NVIDIA)",
    "mps": "MPS (Apple)",
}


class RunPanel(QWidget):
    """The choices for the next relaxation.

    Signals:
        changed: any choice was changed.
    """

    changed = Signal()

    def __init__(
        self, models: list[ModelInfo], settings: Settings, actions: Mapping[str, QAction]
    ) -> None:
        super().__init__()
        self._models = {m.name: m for m in models}
        self._noise_level = polynomial_schedule().noise_level
        self._model = _box("Model", "The network and what it was trained on")
        for model in models:
            self._model.addItem(model.name, model.name)
        self._method = _box("Method", "How the structure is moved")
        self._device = _box("Device", "Where the network is computed")
        for name, title in DEVICES.items():
            self._device.addItem(title, name)
        self._seed = _number("Seed", "seed", "The same seed gives the same relaxation")
        self._max_steps = _number(
            "Largest number of steps", "max_steps", "A relaxation stops here at the latest"
        )
        self._noise = QSlider(Qt.Orientation.Horizontal)
        self._noise.setRange(*RANGES["noise_t"])
        self._noise.setAccessibleName("Noise, time step t")
        self._noise.setToolTip("Time step t to which the starting structure is diffused")
        self._noise_value = QLabel()
        self._card = muted("")
        self._card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._lay_out(actions["noise"])
        self._restore(settings)
        self._connect()

    def _lay_out(self, noise: QAction) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(7)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        button = QToolButton()
        button.setDefaultAction(noise)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        noise_row = QHBoxLayout()
        noise_row.setSpacing(10)
        self._noise_value.setMinimumWidth(
            self._noise_value.fontMetrics().horizontalAdvance("t = 400 (0.00 Å)")
        )
        noise_row.addWidget(self._noise, 1)
        noise_row.addWidget(self._noise_value)
        noise_row.addWidget(button)
        form.addRow("Model", self._model)
        form.addRow("", self._card)
        form.addRow("Method", self._method)
        form.addRow("Device", self._device)
        form.addRow("Seed", self._seed)
        form.addRow("Max. steps", self._max_steps)
        form.addRow("Noise", noise_row)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 12)
        column.addLayout(form)
        column.addStretch(1)

    def _restore(self, settings: Settings) -> None:
        _choose(self._model, settings.model)
        self._on_model()
        _choose(self._method, settings.method)
        _choose(self._device, settings.device)
        self._seed.setValue(settings.seed)
        self._max_steps.setValue(settings.max_steps)
        self._noise.setValue(settings.noise_t)
        self._on_noise()

    def _connect(self) -> None:
        self._model.currentIndexChanged.connect(self._on_model)
        self._noise.valueChanged.connect(self._on_noise)
        for box in (self._model, self._method, self._device):
            box.currentIndexChanged.connect(self.changed)
        for number in (self._seed, self._max_steps, self._noise):
            number.valueChanged.connect(self.changed)

    @property
    def choice(self) -> RelaxerChoice | None:
        """The relaxer; None where no model is installed."""
        if self.model is None:
            return None
        return RelaxerChoice(
            method=str(self._method.currentData()),
            model=self.model.name,
            device=str(self._device.currentData()),
        )

    @property
    def model(self) -> ModelInfo | None:
        """The model chosen."""
        return self._models.get(str(self._model.currentData()))

    @property
    def seed(self) -> int:
        """Of noise and of relaxation."""
        return self._seed.value()

    @property
    def max_steps(self) -> int:
        """Most steps of a relaxation."""
        return self._max_steps.value()

    @property
    def noise_t(self) -> int:
        """Time step of the noise to be added."""
        return self._noise.value()

    def choose_device(self, name: str) -> None:
        """Choose a device by its name; an unknown one changes nothing."""
        _choose(self._device, name)

    def set_noise_t(self, t: int) -> None:
        """Move the slider."""
        self._noise.setValue(t)

    def set_max_steps(self, steps: int) -> None:
        """Change the largest number of steps."""
        self._max_steps.setValue(steps)

    def _on_model(self) -> None:
        model = self.model
        self._method.clear()
        if model is None:
            self._card.setText("No model is installed; 'morered models' on the command line helps.")
            return
        for name in model.methods:
            self._method.addItem(METHODS[name].title, name)
            index = self._method.count() - 1
            self._method.setItemData(index, METHODS[name].summary, Qt.ItemDataRole.ToolTipRole)
        elements = " ".join(symbol(z) for z in sorted(model.elements))
        self._card.setText(f"{model.level_of_theory}; {elements}")
        self._card.setToolTip(model.summary)
        self._model.setToolTip(model.summary)

    def _on_noise(self) -> None:
        t = self._noise.value()
        # Noise of this size in each coordinate moves the atoms by sqrt(3) of it, RMS.
        rmsd = math.sqrt(3.0) * self._noise_level[t] if t else 0.0
        self._noise_value.setText(f"t = {t} ({rmsd:.2f} Å)")


def _box(name: str, tooltip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tooltip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box


def _number(name: str, setting: str, tooltip: str) -> QSpinBox:
    number = QSpinBox()
    number.setRange(*RANGES[setting])
    number.setAccessibleName(name)
    number.setToolTip(tooltip)
    return number


def _choose(box: QComboBox, data: str) -> None:
    """What was remembered, where it is still there."""
    index = box.findData(data)
    if index >= 0:
        box.setCurrentIndex(index)
