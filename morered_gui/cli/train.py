"""``morered train``: train a network by a TOML file."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from morered_gui.cli.console import guarded, messages
from morered_gui.training.config import TrainingConfig

# glibc hands large blocks back to the system after each use and faults them in again; told
# to keep them, a training step takes a half to a quarter of the time (docs/training.md).
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(8 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
}


@guarded
def train(
    config: Annotated[Path, typer.Argument(help="Such as resources/training/qm9-jt.toml.")],
    runs: Annotated[Path, typer.Option(help="Folder for resume files and logs.")] = Path("runs"),
    models: Annotated[Path, typer.Option(help="Folder for finished models.")] = Path("models"),
) -> None:
    """Train, or go on training, and write the model with averaged weights."""
    settings = TrainingConfig.read(config)
    _restart_with_kept_memory()
    from morered_gui.training.run import train_model

    folder = train_model(settings, runs / settings.name, models / settings.name)
    messages.print(f"wrote {folder}", markup=False)


def _restart_with_kept_memory() -> None:
    """The allocator reads its settings when the process starts."""
    if not sys.platform.startswith("linux") or KEEP_MEMORY.keys() <= os.environ.keys():
        return
    command = [sys.executable, "-m", "morered_gui.cli.main", *sys.argv[1:]]
    os.execve(sys.executable, command, {**KEEP_MEMORY, **os.environ})
