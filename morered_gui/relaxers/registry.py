"""Build relaxers by their names. torch and tblite are imported only when one needs them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache, reduce
from operator import and_
from typing import TYPE_CHECKING

from morered_gui.core import Capabilities, ExpectedError, Provenance, Relaxer, Structure
from morered_gui.diffusion.checkpoint import ModelError, ModelFolder, find_model
from morered_gui.diffusion.config import NetworkKind
from morered_gui.diffusion.schedule import USUAL
from morered_gui.diffusion.torch_loading import load_torch
from morered_gui.relaxers.methods import (
    DEFAULT_METHOD,
    METHODS,
    Method,
    default_model,
    describe,
    find_method,
    list_models,
)
from morered_gui.relaxers.versions import versions_of

if TYPE_CHECKING:
    import torch

    from morered_gui.diffusion.inference import NetworkOnDevice
    from morered_gui.diffusion.predictor import Predictor
    from morered_gui.diffusion.schedule import NoiseSchedule


RELAXERS_KEPT = 2
MODELS_JOINED = " + "  # between the names of a noise and a time network in a provenance


class Backend(StrEnum):
    """Whose modules compute the networks."""

    NATIVE = "native"
    SCHNETPACK = "schnetpack"


@dataclass(frozen=True, kw_only=True)
class RelaxerChoice:
    """Which relaxer. What a method does not need is left aside.

    Attributes:
        method: a key of ``all_methods()``.
        model: name or folder of a model; empty for the ``default_model`` of the method.
        time_model: of a time network for ITP and AS; empty for the one that the model names.
        device: auto, cpu, cuda or mps.
        backend: ``schnetpack`` runs the same weights through SchNetPack's modules.
        start_t: the time step that plain diffusion starts from.
    """

    method: str = DEFAULT_METHOD
    model: str = ""
    time_model: str = ""
    device: str = "auto"
    backend: Backend = Backend.NATIVE
    start_t: int | None = None


def capabilities_of(choice: RelaxerChoice) -> Capabilities:
    """What a relaxer takes, without building it; raises ModelError or ExpectedError."""
    return _taken_by(_folders(find_method(choice.method), _folder(choice), choice))


def with_model(choice: RelaxerChoice, structures: Sequence[Structure]) -> RelaxerChoice:
    """The choice with a model named that takes the molecules, where the method needs one.

    Raises ModelError or ExpectedError.
    """
    method = find_method(choice.method)
    if choice.model or method.kind is None:
        return choice
    model = default_model(method, list_models(), structures)
    return replace(choice, model=model.name if model else method.model)


def left_aside(choice: RelaxerChoice) -> list[str]:
    """The settings, by name, that a choice makes and its method has no use for."""
    method, usual = find_method(choice.method), RelaxerChoice()
    used = {
        "model": method.kind is not None,
        "time_model": method.needs_time_network,
        "backend": not method.baseline,
        "start_t": method.starts_at_given_time,
    }
    return [n for n, use in used.items() if not use and getattr(choice, n) != getattr(usual, n)]


def _folder(choice: RelaxerChoice) -> ModelFolder:
    """The model of a choice; raises ModelError."""
    return find_model(with_model(choice, ()).model)


def build_relaxer(choice: RelaxerChoice, threads: int | None = None) -> Relaxer:
    """Load what a method needs and put it on the device.

    Args:
        choice: what to build.
        threads: CPU threads of the calling thread; None leaves torch's choice. One molecule
            is too little work to share: with two threads on busy cores a step took five
            times as long.

    Raises:
        ModelError: the model is not there, broken, or does not serve the method.
        ExpectedError: there is no such method or device.
    """
    method = find_method(choice.method)
    if method.stages:
        return _build_pipeline(method, choice, threads)
    if method.kind is None:
        return _build_baseline(method)
    folder = _folder(choice)
    if method.name not in folder.config.methods:
        raise ModelError(
            f"the model '{folder.config.name}' serves {', '.join(folder.config.methods) or 'none'}"
            f", not '{method.name}'"
        )
    load_torch()
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    if method.kind == NetworkKind.ENERGY:
        from morered_gui.relaxers.mlff import build_mlff

        return build_mlff(method, folder, choice.device)
    return _build_diffusion(method, folder, choice)


@lru_cache(maxsize=RELAXERS_KEPT)
def relaxer_of_process(choice: RelaxerChoice) -> Relaxer:
    """The same for work in many parts: built once per process, for one thread."""
    return build_relaxer(choice, threads=1)


def _build_pipeline(method: Method, choice: RelaxerChoice, threads: int | None) -> Relaxer:
    from morered_gui.relaxers.pipeline import Pipeline

    first, second = (
        build_relaxer(replace(choice, method=stage), threads) for stage in method.stages
    )
    return Pipeline(first, second, method.name)


def _build_baseline(method: Method) -> Relaxer:
    if method.name not in METHODS:
        from morered_gui.relaxers.plugins import build_plugin

        return build_plugin(method)
    if method.name == "gfn2-xtb":
        from morered_gui.relaxers.calculators import build_xtb

        return build_xtb(method)
    from morered_gui.chem.force_fields import ForceFieldName
    from morered_gui.relaxers.force_fields import build_force_field

    return build_force_field(method, ForceFieldName(method.title))


def _build_diffusion(method: Method, folder: ModelFolder, choice: RelaxerChoice) -> Relaxer:
    from morered_gui.diffusion.devices import choose_device
    from morered_gui.diffusion.memory import INFERENCE_BLOCK, keep_memory
    from morered_gui.diffusion.process import DiffusionProcess
    from morered_gui.diffusion.sampler import Sampler, ancestral, jump
    from morered_gui.diffusion.stopping import StopRule
    from morered_gui.relaxers.diffusion import DiffusionRelaxer

    keep_memory(INFERENCE_BLOCK)
    device = choose_device(choice.device)
    schedule = folder.config.noise_schedule()
    update, stop = ancestral, StopRule()
    if method.name == "fast":
        update, stop = jump, StopRule(window=3, patience=0.0, t_tolerance=0.5, settling=0)
    elif method.starts_at_given_time:
        stop = StopRule(window=0)  # the given time runs out, nothing else counts
    folders = _folders(method, folder, choice)
    sampler = Sampler(
        predictor=_predictor(method, folders, choice, device, schedule),
        process=DiffusionProcess(schedule),
        update=update,
        stop=stop,
    )
    provenance = _provenance(method, folders, str(device), choice)
    return DiffusionRelaxer(sampler, _taken_by(folders), provenance)


def _taken_by(folders: Sequence[ModelFolder]) -> Capabilities:
    """What all of these models take."""
    return reduce(and_, (describe(folder).capabilities for folder in folders))


def _folders(method: Method, folder: ModelFolder, choice: RelaxerChoice) -> list[ModelFolder]:
    """The model itself; after it that of the time network, for the methods that have one."""
    if not method.needs_time_network:
        return [folder]
    name = choice.time_model or folder.config.time_model
    if not name:
        raise ModelError(
            f"the model '{folder.config.name}' names no time network; name one (--time-model)"
        )
    beside = folder.path.parent / name
    found = find_model(beside if beside.is_dir() and "/" not in name else name)
    if found.config.network.kind != NetworkKind.TIME:
        raise ModelError(f"the model '{found.config.name}' is no time network")
    if (found.config.schedule, found.config.n_steps) != (
        folder.config.schedule,
        folder.config.n_steps,
    ):
        raise ModelError(
            f"'{folder.config.name}' and '{found.config.name}' were trained with other schedules"
        )
    return [folder, found]


def _predictor(
    method: Method,
    folders: list[ModelFolder],
    choice: RelaxerChoice,
    device: "torch.device",
    schedule: "NoiseSchedule",
) -> "Predictor":
    from morered_gui.diffusion.clock import Clock, EveryStepClock, GivenClock, InitialClock
    from morered_gui.diffusion.predictor import ClockedPredictor, JointPredictor

    network, *others = [_on_device(f, choice.backend, device) for f in folders]
    if method.name in {"jt", "fast"}:
        return JointPredictor(network, schedule)
    clock: Clock
    if method.name == "as":
        clock = EveryStepClock(others[0], schedule)
    elif method.name == "itp":
        clock = InitialClock(others[0], schedule)
    else:
        clock = GivenClock(_start_t(choice, schedule.n_steps))
    return ClockedPredictor(network, clock, schedule)


def _start_t(choice: RelaxerChoice, n_steps: int) -> int:
    if choice.start_t is None or not 0 <= choice.start_t < n_steps:
        raise ExpectedError(
            f"plain diffusion needs the time step to start from (--start-t), 0 to {n_steps - 1}"
        )
    return choice.start_t


def _on_device(folder: ModelFolder, backend: Backend, device: "torch.device") -> "NetworkOnDevice":
    from morered_gui.diffusion.inference import NetworkOnDevice

    network = folder.load_network()
    if Backend(backend) == Backend.SCHNETPACK:
        from morered_gui.diffusion.schnetpack_backend import ATOMS_AT_ONCE, SchNetPackNetwork

        twin = SchNetPackNetwork.from_native(network).to(device)
        return NetworkOnDevice(twin, device, atoms_at_once=ATOMS_AT_ONCE)
    return NetworkOnDevice.of(network, device)


def _provenance(
    method: Method, folders: list[ModelFolder], device: str, choice: RelaxerChoice
) -> Provenance:
    options: dict[str, object] = {"device": device, "backend": str(choice.backend)}
    if method.starts_at_given_time:
        options["start_t"] = choice.start_t
    config = folders[0].config
    if (config.schedule, config.n_steps) != USUAL:
        options |= {"schedule": config.schedule, "n_steps": config.n_steps}
    return Provenance(
        method=method.name,
        model=MODELS_JOINED.join(f.config.name for f in folders),
        model_hash=MODELS_JOINED.join(f.weights_hash() for f in folders),
        level_of_theory=config.level_of_theory,
        options=options,
        versions=versions_of("torch"),
    )
