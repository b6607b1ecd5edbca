"""``morered data``: build training files."""

import os
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from morered_gui.cli.console import Device, guarded, messages, progress_bar
from morered_gui.cli.options import MaxSteps, Method, NetworkDevice
from morered_gui.core import ExpectedError
from morered_gui.core.elements import symbol
from morered_gui.relaxers.registry import RelaxerChoice
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.importing import Imported, import_structures
from morered_gui.training.partners import write_partners
from morered_gui.training.qm9 import N_MOLECULES, build_qm9

app = typer.Typer(help="Build training files of equilibrium structures.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(help="A training file.")]
Output = Annotated[Path, typer.Option(help="The training file (.npz).")]
Processes = Annotated[int, typer.Option(min=1, help="Processes of one thread each.")]
JoinOnly = Annotated[bool, typer.Option("--join-only", help="Make no more, join what is finished.")]
CORES = os.cpu_count() or 1
LEAST_ATOMS = 26  # smaller molecules have few soft modes, and MMFF94's minimum does


@app.command()
@guarded
def qm9(output: Output = Path("data/qm9.npz")) -> None:
    """All of QM9 from the package qm9pack."""
    with progress_bar("QM9", N_MOLECULES, "molecule") as show:
        data = build_qm9(show)
    _save(data, output)


@app.command()
@guarded
def partners(
    source: Source = Path("data/qm9.npz"),
    folder: Annotated[Path, typer.Option(help="Where to put the minima.")] = Path("data/partners"),
    limit: Annotated[int, typer.Option(help="Most molecules.", min=1)] = 80_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice of molecules.")] = 0,
    same_molecules_as: Annotated[
        Path | None, typer.Option(help="A training file, of which to choose them.")
    ] = None,
) -> None:
    """MMFF94 minima of training molecules, for models that relax in a few evaluations."""
    data = EquilibriumSet.load(source)
    chosen = data if same_molecules_as is None else EquilibriumSet.load(same_molecules_as)
    members = np.random.default_rng(seed).permutation(chosen.members(Split.TRAIN))[:limit]
    rows = members if chosen is data else data.rows_of(chosen.index[members])
    with progress_bar("MMFF94", len(rows), "molecule") as show:
        n_failed = write_partners(data, rows, folder, show)
    messages.print(f"minimised {len(rows)} molecules, {n_failed} without a minimum", markup=False)


@app.command()
@guarded
def shapes(
    source: Source = Path("data/everyday.npz"),
    folder: Annotated[
        Path | None, typer.Option(help="Where to put them; beside the file if none is named.")
    ] = None,
    least_atoms: Annotated[int, typer.Option(min=1, help="Of the structures.")] = LEAST_ATOMS,
    seed: Annotated[int, typer.Option(min=0, help="Of the shapes.")] = 0,
    processes: Processes = CORES,
) -> None:
    """Shapes off the equilibria of large training molecules, by MMFF94; a stopped run goes on."""
    from morered_gui.training.shapes import KINDS, Shapes, Shaping, make_shapes
    from morered_gui.training.structures import loaded_once

    place = folder or source.with_name(f"{source.stem}-shapes")
    task = Shaping(source=source, least_atoms=least_atoms, seed=seed)
    with progress_bar("MMFF94", None, "structure", resumed=True) as show:
        make_shapes(task, place, processes, show)
    made = Shapes.collect(loaded_once(source), place)
    n_known = int((made.first >= 0).sum())
    messages.print(f"{len(KINDS)} shapes of {n_known} structures in {place}", markup=False)


@app.command()
@guarded
def everyday(
    output: Output = Path("data/everyday.npz"),
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Molecules; those whose minima come along, if none is given."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice and of the conformers.")] = 0,
    processes: Processes = CORES,
    join_only: JoinOnly = False,
) -> None:
    """Molecules that chemists draw, at GFN2-xTB minima; a stopped run goes on."""
    from morered_gui.training.everyday import build
    from morered_gui.training.everyday.packs import molecules_at_hand
    from morered_gui.training.everyday.test_sets import kept_for_tests

    limit = limit or molecules_at_hand(seed)
    if not limit:
        raise ExpectedError("no minima come along; say how many molecules to make: --limit")
    folders = build.Folders(output)
    candidates = build.shipped_plan(seed)[:limit]
    if len(candidates) < limit:
        with progress_bar("planning", limit, "molecule") as show:
            candidates = build.write_plan(folders.chunks, limit, seed, kept_for_tests, show)
    tasks = build.tasks_of(candidates, folders.chunks, seed)
    if not join_only:
        with progress_bar("GFN2-xTB", limit, "molecule", resumed=True) as show:
            build.make_chunks(tasks, processes, show)
    data = build.join_chunks(tasks, folders)
    _report_failures(data)
    _report(data, output)


@app.command("everyday-tests")
@guarded
def everyday_tests(
    name: Annotated[str, typer.Argument(help="drugs, small or ions.")],
    output: Annotated[Path | None, typer.Option(help="The file; data/NAME.npz if none.")] = None,
    processes: Processes = CORES,
) -> None:
    """GFN2-xTB minima of a set that is kept for tests; for 'morered bench --data'."""
    from morered_gui.training.everyday import build
    from morered_gui.training.everyday.test_sets import candidates_of

    path = output or Path("data") / f"{name}.npz"
    folders = build.Folders(path)
    candidates = candidates_of(name)
    tasks = build.reference_tasks(name, candidates, folders.chunks)
    with progress_bar("GFN2-xTB", len(candidates), "molecule", resumed=True) as show:
        build.make_chunks(tasks, processes, show)
    data = build.join_chunks(tasks, folders)
    _report_failures(data)
    _save(data.all_for(Split.TEST), path)


@app.command()
@guarded
def labels(
    source: Source = Path("data/qm9.npz"),
    output: Output = Path("data/qm9-labels.npz"),
    structures: Annotated[int, typer.Option(min=1, help="How many, failures included.")] = 104_000,
    seed: Annotated[int, typer.Option(min=0, help="Of molecules and disturbances.")] = 0,
    processes: Processes = CORES,
    join_only: JoinOnly = False,
) -> None:
    """Disturbed training molecules with GFN2-xTB energies and forces; a stopped run goes on."""
    from morered_gui.training import labelling

    task = labelling.Labelling(source=source, structures=structures, seed=seed)
    if not join_only:
        with progress_bar("GFN2-xTB", None, "molecule", resumed=True) as show:
            labelling.label_data_set(task, output, processes, show)
    data = labelling.join_labels(task, output)
    for reason, n in data.structures.meta["failures"].items():
        messages.print(f"{n} structures left out, {reason}", markup=False)
    messages.print(
        f"wrote {len(data)} structures with energies and forces, {len(data.validation_rows)} of "
        f"them held out, to {output}",
        markup=False,
    )


@app.command()
@guarded
def relax(
    source: Source,
    method: Method,
    output: Annotated[Path, typer.Option(help="The new training file (.npz).")],
    model: Annotated[
        str, typer.Option(help="Name or folder of a model; the method's own where none is named.")
    ] = "",
    limit: Annotated[
        int | None, typer.Option(min=1, help="Molecules of all parts; else all of them.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice and of the method.")] = 0,
    max_steps: MaxSteps = 1000,
    processes: Processes = CORES,
    join_only: JoinOnly = False,
    device: NetworkDevice = Device.AUTO,
) -> None:
    """The molecules of a training file at another level of theory; a stopped run goes on."""
    from morered_gui.training import relaxed

    choice = RelaxerChoice(method=method, model=model, device=device.value)
    task = relaxed.Relaxation(
        source=source, choice=choice, limit=limit, seed=seed, max_steps=max_steps
    )
    if not join_only:
        with progress_bar(method, limit, "molecule", resumed=True) as show:
            relaxed.relax_data_set(task, output, processes, show)
    data = relaxed.join_relaxed(task, output)
    for reason, n in data.meta["failures"].items():
        messages.print(f"{n} molecules left out, {reason}", markup=False)
    _report(data, output)


@app.command("import")
@guarded
def import_(
    files: Annotated[list[Path], typer.Argument(help="extxyz, sdf, ASE or SchNetPack .db")],
    level_of_theory: Annotated[str, typer.Option(help="Such as 'PBE0/def2-TZVP'.")],
    output: Output = Path("data/imported.npz"),
    name: Annotated[str, typer.Option(help="What to call the data.")] = "imported",
    split: Annotated[
        Path | None, typer.Option(help="A split file of SchNetPack (.npz) instead.")
    ] = None,
    by_molecule: Annotated[
        bool, typer.Option("--by-molecule", help="Pass over a 'split' in the files themselves.")
    ] = False,
) -> None:
    """Your own equilibrium structures.

    All structures of a molecule go into one part (training, validation, test), by a hash of it,
    unless the files have a field 'split' (train, validation or test) in extended xyz or a database.
    """
    if output.resolve() in [file.resolve() for file in files]:
        raise ExpectedError(f"{output} is one of the files to import; name another --output")
    with progress_bar("importing", None, "structure") as show:
        made = import_structures(
            files,
            level_of_theory=level_of_theory,
            name=name,
            split=split,
            by_molecule=by_molecule,
            progress=show,
        )
    made.data.save(output)
    _report_import(made, output)


def _report_import(made: Imported, output: Path) -> None:
    """Structures and molecules of each part, and what is odd about them."""
    sizes = {part: len(made.data.members(part)) for part in Split}
    parts = ", ".join(
        f"{part.name.lower()} {n} of {made.molecules[part]}" for part, n in sizes.items()
    )
    messages.print(
        f"wrote {len(made.data)} structures of {made.n_molecules} molecules "
        f"({parts}; {_elements(made.data)}) to {output}; split {made.data.meta['split']}",
        markup=False,
    )
    if made.n_left_out:
        messages.print(f"{made.n_left_out} structures are in no part and left out", markup=False)
    shared = sum(made.molecules.values()) - made.n_molecules
    if shared:
        messages.print(
            "warning: some molecules are in more than one part; --by-molecule takes them apart",
            markup=False,
        )
    if not sizes[Split.VALIDATION]:
        messages.print(
            "warning: there is nothing to validate with, which a training needs", markup=False
        )


def _report_failures(data: EquilibriumSet) -> None:
    for reason, n in data.meta["failures"].items():
        messages.print(f"{n} conformers left out, {reason}", markup=False)


def _save(data: EquilibriumSet, output: Path) -> None:
    data.save(output)
    _report(data, output)


def _report(data: EquilibriumSet, output: Path) -> None:
    parts = ", ".join(f"{len(data.members(part))} {part.name.lower()}" for part in Split)
    said = f"{parts}; {_elements(data)}"
    messages.print(f"wrote {len(data)} structures ({said}) to {output}", markup=False)


def _elements(data: EquilibriumSet) -> str:
    return " ".join(symbol(z) for z in data.elements)
