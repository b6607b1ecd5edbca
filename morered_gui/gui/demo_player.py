"""Plays guided demonstrations in the window: one deed after another, each waited for."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDockWidget, QStackedWidget, QTabWidget, QWidget

from morered_gui.app.demos import Deed, Demo, Verb
from morered_gui.app.settings import Settings
from morered_gui.app.view_options import ViewOptions
from morered_gui.core import Structure
from morered_gui.gui.demo_bar import DemoBar
from morered_gui.gui.explain_panel import SAME_NOISE, ExplainPanel
from morered_gui.gui.spotlight import Spotlight
from morered_gui.gui.studio_parts import StudioParts

TICK_MS = 40
DISSOLVE_TICKS = 40  # from one end of a dissolution to the other
PATIENCE = 20.0  # s for an example to load; then the demonstration goes on
PLAYED_IN = 4.0  # s for the whole trajectory
Done = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Before:
    """What a demonstration changes and gives back."""

    settings: Settings
    view: ViewOptions
    plot: dict[str, str]
    rate: int


class DemoPlayer(QObject):
    """At most one demonstration at a time; the user may do anything meanwhile."""

    def __init__(self, window: QWidget, parts: StudioParts, explain: ExplainPanel) -> None:
        super().__init__(window)
        self._window, self._parts, self._explain = window, parts, explain
        self.bar = DemoBar(parts.actions)
        self.spotlight = Spotlight(window)
        self.demo: Demo | None = None
        self.index = 0
        self._before: Before | None = None
        self._deeds: deque[Deed] = deque()
        self._done: Done = _at_once
        self._waits = False
        self._opened: tuple[str, Structure | None] = ("", None)  # example, as it was loaded
        self.theme = parts.theme
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        self._enable()

    @property
    def is_at_work(self) -> bool:
        """Whether something of the step is still to be done."""
        return bool(self._deeds) or self._waits

    def start(self, demo: Demo) -> None:
        """Begin a demonstration; one that is on its way ends."""
        self.end()
        parts, self.demo = self._parts, demo
        self._before = Before(
            parts.run_panel.remembered(Settings()),
            parts.controller.state.view,
            parts.course.chosen(),
            parts.playback.rate,
        )
        # Else Esc would mean two things.
        parts.actions["stop"].setShortcut(QKeySequence())
        parts.actions["demo_end"].setShortcut(QKeySequence("Esc"))
        parts.run_panel.adopt(Settings())  # a demonstration looks the same everywhere
        self._timer.start()
        self._go_to(0)
        self.bar.setFocus()

    def go_on(self) -> None:
        """The next step; after the last one the demonstration ends."""
        if self.demo is not None and self.index + 1 < len(self.demo.steps):
            self._go_to(self.index + 1)
        else:
            self.end()

    def go_back(self) -> None:
        """The step before."""
        if self.demo is not None and self.index:
            self._go_to(self.index - 1)

    def end(self) -> None:
        """End it wherever it is; settings are as before, molecule and runs stay."""
        before = self._before
        if self.demo is None or before is None:
            return
        parts = self._parts
        self.demo, self._before = None, None
        self._deeds.clear()
        self._done, self._waits, self._opened = _at_once, False, ("", None)
        self._timer.stop()
        self.bar.hide()
        self.spotlight.point_at(None, self.theme.accent)
        parts.actions["demo_end"].setShortcut(QKeySequence())
        parts.actions["stop"].setShortcut(QKeySequence("Esc"))
        parts.playback.pause()
        parts.playback.set_rate(before.rate)
        parts.run_panel.adopt(before.settings)
        parts.course.choose(before.plot)
        self._enable()

    # --- inside ---------------------------------------------------------------------------------

    def _go_to(self, index: int) -> None:
        if self.demo is None:
            return
        self.index = index
        step = self.demo.steps[index]
        self._parts.playback.pause()
        self.bar.show_step(self.demo, index)
        self._deeds = deque(step.deeds)
        self._done, self._waits = _at_once, False
        target = control_named(self._window, step.light)
        if target is not None:
            reveal(target)
        self.spotlight.point_at(target, self.theme.accent)
        self._on_tick()

    def _on_tick(self) -> None:
        if self._done():
            self._waits = bool(self._deeds)
            self._done = self._carry_out(self._deeds.popleft()) if self._deeds else _at_once
        self._enable()
        self.spotlight.follow()

    def _enable(self) -> None:
        actions, here = self._parts.actions, self.demo is not None
        rests = here and not self.is_at_work
        last = self.demo is not None and self.index + 1 == len(self.demo.steps)
        if rests and not actions["demo_next"].isEnabled():
            actions["demo_next"].setEnabled(True)
            self.bar.focus_next()
        actions["demo_next"].setEnabled(rests)
        word = "Done" if last else "Next"
        if actions["demo_next"].iconText() != word:
            actions["demo_next"].setText(f"&{word}")
            actions["demo_next"].setIconText(word)
        actions["demo_back"].setEnabled(rests and self.index > 0)
        actions["demo_end"].setEnabled(here)

    # --- deeds: each returns what tells that it is done ------------------------------------------

    def _carry_out(self, deed: Deed) -> Done:
        parts, state, value = self._parts, self._parts.controller.state, deed.value
        match deed.verb:
            case Verb.OPEN:
                return self._open(str(value))
            case Verb.NOISE:
                parts.controller.add_noise(int(str(value)), SAME_NOISE)
            case Verb.DISSOLVE:
                return self._dissolve(int(str(value)))
            case Verb.METHOD if isinstance(value, tuple):
                parts.run_panel.choose_method(value[0])
                parts.run_panel.choose_model(value[1])
            case Verb.RELAX:
                parts.actions["relax"].trigger()
                return lambda: not state.busy
            case Verb.PLOT if isinstance(value, tuple):
                parts.course.choose(dict(zip(("left", "right", "progress"), value, strict=True)))
            case Verb.FRAME:
                parts.actions[str(value)].trigger()
            case Verb.PLAY:
                self._play()
            case _:
                raise ValueError(f"no demonstration can do {deed.verb} with {value!r}")
        return _at_once

    def _open(self, example: str) -> Done:
        state = self._parts.controller.state
        before, deadline = state.base, time.monotonic() + PATIENCE
        if before is not None and self._opened == (example, before):
            return _at_once
        self._parts.open_example(example)

        def loaded() -> bool:
            self._opened = (example, state.base)
            return state.base is not before or time.monotonic() > deadline

        return loaded

    def _dissolve(self, t: int) -> Done:
        """Move the slider there, so that one sees it happen."""
        slider, stride = self._explain.slider, max(t // DISSOLVE_TICKS, 1)

        def arrived() -> bool:
            now = slider.value()
            slider.setValue(min(now + stride, t) if now < t else max(now - stride, t))
            return slider.value() == t

        return arrived

    def _play(self) -> None:
        parts = self._parts
        trajectory = parts.controller.state.trajectory
        if trajectory is not None:
            parts.playback.set_rate(round(len(trajectory) / PLAYED_IN))
            parts.playback.toggle()


def control_named(window: QWidget, name: str) -> QWidget | None:
    """The control with an accessible name; one that is seen comes first."""
    found = [
        w
        for w in window.findChildren(QWidget)
        if w.accessibleName() == name and not isinstance(w, QDockWidget)
    ]
    return next((w for w in found if w.isVisible()), found[0] if found else None)


def reveal(control: QWidget) -> None:
    """Bring the dock and the tab in which a control lies to the front."""
    child, parent = control, control.parentWidget()
    while parent is not None:
        if isinstance(parent, QDockWidget):
            parent.show()
            parent.raise_()
        tabs = parent.parentWidget()
        if isinstance(parent, QStackedWidget) and isinstance(tabs, QTabWidget):
            tabs.setCurrentWidget(child)
        child, parent = parent, parent.parentWidget()


def _at_once() -> bool:
    return True
