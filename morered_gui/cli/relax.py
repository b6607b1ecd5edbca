"""``morered relax``: molecules in, relaxed molecules out."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from morered_gui.app.html_export import write_html
from morered_gui.app.library_run import LibraryJob, results_beside
from morered_gui.chem.library import is_csv
from morered_gui.chem.reading import read_structures
from morered_gui.chem.smiles import mol_from_smiles, structure_from_smiles
from morered_gui.chem.writing import (
    check_folder,
    check_target,
    write_structures,
    write_trajectories,
)
from morered_gui.cli.console import Device, guarded, messages, progress_bar
from morered_gui.cli.library import relax_library, wants_stream
from morered_gui.cli.options import DrawSeed, MaxSteps, Method
from morered_gui.core import ExpectedError, StopReason, Structure, Trajectory
from morered_gui.diffusion.checkpoint import find_model
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.methods import DEFAULT_METHOD, describe, find_method, list_models
from morered_gui.relaxers.registry import (
    Backend,
    RelaxerChoice,
    build_relaxer,
    left_aside,
    with_model,
)
from morered_gui.relaxers.report import Report, report_on
from morered_gui.relaxers.suitability import either, verdict
from morered_gui.relaxers.xtb import require_xtb

Source = Annotated[
    Path | None, typer.Argument(metavar="[INPUT]", help="File with one molecule or more.")
]
Smiles = Annotated[str | None, typer.Option(help="A SMILES instead of a file.")]
Model = Annotated[
    str, typer.Option(help="Name or folder of a model; else one that takes the molecules.")
]
TimeModel = Annotated[
    str, typer.Option(help="Time network for as and itp; the model names its own.")
]
StartT = Annotated[int | None, typer.Option(min=0, help="Time step that ddpm starts from.")]
References = Annotated[
    Path | None, typer.Option(help="Structures to compare with, atoms in the same order.")
]
Output = Annotated[Path | None, typer.Option(help="Trajectory or structure file.")]
FinalOnly = Annotated[bool, typer.Option("--final-only", help="Write one frame per molecule.")]
Page = Annotated[
    Path | None, typer.Option(help="Write a page that plays the first molecule's run.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="One JSON object per molecule on standard output.")
]
CheckEnergy = Annotated[
    bool,
    typer.Option("--check-energy", help="GFN2-xTB energy before and after, and the force left."),
]
ComputeDevice = Annotated[Device, typer.Option(help="Where to compute.")]
RunBackend = Annotated[
    Backend, typer.Option(help="schnetpack runs the weights through SchNetPack's modules.")
]
Processes = Annotated[
    int, typer.Option(min=0, help="Of a library: processes; 0 takes one per core.")
]
Scheduler = Annotated[
    str, typer.Option(help="Of a library: address of a Dask scheduler to share the work.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Of a library: go on with a run that was stopped.")
]

# Of a frame per atom: position and predicted noise.
FRAME_BYTES = 36
MOST_BYTES = 8e9


@guarded
def relax(
    source: Source = None,
    smiles: Smiles = None,
    method: Method = DEFAULT_METHOD,
    model: Model = "",
    time_model: TimeModel = "",
    start_t: StartT = None,
    seed: DrawSeed = 0,
    max_steps: MaxSteps = 1000,
    reference: References = None,
    output: Output = None,
    final_only: FinalOnly = False,
    html: Page = None,
    as_json: AsJson = False,
    check_energy: CheckEnergy = False,
    device: ComputeDevice = Device.AUTO,
    backend: RunBackend = Backend.NATIVE,
    processes: Processes = 0,
    scheduler: Scheduler = "",
    resume: Resume = False,
) -> None:
    """Relax molecules from a file or a SMILES, all of them as one batch.

    Files (sdf, smi, xyz) with more than 100 molecules, any csv, and any with --processes,
    --scheduler or --resume, are libraries: streamed, results in one sdf, failures listed beside it.
    """
    if (source is None) == (smiles is None):
        raise ExpectedError("give either a file or --smiles")
    if source is not None:
        _refuse_smiles(source)
    _check_targets(output, html)
    if check_energy:
        require_xtb()
    choice = RelaxerChoice(
        method=method,
        model=model,
        time_model=time_model,
        device=device.value,
        backend=backend,
        start_t=start_t,
    )
    _tell_left_aside(choice)
    asked = bool(processes or scheduler or resume)
    library = _library(source, output, asked=asked, alone=bool(reference or html))
    if library is not None:
        job = LibraryJob(
            source=library,
            output=output or results_beside(library),
            choice=with_model(choice, ()),
            max_steps=max_steps,
            seed=seed,
            energies=check_energy,
        )
        n = processes or os.cpu_count() or 1
        relax_library(job, processes=n, scheduler=scheduler, resume=resume, as_json=as_json)
        return
    starts = _starts(source, smiles, seed)
    references = _references(reference, starts)
    trajectories = _relax_batch(choice, starts, max_steps, seed)
    _write(trajectories, output, final_only, html)
    pairs = zip(trajectories, references, strict=True)
    _tell([report_on(t, r, energies=check_energy) for t, r in pairs], as_json)


def _tell_left_aside(choice: RelaxerChoice) -> None:
    """Warn of options that the method has no use for."""
    for name in left_aside(choice):
        option = f"--{name.replace('_', '-')}"
        messages.print(f"warning: {option} has no meaning for '{choice.method}'", markup=False)


def _refuse_smiles(source: Path) -> None:
    """Raise ExpectedError for a SMILES in the place of the file."""
    try:
        if source.exists():
            return
        mol_from_smiles(str(source))
    except (OSError, ValueError):  # no SMILES either: what reads the file says what is wrong
        return
    raise ExpectedError(f"there is no file {source}; a SMILES comes after --smiles")


def _library(source: Path | None, output: Path | None, *, asked: bool, alone: bool) -> Path | None:
    """The file, if it is to be streamed; ``alone`` is what takes a batch that is kept whole.

    Raises ExpectedError where a library is ``asked`` for, or is one by its name, and can't be.
    """
    asked = asked or (source is not None and is_csv(source))
    if asked and (source is None or alone):
        raise ExpectedError(
            "a library (any csv is one) is a file, and has neither --reference nor --html"
        )
    streams = source is not None and not alone and (asked or wants_stream(source, output))
    return source if streams else None


def _check_targets(output: Path | None, html: Path | None) -> None:
    if output is not None:
        check_target(output)
    if html is not None:
        check_folder(html)


def _check_memory(starts: Sequence[Structure], max_steps: int) -> None:
    """Refuse what may not fit into memory, where a batch keeps every step of every molecule."""
    n_bytes = FRAME_BYTES * sum(len(start) for start in starts) * max_steps
    if n_bytes > MOST_BYTES:
        raise ExpectedError(
            f"{len(starts)} molecules may take {n_bytes / 1e9:.0f} GB, since all steps are kept; "
            "give fewer --max-steps, or an sdf, smi or xyz file with an .sdf --output, which is "
            "streamed"
        )


def _judge(choice: RelaxerChoice, starts: Sequence[Structure]) -> None:
    """Refuse what the method does not take, naming what does; warn of what is doubtful."""
    models = list_models()
    method = find_method(choice.method)
    model = describe(find_model(choice.model)) if method.kind is not None else None
    for start in starts:
        found = verdict(start, method, model, models)
        name = start.name or start.formula
        if found.refusal:
            options = [f"{other.title} ({other.option(method.name)})" for other in found.others]
            help_ = f"{either(options)} can take it" if options else "nothing installed takes it"
            raise ExpectedError(f"{name}: {found.reason}; {help_}")
        if found.warning:
            messages.print(f"warning: {name}: {found.warning}", markup=False)


def _relax_batch(
    choice: RelaxerChoice, starts: list[Structure], max_steps: int, seed: int
) -> list[Trajectory]:
    choice = with_model(choice, starts)
    _judge(choice, starts)
    _check_memory(starts, max_steps)
    relaxer = build_relaxer(choice, threads=1 if len(starts) == 1 else None)
    with progress_bar("relaxing", max_steps, "step") as show:
        return relax_all(
            relaxer,
            starts,
            max_steps=max_steps,
            seed=seed,
            on_frame=lambda item: show(item.frame.step),
        )


def _tell(reports: Sequence[Report], as_json: bool) -> None:
    """One line each; exit code 1 where a run has diverged."""
    for report in reports:
        typer.echo(json.dumps(report.as_dict()) if as_json else _line(report))
    if any(report.stop_reason == StopReason.DIVERGED for report in reports):
        raise typer.Exit(1)


def _starts(source: Path | None, smiles: str | None, seed: int) -> list[Structure]:
    if source is not None:
        return read_structures(source)
    return [structure_from_smiles(smiles or "", seed=seed)]


def _references(path: Path | None, starts: Sequence[Structure]) -> list[Structure | None]:
    """One reference per molecule: a file with as many structures, or with one for all."""
    if path is None:
        return [None] * len(starts)
    found = read_structures(path)
    if len(found) == 1:
        found = found * len(starts)
    if len(found) != len(starts):
        raise ExpectedError(f"{path} has {len(found)} structures for {len(starts)} molecules")
    for start, reference in zip(starts, found, strict=True):
        if not start.same_atoms(reference):
            raise ExpectedError(
                f"the reference of {start.name or start.formula} has other atoms, "
                "or the same in another order"
            )
    return list(found)


def _write(
    trajectories: list[Trajectory], output: Path | None, final_only: bool, html: Path | None
) -> None:
    if output is not None and final_only:
        write_structures(output, [t.result() for t in trajectories])
    elif output is not None:
        write_trajectories(output, trajectories)
    if html is not None:
        write_html(html, trajectories[0])


def _line(report: Report) -> str:
    """One molecule on one line."""
    parts = [
        f"{report.name}: {report.stop_reason} after {report.steps} steps",
        f"{report.evaluations} evaluations, {report.seconds:.2f} s",
    ]
    if report.t_start is not None and report.t_final is not None:
        parts.append(f"t {report.t_start:.0f} -> {report.t_final:.0f}")
    parts.append(f"moved {report.rmsd_to_start:.3f} Å")
    if report.rmsd_to_reference is not None:
        parts.append(f"RMSD to reference {report.rmsd_to_reference:.3f} Å")
    said = [", ".join(parts), report.check.headline]
    if report.check.energy_words:
        said.append(f"GFN2-xTB: {report.check.energy_words}")
    return "; ".join(said)
