"""Calculators of other packages: found cheaply, built late, and refused in words when broken."""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, EntryPoints

import numpy as np
import pytest
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones

from morered_gui.core import (
    Capabilities,
    ExpectedError,
    Relaxer,
    StopReason,
    Structure,
    UnsupportedMoleculeError,
)
from morered_gui.relaxers import plugins
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.methods import METHODS, all_methods, find_method
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer

ARGON = Structure([18, 18], [[0, 0, 0], [0, 0, 4.2]])
EPSILON, SIGMA = 1.0, 3.4


def argon() -> LennardJones:
    return LennardJones(sigma=SIGMA, epsilon=EPSILON, rc=20.0, smooth=False)


argon.capabilities = Capabilities(elements=frozenset({18}))  # type: ignore[attr-defined]
argon.level_of_theory = "Lennard-Jones"  # type: ignore[attr-defined]


def no_calculator() -> str:
    return "nothing"


def failing() -> Calculator:
    raise RuntimeError("no licence")


class Stumbling(Calculator):
    implemented_properties = ("energy", "forces")

    def calculate(self, *args: object) -> None:
        raise KeyError("weights")


def wrongly_described() -> EMT:
    return EMT()


wrongly_described.capabilities = {"elements": ["C"]}  # type: ignore[attr-defined]

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Pretend that packages with these entry points are installed."""

    def done(**values: str) -> None:
        entries = EntryPoints(EntryPoint(k, v, plugins.GROUP) for k, v in values.items())
        monkeypatch.setattr(plugins, "entry_points", lambda group: entries.select(group=group))
        plugins.calculator_plugins.cache_clear()

    yield done
    plugins.calculator_plugins.cache_clear()


def built(name: str) -> Relaxer:
    return build_relaxer(RelaxerChoice(method=name))


def test_that_a_calculator_relaxes_under_its_own_name(install: Install) -> None:
    install(argon=f"{__name__}:argon")
    assert find_method("argon").kind is None
    assert list(all_methods()) == [*METHODS, "argon"]
    relaxer = built("argon")
    (run,) = relax_all(relaxer, [ARGON], max_steps=300, seed=0)
    assert run.stop_reason == StopReason.CONVERGED
    first, second = run[-1].positions
    assert np.linalg.norm(first - second) == pytest.approx(2 ** (1 / 6) * SIGMA, abs=0.05)
    assert relaxer.provenance.level_of_theory == "Lennard-Jones"
    assert relaxer.provenance.options["calculator"] == f"{__name__}:argon"


def test_that_what_a_calculator_takes_is_kept_to(install: Install) -> None:
    install(argon=f"{__name__}:argon", emt="ase.calculators.emt:EMT")
    water = Structure([8, 1, 1], [[0, 0, 0], [0, 0.8, 0.6], [0, -0.8, 0.6]])
    with pytest.raises(UnsupportedMoleculeError, match="this method knows Ar"):
        built("argon").relax([water], max_steps=5, seed=0)
    hydroxide = Structure([8, 1], [[0, 0, 0], [0, 0, 0.96]], charge=-1)
    with pytest.raises(UnsupportedMoleculeError, match="unsupported charge -1"):
        built("emt").relax([hydroxide], max_steps=5, seed=0)
    (run,) = relax_all(built("emt"), [water], max_steps=200, seed=0)
    assert run.stop_reason == StopReason.CONVERGED


def test_that_calculators_are_imported_only_when_they_are_built(install: Install) -> None:
    install(quiet="ase.calculators.morse:MorsePotential")
    sys.modules.pop("ase.calculators.morse", None)
    assert "quiet" in all_methods()
    assert "ase.calculators.morse" not in sys.modules
    built("quiet")
    assert "ase.calculators.morse" in sys.modules


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_package:calculator", "can't be loaded .ModuleNotFoundError"),
        (f"{__name__}:missing", "can't be loaded .AttributeError"),
        (f"{__name__}:failing", "RuntimeError: no licence"),
        (f"{__name__}:no_calculator", "gives no ASE calculator but str"),
        (f"{__name__}:wrongly_described", "capabilities"),
    ],
)
def test_that_a_broken_plug_in_is_named_and_hides_no_other(
    install: Install, value: str, reason: str
) -> None:
    install(broken=value, argon=f"{__name__}:argon")
    with pytest.raises(plugins.PluginError, match=f"broken|{__name__}") as caught:
        built("broken")
    caught.match(reason)
    assert isinstance(caught.value, ExpectedError)
    assert built("argon").provenance.method == "argon"
    assert built("mmff94").provenance.method == "mmff94"


def test_that_a_calculator_that_fails_in_a_run_is_named(install: Install) -> None:
    install(stumbling=f"{__name__}:Stumbling")
    run = built("stumbling").relax([ARGON], max_steps=5, seed=0)
    with pytest.raises(ExpectedError, match=r"Ar2: stumbling failed .KeyError: 'weights'"):
        next(run)


def test_that_a_plug_in_takes_no_name_of_the_program(install: Install) -> None:
    install(mmff94=f"{__name__}:argon")
    assert find_method("mmff94") is METHODS["mmff94"]
    assert all_methods() == METHODS
    assert built("mmff94").provenance.level_of_theory == "MMFF94"


def test_that_an_unknown_method_is_answered_with_all_names(install: Install) -> None:
    install(argon=f"{__name__}:argon")
    with pytest.raises(ExpectedError, match=r"'magic'.*mmff94.*argon"):
        find_method("magic")
