"""The mean of models that were trained on from one and the same.

What such models have learnt alike stays, what each has made up for itself shrinks, and the mean
costs no more than one of them (Wortsman et al. 2022, arXiv 2203.05482).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from morered_gui.diffusion.checkpoint import ModelConfig, ModelError, ModelFolder, save_model

SHARED = ("network", "schedule", "n_steps", "methods", "time_model", "level_of_theory")


def average_models(folders: Sequence[ModelFolder], target: Path) -> ModelConfig:
    """Write the mean of the weights as a model; one that is named twice counts twice.

    Raises ModelError where the models differ in what they are, or can't be read.
    """
    first = folders[0].config
    for folder in folders[1:]:
        for name in SHARED:
            if getattr(folder.config, name) != getattr(first, name):
                raise ModelError(
                    f"{folders[0].path} and {folder.path} have no mean: they differ in '{name}'"
                )
    config = _record(folders, target.name)
    save_model(target, config, _mean([folder.load_network().state_dict() for folder in folders]))
    return config


def _mean(weights: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """In double precision; each tensor has its own type again afterwards."""
    return {
        name: torch.stack([w[name].double() for w in weights]).mean(0).to(tensor.dtype)
        for name, tensor in weights[0].items()
    }


def _record(folders: Sequence[ModelFolder], name: str) -> ModelConfig:
    """What is known of the mean: it knows what any of them knows, and no figure of theirs holds."""
    configs = [folder.config for folder in folders]
    widest = max(configs, key=lambda c: c.training.get("structures", 0))
    kept = {k: widest.training[k] for k in ("data", "split", "structures") if k in widest.training}
    sizes = [c.max_atoms for c in configs]
    members = [
        {"weights": folder.weights_hash(), **{k: c.training.get(k) for k in ("steps", "hours")}}
        for folder, c in zip(folders, configs, strict=True)
    ]
    return replace(
        widest,
        name=name,
        elements=_joined([c.elements for c in configs]),
        charges=_joined([c.charges for c in configs]),
        max_atoms=None if None in sizes else max(n for n in sizes if n is not None),
        training={**kept, "average_of": members},
    )


def _joined(limits: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Elements or charges of all; an empty one means no limit, and so does the result then."""
    return tuple(sorted(set().union(*limits))) if all(limits) else ()
