"""The data set made in chunks, over processes, so that a stopped run goes on.

A chunk depends on the seed and its place alone: neither the number of processes nor the limit
changes it, and the chunks of a shorter run are those of a longer one.
"""

import csv
import json
import lzma
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from morered_gui.core import ExpectedError
from morered_gui.core.bundled import bundled
from morered_gui.core.configuration import CONFIGURATION, claim_folder
from morered_gui.core.files import replacing
from morered_gui.relaxers.calculators import REFERENCE_FMAX
from morered_gui.training.chunks import Progress, chunks_folder, make_missing
from morered_gui.training.dataset import (
    ATOM_ORDER,
    MODULUS,
    SMILES_ORDER,
    EquilibriumSet,
    Record,
    residue_of,
)
from morered_gui.training.everyday.graphs import TestGraphs
from morered_gui.training.everyday.plan import (
    BEGINNING,
    MAX_CONFORMERS,
    Candidate,
    after,
    plan,
)
from morered_gui.training.partners import N_THERMAL

CHUNK = 100  # molecules
FMAX = 0.005  # eV/Å, at minima that are learnt from
PARTNER_CHUNK = 5000  # structures per file of partners
META = {
    "name": "everyday",
    "level_of_theory": "GFN2-xTB",
    ATOM_ORDER: SMILES_ORDER,
    "source": "graphs of the networkx atlas; ZINC molecules of the package molsets "
    "(doi 10.3389/fphar.2020.565644) and their BRICS pieces; ligands of the Protein Data Bank "
    "(doi 10.1093/bioinformatics/btu789); compounds of PubChem (doi 10.1093/nar/gkac956) in the "
    "package chemicals; functional groups; ions at pH 7",
}


@dataclass(frozen=True)
class Folders:
    """Where a build keeps what; all beside the training file."""

    output: Path

    @property
    def chunks(self) -> Path:
        """The finished chunks, and the plan."""
        return chunks_folder(self.output)

    @property
    def partners(self) -> Path:
        """The MMFF94 minima, as ``Partners.collect`` reads them."""
        return self.output.with_name(f"{self.output.stem}-partners")


@dataclass(frozen=True)
class Task:
    """A chunk to be made.

    Attributes:
        packs: where it may come along, see ``packs.packed_chunk``.
        fmax: eV/Å, the largest force on an atom at its minima.
    """

    path: Path
    first: int
    seed: int
    candidates: tuple[Candidate, ...]
    packs: str = ""
    fmax: float = FMAX

    def __len__(self) -> int:
        return len(self.candidates)


def write_plan(
    folder: Path, limit: int, seed: int, tests: Callable[[], TestGraphs], progress: Progress
) -> list[Candidate]:
    """The first ``limit`` molecules of the plan; a plan that is there already is read.

    To make one takes 10 ms a molecule and more, the longer it gets; its beginning, where that
    is there, takes no time.
    """
    path = folder / f"plan-{seed}.tsv"
    known = _read_plan(path) if path.exists() else shipped_plan(seed)
    if len(known) >= limit:
        return known[:limit]
    folder.mkdir(parents=True, exist_ok=True)
    made = known[:BEGINNING] if len(known) >= BEGINNING else []
    rest = after(made[:], seed, tests()) if made else plan(seed, tests())
    for candidate in islice(rest, limit - len(made)):
        made.append(candidate)
        progress(len(made))
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Candidate)], delimiter="\t")
        writer.writeheader()
        writer.writerows(asdict(candidate) for candidate in made)
    return made


def shipped_plan(seed: int) -> list[Candidate]:
    """The plan of a seed as it comes with the program; empty where it does not."""
    path = bundled("resources") / "everyday" / f"plan-{seed}.tsv.xz"
    return _read_plan(path) if path.is_file() else []


def _read_plan(path: Path) -> list[Candidate]:
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [Candidate(r["source"], r["smiles"], r["key"], int(r["n_conformers"])) for r in rows]


def tasks_of(candidates: Sequence[Candidate], folder: Path, seed: int) -> list[Task]:
    """The chunks of a plan, those that are done included."""
    starts = range(0, len(candidates), CHUNK)
    parts = [(k, tuple(candidates[k : k + CHUNK])) for k in starts]
    return [
        Task(folder / f"chunk-{seed}-{k:07d}-{len(part):03d}.npz", k, seed, part)
        for k, part in parts
    ]


def reference_tasks(name: str, candidates: Sequence[Candidate], folder: Path) -> list[Task]:
    """The chunks of a test set. Raises ExpectedError where the folder has less exact minima."""
    if not (folder / CONFIGURATION).exists() and any(folder.glob("chunk-*")):
        raise ExpectedError(f"{folder} holds less exact minima, of an earlier version; delete it")
    claim_folder(folder, {"test_set": name, "fmax": REFERENCE_FMAX})
    tasks = tasks_of(candidates, folder, seed=0)
    return [replace(task, packs=name, fmax=REFERENCE_FMAX) for task in tasks]


def make_chunks(tasks: Sequence[Task], processes: int, progress: Progress) -> None:
    """Make the chunks that are missing; see ``make_missing``.

    Raises ExpectedError, before hours of computing, where a chunk that is there is one of other
    molecules. Where none is missing nobody looks: ``join_chunks`` reads them all.
    """
    done = [task for task in tasks if task.path.exists()]
    for task in done if len(done) < len(tasks) else ():
        with np.load(task.path, allow_pickle=False) as file:
            _refuse_others(task, file["smiles"])
    make_missing(tasks, make_chunk, processes, progress)


def _refuse_others(task: Task, smiles: np.ndarray) -> None:
    """File names tell seed and place; a test set or another plan has the same ones."""
    found = {text.decode() for text in smiles}
    if not found <= {candidate.smiles for candidate in task.candidates}:
        raise ExpectedError(
            f"{task.path} holds other molecules than this plan; choose another output, or "
            f"delete {task.path.parent}"
        )


def make_chunk(task: Task) -> int:
    """Write the minima of a chunk's molecules, out of a pack or computed; returns their number."""
    made = _from_pack(task) or _computed(task)
    with replacing(task.path) as part:
        notes = json.dumps([made.failures, made.seconds])
        np.savez(part, allow_pickle=False, notes=notes, **_arrays(made.rows))
    return len(task.candidates)


@dataclass(frozen=True)
class _Made:
    """Minima with index and SMILES; failures by reason; seconds of one core."""

    rows: list[tuple[Any, int, str]]
    failures: dict[str, int]
    seconds: float


def _from_pack(task: Task) -> _Made | None:
    """None where no pack has the chunk, or has it of another plan."""
    from morered_gui.training.everyday.packs import packed_chunk, smiles_of

    chunk = packed_chunk(task.path.name, task.packs)
    if chunk is None or not smiles_of(chunk) <= {c.smiles for c in task.candidates}:
        return None
    rows = list(chunk.minima(np.random.default_rng([task.seed, task.first])))
    return _Made(rows, chunk.failures, chunk.seconds)


def _computed(task: Task) -> _Made:
    from morered_gui.training.everyday.minima import Failure, minima_of

    began = time.process_time()  # of one thread: core hours, however busy the machine is
    rows: list[tuple[Any, int, str]] = []
    failures: Counter[str] = Counter()
    for place, candidate in enumerate(task.candidates, start=task.first):
        rng = np.random.default_rng([task.seed, place])
        outcomes = minima_of(candidate.smiles, candidate.n_conformers, rng, task.fmax)
        for k, outcome in enumerate(outcomes):
            if isinstance(outcome, Failure):
                failures[f"{candidate.source}: {outcome}"] += 1
                continue
            number = MODULUS * (MAX_CONFORMERS * place + k) + residue_of(candidate.key)
            rows.append((outcome, number, candidate.smiles))
    return _Made(rows, dict(failures), time.process_time() - began)


def _arrays(rows: Sequence[tuple[Any, int, str]]) -> dict[str, np.ndarray]:
    minima = [minimum for minimum, _, _ in rows]
    known = [m for m in minima if m.start is not None]
    none = np.empty((0, 3), np.float32)
    return {
        "n_atoms": np.array([len(m.structure) for m in minima], dtype=np.int32),
        "numbers": np.concatenate([m.structure.numbers for m in minima] or [none[:, 0]]),
        "positions": np.concatenate([m.structure.positions for m in minima] or [none]),
        "charge": np.array([m.structure.charge for m in minima], dtype=np.int8),
        "index": np.array([number for _, number, _ in rows], dtype=np.int64),
        "smiles": np.array([smiles.encode() for _, _, smiles in rows], dtype=np.bytes_),
        "has_start": np.array([m.start is not None for m in minima], dtype=bool),
        "start": np.concatenate([m.start for m in known] or [none]).astype(np.float32),
        "heat": np.concatenate(
            [m.heat.swapaxes(0, 1) for m in known] or [np.empty((0, N_THERMAL, 3))]
        ).astype(np.float32),
    }


def join_chunks(tasks: Sequence[Task], folders: Folders) -> EquilibriumSet:
    """The training file and the folder of partners, from the chunks that are finished.

    Raises ExpectedError where one is of other molecules, or none has any; files that are there
    stay as they are then.
    """
    done = [task for task in tasks if task.path.exists()]
    failures: Counter[str] = Counter()
    seconds = 0.0
    n_molecules = sum(len(task.candidates) for task in done)
    records: list[Record] = []
    with _partner_files(folders.partners) as partners:
        for task in done:
            with np.load(task.path, allow_pickle=False) as file:
                arrays = dict(file)
            _refuse_others(task, arrays["smiles"])
            of_chunk, spent = json.loads(str(arrays.pop("notes")))
            failures.update(of_chunk)
            seconds += spent
            partners.add(len(records), arrays)
            records += _records(arrays)
    meta = {
        **META,
        "seed": tasks[0].seed if tasks else 0,
        "molecules": n_molecules,
        "failures": dict(sorted(failures.items())),
        "without_partner": len(records) - partners.n_written,
        "core_hours": round(seconds / 3600.0, 2),
    }
    data = EquilibriumSet.collect(records, meta)
    data.save(folders.output)
    return data


def _records(arrays: dict[str, np.ndarray]) -> Iterator[Record]:
    ends = np.cumsum(arrays["n_atoms"])
    for k, end in enumerate(ends):
        atoms = slice(end - arrays["n_atoms"][k], end)
        yield Record(
            arrays["numbers"][atoms],
            arrays["positions"][atoms].astype(np.float32),
            index=int(arrays["index"][k]),
            charge=int(arrays["charge"][k]),
            smiles=arrays["smiles"][k].decode(),
        )


@contextmanager
def _partner_files(folder: Path) -> Iterator["_PartnerFiles"]:
    """Writes beside the folder; when the block ends well, the files replace those in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder.parent) as aside:
        files = _PartnerFiles(Path(aside))
        yield files
        files.close()
        for old in folder.glob("*.npz"):
            old.unlink()
        for new in Path(aside).iterdir():
            new.replace(folder / new.name)


class _PartnerFiles:
    """Writes partners in files of at least ``PARTNER_CHUNK`` structures, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.n_written = 0
        self._rows: list[np.ndarray] = []
        self._starts: list[np.ndarray] = []
        self._heat: list[np.ndarray] = []

    def add(self, first_row: int, arrays: dict[str, np.ndarray]) -> None:
        """The partners of a chunk whose structures begin at ``first_row`` of the data set."""
        self._rows.append(first_row + np.flatnonzero(arrays["has_start"]))
        self._starts.append(arrays["start"])
        self._heat.append(arrays["heat"])
        if sum(map(len, self._rows)) >= PARTNER_CHUNK:
            self.close()

    def close(self) -> None:
        """Write what is left."""
        rows = np.concatenate(self._rows) if self._rows else np.empty(0, np.int64)
        if len(rows):
            np.savez(
                self.folder / f"{int(rows[0]):07d}.npz",
                rows=rows,
                positions=np.concatenate(self._starts),
                thermal=np.concatenate(self._heat),
            )
        self.n_written += len(rows)
        self._rows, self._starts, self._heat = [], [], []
