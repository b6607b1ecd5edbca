"""A piece of a library of molecules relaxed at once, in whatever process it is sent to."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.library import LibraryRecord
from morered_gui.chem.writing import one_line, sdf_record
from morered_gui.core import ExpectedError, Relaxer, StopReason, Structure, Trajectory
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer
from morered_gui.relaxers.report import Report, report_on

# Pairs of atoms of a batch, padding included; the frames of one batch are kept in memory.
BATCH_PAIRS = 20_000
RELAXERS_KEPT = 2


@dataclass(frozen=True)
class LibraryChunk:
    """Consecutive records, and how to relax them."""

    records: tuple[LibraryRecord, ...]
    choice: RelaxerChoice
    max_steps: int
    seed: int
    energies: bool = False  # whether GFN2-xTB judges start and result


@dataclass(frozen=True)
class Relaxed:
    """A molecule that has a result: its report and its record in an sdf file."""

    record: LibraryRecord
    report: Report
    sdf: str


@dataclass(frozen=True)
class Failed:
    """A molecule without a result."""

    record: LibraryRecord
    reason: str


Outcome = Relaxed | Failed


def relax_chunk(chunk: LibraryChunk) -> list[Outcome]:
    """One outcome per record, in their order; a bad molecule spoils no other.

    A molecule's result depends on the chunk, the seed and the choice, not on the process.
    """
    relaxer = _relaxer(chunk.choice)
    outcomes: dict[int, Outcome] = {}
    starts: list[tuple[LibraryRecord, Structure]] = []
    for record in chunk.records:
        try:
            start = record.build(chunk.seed)
            relaxer.capabilities.check(start)
            starts.append((record, start))
        except ExpectedError as error:
            outcomes[record.number] = Failed(record, str(error))
    for batch in batches_by_size(starts):
        for outcome in _relaxed(relaxer, batch, chunk):
            outcomes[outcome.record.number] = outcome
    return [outcomes[record.number] for record in chunk.records]


@lru_cache(maxsize=RELAXERS_KEPT)
def _relaxer(choice: RelaxerChoice) -> Relaxer:
    """Loaded once per process."""
    return build_relaxer(choice, threads=1)


def batches_by_size(
    starts: Sequence[tuple[LibraryRecord, Structure]],
) -> Iterator[list[tuple[LibraryRecord, Structure]]]:
    """Molecules of like size together, so that little of a batch is padding."""
    batch: list[tuple[LibraryRecord, Structure]] = []
    for item in sorted(starts, key=lambda item: len(item[1])):
        if batch and (len(batch) + 1) * len(item[1]) ** 2 > BATCH_PAIRS:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _relaxed(
    relaxer: Relaxer, batch: list[tuple[LibraryRecord, Structure]], chunk: LibraryChunk
) -> list[Outcome]:
    """Relax a batch; where it fails as a whole, one molecule after another."""
    began = time.perf_counter()
    seed = chunk.seed + batch[0][0].number
    try:
        trajectories = relax_all(
            relaxer, [start for _, start in batch], max_steps=chunk.max_steps, seed=seed
        )
    except ExpectedError as error:
        if len(batch) == 1:
            return [Failed(batch[0][0], str(error))]
        return [one for item in batch for one in _relaxed(relaxer, [item], chunk)]
    seconds = (time.perf_counter() - began) / len(batch)
    return [
        _outcome(record, trajectory, seconds, energies=chunk.energies)
        for (record, _), trajectory in zip(batch, trajectories, strict=True)
    ]


def _outcome(
    record: LibraryRecord, trajectory: Trajectory, seconds: float, *, energies: bool
) -> Outcome:
    if trajectory.stop_reason == StopReason.DIVERGED:
        return Failed(record, StopReason.DIVERGED.sentence)
    report = report_on(trajectory, energies=energies)
    info = {
        "stop_reason": report.stop_reason,
        "t": report.t_final,
        "rmsd_to_start": round(report.rmsd_to_start, 4),
        **_rounded(report.check.as_dict()),
        "evaluations": report.evaluations,
        "seconds": round(seconds, 4),
        "method": report.method,
        "model": report.model,
    }
    known = {key: value for key, value in info.items() if value is not None}
    result = trajectory.result().with_name(one_line(trajectory.start.name))
    try:
        return Relaxed(record, report, sdf_record(result, known, record.fields))
    except MoleculeError as error:
        return Failed(record, str(error))


def _rounded(table: Mapping[str, Any]) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in table.items()}
