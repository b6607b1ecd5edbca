from dataclasses import replace
from pathlib import Path

import pytest

from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core import Capabilities, ExpectedError
from morered_gui.diffusion.config import NetworkKind
from morered_gui.relaxers.methods import (
    DEFAULT_MODEL,
    METHODS,
    Method,
    ModelInfo,
    charges_from,
    default_model,
    models_for,
)
from morered_gui.relaxers.suitability import obstacle, verdict, who_takes
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


def test_that_a_model_of_another_level_of_theory_is_named_where_it_knows_the_molecule() -> None:
    dft = replace(JOINT, name="dft", level_of_theory="PBE0")
    too_small = replace(dft, name="tiny", max_atoms=2)
    models = [JOINT, replace(JOINT, name="same"), too_small, OTHER, dft]
    assert verdict(WATER, METHODS["jt"], JOINT, models).also == (dft,)
    assert verdict(WATER, METHODS["jt"], dft, models).also[0] == JOINT
    assert verdict(WATER, METHODS["itp"], NOISE, models).also == ()


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
    (other,) = who_takes(IRON_OXIDE, METHODS["jt"], [JOINT])
    assert (other.title, other.option("jt")) == ("FF", "--method ff")
    only_water = Capabilities(elements=frozenset({1, 8}))
    monkeypatch.setitem(METHODS, "ff", replace(FORCE_FIELD, capabilities=only_water))
    found = verdict(IRON_OXIDE, METHODS["jt"], JOINT, [JOINT])
    assert found.refusal.endswith("Nothing that is installed takes it.")
    assert "Fe" in verdict(IRON_OXIDE, METHODS["ff"], None, [JOINT]).refusal


def test_that_the_default_model_comes_first_and_the_methods_own_next() -> None:
    own = replace(JOINT, name=METHODS["jt"].model)
    everyday = replace(JOINT, name=DEFAULT_MODEL, elements=[1, 8, 16])
    assert models_for(METHODS["jt"], [JOINT, own, everyday]) == [everyday, own, JOINT]
    assert default_model(METHODS["jt"], [JOINT, own]) == own
    assert default_model(METHODS["jt"], [TIME]) is None


def test_that_the_default_model_is_one_that_takes_all_molecules() -> None:
    everyday = replace(JOINT, name=DEFAULT_MODEL, elements=[1, 8, 16], charges=[-1, 0, 1])
    models = [JOINT, OTHER, everyday]
    assert default_model(METHODS["jt"], models, [WATER]) == everyday
    assert default_model(METHODS["jt"], models, [IRON_OXIDE]) == OTHER
    assert default_model(METHODS["jt"], models, [WATER, IRON_OXIDE]) == everyday


def test_that_the_nearest_alternative_comes_first_with_its_options() -> None:
    everyday = replace(JOINT, name=DEFAULT_MODEL, elements=[8, 26])
    noise = replace(NOISE, elements=[8, 26])
    found = verdict(IRON_OXIDE, METHODS["jt"], JOINT, [JOINT, noise, everyday, TIME])
    assert [o.title for o in found.others[:2]] == [DEFAULT_MODEL, "noise"]
    options = [o.option("jt") for o in found.others[:3]]
    assert options == ["--model everyday", "--method as --model noise", "--method gfn2-xtb"]


@pytest.mark.parametrize("method", ["jt", "mmff94", "gfn2-xtb", "fast+xtb"])
def test_that_radicals_are_refused_in_words_and_no_force_field_is_offered(method: str) -> None:
    methyl = structure_from_smiles("[CH3]", seed=0)
    carbon = replace(JOINT, elements=[1, 6])
    model = None if METHODS[method].kind is None else carbon
    found = verdict(methyl, METHODS[method], model, [carbon])
    assert "odd number of electrons (9): a radical" in found.refusal
    assert found.label == "outside the domain: an open shell"
    assert found.others == () and "Nothing that is installed takes it" in found.refusal


def test_that_a_carbene_is_warned_of() -> None:
    carbene = structure_from_smiles("[CH2]", seed=0)
    found = verdict(carbene, METHODS["jt"], replace(JOINT, elements=[1, 6]), [])
    assert not found.refusal and "2 unpaired electrons (on C1)" in found.warning


def test_that_limits_are_told_in_words() -> None:
    assert (JOINT.charge_words, JOINT.size_words) == ("neutral", "up to 3 atoms")
    ions = replace(JOINT, charges=[-2, 0, -1, 1], max_atoms=None)
    assert (ions.charge_words, ions.size_words) == ("charges -2 to +1", "sizes not known")
    assert replace(JOINT, charges=[]).charge_words == "any charge"
    assert replace(JOINT, charges=[-2, 0]).charge_words == "charges -2, 0"
    assert charges_from("+1, 0 -1") == (-1, 0, 1) and charges_from("") == ()
    with pytest.raises(ExpectedError, match="no charges"):
        charges_from("plus")


def test_that_any_charge_is_taken_where_none_is_named() -> None:
    anion = replace(WATER, charge=-2, formal_charges=[-2, 0, 0])
    assert not verdict(anion, METHODS["jt"], replace(JOINT, charges=[]), []).refusal
    assert not verdict(anion, METHODS["jt"], replace(JOINT, charges=[-2]), []).refusal


def test_that_a_charge_outside_is_refused() -> None:
    anion = replace(WATER, charge=-2, formal_charges=[-2, 0, 0])
    found = verdict(anion, METHODS["jt"], JOINT, [JOINT])
    assert "charge" in found.refusal and found.label == "outside the domain: charge -2"


def test_that_a_larger_molecule_is_warned_of_but_not_refused() -> None:
    found = verdict(WATER, METHODS["jt"], replace(JOINT, max_atoms=2), [JOINT])
    assert not found.refusal
    assert "3 atoms" in found.warning and "up to 2" in found.warning


def test_that_a_molecule_has_to_be_known_to_the_time_network_as_well() -> None:
    noise, time = replace(NOISE, time_model="time"), replace(TIME, elements=[1])
    assert "O" in verdict(WATER, METHODS["as"], noise, [noise, time]).refusal
    assert not verdict(WATER, METHODS["ddpm"], noise, [noise, time]).refusal


def test_that_a_force_field_refuses_what_would_fill_the_memory() -> None:
    energy = replace(JOINT, kind=NetworkKind.ENERGY, methods=["mlff"])
    assert energy.capabilities.max_atoms is not None and JOINT.capabilities.max_atoms is None


def test_that_elements_without_a_place_in_the_network_are_refused() -> None:
    any_element = replace(JOINT, elements=[], max_atomic_number=20)
    assert any_element.capabilities.takes(WATER)
    assert not any_element.capabilities.takes(IRON_OXIDE)


def test_that_two_atoms_are_warned_of() -> None:
    pair = structure_from_smiles("[H][H]")
    assert "2 atoms: smaller than anything" in verdict(pair, METHODS["jt"], JOINT, [JOINT]).warning
    proton, takes_it = structure_from_smiles("[H+]"), replace(JOINT, charges=[1])
    assert "1 atom: smaller" in verdict(proton, METHODS["jt"], takes_it, [takes_it]).warning
    assert not verdict(pair, METHODS["mmff94"], None, [JOINT]).warning
