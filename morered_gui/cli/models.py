"""``morered models``: what there is to relax with."""

from pathlib import Path
from typing import Annotated

import typer

from morered_gui.cli.console import guarded, messages
from morered_gui.core.elements import atomic_number, symbol
from morered_gui.relaxers.methods import list_models

app = typer.Typer(help="The models that come with the program.", no_args_is_help=True)


@app.command("import")
@guarded
def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE.pt", help="Saved by torch.save(model).")],
    folder: Annotated[Path, typer.Option(help="Where to write the model.")],
    level_of_theory: Annotated[str, typer.Option(help="Of its training data.")] = "unknown",
    elements: Annotated[str, typer.Option(help="Of its training data, such as 'H C N O'.")] = "",
) -> None:
    """Import a model that the authors of MoreRed publish; no code in the file is run."""
    from morered_gui.diffusion.importer import import_model

    numbers = tuple(atomic_number(word) for word in elements.split())
    config = import_model(source, folder, level_of_theory=level_of_theory, elements=numbers)
    messages.print(f"wrote {folder}: a {config.network.kind} network", markup=False)


@app.command("list")
@guarded
def list_() -> None:
    """List models with their methods, level of theory and elements."""
    for model in list_models():
        elements = " ".join(symbol(z) for z in model.elements)
        methods = ", ".join(model.methods)
        typer.echo(f"{model.name}: {methods}; {model.level_of_theory}; {elements}")
        typer.echo(f"    {model.summary}")
