"""Import models of the reference implementation (khaledkah/MoreRed)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from morered_gui.diffusion.checkpoint import METHODS_OF_KIND, ModelConfig, ModelError, save_model
from morered_gui.diffusion.foreign_pickle import Shell, read_module, shells, state_of
from morered_gui.diffusion.network import MoreRedNetwork
from morered_gui.diffusion.upstream import config_of, from_upstream

# Parts that this project's network has, by the last part of their class names; of each group
# a model has to have the one that is named.
NEEDED = {"PaiNN": "representation", "GaussianRBF": "radial basis", "CosineCutoff": "cut-off"}


def import_model(
    source: Path,
    target: Path,
    *,
    level_of_theory: str = "unknown",
    elements: tuple[int, ...] = (),
    charges: tuple[int, ...] = (0,),
    max_atoms: int | None = None,
) -> ModelConfig:
    """Write a published model as a model folder.

    Args:
        source: a file that ``torch.save(model)`` wrote.
        target: the folder to write.
        level_of_theory: of its training data; the file does not tell.
        elements: atomic numbers of its training data; the file does not tell.
        charges: molecular charges of its training data, e; empty for no limit.
        max_atoms: of its largest training molecule; None where that is not known.

    Raises:
        ModelError: the file is no such model, asks for more than weights, or its network is
            built of other parts.
    """
    module = read_module(source)
    _check_parts(module)
    network = _network(state_of(module))
    file_name = source.name.encode(errors="replace").decode()  # it may be no text
    config = ModelConfig(
        name=target.name,
        network=network.config,
        methods=METHODS_OF_KIND[network.config.kind],
        level_of_theory=level_of_theory,
        elements=elements,
        charges=charges,
        max_atoms=max_atoms,
        summary=f"imported from {file_name}",
        training={"imported_from": file_name},
    )
    try:
        config.check()
    except (ValueError, TypeError) as error:
        raise ModelError(f"the network can't be imported: {error}") from error
    save_model(target, config, network.state_dict())
    return config


def _check_parts(module: Shell) -> None:
    names = {shell.origin.rpartition(".")[2] for _, shell in shells(module)}
    missing = [f"{part} ({what})" for part, what in NEEDED.items() if part not in names]
    if missing:
        raise ModelError(f"the network can't be imported: it has no {', no '.join(missing)}")


def _network(state: Mapping[str, np.ndarray]) -> MoreRedNetwork:
    """The network of reference weights; raises ModelError where they do not fit it."""
    weights = {name: torch.from_numpy(array) for name, array in state.items()}
    try:
        network = MoreRedNetwork(config_of(weights))
        network.load_state_dict(from_upstream(weights))
    except (ValueError, KeyError, IndexError, RuntimeError) as error:
        raise ModelError(f"the network can't be imported: {error}") from error
    if not all(bool(w.isfinite().all()) for w in network.state_dict().values()):
        raise ModelError("the network can't be imported: its weights are not finite")
    return network.eval().requires_grad_(False)
