"""The training loop: EMA, gradient clipping, resume, log and validation curve."""

import csv
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from morered_gui.core import ExpectedError
from morered_gui.core.files import replacing
from morered_gui.diffusion.devices import choose_device
from morered_gui.diffusion.memory import TRAINING_BLOCK, keep_memory
from morered_gui.training.batches import Batch
from morered_gui.training.config import TrainingConfig
from morered_gui.training.recipe import Losses

SAVE_MINUTES = 5.0
RESUME_FILE = "resume.pt"
CPU_ALLOCATOR = "DefaultCPUAllocator"  # the only sign that torch gives of a full memory
OnValidation = Callable[[dict[str, float]], None]


@dataclass
class Progress:
    """How far a run is; kept in the resume file."""

    step: int = 0
    seconds: float = 0.0
    skipped: int = 0


def rate_factor(config: TrainingConfig, progress: Progress) -> float:
    """The learning rate as a fraction of its peak: linear warm-up, cosine decay."""
    done = progress.step / config.max_steps
    if config.hours is not None:
        done = max(done, progress.seconds / (3600.0 * config.hours))
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(done, 1.0)))
    warmup = min(1.0, (progress.step + 1) / max(config.warmup_steps, 1))
    return warmup * (config.final_rate + (1.0 - config.final_rate) * cosine)


class Objective(Protocol):
    """What a network is trained for, and on what."""

    def make_network(self) -> nn.Module:
        """One with new weights."""
        ...

    def batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        """An endless stream of training batches."""
        ...

    def losses(
        self, network: Any, batch: Batch, rng: np.random.Generator, device: torch.device
    ) -> Losses:
        """What to minimise; ``network`` may be a compiled one."""
        ...

    def validate(self, network: Any, device: torch.device) -> dict[str, float]:
        """Figures by name, of structures that are not trained on."""
        ...


class Trainer:
    """One training run in one folder: ``resume.pt`` and ``log.csv``."""

    def __init__(
        self,
        config: TrainingConfig,
        objective: Objective,
        folder: Path,
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        """``start`` are weights to begin with; a resume file in the folder goes before them.

        Raises ExpectedError where that file is of a training with other settings.
        """
        keep_memory(TRAINING_BLOCK)
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        self.config, self.objective, self.folder = config, objective, folder
        self.device = choose_device(config.device)
        self.network = objective.make_network().to(self.device)
        if start is not None:
            self.network.load_state_dict(start)
        average = get_ema_multi_avg_fn(config.ema_decay)  # type: ignore[no-untyped-call]
        self.ema = AveragedModel(self.network, multi_avg_fn=average)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), config.learning_rate, weight_decay=config.weight_decay
        )
        self.progress = Progress()
        folder.mkdir(parents=True, exist_ok=True)
        self._resume()

    @property
    def averaged(self) -> nn.Module:
        """The network with averaged weights: the one to keep."""
        return self.ema.module

    @property
    def finished(self) -> bool:
        """Whether the budget of steps or hours is used up."""
        hours = self.config.hours
        late = hours is not None and self.progress.seconds >= 3600.0 * hours
        return late or self.progress.step >= self.config.max_steps

    def run(self, on_validation: OnValidation | None = None) -> None:
        """Train to the end of the budget; ``on_validation`` is told its figures."""
        network: Any = self.network
        if self.config.compile:
            network = torch.compile(network, dynamic=False)
        rng = np.random.default_rng([self.config.seed, self.progress.step])
        last_save = last_validation = time.monotonic()
        total, done = self.config.max_steps, self.progress.step
        bar = tqdm(total=total, initial=done, unit="step", disable=None)
        for batch, elapsed in _timed(self.objective.batches(rng)):
            if self.finished:
                break
            try:
                result = self._step(network, batch, rng)
            except RuntimeError as error:
                self._refuse_large(batch, error)
                self._refuse_uncompiled(error)
                raise
            self.progress.step += 1
            bar.update()
            if self.progress.step % 100 == 0:
                bar.set_postfix_str(" ".join(f"{k} {v:.5f}" for k, v in result.parts.items()))
            self.progress.seconds += elapsed()
            if time.monotonic() - last_validation > 60.0 * self.config.validate_minutes:
                last_validation = time.monotonic()
                self._validate(on_validation)
            elif time.monotonic() - last_save > 60.0 * SAVE_MINUTES:
                last_save = time.monotonic()
                self._save()
        bar.close()
        self._validate(on_validation)

    def _step(self, network: Any, batch: Batch, rng: np.random.Generator) -> Losses:
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.learning_rate * rate_factor(self.config, self.progress)
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16"
        ):
            result = self.objective.losses(network, batch, rng, self.device)
        self.optimiser.zero_grad(set_to_none=True)
        if not result.total.item() < self.config.explosion:  # also where it is NaN
            self.progress.skipped += 1
            return result
        result.total.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_clip)
        if not torch.isfinite(norm):
            self.progress.skipped += 1
            return result
        self.optimiser.step()
        self.ema.update_parameters(self.network)
        return result

    def _refuse_large(self, batch: Batch, error: RuntimeError) -> None:
        """Say so where a batch does not fit into the memory."""
        if isinstance(error, torch.OutOfMemoryError) or CPU_ALLOCATOR in str(error):
            n_structures, n_atoms = batch.numbers.shape
            raise ExpectedError(
                f"the memory of the device '{self.device}' is too small for {n_structures} "
                f"structures of {n_atoms} atoms at once; lower batch_size"
            ) from error

    def _refuse_uncompiled(self, error: RuntimeError) -> None:
        """Say so where torch's compiler fails, as it did on a GPU for some padded sizes."""
        from torch._dynamo.exc import TorchDynamoException  # takes its time; rarely needed

        if isinstance(error, TorchDynamoException):
            # What follows these words is for people who mend compilers.
            said = str(error).partition("Set TORCHDYNAMO_VERBOSE")[0].strip()
            why = said.rpartition("\n")[2].strip() or "no reason"
            raise ExpectedError(
                f"torch can't compile the network for the device '{self.device}' "
                f"({why}); set compile = false in the training file, which is slower, "
                "or TORCHINDUCTOR_PERSISTENT_REDUCTIONS=0 in the environment"
            ) from error

    def _validate(self, on_validation: OnValidation | None) -> None:
        figures = self.objective.validate(self.averaged, self.device)
        self._log(figures)
        self._save()
        if on_validation is not None:
            on_validation(figures)

    def _log(self, figures: dict[str, float]) -> None:
        path = self.folder / "log.csv"
        new = not path.exists()
        row = {
            "step": self.progress.step,
            "seconds": round(self.progress.seconds),
            "skipped": self.progress.skipped,
            **{name: f"{value:.5f}" for name, value in figures.items()},
        }
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)

    def _save(self) -> None:
        state = {
            "network": self.network.state_dict(),
            "ema": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": vars(self.progress),
            "settings": json.dumps(self.config.lasting()),
        }
        with replacing(self.folder / RESUME_FILE) as part:
            torch.save(state, part)

    def _resume(self) -> None:
        path = self.folder / RESUME_FILE
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self._refuse_others(json.loads(state.get("settings", "{}")))
        self.network.load_state_dict(state["network"])
        self.ema.load_state_dict(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.progress = Progress(**state["progress"])

    def _refuse_others(self, there: dict[str, Any]) -> None:
        """The model's record tells one set of settings; older resume files tell none."""
        now = json.loads(json.dumps(self.config.lasting()))
        different = [name for name in now if name in there and there[name] != now[name]]
        if different:
            said = "; ".join(f"{k}: {there[k]} there, {now[k]} now" for k in different)
            raise ExpectedError(
                f"{self.folder} holds a training with other settings ({said}); name another "
                "folder (--runs), or delete it"
            )


def _timed(batches: Iterator[Batch]) -> Iterator[tuple[Batch, Any]]:
    """Each batch with a clock that tells the seconds since the last reading."""
    last = time.monotonic()

    def elapsed() -> float:
        nonlocal last
        now = time.monotonic()
        seconds, last = now - last, now
        return seconds

    for batch in batches:
        yield batch, elapsed
