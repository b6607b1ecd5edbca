"""Options that several commands have: bounds and help in one place; each has its own default."""

from pathlib import Path
from typing import Annotated

import typer

from morered_gui.cli.console import Device

Method = Annotated[str, typer.Option(help="How to relax; see 'morered methods'.")]
MaxSteps = Annotated[int, typer.Option(min=1, help="Most steps per molecule.")]
DrawSeed = Annotated[int, typer.Option(min=0, help="Of the random draws.")]
NetworkDevice = Annotated[Device, typer.Option(help="Where to compute networks.")]

# Of benchmarks, those of claims included.
Workers = Annotated[int, typer.Option(min=1, help="Workers of one thread each.")]
ResultsFolder = Annotated[
    Path | None, typer.Option(help="Folder of the results; a stopped run goes on there.")
]
StartsFolder = Annotated[
    Path, typer.Option(help="Where starts and DFT energies are kept for all benchmarks.")
]
STARTS_FOLDER = Path("data/bench-starts")
