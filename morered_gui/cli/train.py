"""``morered train``: train a network by a TOML file."""

from pathlib import Path
from typing import Annotated

import typer

from morered_gui.cli.console import guarded, messages
from morered_gui.training.config import TrainingConfig


@guarded
def train(
    config: Annotated[Path, typer.Argument(help="Such as resources/training/qm9-jt.toml.")],
    runs: Annotated[Path, typer.Option(help="Folder for resume files and logs.")] = Path("runs"),
    models: Annotated[Path, typer.Option(help="Folder for finished models.")] = Path("models"),
) -> None:
    """Train, or go on training, and write the model with averaged weights."""
    settings = TrainingConfig.read(config)
    from morered_gui.training.run import train_model

    folder = train_model(settings, runs / settings.name, models / settings.name)
    messages.print(f"wrote {folder}", markup=False)
