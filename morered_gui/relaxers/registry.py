"""Which relaxers there are. torch is imported only when one is built."""

from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from morered_gui.core import Capabilities, ExpectedError, Provenance, Relaxer
from morered_gui.diffusion.checkpoint import ModelError, ModelFolder, find_model, shipped_models

if TYPE_CHECKING:
    from torch import nn

DEFAULT_MODEL = "qm9-jt"


class Backend(StrEnum):
    """Whose modules compute the networks."""

    NATIVE = "native"
    SCHNETPACK = "schnetpack"


@dataclass(frozen=True)
class Method:
    """A way to relax: its short name, its title, and what it does in one line."""

    name: str
    title: str
    summary: str


METHODS = {
    m.name: m
    for m in (
        Method("jt", "MoreRed-JT", "one network predicts time step and noise at every step"),
        Method("fast", "Few steps", "all predicted noise is taken away at once, some ten times"),
    )
}


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


def build_relaxer(
    method: str,
    model: str | Path | None = None,
    device: str = "auto",
    backend: Backend = Backend.NATIVE,
    threads: int | None = None,
) -> Relaxer:
    """Load what a method needs and put it on the device.

    Args:
        method: a key of ``METHODS``.
        model: name or folder of a model; None for the default.
        device: auto, cpu, cuda or mps.
        backend: ``schnetpack`` runs the same weights through SchNetPack's modules.
        threads: CPU threads of the calling thread; None leaves torch's choice. One molecule
            is too little work to share: with two threads on busy cores a step took five
            times as long.

    Raises:
        ModelError: the model is not there, broken, or does not serve the method.
        ExpectedError: there is no such method or device.
    """
    if method not in METHODS:
        raise ExpectedError(f"there is no method '{method}'; there are: {', '.join(METHODS)}")
    folder = find_model(model or DEFAULT_MODEL)
    if method not in folder.config.methods:
        raise ModelError(
            f"the model '{folder.config.name}' serves {', '.join(folder.config.methods)}, "
            f"not '{method}'"
        )
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    return _build_joint(method, folder, device, Backend(backend))


def _build_joint(method: str, folder: ModelFolder, device: str, backend: Backend) -> Relaxer:
    from morered_gui.diffusion.devices import choose_device
    from morered_gui.diffusion.inference import NetworkOnDevice
    from morered_gui.diffusion.memory import INFERENCE_BLOCK, keep_memory
    from morered_gui.diffusion.predictor import JointPredictor
    from morered_gui.diffusion.process import DiffusionProcess
    from morered_gui.diffusion.sampler import Sampler, ancestral, jump
    from morered_gui.diffusion.stopping import StopRule
    from morered_gui.relaxers.diffusion import DiffusionRelaxer

    keep_memory(INFERENCE_BLOCK)
    chosen = choose_device(device)
    network = _network(folder, backend).to(chosen)
    schedule = folder.config.noise_schedule()
    predictor = JointPredictor(NetworkOnDevice(network, chosen), schedule)
    update, stop = {
        "jt": (ancestral, StopRule()),
        "fast": (jump, StopRule(window=3, patience=0.0, settling=1)),
    }[method]
    process = DiffusionProcess(schedule)
    return DiffusionRelaxer(
        Sampler(predictor=predictor, process=process, update=update, stop=stop),
        _capabilities(folder),
        _provenance(method, folder, str(chosen), backend),
    )


def _network(folder: ModelFolder, backend: Backend) -> "nn.Module":
    network = folder.load_network()
    if backend == Backend.NATIVE:
        return network
    from morered_gui.diffusion.schnetpack_backend import SchNetPackNetwork

    return SchNetPackNetwork.from_native(network)


def _capabilities(folder: ModelFolder) -> Capabilities:
    config = folder.config
    return Capabilities(
        elements=frozenset(config.elements) or None, charges=frozenset(config.charges) or None
    )


def _provenance(method: str, folder: ModelFolder, device: str, backend: Backend) -> Provenance:
    return Provenance(
        method=method,
        model=folder.config.name,
        model_hash=folder.weights_hash(),
        level_of_theory=folder.config.level_of_theory,
        options={"device": device, "backend": str(backend)},
        versions={name: _version(name) for name in ("morered-gui", "torch")},
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "unknown"
