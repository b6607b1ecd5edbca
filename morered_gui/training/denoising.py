"""What the networks of MoreRed are trained for: noise and time of disturbed equilibria."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from morered_gui.diffusion.config import NetworkConfig
from morered_gui.diffusion.network import MoreRedNetwork
from morered_gui.training.batches import Batch, BatchStream
from morered_gui.training.recipe import ExampleTensors, Losses, Recipe, fed_time
from morered_gui.training.validation import Validation


@dataclass(frozen=True)
class Denoising:
    """See ``loop.Objective``; the recipe makes the disturbances."""

    network: NetworkConfig
    recipe: Recipe
    stream: BatchStream
    validation: Validation

    def make_network(self) -> MoreRedNetwork:
        return MoreRedNetwork(self.network)

    def batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        return self.stream(rng)

    def losses(
        self, network: Any, batch: Batch, rng: np.random.Generator, device: torch.device
    ) -> Losses:
        example = self.recipe.example(batch, rng)
        tensors = ExampleTensors.of(example, device)
        fed = fed_time(self.network.kind, tensors)
        output = network(tensors.numbers, tensors.positions, fed)
        return self.recipe.losses(output, example, tensors)

    def validate(self, network: Any, device: torch.device) -> dict[str, float]:
        return self.validation(network, device)
