"""A piece of a library of molecules relaxed at once, in whatever process it is sent to."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from morered_gui.chem.conversion import TOTAL_CHARGE
from morered_gui.chem.library import LibraryRecord
from morered_gui.chem.writing import one_line, sdf_record
from morered_gui.core import ExpectedError, Relaxer, StopReason, Structure, Trajectory
from morered_gui.relaxers.collect import as_expected, batches_by_size, relax_each
from morered_gui.relaxers.registry import RelaxerChoice, relaxer_of_process
from morered_gui.relaxers.report import Report, report_on


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


def model_hash(choice: RelaxerChoice) -> str:
    """Of the weights that this process relaxes with, empty where there are none.

    Raises ModelError or ExpectedError where the choice can't be had.
    """
    return relaxer_of_process(choice).provenance.model_hash


def relax_chunk(chunk: LibraryChunk) -> list[Outcome]:
    """One outcome per record, in their order; a bad molecule spoils no other.

    A molecule's result depends on the chunk, the seed and the choice, not on the process.

    This is the one place where any exception counts as a molecule's failure, an Invariant
    Violation of RDKit or a device out of memory: it would end the run of the whole library, and
    again when that is resumed.
    """
    relaxer = relaxer_of_process(chunk.choice)
    outcomes: dict[int, Outcome] = {}
    starts: list[tuple[LibraryRecord, Structure]] = []
    for record in chunk.records:
        try:
            start = record.build(chunk.seed)
            relaxer.capabilities.check(start)
            starts.append((record, start))
        except Exception as error:  # noqa: BLE001 - see above
            outcomes[record.number] = Failed(record, str(as_expected(error)))
    for batch in batches_by_size(starts):
        for outcome in _relaxed(relaxer, batch, chunk):
            outcomes[outcome.record.number] = outcome
    return [outcomes[record.number] for record in chunk.records]


def _relaxed(
    relaxer: Relaxer, batch: list[tuple[LibraryRecord, Structure]], chunk: LibraryChunk
) -> list[Outcome]:
    """Relax a batch."""
    began = time.perf_counter()
    starts = [start for _, start in batch]
    seed = chunk.seed + batch[0][0].number
    found = relax_each(relaxer, starts, max_steps=chunk.max_steps, seed=seed, caught=Exception)
    seconds = (time.perf_counter() - began) / len(batch)
    return [
        _outcome(record, one, seconds, energies=chunk.energies)
        for (record, _), one in zip(batch, found, strict=True)
    ]


def _outcome(
    record: LibraryRecord,
    trajectory: Trajectory | ExpectedError,
    seconds: float,
    *,
    energies: bool,
) -> Outcome:
    if isinstance(trajectory, ExpectedError):
        return Failed(record, str(trajectory))
    if trajectory.stop_reason == StopReason.DIVERGED:
        return Failed(record, StopReason.DIVERGED.sentence)
    try:
        return _with_report(record, trajectory, seconds, energies=energies)
    except Exception as error:  # noqa: BLE001 - see relax_chunk
        return Failed(record, str(as_expected(error)))


def _with_report(
    record: LibraryRecord, trajectory: Trajectory, seconds: float, *, energies: bool
) -> Relaxed:
    """The result; what an earlier run wrote into the record gives way to it."""
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
    fields = record.fields(without={*info, TOTAL_CHARGE})
    return Relaxed(record, report, sdf_record(result, known, fields))


def _rounded(table: Mapping[str, Any]) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in table.items()}
