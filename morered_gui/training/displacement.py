"""Training for relaxation in a few network evaluations.

Gaussian noise is not what a force field gets wrong: its errors are smooth and systematic. The
network therefore also sees MMFF94 minima laid upon the equilibrium of the same molecule, parts
of the way there, structures bent along their soft modes as heat does, structures that need
nothing, and what its own moves have left. Labels are still equilibrium structures alone.

A displacement d of N atoms (x - x_0 after superposition) is read as noise of the size
sigma = |d| / sqrt(3 N); the schedule gives t, and eps = d / sigma.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn import functional

from morered_gui.core.arrays import BoolArray, FloatArray
from morered_gui.core.geometry import rotation_onto
from morered_gui.diffusion.network import Output, level_of_time, mean_time
from morered_gui.diffusion.process import DiffusionProcess, centred
from morered_gui.training.batches import Batch
from morered_gui.training.partners import Partners
from morered_gui.training.recipe import Example, ExampleTensors, Losses, denoising_losses
from morered_gui.training.shapes import Shapes

# A displacement below this (Å per coordinate) counts as one of this size with eps near 0.
SMALLEST_SIGMA = 0.004
MAX_PENDING = 64


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Shares of the kinds of input, and their sizes.

    Attributes:
        partner: share of structures displaced towards their MMFF94 minimum by a factor
            drawn from [``least_scale``, ``largest_scale``].
        another: share of those that are brought into another shape instead, where there are some
            (``Shapes``).
        warm: share of those that are bent by heat on top, of up to half of ``hottest``: what is
            right does not depend on which way MMFF94 errs.
        thermal: share of structures bent by heat; molecules without a minimum aside.
        hottest: K; temperatures are uniform up to this.
        still: share with almost nothing to do.
        jitter: Å; Gaussian noise of up to this size on top of either.
        largest_t: the rest is diffused to a t below this, small ones more often.
        again: probability that the outcome of the network's own move is trained on next.
        generations: most moves in a row.
        floor: Å per coordinate; errors are weighted by 1 / (sigma^2 + floor^2).
    """

    partner: float = 0.45
    another: float = 0.7
    warm: float = 0.33
    thermal: float = 0.15
    hottest: float = 1200.0
    still: float = 0.1
    least_scale: float = 0.0
    largest_scale: float = 1.15
    jitter: float = 0.02
    largest_t: int = 600
    again: float = 0.45
    generations: int = 6
    floor: float = 0.02


# On the way from equilibrium to minimum bonds and angles tell how far it is, and no user's start
# does. Large molecules that have shapes of their own need not be shown what lies on it.
WITH_SHAPES = Mixture(partner=0.6, thermal=0.1, still=0.08, least_scale=0.8, largest_scale=1.1)


@dataclass
class DisplacementRecipe:
    """See the module; ``partners`` and ``shapes`` may lack some of the molecules.

    ``robust``: a molecule's relative error beyond which the loss grows in proportion; 0 for never.
    """

    process: DiffusionProcess
    partners: Partners
    mixture: Mixture = field(default_factory=Mixture)
    shapes: Shapes | None = None
    time_weight: float = 0.1
    robust: float = 0.0
    _pending: list[tuple[Batch, FloatArray, int]] = field(default_factory=list)

    def example(self, batch: Batch, rng: np.random.Generator) -> Example:
        """Either a new distortion of the batch, or an earlier batch after the network's move."""
        if self._pending and rng.random() < self.mixture.again:
            earlier, positions, generation = self._pending.pop(rng.integers(len(self._pending)))
            return self._displaced(earlier, positions, generation)
        return self._displaced(batch, self._distort(batch, rng), 0)

    def losses(self, output: Output, example: Example, tensors: ExampleTensors) -> Losses:
        """Squared error of the move that the sampler will make, weighted by its size.

        With ``robust`` it is a pseudo-Huber loss of each molecule: what one torsion that goes to
        another side does to a molecule does not outweigh the others.

        The move is sigma(t_hat) eps_hat with the predicted, molecule-averaged t_hat: the noise
        head learns to make up for what the time head gets wrong.
        """
        assert output.noise is not None and output.time is not None
        said = output.time.detach()
        level = torch.tensor(self.process.schedule.noise_level)
        true_sigma = level_of_time(tensors.time, level.to(tensors.time))  # [B]
        real = tensors.numbers > 0
        mean = mean_time(said, real.to(said.dtype))
        sigma = level_of_time(mean, level.to(said))
        sigma = torch.minimum(torch.maximum(sigma, 0.5 * true_sigma), 2.0 * true_sigma)
        move = sigma[:, None, None] * output.noise
        target = true_sigma[:, None, None] * tensors.noise
        n_atoms = real.sum(1)
        weight = 1.0 / (true_sigma**2 + self.mixture.floor**2)
        squared = weight * ((move - target) ** 2).sum((1, 2)) / (3.0 * n_atoms)
        noise = (n_atoms * self._tempered(squared)).sum() / n_atoms.sum()
        time = self._time_loss(output.time, tensors)
        self._keep(example, move.detach().cpu().numpy())
        return denoising_losses(output, noise, time, self.time_weight)

    def _tempered(self, squared: torch.Tensor) -> torch.Tensor:
        """The loss of each molecule [B] by its squared relative error."""
        if not self.robust:
            return squared
        return torch.sqrt(squared + self.robust**2) - self.robust

    def _time_loss(self, time: torch.Tensor, tensors: ExampleTensors) -> torch.Tensor:
        """Huber loss of the relative error: a small t decides when to stop, it counts as well."""
        schedule = self.process.schedule
        floor = float(schedule.normalised(schedule.step_of_noise(np.array(self.mixture.floor))))
        true = tensors.time[:, None]
        error = (time - true) / torch.sqrt(true**2 + floor**2)
        real = (tensors.numbers > 0).to(time.dtype)
        loss = functional.huber_loss(error, torch.zeros_like(error), reduction="none", delta=0.5)
        return (loss * real).sum() / real.sum()

    def _keep(self, example: Example, move: FloatArray) -> None:
        """Put the outcome of the move on the list of inputs to come."""
        moved = example.positions - move.astype(np.float64)
        done = example.generation + 1
        sane = np.isfinite(moved).all() and np.abs(moved).max() < 100.0
        if sane and done <= self.mixture.generations and len(self._pending) < MAX_PENDING:
            self._pending.append((example.batch, moved, done))

    def _distort(self, batch: Batch, rng: np.random.Generator) -> FloatArray:
        """A kind of distortion for each molecule, [B, N, 3] Å."""
        mix, n = self.mixture, len(batch.rows)
        t = (mix.largest_t * rng.random(n) ** 2).astype(np.int64)
        noise = centred(rng.standard_normal(batch.positions.shape), batch.real)
        gaussian = self.process.diffuse(batch.positions, t, noise)
        jitter = (mix.jitter * rng.random(n) ** 2)[:, None, None] * noise
        toward, known = self._toward(batch, rng)
        heat = self.partners.thermal(batch, mix.hottest * rng.random(n), rng)
        warm = rng.random(n) < mix.warm
        warmth = self.partners.thermal(batch, 0.5 * mix.hottest * warm * rng.random(n), rng)
        near = batch.positions + jitter
        partner = near + toward + warmth
        shares = np.cumsum([mix.partner, mix.thermal, mix.still])
        kind = np.searchsorted(shares, rng.random(n), side="right")
        kind = np.where((kind < 2) & ~known, 3, kind)
        return np.choose(kind[:, None, None], [partner, near + heat, near, gaussian])

    def _toward(self, batch: Batch, rng: np.random.Generator) -> tuple[FloatArray, BoolArray]:
        """To a minimum or another shape, [B, N, 3] in Å, and [B] where one is known."""
        mix, n = self.mixture, len(batch.rows)
        toward, known = self.partners.displacement(batch)
        scale = rng.uniform(mix.least_scale, mix.largest_scale, n)
        if self.shapes is not None:
            another, there, scaled = self.shapes.drawn(batch, rng)
            there &= rng.random(n) < mix.another
            toward = np.where(there[:, None, None], another, toward)
            scale, known = np.where(there & ~scaled, 1.0, scale), known | there
        return scale[:, None, None] * toward, known

    def _displaced(self, batch: Batch, positions: FloatArray, generation: int) -> Example:
        """Read what separates the positions from equilibrium as noise."""
        positions = centred(positions, batch.real)
        d = positions - batch.positions @ rotation_onto(batch.positions, positions)
        size = np.sqrt((d**2).sum((1, 2)) / (3.0 * batch.real.sum(1)))
        schedule = self.process.schedule
        t = schedule.step_of_noise(np.maximum(size, SMALLEST_SIGMA))
        sigma = schedule.noise_of_step(t)
        return Example(
            batch, positions, d / sigma[:, None, None], schedule.normalised(t), generation
        )
