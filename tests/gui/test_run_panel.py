# QtWebEngine has to be imported before there is an application.
from morered_gui.gui.main import make_application  # isort: skip

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from morered_gui.app.actions import ACTIONS
from morered_gui.app.settings import Settings
from morered_gui.core import rmsd
from morered_gui.diffusion.checkpoint import user_models_folder
from morered_gui.diffusion.forward import noised
from morered_gui.diffusion.importer import import_model
from morered_gui.gui.action_set import make_actions
from morered_gui.gui.method_box import ChoiceBox
from morered_gui.gui.run_panel import RunPanel
from morered_gui.gui.theme import theme_of
from morered_gui.relaxers.methods import DEFAULT_METHOD, METHODS, Method, ModelInfo, list_models
from tests.app.molecules import IRON_OXIDE, WATER
from tests.diffusion import parity

Make = Callable[..., RunPanel]


@pytest.fixture(scope="module")
def qapp() -> QApplication:
    return make_application()


@pytest.fixture
def models() -> list[ModelInfo]:
    """The shipped models that have one joint network, a noise and a time network."""
    for name in ("ddpm", "time"):
        import_model(parity.FOLDER / f"tiny_upstream_{name}.pt", user_models_folder() / name)
    return [m for m in list_models() if m.own or m.kind == "joint"]


@pytest.fixture
def no_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [name for name, m in METHODS.items() if m.kind is None or m.stages]
    for name in reversed(others):  # they come back in the order that they had
        monkeypatch.delitem(METHODS, name)


@pytest.fixture
def make(models: list[ModelInfo], qtbot: QtBot) -> Make:
    parent = QObject()

    def panel(settings: Settings | None = None, models: list[ModelInfo] = models) -> RunPanel:
        actions = make_actions(
            {spec.id: lambda: None for spec in ACTIONS}, theme_of(QApplication.palette()), parent
        )
        made = RunPanel(models, settings or Settings(), actions)
        made.resize(430, 340)
        qtbot.addWidget(made)
        made.show()
        return made

    return panel


def seen(panel: RunPanel, kind: type[QWidget], name: str) -> QWidget | None:
    """The control of this name if it can be seen."""
    found = [w for w in panel.findChildren(kind) if w.accessibleName() == name and w.isVisible()]
    return found[0] if found else None


def box(panel: RunPanel, name: str) -> ChoiceBox:
    found = seen(panel, QComboBox, name)
    assert isinstance(found, ChoiceBox)
    return found


def test_that_methods_are_listed_and_models_follow_the_method(make: Make) -> None:
    panel = make(Settings(method="jt"))
    methods = box(panel, "Method")
    assert all(methods.is_enabled(name) for name in ("fast", "jt", "as", "itp", "ddpm"))
    assert panel.model is not None and panel.model.kind == "joint"
    assert methods.choose("as")
    assert panel.model is not None and panel.model.name == "ddpm"
    assert [box(panel, "Model").itemText(k) for k in range(box(panel, "Model").count())] == ["ddpm"]


def test_that_the_keyboard_steps_over_headings_and_disabled_methods(
    make: Make, qtbot: QtBot, no_baselines: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        METHODS, "x", Method(name="x", title="X", summary="x", package="no_such_package")
    )
    monkeypatch.setitem(METHODS, "ff", Method(name="ff", title="FF", summary="a force field"))
    panel = make(Settings(method="ddpm"))
    methods = box(panel, "Method")
    assert not methods.is_enabled("x")
    assert "no_such_package" in methods.itemData(methods.row_of("x"), Qt.ItemDataRole.ToolTipRole)
    qtbot.keyClick(methods, Qt.Key.Key_Down)
    assert panel.method is not None and panel.method.name == "ff"
    assert panel.choice is not None and panel.choice.model == ""
    assert not box(panel, "Model").isEnabled()
    assert seen(panel, QComboBox, "Device") is None
    for _ in range(9):
        qtbot.keyClick(methods, Qt.Key.Key_Up)
    assert panel.method.name == "fast"


def test_that_only_what_the_method_uses_is_seen_and_nothing_jumps(make: Make) -> None:
    panel = make(Settings(method="jt"))
    places = {}
    for name in ("jt", "fast", "as", "ddpm"):
        assert panel.choose_method(name)
        QApplication.processEvents()
        few, clocked, given = name == "fast", name == "as", name == "ddpm"
        assert (seen(panel, QSlider, "Evaluations, at most") is not None) == few
        assert (seen(panel, QSpinBox, "Largest number of steps") is not None) == (not few)
        assert (seen(panel, QComboBox, "Time model") is not None) == clocked
        assert (seen(panel, QSpinBox, "Time step t to start from") is not None) == given
        seed, device = seen(panel, QSpinBox, "Seed"), seen(panel, QComboBox, "Device")
        assert seed is not None and device is not None
        places[name] = (seed.y(), device.y())
    assert len(set(places.values())) == 1


def test_that_evaluations_and_steps_are_kept_apart(make: Make, qtbot: QtBot) -> None:
    panel = make(Settings(method="fast", evaluations=7, max_steps=900))
    assert panel.max_steps == 7
    slider = seen(panel, QSlider, "Evaluations, at most")
    assert slider is not None
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert panel.max_steps == 50
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert panel.max_steps == 1
    panel.choose_method("jt")
    assert panel.max_steps == 900
    kept = panel.remembered(Settings())
    assert (kept.evaluations, kept.max_steps, kept.method) == (1, 900, "jt")


def test_that_every_choice_is_remembered(make: Make) -> None:
    chosen = Settings(
        method="as", model="ddpm", time_model="time", device="cpu", seed=5, max_steps=60,
        evaluations=9, start_t=120, noise_t=33,
    )  # fmt: skip
    panel = make(chosen)
    assert panel.remembered(Settings()) == chosen
    assert panel.choice is not None and panel.choice.time_model == "time"


def test_that_the_models_own_time_network_is_used_unless_another_is_picked(
    make: Make, models: list[ModelInfo], qtbot: QtBot
) -> None:
    known = {model.name: model for model in models}
    known["ddpm"] = replace(known["ddpm"], time_model="time")
    other = replace(known["time"], name="other")  # comes first, and is not the model's
    panel = make(Settings(method="jt"), [other, *known.values()])
    panel.choose_method("as")
    assert panel.choice is not None and panel.choice.time_model == ""
    qtbot.keyClick(box(panel, "Time model"), Qt.Key.Key_Down)
    assert panel.choice.time_model == "other"
    panel.choose_method("jt")
    panel.choose_method("as")
    assert panel.choice.time_model == panel.remembered(Settings()).time_model == "other"


def test_that_a_model_of_fewer_steps_leaves_the_start_of_plain_diffusion_alone(
    make: Make, models: list[ModelInfo]
) -> None:
    joint = next(m for m in models if m.kind == "joint")
    short = replace(joint, name="short", n_steps=100)
    panel = make(Settings(method="jt", start_t=700), [*models, short])
    panel.choose_model("short")
    assert panel.last_t == 99
    panel.choose_method("ddpm")
    assert panel.choice is not None and panel.choice.start_t == 700


def test_that_a_forgotten_choice_falls_back(make: Make) -> None:
    panel = make(Settings(method="magic", model="gone", time_model="gone", device="gone"))
    assert panel.choice is not None and panel.choice.method == DEFAULT_METHOD
    assert panel.model is not None


def test_that_the_start_of_plain_diffusion_is_chosen(make: Make, qtbot: QtBot) -> None:
    panel = make(Settings(method="ddpm", start_t=300))
    assert panel.choice is not None and panel.choice.start_t == 300
    number = seen(panel, QSpinBox, "Time step t to start from")
    slider = seen(panel, QSlider, "Time step t to start from")
    assert isinstance(number, QSpinBox) and isinstance(slider, QSlider)
    number.selectAll()
    qtbot.keyClicks(number, "421")
    assert slider.value() == 421
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert panel.choice.start_t == 422
    buttons = [b for b in panel.findChildren(QToolButton) if b.isVisible()]
    assert any(b.text() == "Pure noise" for b in buttons)
    panel.choose_method("jt")
    assert panel.choice is not None and panel.choice.start_t is None


def test_that_without_models_the_panel_says_so(make: Make, no_baselines: None) -> None:
    panel = make(models=[])
    assert panel.choice is None
    methods = box(panel, "Method")
    assert not methods.is_enabled("jt")
    assert "import one" in methods.itemData(methods.row_of("jt"), Qt.ItemDataRole.ToolTipRole)


def test_that_without_models_a_baseline_is_chosen(make: Make) -> None:
    panel = make(Settings(method="jt"), models=[])
    assert panel.choice is not None and panel.choice.method == "mmff94"


def test_that_models_may_come_and_go(
    make: Make, models: list[ModelInfo], no_baselines: None
) -> None:
    panel = make(Settings(method="jt"), models=[])
    panel.set_models(models)
    assert panel.choice is not None and panel.choice.method == DEFAULT_METHOD
    mine = replace(models[0], name="mine")
    panel.set_models([*models, mine])
    panel.choose_model("mine")
    assert panel.choice is not None and panel.choice.model == "mine"
    panel.choose_method("ddpm")
    panel.choose_method(DEFAULT_METHOD)
    assert panel.choice is not None and panel.choice.model == "mine"
    panel.choose_model("ddpm")
    assert panel.model is not None and panel.model.name == "ddpm"
    panel.set_models(models[:1])
    assert panel.choice is not None and panel.choice.model == models[0].name


def test_that_the_panel_judges_the_molecule(make: Make) -> None:
    panel = make(Settings(method="jt"))
    panel.judge(IRON_OXIDE)
    assert "Fe" in panel.verdict.refusal
    panel.judge(WATER)
    assert not panel.verdict.refusal and not panel.verdict.warning


def test_that_the_noise_is_told_as_what_it_does_to_the_molecule(make: Make) -> None:
    panel = make(Settings(method="jt", noise_t=150))
    assert "t = 150" in {label.text() for label in panel.findChildren(QLabel)}
    panel.judge(WATER)
    (told,) = (w.text() for w in panel.findChildren(QLabel) if w.text().startswith("t = 150"))
    apart = [rmsd(noised(WATER, 150, seed=k).positions, WATER.positions) for k in range(300)]
    assert float(told.split("(")[1].split()[0]) == pytest.approx(np.mean(apart), rel=0.15)


def test_that_a_model_that_nobody_picked_gives_way_to_one_that_takes_the_molecule(
    make: Make, models: list[ModelInfo]
) -> None:
    metals = replace(models[0], name="metals", elements=[8, 26])
    panel = make(Settings(method="jt"), models=[*models, metals])
    own = panel.choice.model if panel.choice else ""
    panel.judge(IRON_OXIDE)
    assert panel.choice is not None and panel.choice.model == "metals"
    assert panel.remembered(Settings()).model == ""
    panel.judge(WATER)
    assert panel.choice.model == own
    panel.choose_model(own)
    panel.judge(IRON_OXIDE)
    assert panel.choice.model == own and "Fe" in panel.verdict.refusal
    assert panel.remembered(Settings()).model == own


def test_that_one_click_takes_what_knows_the_molecule(
    make: Make, models: list[ModelInfo], qtbot: QtBot
) -> None:
    metals = replace(models[0], name="metals", elements=[8, 26])
    panel = make(Settings(method="jt", model="qm9-jt"), models=[*models, metals])
    panel.judge(IRON_OXIDE)
    notice = seen(panel, QLabel, "Whether the molecule suits the method")
    assert isinstance(notice, QLabel) and "use metals" in notice.text()
    notice.linkActivated.emit("other")
    assert panel.choice is not None
    assert (panel.choice.method, panel.choice.model) == ("jt", "metals")
    assert not panel.verdict.refusal


def test_that_one_click_goes_to_a_model_of_another_level_of_theory(
    make: Make, models: list[ModelInfo]
) -> None:
    panel = make()
    panel.choose_model("everyday")
    panel.judge(WATER)
    notice = seen(panel, QLabel, "Whether the molecule suits the method")
    assert isinstance(notice, QLabel)
    assert "qm9-fast" in notice.text() and "B3LYP" in notice.text()
    notice.linkActivated.emit("also")
    assert panel.choice is not None and panel.choice.model == "qm9-fast"
    assert "everyday" in notice.text()


def test_that_a_path_is_no_name_of_a_model(make: Make, tmp_path: Path) -> None:
    panel = make()
    before = panel.choice
    panel.choose_model(str(tmp_path))
    assert panel.choice == before
