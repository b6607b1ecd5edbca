"""The weights that a training run begins with, out of another model."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from morered_gui.core import ExpectedError
from morered_gui.diffusion.checkpoint import find_model
from morered_gui.diffusion.config import NetworkKind
from morered_gui.training.config import TrainingConfig
from morered_gui.training.loop import Objective

FILTERS = "representation.filter_net."  # rows of all interactions, one after another
ELASTIC = "elastic_head."  # begins as nothing
REFERENCES = "references"  # of a force field: those of its own data


def start_weights(config: TrainingConfig, objective: Objective) -> Mapping[str, Tensor] | None:
    """The weights of the model ``start_from``, None where none is named.

    A head that this network does not have is left out. Interactions that it has and the other
    lacks come last, and do nothing until they have learnt something: the deeper network
    begins as the other one. So does one with an elastic head that the other lacks.

    Raises ExpectedError where the networks differ in any other way.
    """
    if config.start_from is None:
        return None
    folder = find_model(config.start_from)
    energies = config.network.kind == NetworkKind.ENERGY
    other = folder.load_energy_network() if energies else folder.load_network()
    if other.config.cutoff != config.network.cutoff:  # it would be taken over with the weights
        raise ExpectedError(
            f"{config.name} can't start from {config.start_from}: its cut-off is "
            f"{other.config.cutoff:g} Å, not {config.network.cutoff:g} Å"
        )
    network: Any = objective.make_network()
    _silence(network, other.config.n_interactions)
    weights, begun = other.state_dict(), {}
    for name, new in network.state_dict().items():
        old = _extended(name, weights.get(name), new, other.config.n_interactions)
        if old is None or old.shape != new.shape:
            raise ExpectedError(
                f"{config.name} can't start from {config.start_from}: the networks differ in "
                "shape, or it lacks a head"
            )
        begun[name] = old
    return begun


def _silence(network: Any, n_known: int) -> None:
    """Let the interactions after the first ``n_known`` change nothing."""
    body = network.representation
    blocks = [block.interatomic_context_net for block in body.interactions[n_known:]]
    blocks += [block.intraatomic_context_net for block in body.mixing[n_known:]]
    for block in blocks:
        nn.init.zeros_(block[-1].weight)
        nn.init.zeros_(block[-1].bias)


def _extended(name: str, old: Tensor | None, new: Tensor, n_known: int) -> Tensor | None:
    """What the tensor begins as; None where the other network has nothing for it."""
    if name == REFERENCES or _is_further(name, n_known):
        return new
    if old is None and name.startswith(ELASTIC):
        return new
    if old is not None and name.startswith(FILTERS):
        return torch.cat([old, new[len(old) :]])
    return old


def _is_further(name: str, n_known: int) -> bool:
    _, _, block = name.partition("representation.")
    kind, _, rest = block.partition(".")
    return kind in ("interactions", "mixing") and int(rest.partition(".")[0]) >= n_known
