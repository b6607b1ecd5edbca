"""From a training configuration to a model folder."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from morered_gui.core import ExpectedError
from morered_gui.core.arrays import IntArray
from morered_gui.core.elements import symbol
from morered_gui.diffusion.checkpoint import CONFIG_FILE, METHODS_OF_KIND, ModelConfig, save_model
from morered_gui.diffusion.config import NetworkKind
from morered_gui.diffusion.devices import choose_device, has_bfloat16
from morered_gui.diffusion.process import DiffusionProcess
from morered_gui.training.batches import BatchStream
from morered_gui.training.card import write_card
from morered_gui.training.config import TrainingConfig
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.denoising import Denoising
from morered_gui.training.displacement import WITH_SHAPES, DisplacementRecipe, Mixture
from morered_gui.training.forces import ForceMatching
from morered_gui.training.labels import LabelledSet, is_held_out
from morered_gui.training.learnt import note_learnt
from morered_gui.training.loop import RESUME_FILE, Objective, Trainer
from morered_gui.training.partners import Partners
from morered_gui.training.recipe import GaussianRecipe, Recipe
from morered_gui.training.shapes import Shapes
from morered_gui.training.validation import Validation
from morered_gui.training.warm_start import start_weights

_log = logging.getLogger(__name__)
CHOICE_SEED = 0  # of the molecules that ``n_training`` leaves
LEAST_SHARE = 1e-3  # of the structures: a charge that fewer have is not said to be known
SPLIT = "index mod 50: 7 test, 8 validation, the rest training"


def train_model(config: TrainingConfig, run_folder: Path, model_folder: Path) -> Path:
    """Train to the end of the budget; the model is written anew at each validation.

    Raises ExpectedError where the folder holds a model that this run has not made, or the run
    would validate on what it has learnt from before it was stopped.
    """
    _refuse_foreign(model_folder, run_folder)
    config = with_usable_precision(config)
    data = EquilibriumSet.load(Path(config.data))
    _refuse_heavy(config, data)
    rows = training_rows(config, data)
    objective = _objective(config, data, rows)
    trainer = Trainer(config, objective, run_folder, start_weights(config, objective))
    note_learnt(run_folder, data, rows, kept_rows(config, data))

    def export(figures: dict[str, float]) -> None:
        record = model_config(config, data, len(rows), trainer, figures)
        save_model(model_folder, record, trainer.averaged.state_dict())
        write_card(model_folder, record, sum(p.numel() for p in trainer.averaged.parameters()))

    trainer.run(export)
    return model_folder


def _refuse_foreign(model_folder: Path, run_folder: Path) -> None:
    """A model that came along, or that somebody trained elsewhere, is not written over."""
    if (model_folder / CONFIG_FILE).exists() and not (run_folder / RESUME_FILE).exists():
        raise ExpectedError(
            f"there is a model in {model_folder}, and not by this training; "
            "name another folder (--models), or move that model away"
        )


def _refuse_heavy(config: TrainingConfig, data: EquilibriumSet) -> None:
    """An element beyond those that the network has a place for."""
    heaviest, most = data.elements[-1], config.network.max_atomic_number
    if heaviest > most:
        raise ExpectedError(
            f"{config.data} has {symbol(heaviest)} (atomic number {heaviest}), and the network "
            f"ends at {most}; raise max_atomic_number in [network]"
        )


def with_usable_precision(config: TrainingConfig) -> TrainingConfig:
    """With single precision, and a word about it, where the device has no bfloat16."""
    device = choose_device(config.device)
    if config.precision == "float32" or has_bfloat16(device):
        return config
    _log.warning("%s: the device '%s' has no bfloat16; training in float32", config.name, device)
    return replace(config, precision="float32")


def training_rows(config: TrainingConfig, data: EquilibriumSet) -> IntArray:
    """The structures to train on; raises ExpectedError where there are fewer than asked for."""
    rows = np.setdiff1d(np.arange(len(data)), kept_rows(config, data))
    labelled = config.network.kind == NetworkKind.ENERGY
    if config.same_molecules_as is not None:
        rows = data.shared(rows, EquilibriumSet.load(Path(config.same_molecules_as)))
    if not len(rows):
        raise ExpectedError(f"{config.data} has no structure to train on")
    if config.n_training is None:
        return rows
    if len(rows) < config.n_training:
        raise ExpectedError(f"{config.data} has {len(rows)} structures, not {config.n_training}")
    if not labelled:
        rows = rows[np.argsort(data.index[rows], kind="stable")]  # alike in files of other orders
        rows = np.random.default_rng(CHOICE_SEED).permutation(rows)
    return rows[: config.n_training]


def kept_rows(config: TrainingConfig, data: EquilibriumSet) -> IntArray:
    """The structures that nothing is learnt from, the labels that are held out among them."""
    kept = data.split != Split.TRAIN
    if config.network.kind == NetworkKind.ENERGY:
        kept |= is_held_out(data.index)
    return np.flatnonzero(kept)


def _repeated(rows: IntArray, first: int, times: int) -> IntArray:
    """The rows of an epoch: those from ``first`` on stand there ``times`` times."""
    return np.repeat(rows, np.where(rows < first, 1, times))


def _objective(config: TrainingConfig, data: EquilibriumSet, rows: IntArray) -> Objective:
    often = _repeated(rows, len(data) - config.newest, config.newest_times)
    stream = BatchStream(data, often, config.batch_size, config.n_sizes, config.size_power)
    if config.network.kind == NetworkKind.ENERGY:
        labels = LabelledSet.load(Path(config.data))
        return ForceMatching(
            config.network, labels, rows, stream, config.energy_weight, config.n_validation
        )
    if "kinds" in data.meta:
        raise ExpectedError(f"{config.data} has disturbed structures; MoreRed needs equilibria")
    validation = Validation(data, DiffusionProcess(), config.n_validation)
    return Denoising(config.network, _recipe(config, data), stream, validation)


def _recipe(config: TrainingConfig, data: EquilibriumSet) -> Recipe:
    process = DiffusionProcess()
    if config.partners is None:
        return GaussianRecipe(
            process, config.early_fraction, config.early_steps, config.time_weight
        )
    partners = Partners.collect(data, Path(config.partners))
    mixture, shapes = Mixture(), None
    if config.shapes is not None:
        mixture, shapes = WITH_SHAPES, Shapes.collect(data, Path(config.shapes))
    return DisplacementRecipe(process, partners, mixture, shapes, config.time_weight, config.robust)


def _methods(config: TrainingConfig) -> tuple[str, ...]:
    """What the network can do, first what it was trained for."""
    methods = METHODS_OF_KIND[config.network.kind]
    first = ("fast",) if config.partners is not None else methods[:1]
    return tuple(sorted(methods, key=lambda m: m not in first))


def known_charges(data: EquilibriumSet) -> tuple[int, ...]:
    """Those that come up often enough to be learnt."""
    charges, counts = np.unique(data.charge, return_counts=True)
    return tuple(charges[counts >= LEAST_SHARE * len(data)].tolist())


def model_config(
    config: TrainingConfig,
    data: EquilibriumSet,
    n_structures: int,
    trainer: Trainer,
    figures: dict[str, float],
) -> ModelConfig:
    """The record that goes with the weights."""
    level = data.meta.get("level_of_theory", "unknown")
    return ModelConfig(
        name=config.name,
        network=config.network,
        methods=_methods(config),
        time_model=config.time_model,
        level_of_theory=level,
        elements=tuple(data.elements),
        charges=known_charges(data),
        max_atoms=int(data.n_atoms.max()),
        summary=config.summary,
        training={
            "data": dict(data.meta),
            "split": data.meta.get("split", SPLIT),
            "structures": n_structures,
            "steps": trainer.progress.step,
            "hours": round(trainer.progress.seconds / 3600.0, 3),
            "skipped_batches": trainer.progress.skipped,
            "config": config.as_dict(),
            "validation": {name: round(value, 5) for name, value in figures.items()},
        },
    )
