"""Which methods can run here, and which of them take a molecule. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from morered_gui.core import Capabilities, Structure, UnsupportedMoleculeError
from morered_gui.core.elements import symbol
from morered_gui.diffusion.config import NetworkKind
from morered_gui.relaxers.methods import Method, ModelInfo, all_methods

CLOCKED = frozenset({"as", "itp"})  # take their time steps from a second network


def models_for(method: Method, models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Those that serve the method, its own first."""
    serving = [m for m in models if method.name in m.methods]
    return sorted(serving, key=lambda m: m.name != method.model)


def time_models(models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Those whose network predicts time steps and nothing else."""
    return [m for m in models if m.kind == NetworkKind.TIME]


def obstacle(method: Method, models: Sequence[ModelInfo]) -> str:
    """Why the method can't run here and what helps, as a sentence; empty where it can."""
    if method.package and find_spec(method.package) is None:
        return f"It needs the package {method.package}: pip install {method.package}."
    if method.kind is None:
        return ""
    if not models_for(method, models):
        return f"It needs a model with a {method.kind} network, and there is none; import one."
    if method.name in CLOCKED and not time_models(models):
        return "It needs a model with a time network as well, and there is none; import one."
    return ""


@dataclass(frozen=True)
class Verdict:
    """Whether a molecule lies within what a method takes; both are empty where it does.

    Attributes:
        refusal: why it can't be relaxed, and what can; a sentence.
        warning: why the result is to be taken with care; a sentence.
        label: a few words for the status line.
        others: names of models and methods that take it, where it is refused.
    """

    refusal: str = ""
    warning: str = ""
    label: str = ""
    others: tuple[str, ...] = ()


def verdict(
    structure: Structure, method: Method, model: ModelInfo | None, models: Sequence[ModelInfo]
) -> Verdict:
    """Judge before the run what the relaxer would refuse, and what it was not trained for."""
    takes = _capabilities(method, model)
    try:
        takes.check(structure)
    except UnsupportedMoleculeError as error:
        reason = str(error)
        others = tuple(who_takes(structure, models))
        who = " or ".join(filter(None, (", ".join(others[:-1]), *others[-1:])))
        help_ = f"{who} can take it." if who else "Nothing that is installed takes it."
        return Verdict(
            refusal=f"{reason[:1].upper()}{reason[1:]}. {help_}",
            label=f"outside the domain: {_what(structure, takes)}",
            others=others,
        )
    if model is None:
        return Verdict()
    if model.max_atoms is not None and len(structure) > model.max_atoms:
        return Verdict(
            warning=f"{len(structure)} atoms: larger than anything that {model.name} was trained "
            f"on (up to {model.max_atoms}). It runs, but check the result.",
            label=f"larger than the training data ({model.max_atoms} atoms)",
        )
    return Verdict(label="in the model's domain" if model.elements else "")


def who_takes(structure: Structure, models: Sequence[ModelInfo]) -> list[str]:
    """Names of the models and methods that can run here and take the molecule."""
    able = [m.name for m in models if m.methods and _takes(m.capabilities, structure)]
    others = [
        method.title
        for method in reversed(all_methods().values())  # the most accurate come last
        if method.kind is None
        and not obstacle(method, models)
        and _takes(method.capabilities, structure)
    ]
    return able + others


def _capabilities(method: Method, model: ModelInfo | None) -> Capabilities:
    return method.capabilities if model is None else model.capabilities


def _takes(capabilities: Capabilities, structure: Structure) -> bool:
    try:
        capabilities.check(structure)
    except UnsupportedMoleculeError:
        return False
    return True


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
