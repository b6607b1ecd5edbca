"""``morered bench``: relax test molecules by many methods and score the results."""

import hashlib
import json
import shlex
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table

from morered_gui.bench.protocol import FEW_STEPS, Protocol, parse_entries
from morered_gui.bench.results import Results
from morered_gui.bench.starts import STARTS
from morered_gui.bench.summary import Quartiles, Summary
from morered_gui.cli.console import Device, guarded, messages, progress_bar
from morered_gui.cli.options import (
    STARTS_FOLDER,
    MaxSteps,
    NetworkDevice,
    ResultsFolder,
    StartsFolder,
    Workers,
)
from morered_gui.core import ExpectedError
from morered_gui.training.dataset import Split

LOST_UNITS = 3


class Part(StrEnum):
    """Which part of the data the molecules come from."""

    TEST = "test"
    VALIDATION = "validation"


Data = Annotated[Path, typer.Option(help="A training file; see 'morered data'.")]
Methods = Annotated[
    list[str] | None, typer.Option(help="A method, or method@model; may be given more than once.")
]
Models = Annotated[
    list[str] | None,
    typer.Option(help="Name or folder of a model, for every method that it serves."),
]
Starts = Annotated[
    list[str] | None,
    typer.Option(help=f"All of them where none is named: {', '.join(STARTS)}."),
]
Molecules = Annotated[int, typer.Option(min=1, help="How many.")]
TestPart = Annotated[Part, typer.Option(help="Settings are chosen on the validation part only.")]
Seeds = Annotated[
    list[int] | None, typer.Option(min=0, help="Of starts and methods; more than once.")
]
BatchSize = Annotated[
    int, typer.Option(min=1, help="Molecules at once; wall times need batches of 1.")
]
Evaluations = Annotated[
    str, typer.Option(help=f"Such as 1,2,4,8: follows '{FEW_STEPS}' beyond its stop.")
]
Energies = Annotated[bool, typer.Option("--energies", help="GFN2-xTB energies of all results.")]
Dft = Annotated[
    bool, typer.Option("--dft", help="B3LYP/6-31G(2df,p) energies of all results; slow.")
]


@guarded
def bench(
    data: Data = Path("data/qm9.npz"),
    method: Methods = None,
    model: Models = None,
    start: Starts = None,
    molecules: Molecules = 300,
    split: TestPart = Part.TEST,
    seed: Seeds = None,
    max_steps: MaxSteps = 1000,
    batch_size: BatchSize = 1,
    evaluations: Evaluations = "",
    energies: Energies = False,
    dft: Dft = False,
    processes: Workers = 1,
    device: NetworkDevice = Device.AUTO,
    output: ResultsFolder = None,
    starts_folder: StartsFolder = STARTS_FOLDER,
) -> None:
    """Relax molecules from many starts by many methods; tables, JSON, CSV and one page.

    Results come to the disk as they are found: the same command goes on where it was stopped.
    """
    protocol = Protocol(
        data=data,
        entries=parse_entries(method or [FEW_STEPS], model or []),
        starts=tuple(start or STARTS),
        seeds=tuple(seed or [0]),
        molecules=molecules,
        split=Split[split.name],
        max_steps=max_steps,
        batch_size=batch_size,
        energies=energies,
        dft=dft,
        evaluations=_numbers(evaluations),
        device=device.value,
    )
    folder = output or Path("runs") / f"bench-{_short_hash(protocol)}"
    results, page = run_and_report("bench", protocol, folder, starts_folder, processes)
    for table in _tables(results):
        messages.print(table)
    messages.print(f"wrote {page}, and results.json and scores.csv beside it", markup=False)
    report_lost(results)


def run_and_report(
    title: str, protocol: Protocol, folder: Path, starts_folder: Path, processes: int
) -> tuple[Results, Path]:
    """Run a benchmark with a progress bar, and write results and page into the folder."""
    from morered_gui.bench.report import write_report
    from morered_gui.bench.run import Places, run_benchmark

    with progress_bar(title, None, "unit") as show:
        results = run_benchmark(
            protocol,
            Places(results=folder, starts=starts_folder),
            processes=processes,
            command=shlex.join(["morered", *sys.argv[1:]]),
            on_progress=show,
        )
    results.write(folder)
    return results, write_report(results, folder)


def report_lost(results: Results) -> None:
    """Name the units that were lost, and end with their exit code."""
    if not results.lost:
        return
    for lost in results.lost:
        messages.print(f"lost {lost.key}: {lost.reason}", markup=False, style="red")
    messages.print("some units were lost; the same command tries them again", style="red")
    raise typer.Exit(LOST_UNITS)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        # 0 is the start, with which a curve begins.
        return tuple(sorted({0, *map(int, text.split(","))})) if text.strip() else ()
    except ValueError:
        raise ExpectedError(f"--evaluations takes numbers such as 1,2,4, not '{text}'") from None


def _short_hash(protocol: Protocol) -> str:
    """Names the folder: the same command finds it again, another one has another folder."""
    text = json.dumps(protocol.as_dict(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _tables(results: Results) -> list[Table]:
    rows = results.summaries
    return [
        _table(name, [row for row in rows if row.start == name])
        for name in dict.fromkeys(row.start for row in rows)
    ]


def _table(start: str, rows: Sequence[Summary]) -> Table:
    before = rows[0].rmsd_start
    title = f"{start}: median (quartiles); starts at {_text(before)} Å"
    table = Table(title=title, box=SIMPLE, title_justify="left")
    table.add_column("method")
    for head in ("n", "RMSD / Å", "ratio", "failed", "t", "evaluations", "s"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row.entry,
            str(row.runs),
            _text(row.rmsd),
            "" if row.ratio is None else f"{row.ratio.median:.3f}",
            f"{100 * row.failed:.1f} %",
            "" if row.t_start is None else f"{row.t_start.median:.0f}",
            "" if row.evaluations is None else f"{row.evaluations.median:.0f}",
            "" if row.seconds is None else f"{row.seconds.median:.3f}",
        )
    return table


def _text(quartiles: Quartiles | None) -> str:
    if quartiles is None:
        return ""
    return f"{quartiles.median:.3f} ({quartiles.low:.3f}-{quartiles.high:.3f})"
