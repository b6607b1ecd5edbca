"""The status line: model and level of theory, device, rate, t, and what goes on."""

from PySide6.QtWidgets import QLabel, QStatusBar

from morered_gui.app.run_state import Activity
from morered_gui.app.state import AppState
from morered_gui.relaxers.methods import ModelInfo

NAMES = ("state", "domain", "t", "rate", "device", "model")
RATE_FRAMES = 50  # the rate is that of the last so many steps


class StatusLine:
    """Permanent labels in a status bar."""

    def __init__(self, bar: QStatusBar, state: AppState) -> None:
        self._state = state
        self._labels = {name: QLabel() for name in NAMES}
        for name, label in self._labels.items():
            label.setAccessibleName(f"Status: {name}")
            label.setProperty("role", "" if name == "state" else "muted")
            if name == "state":
                bar.addWidget(label)
            else:
                bar.addPermanentWidget(label)
        bar.setSizeGripEnabled(False)

    def show_model(self, model: ModelInfo | None, device: str, domain: str) -> None:
        """Model with its level of theory, the device asked for, and whether the molecule fits."""
        text = f"{model.name} ({model.level_of_theory})" if model else "no model"
        self._labels["model"].setText(text)
        self._labels["device"].setText(device)
        self._labels["domain"].setText(domain)

    def refresh(self) -> None:
        """Show what goes on."""
        state, trajectory = self._state, self._state.trajectory
        self._labels["state"].setText(self._sentence())
        rate = self._rate()
        self._labels["rate"].setText(f"{rate:.0f} steps/s" if rate else "")
        known = trajectory[state.frame_index].t if trajectory and len(trajectory) else None
        self._labels["t"].setText("" if known is None else f"t = {known:.0f}")
        if trajectory is not None:
            device = trajectory.provenance.options.get("device")
            if device:
                self._labels["device"].setText(str(device))

    def _sentence(self) -> str:
        state = self._state
        if state.activity == Activity.LOADING:
            return "Loading the model…"
        if state.activity == Activity.STOPPING:
            return "Stopping…"
        if state.activity == Activity.RUNNING:
            return "Relaxing…"
        trajectory = state.trajectory
        if trajectory is not None and trajectory.stop_reason is not None and len(trajectory):
            steps = trajectory[-1].step
            sentence = trajectory.stop_reason.sentence
            return f"{sentence[:1].upper()}{sentence[1:]} ({steps} steps)"
        return "Ready" if state.structure is not None else "No molecule"

    def _rate(self) -> float:
        """Steps per second over the last frames; 0 where it is not known."""
        trajectory = self._state.trajectory
        if trajectory is None or len(trajectory) < 2:
            return 0.0
        first = trajectory[max(0, len(trajectory) - RATE_FRAMES)]
        last = trajectory[-1]
        seconds = last.seconds - first.seconds
        return (last.step - first.step) / seconds if seconds > 0 else 0.0
