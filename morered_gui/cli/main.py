"""The command ``morered``."""

from typing import Annotated

import typer

from morered_gui.app.report import surroundings
from morered_gui.cli import bench, claims, data, methods, models, noise, relax, train

app = typer.Typer(
    name="morered",
    help="Relax molecules by reverse diffusion with time step prediction (MoreRed).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(surroundings())
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version",
        callback=_tell_version,
        is_eager=True,
        help="Tell the versions of the program and of what it is made of.",
    ),
]


@app.callback()
def _options(version: Version = False) -> None:
    pass


app.command("relax")(relax.relax)
app.command("methods")(methods.methods)
app.command("noise")(noise.noise)
app.command("train")(train.train)
app.command("bench")(bench.bench)
app.add_typer(claims.app, name="claims")
app.add_typer(data.app, name="data")
app.add_typer(models.app, name="models")


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
