"""``morered models``: what there is to relax with."""

from pathlib import Path
from typing import Annotated

import typer

from morered_gui.cli.console import guarded, messages
from morered_gui.core import ExpectedError
from morered_gui.core.elements import atomic_number, symbol
from morered_gui.diffusion.checkpoint import broken_user_models, name_from, new_user_model
from morered_gui.relaxers.methods import charges_from, list_models

app = typer.Typer(help="The models that there are, and your own.", no_args_is_help=True)


@app.command("import")
@guarded
def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE.pt", help="Saved by torch.save(model).")],
    folder: Annotated[
        Path | None, typer.Option(help="Where to write the model; else among your own models.")
    ] = None,
    name: Annotated[str, typer.Option(help="Of the model; else that of the file.")] = "",
    level_of_theory: Annotated[str, typer.Option(help="Of its training data.")] = "unknown",
    elements: Annotated[str, typer.Option(help="Of its training data, such as 'H C N O'.")] = "",
    charges: Annotated[
        str, typer.Option(help="Of its training molecules, such as '-1 0 1'; '' for any.")
    ] = "0",
    max_atoms: Annotated[
        int | None, typer.Option(min=1, help="Of its largest training molecule.")
    ] = None,
) -> None:
    """Import a model that the authors of MoreRed publish; no code in the file is run."""
    from morered_gui.diffusion.importer import import_model

    if folder is not None and name:
        raise ExpectedError("give either --folder or --name")
    target = folder or new_user_model(name or name_from(source.stem))
    numbers = tuple(atomic_number(word) for word in elements.split())
    config = import_model(
        source,
        target,
        level_of_theory=level_of_theory,
        elements=numbers,
        charges=charges_from(charges),
        max_atoms=max_atoms,
    )
    messages.print(f"wrote {target}: a {config.network.kind} network", markup=False)


@app.command()
@guarded
def average(
    models: Annotated[list[str], typer.Argument(help="Names or folders; one may come twice.")],
    folder: Annotated[Path, typer.Option(help="Where to write the model.")],
) -> None:
    """Average the weights of models that were trained on from one and the same."""
    from morered_gui.diffusion.checkpoint import find_model
    from morered_gui.training.averaging import average_models

    average_models([find_model(name) for name in models], folder)
    messages.print(f"wrote {folder}: the mean of {len(models)} models", markup=False)


@app.command("list")
@guarded
def list_() -> None:
    """List models with their methods, level of theory, elements, charges and sizes."""
    for model in list_models():
        elements = " ".join(symbol(z) for z in model.elements)
        methods = ", ".join(model.methods) or f"a {model.kind} network"
        limits = f"{elements or 'any element'}; {model.charge_words}; {model.size_words}"
        typer.echo(f"{model.name}: {methods}; {model.level_of_theory}; {limits}")
        typer.echo(f"    {model.summary}")
    for broken in broken_user_models():
        messages.print(f"{broken.path} can't be used: {broken.reason}", markup=False)
