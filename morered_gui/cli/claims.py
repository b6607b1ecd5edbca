"""``morered claims``: what the paper says of the method, tested here."""

from pathlib import Path
from typing import Annotated

import typer

from morered_gui.bench.claims import CLAIMS, claim_protocol, find_claim, write_claim
from morered_gui.cli.bench import report_lost, run_and_report
from morered_gui.cli.console import Device, guarded, messages
from morered_gui.cli.options import (
    STARTS_FOLDER,
    NetworkDevice,
    ResultsFolder,
    StartsFolder,
    Workers,
)
from morered_gui.core import ExpectedError
from morered_gui.training.claim_models import FOLDER, MODELS, STEPS, claim_configs

app = typer.Typer(help="The claims of the paper, tested here.", no_args_is_help=True)


@app.command("run")
@guarded
def run(
    name: Annotated[str, typer.Argument(help=", ".join(CLAIMS))],
    method: Annotated[
        list[str] | None,
        typer.Option(help="A method, or method@model, instead of the claim's; more than once."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="A training file with references.")] = None,
    start: Annotated[list[str] | None, typer.Option(help="Starts instead of the claim's.")] = None,
    molecules: Annotated[int | None, typer.Option(min=1, help="How many.")] = None,
    seed: Annotated[list[int] | None, typer.Option(min=0, help="More than once.")] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Most steps per molecule.")] = None,
    processes: Workers = 1,
    device: NetworkDevice = Device.AUTO,
    output: ResultsFolder = None,
    starts_folder: StartsFolder = STARTS_FOLDER,
) -> None:
    """Run one claim's benchmark; JSON, table and figure. The same command goes on."""
    claim = find_claim(name)
    protocol, left_out = claim_protocol(
        claim,
        method or [],
        data=data,
        starts=tuple(start) if start else None,
        molecules=molecules,
        seeds=tuple(seed) if seed else None,
        max_steps=max_steps,
        device=device.value,
    )
    for reason in left_out:
        messages.print(f"left out: {reason}", markup=False)
    folder = output or Path("docs/results") / f"claim-{name}"
    results, _ = run_and_report(name, protocol, folder, starts_folder, processes)
    for sentence in write_claim(claim, results, folder, left_out) if results.scores else ():
        messages.print(sentence, markup=False)
    messages.print(f"wrote {folder}", markup=False)
    report_lost(results)


@app.command("train")
@guarded
def train(
    steps: Annotated[int, typer.Option(min=1, help="Of each network.")] = STEPS,
    only: Annotated[
        list[str] | None, typer.Option(help="Names of networks; else all, one after another.")
    ] = None,
) -> None:
    """Train the networks that 'efficiency' and 'level' compare. The same command goes on."""
    configs = {config.name: config for config in claim_configs(steps)}
    unknown = sorted(set(only or []) - set(configs))
    if unknown:
        raise ExpectedError(f"there is no {unknown}; there are: {', '.join(configs)}")
    from morered_gui.training.run import train_model

    for name in only or configs:
        train_model(configs[name], FOLDER / name, MODELS / name)
        messages.print(f"trained {name}", markup=False)
