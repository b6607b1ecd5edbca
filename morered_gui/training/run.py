"""From a training configuration to a model folder."""

from pathlib import Path

from torch import Tensor

from morered_gui.core import ExpectedError
from morered_gui.diffusion.checkpoint import METHODS_OF_KIND, ModelConfig, find_model, save_model
from morered_gui.diffusion.network import MoreRedNetwork
from morered_gui.diffusion.process import DiffusionProcess
from morered_gui.training.config import TrainingConfig
from morered_gui.training.dataset import EquilibriumSet
from morered_gui.training.displacement import DisplacementRecipe
from morered_gui.training.loop import Trainer
from morered_gui.training.partners import Partners
from morered_gui.training.recipe import GaussianRecipe, Recipe


def train_model(config: TrainingConfig, run_folder: Path, model_folder: Path) -> Path:
    """Train to the end of the budget; the model is written anew at each validation."""
    data = EquilibriumSet.load(Path(config.data))
    trainer = Trainer(config, data, run_folder, _recipe(config, data), _start(config))

    def export(figures: dict[str, float]) -> None:
        record = model_config(config, data, trainer, figures)
        save_model(model_folder, record, trainer.averaged.state_dict())

    trainer.run(export)
    return model_folder


def _start(config: TrainingConfig) -> dict[str, Tensor] | None:
    """The weights of another model, without a head that this network does not have."""
    if config.start_from is None:
        return None
    weights = find_model(config.start_from).load_network().state_dict()
    wanted = MoreRedNetwork(config.network).state_dict()
    shapes = {name: tensor.shape for name, tensor in weights.items()}
    if any(shapes.get(name) != tensor.shape for name, tensor in wanted.items()):
        raise ExpectedError(
            f"{config.name} can't start from {config.start_from}: the networks differ in shape, "
            "or it lacks a head"
        )
    return {name: weights[name] for name in wanted}


def _recipe(config: TrainingConfig, data: EquilibriumSet) -> Recipe:
    process = DiffusionProcess()
    if config.partners is None:
        return GaussianRecipe(
            process, config.early_fraction, config.early_steps, config.time_weight
        )
    partners = Partners.collect(data, Path(config.partners))
    return DisplacementRecipe(process, partners, time_weight=config.time_weight)


def _methods(config: TrainingConfig) -> tuple[str, ...]:
    """What the network can do, first what it was trained for."""
    methods = METHODS_OF_KIND[config.network.kind]
    first = ("fast",) if config.partners is not None else methods[:1]
    return tuple(sorted(methods, key=lambda m: m not in first))


def model_config(
    config: TrainingConfig, data: EquilibriumSet, trainer: Trainer, figures: dict[str, float]
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
        charges=tuple(sorted({int(c) for c in data.charge})),
        max_atoms=int(data.n_atoms.max()),
        summary=config.summary,
        training={
            "data": dict(data.meta),
            "split": "index mod 50: 7 test, 8 validation, the rest training",
            "steps": trainer.progress.step,
            "hours": round(trainer.progress.seconds / 3600.0, 3),
            "skipped_batches": trainer.progress.skipped,
            "config": config.as_dict(),
            "validation": {name: round(value, 5) for name, value in figures.items()},
        },
    )
