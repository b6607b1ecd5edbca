"""A data set relaxed again by any method: the same molecules at another level of theory."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from morered_gui.chem.validity import bonds_kept
from morered_gui.core import ExpectedError, Provenance, Relaxer, StopReason, Structure, Trajectory
from morered_gui.core.arrays import FloatArray
from morered_gui.core.configuration import claim_folder
from morered_gui.core.files import replacing
from morered_gui.relaxers.collect import batches_by_size, relax_each
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer, relaxer_of_process
from morered_gui.training.chunks import Progress, RowChunk, chunks_folder, make_missing, row_chunks
from morered_gui.training.dataset import EquilibriumSet, Record
from morered_gui.training.structures import loaded_once, structure_of

CHUNK = 100  # molecules
ARRIVED = {StopReason.CONVERGED, StopReason.PLATEAU}
REFUSED, NOT_CONVERGED, BONDS = "refused", "not converged", "other bonds than before"


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """How a data set is relaxed again.

    Attributes:
        source: a training file.
        choice: the relaxer.
        limit: molecules; a smaller choice is the beginning of a larger one. None for all.
        seed: of the choice of molecules and of the relaxer.
        max_steps: most steps per molecule; one that needs more is left out.
    """

    source: Path
    choice: RelaxerChoice
    limit: int | None = None
    seed: int = 0
    max_steps: int = 1000


Chunk = RowChunk[Relaxation]


def chunks_of(task: Relaxation, output: Path) -> list[Chunk]:
    """The chunks of a relaxation, those that are done included.

    Raises ExpectedError where the relaxer can't be built, or the folder of chunks belongs to
    another relaxation.
    """
    data = EquilibriumSet.load(task.source)
    made_by = build_relaxer(task.choice, threads=1).provenance
    folder = chunks_folder(output)
    claim_folder(
        folder,
        {
            "source": hashlib.sha256(task.source.read_bytes()).hexdigest(),
            "choice": asdict(task.choice),
            "model_hash": made_by.model_hash,
            "seed": task.seed,
            "max_steps": task.max_steps,
        },
    )
    rows = np.random.default_rng(task.seed).permutation(len(data))[: task.limit].tolist()
    return row_chunks(folder, rows, task, CHUNK)


def relax_data_set(task: Relaxation, output: Path, processes: int, progress: Progress) -> None:
    """Relax what is not relaxed yet; see ``make_missing``."""
    make_missing(chunks_of(task, output), relax_chunk, processes, progress)


def relax_chunk(chunk: Chunk) -> None:
    """Relax the molecules of a chunk and write them."""
    began = time.process_time()
    data, relaxer = loaded_once(chunk.task.source), relaxer_of_process(chunk.task.choice)
    found: dict[int, FloatArray] = {}
    failures: Counter[str] = Counter()
    evaluations = 0
    starts = _starts(data, chunk.rows, relaxer, failures)
    for batch in batches_by_size(starts):
        runs = relax_each(
            relaxer,
            [start for _, start in batch],
            max_steps=chunk.task.max_steps,
            seed=chunk.task.seed + batch[0][0],
        )
        for (row, start), run in zip(batch, runs, strict=True):
            evaluations += 0 if isinstance(run, ExpectedError) else run[-1].evaluations
            if reason := _failure(start, run):
                failures[reason] += 1
            elif isinstance(run, Trajectory):
                found[row] = run.result().positions
    notes = [dict(failures), evaluations, time.process_time() - began]
    positions = [found[row] for row in chunk.rows if row in found]
    with replacing(chunk.path) as part:
        np.savez(
            part,
            rows=np.array([row for row in chunk.rows if row in found], dtype=np.int64),
            positions=np.concatenate(positions or [np.empty((0, 3))]),
            notes=json.dumps(notes),
        )


def _starts(
    data: EquilibriumSet, rows: Sequence[int], relaxer: Relaxer, failures: Counter[str]
) -> Iterator[tuple[int, Structure]]:
    for row in rows:
        try:
            start = structure_of(data, row)
            relaxer.capabilities.check(start)
        except ExpectedError:
            failures[REFUSED] += 1
        else:
            yield row, start


def _failure(start: Structure, run: Trajectory | ExpectedError) -> str:
    """Why a result is no use; empty where it is."""
    if isinstance(run, ExpectedError):
        return REFUSED
    if run.stop_reason not in ARRIVED:
        return str(run.stop_reason) if run.stop_reason == StopReason.DIVERGED else NOT_CONVERGED
    return "" if bonds_kept(start, run.result().positions) else BONDS


def join_relaxed(task: Relaxation, output: Path) -> EquilibriumSet:
    """Write the training file out of the chunks that are finished.

    Each structure keeps its index, and with it its part of the split.

    Raises ExpectedError where no structure is there.
    """
    data = EquilibriumSet.load(task.source)
    records: list[Record] = []
    failures: Counter[str] = Counter()
    molecules = evaluations = 0
    seconds = 0.0
    for chunk in chunks_of(task, output):
        if not chunk.path.exists():
            continue
        with np.load(chunk.path, allow_pickle=False) as file:
            rows, positions = file["rows"], file["positions"]
            of_chunk, n, spent = json.loads(str(file["notes"]))
        molecules, evaluations, seconds = molecules + len(chunk), evaluations + n, seconds + spent
        failures.update(of_chunk)
        records += _records(data, rows.tolist(), positions)
    counts = {
        "molecules": molecules,
        "failures": dict(sorted(failures.items())),
        "evaluations": evaluations,
        "core_hours": round(seconds / 3600.0, 3),
    }
    made_by = build_relaxer(task.choice, threads=1).provenance
    joined = EquilibriumSet.collect(records, _meta(data, task, made_by) | counts)
    joined.save(output)
    return joined


def _records(data: EquilibriumSet, rows: Sequence[int], positions: FloatArray) -> Iterator[Record]:
    ends = np.cumsum(data.n_atoms[list(rows)])
    for row, end in zip(rows, ends.tolist(), strict=True):
        numbers, _ = data.geometry(row)
        yield Record(
            numbers,
            positions[end - len(numbers) : end],
            index=int(data.index[row]),
            charge=int(data.charge[row]),
            smiles=data.smiles[row].decode(),
        )


def _meta(data: EquilibriumSet, task: Relaxation, made_by: Provenance) -> dict[str, Any]:
    """What the source says of itself, at the new level of theory."""
    return {
        **data.meta,
        "name": f"{data.meta.get('name', task.source.stem)} relaxed by {made_by.method}",
        "level_of_theory": made_by.level_of_theory,
        "relaxed": {
            "from": data.meta.get("level_of_theory", "unknown"),
            "method": made_by.method,
            "model": made_by.model,
            "model_hash": made_by.model_hash,
            "options": dict(made_by.options),
            "versions": dict(made_by.versions),
            "seed": task.seed,
            "max_steps": task.max_steps,
        },
    }
