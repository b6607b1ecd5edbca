"""Which methods can run here, and which of them take a molecule. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from morered_gui.chem.validity import open_shell
from morered_gui.core import Capabilities, Structure, UnsupportedMoleculeError
from morered_gui.core.elements import symbol
from morered_gui.diffusion.config import NetworkKind
from morered_gui.relaxers.methods import (
    Method,
    ModelInfo,
    all_methods,
    is_installed,
    models_for,
)

FEWEST_ATOMS = 3  # the data sets of such networks begin with water
FORCE_FIELDS = frozenset({"mmff94", "mmff94s", "uff"})  # refuse open valences, whatever the metal


def time_models(models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Those whose network predicts time steps and nothing else."""
    return [m for m in models if m.kind == NetworkKind.TIME]


def obstacle(method: Method, models: Sequence[ModelInfo]) -> str:
    """Why the method can't run here and what helps, as a sentence; empty where it can."""
    if method.package and not is_installed(method.package):
        return f"It needs the package {method.package}: pip install {method.package}."
    if method.kind is None:
        return ""
    if method.kind == NetworkKind.ENERGY and not models_for(method, models):
        return "It needs a model that gives energies, and there is none; train or import one."
    if not models_for(method, models):
        return f"It needs a model with a {method.kind} network, and there is none; import one."
    if method.needs_time_network and not time_models(models):
        return "It needs a model with a time network as well, and there is none; import one."
    return ""


@dataclass(frozen=True)
class Alternative:
    """A method, with a model where it needs one, that takes a molecule."""

    method: Method
    model: str = ""

    @property
    def title(self) -> str:
        """For people."""
        return self.model or self.method.title

    def option(self, method: str) -> str:
        """On the command line, where another method was asked for or only another model."""
        named = f"--model {self.model}" if self.model else ""
        other = f"--method {self.method.name}" if self.method.name != method else ""
        return f"{other} {named}".strip()


@dataclass(frozen=True)
class Verdict:
    """Whether a molecule lies within what a method takes; all are empty where it does.

    Attributes:
        refusal: why it can't be relaxed, and what can; a sentence.
        warning: why the result is to be taken with care; a sentence.
        label: a few words for the status line.
        reason: the refusal without what can, in the relaxer's own words.
        others: what takes it, where it is refused; the nearest to what was asked for first.
        also: models of another level of theory for the same method that know such molecules too.
    """

    refusal: str = ""
    warning: str = ""
    label: str = ""
    reason: str = ""
    others: tuple[Alternative, ...] = ()
    also: tuple[ModelInfo, ...] = ()


def verdict(
    structure: Structure, method: Method, model: ModelInfo | None, models: Sequence[ModelInfo]
) -> Verdict:
    """Judge before the run what the relaxer would refuse, and what it was not trained for."""
    takes = _capabilities(method, model, models)
    try:
        takes.check(structure)
    except UnsupportedMoleculeError as error:
        reason = str(error)
        others = tuple(who_takes(structure, method, models))
        who = either([other.title for other in others])
        help_ = f"{who} can take it." if who else "Nothing that is installed takes it."
        return Verdict(
            refusal=f"{reason[:1].upper()}{reason[1:]}. {help_}",
            label=f"outside the domain: {_what(structure, takes)}",
            reason=reason,
            others=others,
        )
    unpaired = open_shell(structure) if takes.closed_shell else None
    if unpaired:
        return Verdict(
            warning=f"As drawn {unpaired}. It runs as if all electrons were paired; check the "
            "drawing.",
            label="unpaired electrons",
        )
    if model is None:
        return Verdict()
    other_size = _other_size(len(structure), model)
    if other_size is not None:
        return other_size
    if not model.elements:
        return Verdict(label="what it was trained on is unknown")
    return Verdict(label="in the model's domain", also=_also(structure, method, model, models))


def _other_size(n: int, model: ModelInfo) -> Verdict | None:
    """A warning of molecules smaller or larger than those of the training."""
    if n < FEWEST_ATOMS:
        return Verdict(
            warning=f"{n} {'atom' if n == 1 else 'atoms'}: smaller than anything that {model.name} "
            "was trained on. "
            "Check the result, or take a method of another kind.",
            label=f"smaller than the training data ({FEWEST_ATOMS} atoms)",
        )
    if model.max_atoms is not None and n > model.max_atoms:
        return Verdict(
            warning=f"{n} atoms: larger than anything that {model.name} was trained "
            f"on (up to {model.max_atoms}). It runs, but check the result.",
            label=f"larger than the training data ({model.max_atoms} atoms)",
        )
    return None


def _also(
    structure: Structure, method: Method, model: ModelInfo, models: Sequence[ModelInfo]
) -> tuple[ModelInfo, ...]:
    """See ``Verdict``."""
    return tuple(
        other
        for other in models_for(method, models)
        if other.level_of_theory != model.level_of_theory
        and other.elements
        and other.max_atoms is not None
        and len(structure) <= other.max_atoms
        and other.capabilities.takes(structure)
    )


def who_takes(
    structure: Structure, method: Method, models: Sequence[ModelInfo]
) -> list[Alternative]:
    """What can run here and takes the molecule.

    First models for the method, then models for other methods, then what needs no model.
    """
    unpaired = open_shell(structure) is not None
    methods = all_methods()
    serving = models_for(method, models)
    rest = [m for m in models if m not in serving]
    able = [m for m in (*serving, *rest) if m.methods and m.capabilities.takes(structure)]
    with_model = [
        Alternative(method if m in serving else methods[m.methods[0]], m.name) for m in able
    ]
    without = [
        Alternative(each)
        for each in reversed(methods.values())  # the most accurate come last
        if each.kind is None
        and not obstacle(each, models)
        and not (unpaired and each.name in FORCE_FIELDS)
        and each.capabilities.takes(structure)
    ]
    return with_model + without


def either(names: Sequence[str]) -> str:
    """Such as "a, b or c"."""
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _capabilities(
    method: Method, model: ModelInfo | None, models: Sequence[ModelInfo]
) -> Capabilities:
    """Of the model, and of the time network that it names where the method needs one."""
    if model is None:
        return method.capabilities
    clocks = [m for m in models if method.needs_time_network and m.name == model.time_model]
    return reduce(and_, (m.capabilities for m in (model, *clocks)))


def _what(structure: Structure, takes: Capabilities) -> str:
    """The first thing that is not taken, in a word or two."""
    if takes.elements is not None:
        unknown = sorted(set(structure.numbers.tolist()) - takes.elements)
        if unknown:
            return ", ".join(symbol(z) for z in unknown)
    if takes.closed_shell and structure.n_electrons % 2:
        return "an open shell"
    if takes.charges is not None and structure.charge not in takes.charges:
        return f"charge {structure.charge:+d}"
    return f"{len(structure)} atoms"
