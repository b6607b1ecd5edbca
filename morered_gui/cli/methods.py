"""``morered methods``: the ways to relax, and whether they can run here."""

import typer

from morered_gui.cli.console import guarded
from morered_gui.relaxers.methods import Method, all_methods, list_models, models_for
from morered_gui.relaxers.suitability import obstacle


@guarded
def methods() -> None:
    """List the methods of 'morered relax': what they do, what they need, what is missing."""
    models = list_models()
    for method in all_methods().values():
        typer.echo(f"{method.name}: {method.title}; {method.summary}")
        names = [model.name for model in models_for(method, models)]
        needs = _needs(method, names)
        typer.echo(f"    {obstacle(method, models) or needs}")


def _needs(method: Method, models: list[str]) -> str:
    """What the method needs, all of which is there."""
    network = "" if method.kind is None else f"{method.kind} network ({', '.join(models)})"
    needs = ", ".join(filter(None, [network, method.package]))
    return f"ready; needs {needs}" if needs else "ready; needs no model"
