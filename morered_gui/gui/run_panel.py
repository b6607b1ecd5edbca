"""How to relax: method, model, steps, seed, device; and how much noise to start from."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.settings import RANGES, Settings
from morered_gui.core import Structure
from morered_gui.core.elements import symbol
from morered_gui.diffusion.forward import expected_rmsd
from morered_gui.diffusion.schedule import USUAL, NoiseSchedule, named_schedule
from morered_gui.gui.method_box import ChoiceBox, MethodBox, ModelBox
from morered_gui.gui.run_options import ExtraRow, Number, Slide, StepsRow
from morered_gui.gui.widgets import muted, restyle
from morered_gui.relaxers.methods import (
    DEFAULT_METHOD,
    Method,
    ModelInfo,
    all_methods,
    default_model,
)
from morered_gui.relaxers.registry import RelaxerChoice
from morered_gui.relaxers.suitability import Alternative, Verdict, verdict

DEVICES = {
    "auto": "Automatic",
    "cpu": "CPU",
    "cuda": "CUDA (NVIDIA)",
    "mps": "MPS (Apple)",
}
NO_MODEL = "No model is installed; Models > Import… brings one."
LINES = 2  # of what is said about the model, and about the molecule


class RunPanel(QWidget):
    """The choices for the next relaxation: the method first, then a model that serves it.

    Signals:
        changed: any choice was changed, or another molecule is judged.
    """

    changed = Signal()

    def __init__(
        self, models: Sequence[ModelInfo], settings: Settings, actions: Mapping[str, QAction]
    ) -> None:
        super().__init__()
        self._models = list(models)
        self._structure: Structure | None = None
        self._judged: tuple[tuple[object, ...], Verdict] | None = None  # of what, and what of it
        self._wanted_models: dict[str, str] = {}  # by method: what the user chose for it
        self._wanted_time_model = ""  # what the user chose; empty for the model's own
        self._wanted_noise = 0  # time step; a process of fewer steps may not reach it
        self._method, self._model = MethodBox(), ModelBox()
        self._card, self._notice = muted(""), QLabel()
        for label in (self._card, self._notice):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            # Room for two lines, whatever they say: what is below stays where it is.
            label.setFixedHeight(LINES * label.fontMetrics().lineSpacing() + 2)
        self._notice.setAccessibleName("Whether the molecule suits the method")
        self._notice.setTextFormat(Qt.TextFormat.RichText)
        self._steps, self._extra = StepsRow(), ExtraRow(actions)
        self._seed = Number("Seed", "seed", "The same seed gives the same relaxation")
        self._noise = Slide(
            "Noise, time step t",
            "noise_t",
            "Time step t to which the starting structure is diffused",
        )
        self._noise_value = QLabel()
        self._device_label = QLabel("Device")
        self._device = ChoiceBox("Device", "Where the network is computed")
        for name, title in DEVICES.items():
            self._device.put(title, name)
        self._lay_out(actions["noise"])
        self._restore(settings)
        self._connect()

    def _lay_out(self, noise: QAction) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(7)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Method", self._method)
        form.addRow("Model", self._model)
        card = QVBoxLayout()
        card.setSpacing(2)
        card.addWidget(self._card)
        card.addWidget(self._notice)
        form.addRow("", card)
        form.addRow(self._steps.label, self._steps.field)
        form.addRow("Seed", self._seed)
        form.addRow("Noise", self._noise_row(noise))
        # Below what every method has: what is hidden here moves nothing else.
        form.addRow(self._device_label, self._device)
        form.addRow(self._extra.label, self._extra.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 12)
        column.addLayout(form)
        column.addStretch(1)

    def _noise_row(self, noise: QAction) -> QHBoxLayout:
        button = QToolButton()
        button.setDefaultAction(noise)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        row = QHBoxLayout()
        row.setSpacing(10)
        self._noise_value.setMinimumWidth(
            self._noise_value.fontMetrics().horizontalAdvance("t = 400 (0.00 Å)")
        )
        self._noise_value.setToolTip("The RMSD that is expected of this molecule, on average")
        row.addWidget(self._noise, 1)
        row.addWidget(self._noise_value)
        row.addWidget(button)
        return row

    def _restore(self, settings: Settings) -> None:
        self._method.fill(self._models)
        self.adopt(settings)
        self._on_noise()

    def adopt(self, settings: Settings) -> None:
        """Take over what was remembered, as far as it is still there."""
        self._wanted_models[settings.method] = settings.model
        self._wanted_time_model = settings.time_model
        self._method.choose_first(settings.method, DEFAULT_METHOD)
        self._on_method()
        self._device.choose(settings.device)
        self._seed.setValue(settings.seed)
        self._steps.max_steps.setValue(settings.max_steps)
        self._steps.evaluations.slider.setValue(settings.evaluations)
        self._extra.start.number.setValue(settings.start_t)
        self._noise.setValue(settings.noise_t)
        self._wanted_noise = settings.noise_t

    def remembered(self, settings: Settings) -> Settings:
        """The settings with the choices of this panel."""
        choice = self.choice
        return replace(
            settings,
            method=choice.method if choice else settings.method,
            # Only what was picked: else the default model of a later version would never come.
            model=self._wanted_models.get(choice.method, "") if choice else settings.model,
            time_model=self._wanted_time_model,
            device=self._device.chosen,
            seed=self.seed,
            max_steps=self._steps.max_steps.value(),
            evaluations=self._steps.evaluations.slider.value(),
            start_t=self._extra.start.number.value(),
            noise_t=self._wanted_noise,
        )

    def _connect(self) -> None:
        self._method.currentIndexChanged.connect(self._on_method)
        self._model.currentIndexChanged.connect(self._on_model)
        self._model.activated.connect(self._on_model_picked)
        self._extra.time_model.activated.connect(self._on_time_model_picked)
        self._notice.linkActivated.connect(self._on_other_asked)
        self._noise.valueChanged.connect(self._on_noise_wanted)
        for box in (self._method, self._model, self._device, self._extra.time_model):
            box.currentIndexChanged.connect(self.changed)
        for number in (
            self._seed,
            self._noise,
            self._steps.max_steps,
            self._steps.evaluations.slider,
            self._extra.start.number,
        ):
            number.valueChanged.connect(self.changed)

    # --- what is chosen -------------------------------------------------------------------------

    @property
    def choice(self) -> RelaxerChoice | None:
        """The relaxer; None where no method can run here."""
        method = self.method
        if method is None:
            return None
        return RelaxerChoice(
            method=method.name,
            model=self.model.name if self.model else "",
            time_model=self._extra.time_model.chosen,
            device=self._device.chosen,
            start_t=self._extra.start.number.value() if method.starts_at_given_time else None,
        )

    @property
    def method(self) -> Method | None:
        """The method chosen."""
        return all_methods().get(self._method.chosen)

    @property
    def model(self) -> ModelInfo | None:
        """The model chosen; None for methods that need none."""
        name = self._model.chosen
        return next((m for m in self._models if name and m.name == name), None)

    @property
    def models(self) -> list[ModelInfo]:
        """All that are installed."""
        return self._models

    @property
    def verdict(self) -> Verdict:
        """What is to be said of the molecule before it is relaxed."""
        method, structure = self.method, self._structure
        if structure is None or method is None:
            return Verdict()
        asked = (structure, method, self.model)
        before, found = self._judged or ((), Verdict())
        if [*map(id, before)] != [*map(id, asked)]:
            found = verdict(structure, method, self.model, self._models)
            self._judged = asked, found
        return found

    @property
    def seed(self) -> int:
        """Of noise and of relaxation."""
        return self._seed.value()

    @property
    def max_steps(self) -> int:
        """Most steps of a relaxation by the method chosen."""
        return self._steps.value

    def steps_of(self, method: str) -> int:
        """Most steps of a relaxation by any method."""
        return self._steps.of(method)

    @property
    def noise_t(self) -> int:
        """Time step of the noise to be added."""
        return self._noise.value()

    @property
    def schedule(self) -> NoiseSchedule:
        """Of the model chosen; the usual one where the method needs none."""
        return self.model.noise_schedule if self.model else named_schedule(*USUAL)

    @property
    def last_t(self) -> int:
        """The last time step of the model's diffusion: pure noise."""
        return self.model.n_steps - 1 if self.model else self._extra.start.number.maximum()

    @property
    def can_start_from_noise(self) -> bool:
        """Whether plain diffusion can run here."""
        return self._method.is_enabled("ddpm")

    # --- choosing -------------------------------------------------------------------------------

    def choose_method(self, name: str) -> bool:
        """Choose a method by its name; False, and no change, where it can't run here."""
        return self._method.choose(name)

    def choose_model(self, name: str) -> None:
        """Choose a model, and a method that it serves if the chosen one is none of them."""
        model = next((m for m in self._models if m.name == name), None)
        if model is None:
            return
        if model.methods:
            if self._method.chosen not in model.methods:
                self._wanted_models |= dict.fromkeys(model.methods, name)
                self._method.choose_first(*model.methods)
            self._wanted_models[self._method.chosen] = name
            self._model.choose(name)
        else:
            self._wanted_time_model = name
            self._extra.time_model.choose(name)

    def choose_device(self, name: str) -> None:
        """Choose a device by its name; an unknown one changes nothing."""
        self._device.choose(name)

    def set_noise_t(self, t: int) -> None:
        """Move the slider."""
        self._noise.setValue(t)

    def set_start_t(self, t: int) -> None:
        """Where plain diffusion starts."""
        self._extra.start.number.setValue(t)

    def set_max_steps(self, steps: int) -> None:
        """Change the largest number of steps of the long samplers."""
        self._steps.max_steps.setValue(steps)

    def set_models(self, models: Sequence[ModelInfo]) -> None:
        """Models have come or gone; what was chosen stays where it can."""
        before = self._method.chosen
        self._models, self._judged = list(models), None
        self._method.fill(models)
        self._method.choose_first(before, DEFAULT_METHOD)
        self._on_method()
        self.changed.emit()

    def choose_alternative(self, other: Alternative) -> None:
        """Choose another method and model that take the molecule."""
        self._wanted_models[other.method.name] = other.model
        self._method.choose(other.method.name)
        self._model.choose(other.model)

    def judge(self, structure: Structure | None) -> None:
        """Tell from now on whether this molecule suits the method.

        A model that nobody picked gives way to one that takes the molecule.
        """
        self._structure = structure
        if self.method is not None and self.method.kind is not None:
            self._model.choose(self._fitting_model(self.method.name))
        self._show_verdict()
        self._on_noise()
        self.changed.emit()

    # --- reactions ------------------------------------------------------------------------------

    def _on_method(self) -> None:
        method = self.method
        name = method.name if method else ""
        self._method.setToolTip(method.summary if method else "How the structure is moved")
        self._model.fill(method, self._models, self._fitting_model(name))
        self._steps.set_method(name)
        self._extra.set_method(name)
        for widget in (self._device_label, self._device):
            widget.setVisible(method is not None and method.kind is not None)
        self._on_model()

    def _fitting_model(self, method: str) -> str:
        """The model picked for a method, else the default one that takes the molecule."""
        picked = self._wanted_models.get(method, "")
        known = all_methods().get(method)
        if known is None or any(m.name == picked for m in self._models):
            return picked
        structures = () if self._structure is None else (self._structure,)
        model = default_model(known, self._models, structures)
        return model.name if model else ""

    def _on_model_picked(self) -> None:
        self._wanted_models[self._method.chosen] = self._model.chosen

    def _on_time_model_picked(self) -> None:
        self._wanted_time_model = self._extra.time_model.chosen

    def _on_model(self) -> None:
        model, method = self.model, self.method
        self._extra.time_model.fill(model, self._models, self._wanted_time_model)
        # Only where it is asked for: a shorter process would cut what is kept for plain diffusion.
        if model is not None and method is not None and method.starts_at_given_time:
            self._extra.start.set_last(model.n_steps)
        self._fit_noise()
        self._card.setText(self._facts())
        self._card.setToolTip(f"{self._facts()}. {model.summary}" if model else "")
        self._model.setToolTip(model.summary if model else "The network and its training data")
        self._show_verdict()

    def _facts(self) -> str:
        method, model = self.method, self.model
        if model is not None:
            elements = " ".join(symbol(z) for z in sorted(model.elements)) or "any element"
            limits = f"{elements}; {model.charge_words}; {model.size_words}"
            return f"{model.level_of_theory}; {limits}"
        if method is not None:
            return method.summary[:1].upper() + method.summary[1:]
        return NO_MODEL

    def _show_verdict(self) -> None:
        found = self.verdict
        text = html.escape(found.label[:1].upper() + found.label[1:], quote=False)
        if found.others:
            text += f'; <a href="other">use {html.escape(found.others[0].title)}</a>'
        elif found.also:
            other = found.also[0]
            level = html.escape(other.level_of_theory)
            text += f'; also: <a href="also">{html.escape(other.name)}</a> ({level})'
        self._notice.setText(text)
        self._notice.setToolTip(found.refusal or found.warning)
        restyle(self._notice, "error" if found.refusal else "warning" if found.warning else "muted")

    def _on_other_asked(self) -> None:
        """Another model that takes the molecule, where it is refused, or knows it as well."""
        found = self.verdict
        if found.others:
            self.choose_alternative(found.others[0])
        elif found.also:
            self.choose_model(found.also[0].name)

    def _fit_noise(self) -> None:
        """The slider ends where the process ends."""
        self._noise.blockSignals(True)
        self._noise.setMaximum(min(RANGES["noise_t"][1], self.schedule.n_steps - 1))
        self._noise.setValue(self._wanted_noise)
        self._noise.blockSignals(False)
        self._on_noise()

    def _on_noise_wanted(self) -> None:
        self._wanted_noise = self._noise.value()
        self._on_noise()

    def _on_noise(self) -> None:
        t, structure = self._noise.value(), self._structure
        if structure is None:
            self._noise_value.setText(f"t = {t}")
            return
        rmsd = expected_rmsd(structure, self.schedule)[t] if t else 0.0
        self._noise_value.setText(f"t = {t} ({rmsd:.2f} Å)")
