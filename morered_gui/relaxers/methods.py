"""Which ways to relax there are, and which models serve them. Imports no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from morered_gui.core import Capabilities, ExpectedError, Structure
from morered_gui.diffusion.checkpoint import ModelFolder, shipped_models, user_models
from morered_gui.diffusion.config import NetworkKind
from morered_gui.diffusion.schedule import USUAL, NoiseSchedule, named_schedule

# Atoms; a force field fills a matrix of all pairs, and its gradient takes some 13 kB for each.
MOST_FOR_ENERGY = 500


class TimeSource(StrEnum):
    """Where the time step of a frame comes from."""

    PREDICTED = "predicted"  # anew for each frame
    COUNTED = "counted"  # predicted for the first frame, then one less at each step
    GIVEN = "given"  # for the first frame by the user, then one less at each step


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to relax.

    Attributes:
        name: on the command line.
        title: for people.
        summary: what it does, in one line.
        kind: of the network that it needs; None where it needs no model.
        model: its own, trained for it; empty where it needs none. See ``default_model``.
        package: by its import name; has to be installed for the method. Empty for none.
        capabilities: what it takes where no model says it.
        draws: whether it draws random numbers, so that its result depends on the seed.
        time: where its time steps come from, if it has any.
        stages: names of the methods that a pipeline runs one after another.
    """

    name: str
    title: str
    summary: str
    kind: NetworkKind | None = None
    model: str = ""
    package: str = ""
    capabilities: Capabilities = field(default_factory=Capabilities)
    draws: bool = False
    time: TimeSource = TimeSource.PREDICTED
    stages: tuple[str, ...] = ()

    @property
    def baseline(self) -> bool:
        """Whether it is no part of MoreRed: it follows energies, be they a network's or not."""
        return self.kind in {None, NetworkKind.ENERGY}

    @property
    def starts_at_given_time(self) -> bool:
        """Whether it has to be told the time step to start from."""
        return self.time == TimeSource.GIVEN

    @property
    def needs_time_network(self) -> bool:
        """Whether a second network tells the time."""
        return self.kind == NetworkKind.NOISE and not self.starts_at_given_time


# Halgren 1996, doi 10.1002/(SICI)1096-987X(199604)17:5/6<490::AID-JCC1>3.0.CO;2-P: H C N O F Si P
# S Cl Br I, and bare ions of Li Na Mg K Ca Fe Cu Zn.
_MMFF94 = Capabilities(
    elements=frozenset({1, 3, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 19, 20, 26, 29, 30, 35, 53})
)
# Rappé et al. 1992, doi 10.1021/ja00051a040: H to Lr. It knows no electrons, and many metals have
# an odd number of them; the force field itself refuses open valences.
_UFF = Capabilities(elements=frozenset(range(1, 104)), closed_shell=False)
# Bannwarth et al. 2019, doi 10.1021/acs.jctc.8b01176: H to Rn.
_GFN2_XTB = Capabilities(elements=frozenset(range(1, 87)))

_ALL = (
    Method(
        name="fast",
        title="Few steps",
        summary="all predicted noise is taken away at once, some ten times; trained for that",
        kind=NetworkKind.JOINT,
        model="qm9-fast",
    ),
    Method(
        name="jt",
        title="MoreRed-JT",
        summary="one network predicts time step and noise at every step",
        kind=NetworkKind.JOINT,
        model="qm9-jt",
        draws=True,
    ),
    Method(
        name="as",
        title="MoreRed-AS",
        summary="a second network predicts the time step before every step",
        kind=NetworkKind.NOISE,
        model="qm9-ddpm",
        draws=True,
    ),
    Method(
        name="itp",
        title="MoreRed-ITP",
        summary="a second network predicts the time step once, then it falls by one a step",
        kind=NetworkKind.NOISE,
        model="qm9-ddpm",
        draws=True,
        time=TimeSource.COUNTED,
    ),
    Method(
        name="ddpm",
        title="Plain diffusion",
        summary="the time step is given, and falls by one a step; from 999 it makes molecules "
        "out of pure noise",
        kind=NetworkKind.NOISE,
        model="qm9-ddpm",
        draws=True,
        time=TimeSource.GIVEN,
    ),
    Method(
        name="mmff94",
        title="MMFF94",
        summary="the Merck molecular force field; needs known bonds",
        capabilities=_MMFF94,
    ),
    Method(
        name="mmff94s",
        title="MMFF94s",
        summary="MMFF94 with planar amide nitrogen, as in time-averaged structures",
        capabilities=_MMFF94,
    ),
    Method(
        name="uff",
        title="UFF",
        summary="the universal force field, for all elements; needs known bonds",
        capabilities=_UFF,
    ),
    Method(
        name="mlff",
        title="Learned force field",
        summary="energy and forces of a network, trained on disturbed structures; L-BFGS",
        kind=NetworkKind.ENERGY,
        model="qm9-mlff",
    ),
    Method(
        name="gfn2-xtb",
        title="GFN2-xTB",
        summary="semiempirical tight binding, for H to Rn; some milliseconds a step",
        package="tblite",
        capabilities=_GFN2_XTB,
    ),
)
_BY_NAME = {method.name: method for method in _ALL}


def _polished(name: str, first: Method, second: Method) -> Method:
    """A pipeline: the second goes on where the first arrived."""
    return Method(
        name=name,
        title=f"{first.title}, then {second.title}",
        summary=f"{first.title}, then polished with {second.title}",
        kind=first.kind,
        model=first.model,
        package=second.package,
        draws=first.draws or second.draws,
        time=first.time,
        stages=(first.name, second.name),
    )


_PIPELINES = (
    _polished("fast+xtb", _BY_NAME["fast"], _BY_NAME["gfn2-xtb"]),
    _polished("jt+xtb", _BY_NAME["jt"], _BY_NAME["gfn2-xtb"]),
)
METHODS = {**_BY_NAME, **{method.name: method for method in _PIPELINES}}
DEFAULT_METHOD = "fast"
# Knows most of what chemists draw: comes before a method's own model where it is installed.
DEFAULT_MODEL = "everyday"


@cache  # it looks at the disk, and the window asks at every turn
def is_installed(package: str) -> bool:
    """Whether a package can be imported; it is not."""
    return find_spec(package) is not None


def all_methods() -> dict[str, Method]:
    """The methods of the program, then the calculators of other packages. Imports none of them.

    A calculator with the name of a method of the program is left out.
    """
    from morered_gui.relaxers.plugins import plugin_methods

    return {**METHODS, **{k: m for k, m in plugin_methods().items() if k not in METHODS}}


def find_method(name: str) -> Method:
    """A method by its name; raises ExpectedError that names those that there are."""
    methods = METHODS if name in METHODS else all_methods()
    if name not in methods:
        raise ExpectedError(f"there is no method '{name}'; there are: {', '.join(methods)}")
    return methods[name]


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """What an interface needs to know of a model; lists may be empty, paths are folders.

    Attributes:
        charges: molecular charges that it was trained on, e; empty for no limit.
        max_atoms: of the largest molecule of the training data; None where not known.
        n_steps: T of its diffusion.
        schedule: name of its noise schedule.
        time_model: name of the time network that goes with it, or empty.
        max_atomic_number: of an element that the network has a place for.
        own: whether the user brought it.
        training: record of the training, as far as there is one.
    """

    name: str
    path: Path
    kind: NetworkKind
    level_of_theory: str
    elements: list[int]
    methods: list[str]
    summary: str
    charges: list[int] = field(default_factory=lambda: [0])
    max_atoms: int | None = None
    n_steps: int = USUAL[1]
    schedule: str = USUAL[0]
    time_model: str = ""
    max_atomic_number: int = 99
    own: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def noise_schedule(self) -> NoiseSchedule:
        """That it was trained with."""
        return named_schedule(self.schedule, self.n_steps)

    @property
    def charge_words(self) -> str:
        """Its charges in words: neutral, charges -1 to +2, any charge."""
        if not self.charges:
            return "any charge"
        low, high = min(self.charges), max(self.charges)
        if low == high == 0:
            return "neutral"
        if sorted(self.charges) == list(range(low, high + 1)) and low < high:
            return f"charges {signed(low)} to {signed(high)}"
        return "charges " + ", ".join(signed(c) for c in sorted(self.charges))

    @property
    def size_words(self) -> str:
        """Its sizes in words."""
        return f"up to {self.max_atoms} atoms" if self.max_atoms else "sizes not known"

    @property
    def capabilities(self) -> Capabilities:
        """What it takes. Larger molecules than it was trained on are no reason to refuse."""
        return Capabilities(
            elements=frozenset(self.elements or range(1, self.max_atomic_number + 1)),
            charges=frozenset(self.charges) or None,
            max_atoms=MOST_FOR_ENERGY if self.kind == NetworkKind.ENERGY else None,
        )


def signed(charge: int) -> str:
    """Such as -1, 0, +1."""
    return f"{charge:+d}" if charge else "0"


def charges_from(text: str) -> tuple[int, ...]:
    """Charges from words such as "-1 0 +1", sorted; raises ExpectedError for other words."""
    try:
        return tuple(sorted({int(word) for word in text.replace(",", " ").split()}))
    except ValueError:
        raise ExpectedError(f"'{text}' are no charges; write such as -1 0 1") from None


def models_for(method: Method, models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Those that serve the method: first the default model, then the method's own."""
    first = (DEFAULT_MODEL, method.model)
    serving = [m for m in models if method.name in m.methods]
    return sorted(serving, key=lambda m: first.index(m.name) if m.name in first else len(first))


def default_model(
    method: Method, models: Sequence[ModelInfo], structures: Sequence[Structure] = ()
) -> ModelInfo | None:
    """The model where none is named: the first of ``models_for`` that takes all the structures.

    The first at all where none does; None where none serves the method.
    """
    serving = models_for(method, models)
    taking = (m for m in serving if all(m.capabilities.takes(s) for s in structures))
    return next(taking, serving[0] if serving else None)


def list_models() -> list[ModelInfo]:
    """The models that come with the program, then the user's own."""
    own = [replace(describe(folder), own=True) for folder in user_models()]
    return [describe(folder) for folder in shipped_models()] + own


def describe(folder: ModelFolder) -> ModelInfo:
    """A model's description from its configuration."""
    config = folder.config
    kind = config.network.kind
    return ModelInfo(
        name=config.name,
        path=folder.path,
        kind=kind,
        level_of_theory=config.level_of_theory,
        elements=list(config.elements),
        methods=_methods_of(config.methods, kind),
        summary=config.summary,
        charges=list(config.charges),
        max_atoms=config.max_atoms,
        n_steps=config.n_steps,
        schedule=config.schedule,
        time_model=config.time_model,
        max_atomic_number=config.network.max_atomic_number,
        training=config.training,
    )


def _methods_of(names: Sequence[str], kind: NetworkKind) -> list[str]:
    """Those of a model that there are, and the pipelines that begin with one of them."""
    own = [name for name in names if name in METHODS and METHODS[name].kind == kind]
    return own + [m.name for m in METHODS.values() if m.stages and m.stages[0] in own]
