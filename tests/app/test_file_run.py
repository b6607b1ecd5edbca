"""Whole files relaxed beside the interface."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from morered_gui.app import library_run
from morered_gui.app.file_run import FileRow, FileRun, proposed_output
from morered_gui.app.library_run import LibraryJob, journal_of
from morered_gui.app.messages import Message, Severity
from morered_gui.app.operations import from_library
from morered_gui.chem import MoleculeError, read_structures
from morered_gui.core import ExpectedError, rmsd
from morered_gui.relaxers.registry import RelaxerChoice

PATIENCE = 200  # seconds; a worker has to import torch on a busy machine
SMILES = ("CCO ethanol", "not-a-molecule nonsense", "CC=O acetaldehyde", "C#N", "OCC=C allyl")


class Watched:
    """A run, with what it has told."""

    def __init__(self) -> None:
        self.run = FileRun()
        self.rows: list[FileRow] = []
        self.message: Message | None = None
        self.run.advanced.connect(self.rows.extend)
        self.run.ended.connect(self._on_end)

    def _on_end(self, message: Message) -> None:
        self.message = message

    def start(self, job: LibraryJob, *, resume: bool = False) -> None:
        self.rows, self.message = [], None
        self.run.advanced.disconnect()
        self.run.advanced.connect(self.rows.extend)
        self.run.start(job, resume=resume)

    def until(self, done: int) -> None:
        """Wait for so many rows, or for the end."""
        end = time.monotonic() + PATIENCE
        while len(self.rows) < done and self.message is None:
            assert time.monotonic() < end, f"nothing more after {self.run.words}"
            self.run.pump()
            time.sleep(0.01)


@pytest.fixture
def watched() -> Iterator[Watched]:
    one = Watched()
    yield one
    assert one.run.close()


def job(folder: Path, lines: tuple[str, ...] = SMILES, method: str = "fast") -> LibraryJob:
    source = folder / "library.smi"
    source.write_text("".join(f"{line}\n" for line in lines))
    choice = RelaxerChoice(method=method, device="cpu")
    return LibraryJob(
        source=source, output=proposed_output(source), choice=choice, max_steps=3, seed=0
    )


def test_that_a_file_becomes_rows_results_and_reasons(tmp_path: Path, watched: Watched) -> None:
    library = job(tmp_path)
    watched.start(library)
    with pytest.raises(RuntimeError):
        watched.run.start(library)
    watched.until(done=len(SMILES) + 1)
    assert [row.number for row in watched.rows] == list(range(len(SMILES)))
    assert [row.place for row in watched.rows] == [0, None, 1, 2, 3]
    names = ["ethanol", "nonsense", "acetaldehyde", "CHN", "allyl"]
    assert [row.name for row in watched.rows] == names
    assert all(row.moved > 0 and row.t is not None for row in watched.rows if row.place is not None)
    assert watched.rows[1].needs_a_look and "can't be read" in watched.rows[1].said
    assert watched.message is not None and watched.message.severity == Severity.WARNING
    assert "Relaxed 4 of 5 molecules" in watched.message.text
    assert "library-relaxed.failures.csv says why" in watched.message.text
    assert not watched.run.is_running and not library.is_unfinished
    assert proposed_output(library.source).name == "library-relaxed-2.sdf"


def test_that_a_row_brings_its_start_with_the_result_as_reference(
    tmp_path: Path, watched: Watched
) -> None:
    library = job(tmp_path)
    watched.start(library)
    watched.until(done=len(SMILES) + 1)
    results = read_structures(library.output)
    for row in watched.rows:
        if row.place is None:
            with pytest.raises(MoleculeError):
                from_library(library, row)
            continue
        loaded = from_library(library, row)
        assert loaded.reference is not None and loaded.structure.name == row.name
        assert rmsd(loaded.reference.structure.positions, results[row.place].positions) < 1e-6
        moved = rmsd(loaded.reference.structure.positions, loaded.structure.positions)
        assert moved == pytest.approx(row.moved, abs=2e-4)  # the file has four decimals
    library.output.write_bytes(b"\n".join(library.output.read_bytes().split(b"\n")[:3]))
    with pytest.raises(ExpectedError):
        from_library(library, watched.rows[2])


def test_that_a_stopped_run_says_so_at_once_and_goes_on(tmp_path: Path, watched: Watched) -> None:
    n = 200
    library = job(tmp_path, lines=tuple(f"CCCCC{'O' * (k % 2)} m{k}" for k in range(n)))
    watched.start(library)
    watched.until(done=1)
    watched.run.stop()
    assert watched.run.is_stopping
    watched.until(done=n + 1)
    first = len(watched.rows)
    assert 0 < first < n and library.is_unfinished
    assert watched.message is not None and "Stopped after" in watched.message.text
    assert proposed_output(library.source) == library.output  # it is to be gone on with
    watched.start(library, resume=True)
    watched.until(done=n + 1)
    assert [row.number for row in watched.rows] == list(range(first, n))
    assert [row.place for row in watched.rows] == list(range(first, n))
    assert [s.name for s in read_structures(library.output)] == [f"m{k}" for k in range(n)]


def test_that_an_unfinished_run_can_be_begun_again(tmp_path: Path, watched: Watched) -> None:
    library = job(tmp_path)
    library.output.write_text("half a result")
    journal_of(library.output).write_text("not even a journal")
    watched.start(library)
    watched.until(done=len(SMILES) + 1)
    assert [row.number for row in watched.rows] == list(range(len(SMILES)))
    assert len(read_structures(library.output)) == 4


def test_that_what_can_not_be_had_is_said(tmp_path: Path, watched: Watched) -> None:
    library = job(tmp_path, lines=("",))
    watched.start(library)
    watched.until(done=1)
    assert watched.message is not None and watched.message.severity == Severity.ERROR
    assert "library.smi" in watched.message.text
    assert not library.output.exists()


def test_that_a_small_file_still_is_several_chunks() -> None:
    assert [library_run.chunk_size(n) for n in (1, 16, 100, 10_000)] == [1, 1, 6, 32]
