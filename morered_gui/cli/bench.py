"""``morered bench``: relax test molecules and score the results."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table

from morered_gui.bench.protocol import Score, choose_molecules, score_method
from morered_gui.bench.summary import Summary, summarise
from morered_gui.cli.console import Device, guarded, messages, progress_bar
from morered_gui.core.files import replacing
from morered_gui.relaxers.methods import DEFAULT_METHOD
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer
from morered_gui.training.dataset import EquilibriumSet


@guarded
def bench(
    data: Annotated[Path, typer.Option(help="A training file; see 'morered data'.")] = Path(
        "data/qm9.npz"
    ),
    method: Annotated[str, typer.Option(help="How to relax.")] = DEFAULT_METHOD,
    model: Annotated[str, typer.Option(help="Name or folder of a model.")] = "",
    start: Annotated[
        list[str] | None, typer.Option(help="mmff94, t100, ...; may be given more than once.")
    ] = None,
    molecules: Annotated[int, typer.Option(min=1, help="Test molecules.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice and of the noise.")] = 0,
    max_steps: Annotated[int, typer.Option(min=1, help="Most steps per molecule.")] = 1000,
    batch_size: Annotated[int, typer.Option(min=1, help="Molecules in one batch.")] = 100,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.AUTO,
    output: Annotated[Path | None, typer.Option(help="JSON file for all scores.")] = None,
) -> None:
    """Relax molecules of the test split from disturbed starts; the table goes to the screen."""
    began = time.perf_counter()
    chosen = list(choose_molecules(EquilibriumSet.load(data), molecules, seed))
    relaxer = build_relaxer(RelaxerChoice(method=method, model=model, device=device.value))
    scores: list[Score] = []
    summaries: list[Summary] = []
    for kind in start or ["t100"]:
        with progress_bar(kind, len(chosen), "molecule") as show:
            found = score_method(
                relaxer,
                chosen,
                kind,
                seed=seed,
                max_steps=max_steps,
                batch_size=batch_size,
                on_batch=show,
            )
        scores += found
        summaries.append(summarise(found))
    messages.print(_table(summaries))
    messages.print(f"{time.perf_counter() - began:.0f} s, seed {seed}", markup=False)
    if output is not None:
        _write(output, summaries, scores, relaxer.provenance.model_hash)


def _table(summaries: list[Summary]) -> Table:
    table = Table(title="median (quartiles) against the reference", box=SIMPLE)
    for title in ("start", "n", "RMSD start", "RMSD / Å", "ratio", "failed", "t", "evaluations"):
        table.add_column(title, justify="right")
    for s in summaries:
        table.add_row(
            s.start,
            str(s.n),
            f"{s.rmsd_start:.3f}",
            f"{s.rmsd:.3f} ({s.rmsd_quartiles[0]:.3f}-{s.rmsd_quartiles[1]:.3f})",
            f"{s.ratio:.3f} ({s.ratio_quartiles[0]:.3f}-{s.ratio_quartiles[1]:.3f})",
            f"{100 * s.failure_rate:.1f} %",
            "" if s.mean_t_start is None else f"{s.mean_t_start:.1f}",
            f"{s.evaluations:.0f}",
        )
    return table


def _write(path: Path, summaries: list[Summary], scores: list[Score], model_hash: str) -> None:
    table = {
        "model_hash": model_hash,
        "summaries": [s.as_dict() for s in summaries],
        "scores": [s.as_dict() for s in scores],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
