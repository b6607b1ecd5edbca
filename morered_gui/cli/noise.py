"""``morered noise``: dissolve molecules by forward diffusion."""

from pathlib import Path
from typing import Annotated

import typer

from morered_gui.chem.reading import read_structures
from morered_gui.chem.writing import write_structures
from morered_gui.cli.console import guarded, messages
from morered_gui.cli.options import DrawSeed
from morered_gui.diffusion.forward import noised


@guarded
def noise(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="File with molecules.")],
    output: Annotated[Path, typer.Option(help="File for the noisy molecules.")],
    t: Annotated[int, typer.Option("--t", help="Time step, 0 to 999.")] = 100,
    seed: DrawSeed = 0,
) -> None:
    """Diffuse molecules to a time step."""
    structures = read_structures(source)
    noisy = [noised(s, t, seed=seed, number=k) for k, s in enumerate(structures)]
    write_structures(output, noisy)
    messages.print(f"wrote {len(noisy)} molecules at t = {t} to {output}", markup=False)
