"""What the interface does with models, as plain functions for the task thread."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from morered_gui.diffusion.checkpoint import (
    BrokenModel,
    ModelError,
    ModelFolder,
    broken_user_models,
    new_user_model,
    remove_user_model,
)
from morered_gui.diffusion.torch_loading import load_torch
from morered_gui.relaxers.methods import (
    DEFAULT_METHOD,
    METHODS,
    ModelInfo,
    default_model,
    list_models,
)


@dataclass(frozen=True)
class ImportRequest:
    """What the user says of a file.

    Attributes:
        elements: atomic numbers.
        charges: of molecules, e; empty for any.
        max_atoms: of the largest molecule; None where not known.
    """

    source: Path
    name: str
    level_of_theory: str
    elements: tuple[int, ...]
    charges: tuple[int, ...] = (0,)
    max_atoms: int | None = None


@dataclass(frozen=True)
class Models:
    """All models that there are; ``hashes`` are SHA-256 of the weights, by model."""

    usable: list[ModelInfo]
    broken: list[BrokenModel] = field(default_factory=list)
    hashes: Mapping[str, str] = field(default_factory=dict)


def sorted_models() -> list[ModelInfo]:
    """The default model first, the others as they come."""
    models = list_models()
    first = default_model(METHODS[DEFAULT_METHOD], models)
    return sorted(models, key=lambda m: m is not first)


def list_all() -> Models:
    """What there is now; reads all weights for their hashes."""
    usable = sorted_models()
    hashes = {model.name: _hash_of(model) for model in usable}
    return Models(usable, broken_user_models(), hashes)


def _hash_of(model: ModelInfo) -> str:
    """Or why there is none: one model never spoils the list of all."""
    try:
        return ModelFolder.open(model.path).weights_hash()
    except (ModelError, OSError) as error:
        return f"can't be read: {error}"


def import_model(request: ImportRequest) -> Models:
    """Read a published model into the user's folder; raises ModelError. Imports torch."""
    load_torch()
    from morered_gui.diffusion.importer import import_model

    import_model(
        request.source,
        new_user_model(request.name),
        level_of_theory=request.level_of_theory,
        elements=request.elements,
        charges=request.charges,
        max_atoms=request.max_atoms,
    )
    return list_all()


def remove(path: Path) -> Models:
    """Delete one of the user's own models; raises ModelError, OSError."""
    remove_user_model(path)
    return list_all()
