"""The validation curve: errors on fixed noisy validation structures."""

from collections.abc import Iterator

import numpy as np
import torch

from morered_gui.core import ExpectedError
from morered_gui.diffusion.network import MoreRedNetwork
from morered_gui.diffusion.process import DiffusionProcess
from morered_gui.training.batches import Batch, pad
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.recipe import ExampleTensors, diffused, fed_time

STEPS = (25, 50, 100, 200, 400)
BATCH_SIZE = 64
SEED = 8


class Validation:
    """Relative noise error and time error at each of ``STEPS``, on the validation split.

    The relative noise error |eps_hat - eps| / |eps| is, but for the superposition, the
    RMSD ratio after one jump to the estimated origin; its median over the molecules is
    reported.
    """

    def __init__(self, data: EquilibriumSet, process: DiffusionProcess, n: int) -> None:
        rows = data.members(Split.VALIDATION)
        if not len(rows):
            raise ExpectedError(
                "the data has no validation part; 'morered data import' makes one of two molecules "
                "or more, unless a split of your own leaves it out"
            )
        rng = np.random.default_rng(SEED)
        self.rows = rng.permutation(rows)[:n]
        self.data, self.process = data, process

    def __call__(self, network: MoreRedNetwork, device: torch.device) -> dict[str, float]:
        """Figures by name, such as ``noise_t100`` and ``time_t100`` (in time steps)."""
        rng = np.random.default_rng(SEED)
        figures: dict[str, float] = {}
        for t in STEPS:
            noise, time = [], []
            for batch in self._batches():
                errors = self._errors(network, device, batch, t, rng)
                noise.append(errors[0])
                time.append(errors[1])
            figures[f"noise_t{t}"] = float(np.median(np.concatenate(noise)))
            figures[f"time_t{t}"] = float(np.concatenate(time).mean())
        return figures

    def _batches(self) -> Iterator[Batch]:
        for start in range(0, len(self.rows), BATCH_SIZE):
            rows = self.rows[start : start + BATCH_SIZE]
            yield pad(self.data, rows, int(self.data.n_atoms[rows].max()))

    @torch.no_grad()
    def _errors(
        self,
        network: MoreRedNetwork,
        device: torch.device,
        batch: Batch,
        t: int,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Per molecule: relative noise error, and predicted minus true time step."""
        steps = np.full(len(batch.rows), t)
        example = diffused(self.process, batch, steps, rng)
        tensors = ExampleTensors.of(example, device)
        fed = fed_time(network.config.kind, tensors)
        output = network(tensors.numbers, tensors.positions, fed)
        noise = time_error = np.zeros(len(batch.rows))
        if output.noise is not None:
            difference = output.noise.cpu().numpy() - example.noise
            noise = np.sqrt((difference**2).sum((1, 2)) / (example.noise**2).sum((1, 2)))
        if output.time is not None:
            mean = output.time.cpu().numpy().sum(1) / batch.real.sum(1)
            time_error = (mean - example.time) * (self.process.schedule.n_steps - 1)
        return noise, time_error
