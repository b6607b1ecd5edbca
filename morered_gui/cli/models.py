"""``morered models``: what there is to relax with."""

import typer

from morered_gui.cli.console import guarded
from morered_gui.core.elements import symbol
from morered_gui.relaxers.registry import list_models

app = typer.Typer(help="The models that come with the program.", no_args_is_help=True)


@app.callback()
def _models() -> None:
    """Keeps the sub-command's name while there is only one."""


@app.command("list")
@guarded
def list_() -> None:
    """List models with their methods, level of theory and elements."""
    for model in list_models():
        elements = " ".join(symbol(z) for z in model.elements)
        methods = ", ".join(model.methods)
        typer.echo(f"{model.name}: {methods}; {model.level_of_theory}; {elements}")
        typer.echo(f"    {model.summary}")
