"""Which ways to relax there are, and which models serve them. Imports no torch."""

from dataclasses import dataclass
from pathlib import Path

from morered_gui.core import ExpectedError
from morered_gui.diffusion.checkpoint import ModelFolder, shipped_models
from morered_gui.diffusion.config import NetworkKind


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to relax.

    Attributes:
        name: on the command line.
        title: for people.
        summary: what it does, in one line.
        kind: of the network that it needs; None where it needs no model.
        model: the model that it takes where none is named; empty where it needs none.
    """

    name: str
    title: str
    summary: str
    kind: NetworkKind | None = None
    model: str = ""


_ALL = (
    Method(
        name="jt",
        title="MoreRed-JT",
        summary="one network predicts time step and noise at every step",
        kind=NetworkKind.JOINT,
        model="qm9-jt",
    ),
    Method(
        name="fast",
        title="Few steps",
        summary="all predicted noise is taken away at once, some ten times",
        kind=NetworkKind.JOINT,
        model="qm9-jt",
    ),
    Method(
        name="as",
        title="MoreRed-AS",
        summary="a second network predicts the time step before every step",
        kind=NetworkKind.NOISE,
        model="qm9-ddpm",
    ),
    Method(
        name="itp",
        title="MoreRed-ITP",
        summary="a second network predicts the time step once, then it falls by one a step",
        kind=NetworkKind.NOISE,
        model="qm9-ddpm",
    ),
    Method(
        name="ddpm",
        title="Plain diffusion",
        summary="the time step is given, and falls by one a step; from 999 it makes molecules "
        "out of pure noise",
        kind=NetworkKind.NOISE,
        model="qm9-ddpm",
    ),
)
METHODS = {method.name: method for method in _ALL}
DEFAULT_METHOD = "jt"


def find_method(name: str) -> Method:
    """A method by its name; raises ExpectedError that names those that there are."""
    if name not in METHODS:
        raise ExpectedError(f"there is no method '{name}'; there are: {', '.join(METHODS)}")
    return METHODS[name]


@dataclass(frozen=True)
class ModelInfo:
    """What an interface needs to know of a model; lists may be empty, paths are folders."""

    name: str
    path: Path
    kind: str
    level_of_theory: str
    elements: list[int]
    methods: list[str]
    summary: str

    @property
    def default_method(self) -> str:
        """The method that the model serves best."""
        return self.methods[0]


def list_models() -> list[ModelInfo]:
    """The models that come with the program."""
    return [describe(folder) for folder in shipped_models()]


def describe(folder: ModelFolder) -> ModelInfo:
    """A model's description from its configuration."""
    config = folder.config
    return ModelInfo(
        name=config.name,
        path=folder.path,
        kind=str(config.network.kind),
        level_of_theory=config.level_of_theory,
        elements=list(config.elements),
        methods=[m for m in config.methods if m in METHODS],
        summary=config.summary,
    )
