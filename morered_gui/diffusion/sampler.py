"""The one sampling loop of all variants."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from morered_gui.core import BatchFrame, Frame, PaddedBatch, StopReason, Structure
from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.diffusion.predictor import Prediction, Predictor
from morered_gui.diffusion.process import DiffusionProcess, centred
from morered_gui.diffusion.stopping import Progress, StopRule

# A coordinate beyond this (Å from the centre) means that the molecule has flown apart.
FARTHEST = 1e3
# Noise has a root mean square of 1 by definition, up to 1.6 in small molecules. Of a molecule that
# is unlike all it has learnt from, a network says more: too much is cut down, and what is absurd
# ends the run (505 was seen, a jump of 150 Å).
LARGEST_NOISE, ABSURD_NOISE = 5.0, 100.0
# A jump that is carried on by the secant is at most this much longer (chosen on validation).
LONGEST = 2.0
# Moves among which the secant is used. Later ones are small and mostly error: with the secant the
# median RMSD of the validation molecules rises again by a tenth in 20 moves, without it does not.
CARRIED = 8
TINY = 1e-12
REVERSE = 1


class Past(NamedTuple):
    """Positions one step ago and the jump that was predicted there, [B, N, 3] in Å each.

    ``moves`` is the number of moves made so far.
    """

    x: FloatArray
    jump: FloatArray
    moves: int


class Update(Protocol):
    """One move: positions x [B, N, 3], prediction, noise z [B, N, 3] -> new positions."""

    def __call__(
        self,
        process: DiffusionProcess,
        x: FloatArray,
        prediction: Prediction,
        z: FloatArray,
        past: Past | None,
    ) -> FloatArray: ...


def ancestral(
    process: DiffusionProcess,
    x: FloatArray,
    prediction: Prediction,
    z: FloatArray,
    past: Past | None,  # noqa: ARG001 - part of the interface
) -> FloatArray:
    """The reverse step of the diffusion process (Ho et al. 2020, algorithm 2)."""
    return process.reverse_step(x, prediction.t, prediction.noise, z)


def jump(
    process: DiffusionProcess,
    x: FloatArray,
    prediction: Prediction,
    z: FloatArray,  # noqa: ARG001 - part of the interface
    past: Past | None,
) -> FloatArray:
    """All predicted noise taken away at once, none put back; t is then predicted anew.

    Jumps one after the other fall short in the same direction. Where they do, the secant
    through the last two says how far they would go on (Anderson 1965, doi
    10.1145/321296.321305, with one earlier point); no move is longer than ``LONGEST`` jumps.
    """
    step = process.remove_noise(x, prediction.t, prediction.noise) - x
    if past is None or past.moves >= CARRIED:
        return x + step
    change = step - past.jump
    share = (change * step).sum((1, 2)) / np.maximum((change * change).sum((1, 2)), TINY)
    move = step - share[:, None, None] * (x - past.x + change)
    length = np.sqrt((move * move).sum((1, 2)))
    longest = LONGEST * np.sqrt((step * step).sum((1, 2)))
    return x + np.minimum(1.0, longest / np.maximum(length, TINY))[:, None, None] * move


# Draws z [B, N, 3] for a step: (step, molecules, real [B, N]) -> z.
NoiseSource = Callable[[int, IntArray, BoolArray], FloatArray]


class SeededNoise:
    """Centred Gaussian noise; molecule k draws from its own generator of (seed, k).

    Thus a molecule's run does not depend on the others of its batch. ``REVERSE`` keeps the numbers
    apart from those that a start was diffused with by the same seed: a first step that puts in
    the noise that it has just taken away arrives at another t than it should.
    """

    def __init__(self, seed: int, n_molecules: int) -> None:
        self._generators = [np.random.default_rng([seed, k, REVERSE]) for k in range(n_molecules)]

    def __call__(self, step: int, molecules: IntArray, real: BoolArray) -> FloatArray:
        z = np.zeros((*real.shape, 3))
        for row, k in enumerate(molecules):
            n = int(real[row].sum())
            z[row, :n] = self._generators[k].standard_normal((n, 3))
        return centred(z, real)


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """Moves molecules by an update until a stop rule says enough."""

    predictor: Predictor
    process: DiffusionProcess = field(default_factory=DiffusionProcess)
    update: Update = ancestral
    stop: StopRule = field(default_factory=StopRule)

    def run(
        self,
        starts: Sequence[Structure],
        *,
        max_steps: int,
        noise: NoiseSource,
        fixed: Sequence[BoolArray | None] | None = None,
    ) -> Generator[BatchFrame, None, list[StopReason]]:
        """Yield each molecule's frames; the last one of each has its prediction as well.

        A molecule that has arrived is dropped from the batch.
        """
        run = _Run(self, starts, max_steps, fixed)
        while run.active.size:
            yield from run.look()
            run.move(noise)
        return run.reasons


class _Run:
    """The state of one run: centred positions, and who is still moving."""

    def __init__(
        self,
        sampler: Sampler,
        starts: Sequence[Structure],
        max_steps: int,
        fixed: Sequence[BoolArray | None] | None,
    ) -> None:
        self.sampler, self.starts, self.max_steps = sampler, starts, max_steps
        self.whole = PaddedBatch.of([s.centred() for s in starts])
        self.x = self.whole.positions.copy()
        self.centres = np.array([s.positions.mean(0) for s in starts])
        self.held = _padded_mask(fixed, self.whole)
        self.active = np.arange(len(starts))
        # Last moves still to come, -1 before the plateau.
        self.settling = np.full(len(starts), -1)
        self.reasons = [StopReason.MAX_STEPS] * len(starts)
        self.progress = [Progress(sampler.stop, sampler.process.schedule) for _ in starts]
        self.evaluations = np.zeros(len(starts), dtype=int)
        self.t_start: IntArray | None = None
        self.past_x, self.past_jump = np.zeros_like(self.x), np.zeros_like(self.x)
        self.step = 0
        self.began = time.perf_counter()

    def look(self) -> Generator[BatchFrame, None, None]:
        """Predict for all that still move, show the frames, and drop who has arrived."""
        batch = self._active_batch()
        t_start = None if self.t_start is None else self.t_start[self.active]
        prediction = _bounded(self.sampler.predictor(batch, self.step, t_start), batch)
        if self.t_start is None:
            self.t_start = prediction.t.copy()
        self.evaluations[self.active] += prediction.evaluations
        seconds = time.perf_counter() - self.began
        keep = []
        for row, k in enumerate(self.active.tolist()):
            frame = self._frame(k, row, prediction, seconds)
            keep.append(self._goes_on(k, int(prediction.t[row]), frame))
            yield BatchFrame(k, frame)
        self.batch, self.prediction = _rows(batch, prediction, np.array(keep))
        self.active = self.active[keep]

    def move(self, noise: NoiseSource) -> None:
        """Take the step that the last look decided on; drop molecules that fly apart."""
        if not self.active.size:
            return
        rows, size = self.active, self.batch.numbers.shape[1]
        new = self._next_positions(noise(self.step, rows, self.batch.real))
        new = np.where(self.held[rows, :size, None], self.whole.positions[rows, :size], new)
        with np.errstate(invalid="ignore"):
            sane = (np.abs(new) < FARTHEST).all((1, 2))  # False for NaN as well
        self.x[rows[sane], :size] = new[sane]
        for k in rows[~sane]:
            self.reasons[k] = StopReason.DIVERGED
        self.active = rows[sane]
        self.step += 1

    def _next_positions(self, z: FloatArray) -> FloatArray:
        """[B, N, 3] by the update, or by taking noise away where a molecule settles."""
        x, rows, size = self.batch.positions, self.active, self.batch.numbers.shape[1]
        # What is held makes no jump, and has no say in how far the secant carries the others.
        held = self.held[rows, :size, None]
        prediction = self.prediction._replace(noise=np.where(held, 0.0, self.prediction.noise))
        process = self.sampler.process
        past = None
        if self.step:
            past = Past(self.past_x[rows, :size], self.past_jump[rows, :size], self.step)
        new = self.sampler.update(process, x, prediction, z, past)
        clean = process.remove_noise(x, prediction.t, prediction.noise)
        self.past_x[rows, :size], self.past_jump[rows, :size] = x, clean - x
        return np.where(self.settling[rows, None, None] > 0, clean, new)

    def _active_batch(self) -> PaddedBatch:
        size = int(self.whole.n_atoms[self.active].max())
        return PaddedBatch(self.whole.numbers[self.active, :size], self.x[self.active, :size])

    def _frame(self, k: int, row: int, prediction: Prediction, seconds: float) -> Frame:
        n = len(self.starts[k])
        positions = self.x[k, :n] + self.centres[k]
        held = self.held[k, :n]
        # Adding the centre back rounds; what is fixed has to stay to the last bit.
        still = held if self.step else np.ones(n, dtype=bool)
        positions[still] = self.starts[k].positions[still]
        noise = prediction.noise[row, :n]
        return Frame(
            step=self.step,
            positions=positions,
            t=float(prediction.t[row]),
            noise=noise if np.isfinite(noise).all() else None,
            evaluations=int(self.evaluations[k]),
            seconds=seconds,
        )

    def _goes_on(self, k: int, t: int, frame: Frame) -> bool:
        """Whether molecule k moves once more; notes the reason where it does not."""
        if frame.noise is None:
            self.reasons[k] = StopReason.DIVERGED
            return False
        if self.settling[k] > 0:
            self.settling[k] -= 1
        else:
            reason = self.progress[k].reason(t, frame.positions)
            if reason == StopReason.CONVERGED:
                self.reasons[k] = reason
                return False
            if reason == StopReason.PLATEAU:
                self.settling[k] = self.sampler.stop.settling
        if self.settling[k] == 0:
            self.reasons[k] = StopReason.PLATEAU
            return False
        return self.step < self.max_steps


def _bounded(prediction: Prediction, batch: PaddedBatch) -> Prediction:
    """With noise of a size that noise can have; NaN where it is absurd (``LARGEST_NOISE``)."""
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.sqrt((prediction.noise**2).sum((1, 2)) / (3 * batch.n_atoms))
        share = np.where(size < ABSURD_NOISE, 1.0 / np.maximum(1.0, size / LARGEST_NOISE), np.nan)
        return prediction._replace(noise=prediction.noise * share[:, None, None])


def _rows(
    batch: PaddedBatch, prediction: Prediction, keep: BoolArray
) -> tuple[PaddedBatch, Prediction]:
    return (
        PaddedBatch(batch.numbers[keep], batch.positions[keep]),
        Prediction(prediction.noise[keep], prediction.t[keep], prediction.evaluations),
    )


def _padded_mask(fixed: Sequence[BoolArray | None] | None, batch: PaddedBatch) -> BoolArray:
    mask = np.zeros(batch.numbers.shape, dtype=bool)
    for k, held in enumerate(fixed or ()):
        if held is not None:
            mask[k, : len(held)] = held
    return mask
