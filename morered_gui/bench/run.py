"""A benchmark from its protocol to its results; what ``morered bench`` calls."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morered_gui.bench.circumstances import circumstances, distinct, time_stamp
from morered_gui.bench.journal import Journal
from morered_gui.bench.molecules import Molecules
from morered_gui.bench.protocol import Protocol, Unit, result_units, start_units
from morered_gui.bench.results import Results
from morered_gui.bench.start_cache import StartCache
from morered_gui.bench.work import Build, Record, Task
from morered_gui.bench.workers import Lost, Workers
from morered_gui.core import ExpectedError, Provenance
from morered_gui.relaxers.registry import build_relaxer

# Told how many units are done, and of how many.
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Places:
    """Folders: of the results, and of the starts that all benchmarks share."""

    results: Path
    starts: Path


def run_benchmark(
    protocol: Protocol,
    places: Places,
    *,
    processes: int = 1,
    command: str = "",
    build: Build = build_relaxer,
    on_progress: OnProgress | None = None,
) -> Results:
    """Do what of the protocol is not done yet, and sum up all of it.

    Results come to the disk as they are found: a run that is stopped goes on where it was. Units
    that were lost are named in the results and tried again by the next run.

    Args:
        protocol: what to do.
        places: where to keep it.
        processes: workers; each computes with one thread.
        command: how the benchmark was called, for the record.
        build: makes relaxers, in this process and in the workers.
        on_progress: see ``OnProgress``; called in this thread.

    Raises:
        ExpectedError: a model, a data set or a package is missing, or the folder holds another
            benchmark.
    """
    if processes < 1:
        raise ExpectedError("a benchmark needs at least one process")
    began = time.perf_counter()
    molecules = Molecules.load(protocol.data, protocol.molecules, protocol.split)
    made_by = {str(e): build(e.choice(protocol.device), 1).provenance for e in protocol.entries}
    configuration = _configuration(protocol, molecules, made_by)
    journal = Journal.open(places.results, configuration)
    task = Task(
        protocol=protocol,
        molecules=molecules,
        cache=StartCache(places.starts, molecules.data_hash),
        model_hashes={label: made.model_hash for label, made in made_by.items()},
        build=build,
    )
    now = circumstances(command, processes)
    records, lost = _work(task, journal, now, on_progress)
    return Results.collect(
        records,
        lost,
        provenance=made_by,
        about={
            **_made(records, journal.circumstances() or [now]),
            "seconds_of_this_run": round(time.perf_counter() - began, 1),
            "data": dict(molecules.meta),
            "configuration": configuration,
        },
    )


def _work(
    task: Task, journal: Journal, now: dict[str, Any], on_progress: OnProgress | None
) -> tuple[list[Record], list[Lost]]:
    """Records of all units in the order of the protocol, and what was lost.

    The circumstances ``now`` are noted with the first record: a run that adds none made nothing.
    """
    wanted = list(result_units(task.protocol))
    found = journal.records()
    missing = [unit for unit in wanted if unit.key not in found]
    starts = list(start_units(task.protocol)) if missing else []
    total, done = len(starts) + len(wanted), len(wanted) - len(missing)
    lost: dict[str, Lost] = {}

    def outcomes(units: list[Unit]) -> Iterator[Record]:
        nonlocal done
        for outcome in workers.run(units):
            done += 1
            if isinstance(outcome, Lost):
                lost[outcome.key] = outcome
            else:
                yield outcome
            if on_progress is not None:
                on_progress(done, total)

    with Workers(task, now["processes"]) as workers:
        for _ in outcomes(starts):
            pass  # they are in the cache
        without = {unit.first for unit in starts if unit.key in lost}
        made = outcomes([unit for unit in missing if unit.first not in without])
        for k, record in enumerate(made):
            if k == 0:
                journal.note(now)
            journal.append(record)
            found[record.key] = record
    for unit in missing:
        if unit.first in without:
            lost[unit.key] = Lost(unit.key, "starts of these molecules were lost")
    return [found[unit.key] for unit in wanted if unit.key in found], list(lost.values())


def _made(records: Sequence[Record], noted: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How and until when the records were made; ``earlier``: other circumstances, if any."""
    latest, *earlier = distinct(noted)
    finished = max((record.finished for record in records), default="") or time_stamp()
    made = {**latest, "finished": finished}
    return made | {"earlier": earlier} if earlier else made


def _configuration(
    protocol: Protocol, molecules: Molecules, made_by: dict[str, Provenance]
) -> dict[str, Any]:
    """What has to be the same for results to stand in one table."""
    table = protocol.as_dict()
    del table["data"]  # the same data may lie elsewhere
    return table | {
        "data_hash": molecules.data_hash,
        "model_hashes": {label: made.model_hash for label, made in made_by.items()},
    }
