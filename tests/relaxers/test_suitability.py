from dataclasses import replace
from pathlib import Path

import pytest

from morered_gui.core import Capabilities
from morered_gui.diffusion.config import NetworkKind
from morered_gui.relaxers.methods import METHODS, Method, ModelInfo
from morered_gui.relaxers.suitability import models_for, obstacle, verdict, who_takes
from tests.app.molecules import IRON_OXIDE, WATER

JOINT = ModelInfo(
    name="small",
    path=Path(),
    kind=NetworkKind.JOINT,
    level_of_theory="B3LYP",
    elements=[1, 8],
    methods=["jt", "fast"],
    summary="",
    max_atoms=3,
)
OTHER = replace(JOINT, name="metals", elements=[8, 26], max_atoms=None)
NOISE = replace(JOINT, name="noise", kind=NetworkKind.NOISE, methods=["as", "itp", "ddpm"])
TIME = replace(JOINT, name="time", kind=NetworkKind.TIME, methods=[])
FORCE_FIELD = Method(name="ff", title="FF", summary="a force field")


def test_that_a_method_without_its_networks_says_what_is_missing() -> None:
    assert "joint network" in obstacle(METHODS["jt"], [])
    assert "noise network" in obstacle(METHODS["as"], [JOINT])
    assert "time network" in obstacle(METHODS["as"], [NOISE])
    assert obstacle(METHODS["ddpm"], [NOISE]) == ""
    assert obstacle(METHODS["itp"], [NOISE, TIME]) == ""


def test_that_a_missing_package_is_named() -> None:
    missing = replace(FORCE_FIELD, package="no_such_package")
    assert "no_such_package" in obstacle(missing, [])
    assert obstacle(replace(FORCE_FIELD, package="numpy"), []) == ""


def test_that_a_methods_own_model_comes_first() -> None:
    own = replace(JOINT, name=METHODS["jt"].model)
    assert models_for(METHODS["jt"], [JOINT, NOISE, own]) == [own, JOINT]


def test_that_a_molecule_within_the_training_data_passes() -> None:
    found = verdict(WATER, METHODS["jt"], JOINT, [JOINT])
    assert (found.refusal, found.warning) == ("", "")
    assert "domain" in found.label


def test_that_an_unknown_element_is_refused_and_who_knows_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    baselines = [name for name, method in METHODS.items() if method.kind is None]
    for name in reversed(baselines):  # they come back in the order that they had
        monkeypatch.delitem(METHODS, name)
    found = verdict(IRON_OXIDE, METHODS["jt"], JOINT, [JOINT, OTHER])
    assert "Fe" in found.refusal and found.refusal.endswith("metals can take it.")
    monkeypatch.setitem(METHODS, "ff", FORCE_FIELD)
    assert who_takes(IRON_OXIDE, [JOINT]) == ["FF"]
    only_water = Capabilities(elements=frozenset({1, 8}))
    monkeypatch.setitem(METHODS, "ff", replace(FORCE_FIELD, capabilities=only_water))
    found = verdict(IRON_OXIDE, METHODS["jt"], JOINT, [JOINT])
    assert found.refusal.endswith("Nothing that is installed takes it.")
    assert "Fe" in verdict(IRON_OXIDE, METHODS["ff"], None, [JOINT]).refusal


def test_that_a_charge_outside_is_refused() -> None:
    anion = replace(WATER, charge=-2, formal_charges=[-2, 0, 0])
    found = verdict(anion, METHODS["jt"], JOINT, [JOINT])
    assert "charge" in found.refusal and found.label == "outside the domain: charge -2"


def test_that_a_larger_molecule_is_warned_of_but_not_refused() -> None:
    found = verdict(WATER, METHODS["jt"], replace(JOINT, max_atoms=2), [JOINT])
    assert not found.refusal
    assert "3 atoms" in found.warning and "up to 2" in found.warning
