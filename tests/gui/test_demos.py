"""Guided demonstrations, started and walked through in the real window."""

# QtWebEngine has to be imported before there is an application.
from morered_gui.gui.main import window_with  # isort: skip

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from morered_gui.app.controller import Controller
from morered_gui.app.demos import DEMOS, VIEW, Deed, Demo, DemoStep, Verb
from morered_gui.app.menus import MENUS
from morered_gui.app.settings import Settings
from morered_gui.app.state import AppState
from morered_gui.app.view_options import ViewOptions
from morered_gui.chem.examples import list_examples
from morered_gui.diffusion.checkpoint import find_model
from morered_gui.gui.demo_player import DemoPlayer, control_named
from morered_gui.gui.window import MainWindow
from morered_gui.relaxers.methods import METHODS, describe
from tests.gui.conftest import relaxer_of

WAIT = 60_000


@pytest.fixture
def demos(window: MainWindow, qtbot: QtBot) -> Iterator[DemoPlayer]:
    activate(window, qtbot)
    yield window.studio.demos
    window.studio.demos.end()
    window.controller.cancel_run()
    window.state.set_view(ViewOptions())


def activate(window: MainWindow, qtbot: QtBot) -> None:
    """Shortcuts belong to the active window."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT)


def rests(demos: DemoPlayer, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not demos.is_at_work, timeout=WAIT)


def test_that_a_deed_that_makes_no_sense_is_not_passed_over(demos: DemoPlayer) -> None:
    step = DemoStep("Wrong", "The model is missing.", VIEW, (Deed(Verb.METHOD, "jt"),))
    with pytest.raises(ValueError, match="no demonstration can do method with 'jt'"):
        demos.start(Demo("wrong", "Wrong", (step,)))


@pytest.mark.parametrize("name", DEMOS)
def test_that_each_demonstration_goes_from_step_to_step_by_the_keyboard(
    name: str, window: MainWindow, demos: DemoPlayer, qtbot: QtBot
) -> None:
    panel = window.run_panel
    panel.set_max_steps(40)
    before = (panel.choice, panel.max_steps, window.course.chosen(), window.playback.rate)
    window.actions_by_id["palette"].trigger()
    qtbot.keyClicks(window.studio.palette.field, DEMOS[name].title.split(":")[0].lower())
    assert window.studio.palette.found[0] == name
    qtbot.keyClick(window.studio.palette.field, Qt.Key.Key_Return)
    activate(window, qtbot)
    for k, step in enumerate(DEMOS[name].steps):
        rests(demos, qtbot)
        assert demos.index == k
        assert (demos.bar.title, demos.bar.text) == (step.title, step.text)
        target = demos.spotlight.target
        assert target is not None and target.isVisible(), step.light
        assert demos.spotlight.geometry().intersects(
            target.rect().translated(target.mapTo(window, target.rect().topLeft()))
        )
        qtbot.keyClick(window, Qt.Key.Key_PageDown)
    assert demos.demo is None and not demos.bar.isVisible()
    assert not demos.spotlight.isVisible()
    after = (panel.choice, panel.max_steps, window.course.chosen(), window.playback.rate)
    assert after == before


def test_that_going_back_leads_to_the_same_state(
    window: MainWindow, demos: DemoPlayer, qtbot: QtBot
) -> None:
    window.actions_by_id["demo_noise"].trigger()
    seen = []
    for _ in range(3):
        rests(demos, qtbot)
        assert window.state.structure is not None
        seen.append((window.state.noise_step, window.state.structure.positions.tobytes()))
        window.actions_by_id["demo_next"].trigger()
    rests(demos, qtbot)
    assert window.state.noise_step == 200
    for wanted in reversed(seen[1:]):
        qtbot.keyClick(window, Qt.Key.Key_PageUp)
        rests(demos, qtbot)
        assert (window.state.noise_step, window.state.structure.positions.tobytes()) == wanted


def test_that_escape_ends_it_and_then_stops_runs_again(
    window: MainWindow, demos: DemoPlayer, qtbot: QtBot
) -> None:
    window.actions_by_id["demo_dissolve"].trigger()
    rests(demos, qtbot)
    assert window.findChild(QToolButton, "demo_next").hasFocus()
    assert not window.actions_by_id["demo_back"].isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert demos.demo is None
    assert window.actions_by_id["stop"].shortcut().toString() == "Esc"
    assert not window.actions_by_id["demo_next"].isEnabled()


def test_that_demonstrations_name_what_there_is(window: MainWindow) -> None:
    examples = {example.id for example in list_examples()}
    assert set(DEMOS) <= set(MENUS["&Demos"])
    for demo in DEMOS.values():
        for step in demo.steps:
            assert control_named(window, step.light) is not None, step.light
            assert len(step.text) <= 210  # three lines
            for deed in step.deeds:
                if deed.verb == Verb.OPEN:
                    assert deed.value in examples
                if deed.verb == Verb.METHOD:
                    assert isinstance(deed.value, tuple)
                    method, model = deed.value
                    assert method in METHODS
                    assert not model or method in describe(find_model(model)).methods


def test_that_closing_in_the_middle_keeps_the_users_own_settings(
    qapp: QApplication, qtbot: QtBot
) -> None:
    settings = Settings(method="jt", seed=5, max_steps=77, playback_rate=15)
    window, _ = window_with(Controller(AppState(), build=relaxer_of), settings)
    window.show()
    window.actions_by_id["demo_dissolve"].trigger()
    assert window.run_panel.seed == 0
    assert window.close()
    kept = window.settings
    assert (kept.method, kept.seed, kept.max_steps) == ("jt", 5, 77)
    assert kept.playback_rate == 15
    shiboken6.delete(window)
