"""What one worker process does: units, one after the other."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import batched
from typing import Any

import numpy as np

from morered_gui.bench.dft import DftEnergies
from morered_gui.bench.molecules import Molecules
from morered_gui.bench.protocol import Entry, Protocol, Unit, UnitKind, chunk_size
from morered_gui.bench.scoring import Case, Curve, Score, curve, score
from morered_gui.bench.start_cache import StartCache
from morered_gui.bench.starts import Started, find_start
from morered_gui.core import ExpectedError, Relaxer, Structure, Trajectory
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.registry import RelaxerChoice

WARM_UP_STEPS = 2
DFT = "dft"  # folder of DFT energies, among those of the starts

Build = Callable[[RelaxerChoice, int | None], Relaxer]


@dataclass(frozen=True)
class Task:
    """All that a worker needs; it travels to another process.

    ``model_hashes`` are those of the entries' weights when the benchmark began; ``build`` makes
    a relaxer for a number of threads.
    """

    protocol: Protocol
    molecules: Molecules
    cache: StartCache
    model_hashes: Mapping[str, str]
    build: Build


@dataclass(frozen=True)
class LeftOut:
    """A molecule without a result, and why."""

    index: int
    start: str
    entry: str
    seed: int
    reason: str


@dataclass
class Record:
    """What came out of a unit.

    ``finished``: when it came to the disk; empty before that, and in folders of older programs.
    """

    key: str
    scores: list[Score] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    finished: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> "Record":
        """From plain data; raises TypeError or KeyError where it is not that of a record."""
        return cls(
            key=table["key"],
            scores=[Score.from_dict(row) for row in table["scores"]],
            curves=[Curve.from_dict(row) for row in table["curves"]],
            left_out=[LeftOut(**row) for row in table["left_out"]],
            finished=table.get("finished", ""),
        )


class Worker:
    """Does units; keeps the relaxers that it has built."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._relaxers: dict[Entry, Relaxer] = {}

    def do(self, unit: Unit) -> Record:
        """Raises ExpectedError where the benchmark can't go on."""
        if unit.kind == UnitKind.START:
            return self._make_starts(unit)
        if unit.kind == UnitKind.RUN:
            return self._relax(unit)
        return self._follow(unit)

    def _make_starts(self, unit: Unit) -> Record:
        start = find_start(unit.start)
        for index in self._indices(unit):
            reference = self.task.molecules.references[index]
            self.task.cache.make(reference, start, seed=unit.seed, index=index)
        return Record(unit.key)

    def _relax(self, unit: Unit) -> Record:
        record = Record(unit.key)
        ready = self._ready(unit, record)
        relaxer = self._relaxer(unit, ready)
        protocol = self.task.protocol
        for batch in batched(ready, protocol.batch_size):
            began = time.perf_counter()
            finished = _relaxed(relaxer, batch, protocol.max_steps, record)
            seconds = time.perf_counter() - began if protocol.batch_size == 1 else None
            record.scores += [score(case, trajectory, seconds) for case, trajectory in finished]
        return record

    def _follow(self, unit: Unit) -> Record:
        record = Record(unit.key)
        ready = self._ready(unit, Record(unit.key))  # the run's unit says who is left out
        relaxer = _without_stop(self._relaxer(unit, ready))
        wanted = self.task.protocol.evaluations
        finished = _relaxed(relaxer, ready, max(1, *wanted), Record(unit.key))
        record.curves += [curve(case, trajectory, wanted) for case, trajectory in finished]
        return record

    def _ready(self, unit: Unit, record: Record) -> list[tuple[Case, Structure]]:
        """The molecules of the unit that have this start; the others are noted."""
        start = find_start(unit.start)
        ready = []
        for index in self._indices(unit):
            reference = self.task.molecules.references[index]
            made = self.task.cache.load(reference, start, seed=unit.seed, index=index)
            case = Case(
                index=index,
                reference=reference,
                start=start,
                entry=str(unit.entry),
                seed=unit.seed,
                minimum=self._minimum(reference, index),
                dft=DftEnergies(self.task.cache.folder / DFT) if self.task.protocol.dft else None,
            )
            if made.structure is None:
                record.left_out.append(_left_out(case, made.reason))
            else:
                ready.append((case, made.structure))
        return ready

    def _minimum(self, reference: Structure, index: int) -> Started | None:
        if not self.task.protocol.energies:
            return None
        start = find_start("gfn2-xtb")
        seed = self.task.protocol.seeds[0]
        made = self.task.cache.load(reference, start, seed=seed, index=index)
        return made if made.energies else None

    def _indices(self, unit: Unit) -> list[int]:
        indices = list(self.task.molecules.references)
        return indices[unit.first : unit.first + chunk_size(self.task.protocol)]

    def _relaxer(self, unit: Unit, ready: Sequence[tuple[Case, Structure]]) -> Relaxer:
        """Built once, and warmed up, so that no time of a molecule has that of a start in it."""
        entry = unit.entry
        assert entry is not None  # only units that make starts have none
        if entry not in self._relaxers:
            relaxer = self.task.build(entry.choice(self.task.protocol.device), 1)
            if relaxer.provenance.model_hash != self.task.model_hashes[str(entry)]:
                raise ExpectedError(
                    f"the model of '{entry}' has changed since the benchmark began; "
                    "copy it to another folder and begin anew with that"
                )
            for pair in ready[:1]:
                _relaxed(relaxer, [pair], WARM_UP_STEPS, Record(unit.key))
            self._relaxers[entry] = relaxer
        return self._relaxers[entry]


def _relaxed(
    relaxer: Relaxer, batch: Sequence[tuple[Case, Structure]], max_steps: int, record: Record
) -> list[tuple[Case, Trajectory]]:
    """Relax a batch; molecules that the method refuses are noted, the others go on alone."""
    if not batch:
        return []
    cases, starts = zip(*batch, strict=True)
    try:
        found = relax_all(relaxer, starts, max_steps=max_steps, seed=_seed_of(cases[0]))
    except ExpectedError as error:
        if len(batch) == 1:
            record.left_out.append(_left_out(cases[0], str(error)))
            return []
        return [pair for single in batch for pair in _relaxed(relaxer, [single], max_steps, record)]
    return list(zip(cases, found, strict=True))


def _without_stop(relaxer: Relaxer) -> Relaxer:
    """The few-step relaxer, but going on to the largest number of steps."""
    from morered_gui.diffusion.stopping import StopRule
    from morered_gui.relaxers.diffusion import DiffusionRelaxer

    if not isinstance(relaxer, DiffusionRelaxer):
        raise ExpectedError("only networks have a curve over their evaluations")
    endless = StopRule(window=0, convergence_step=-1)
    return replace(relaxer, sampler=replace(relaxer.sampler, stop=endless))


def _seed_of(case: Case) -> int:
    """Another one for each molecule and seed."""
    return int(np.random.SeedSequence([case.seed, case.index]).generate_state(1)[0])


def _left_out(case: Case, reason: str) -> LeftOut:
    return LeftOut(case.index, case.start.name, case.entry, case.seed, reason)
