"""Libraries of molecules: order, failures, resuming after a kill, a cluster."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from morered_gui.app import cluster, library_run
from morered_gui.app.cluster import cluster_workers
from morered_gui.app.library_run import LibraryJob, LibraryProgress, run_library
from morered_gui.chem import read_structures
from morered_gui.core import ExpectedError
from morered_gui.core.processes import worker_processes
from morered_gui.relaxers.library import LibraryChunk
from morered_gui.relaxers.registry import RelaxerChoice

ROOT = str(Path(__file__).resolve().parents[2])
PATIENCE = 250  # seconds; a busy machine takes one for what needs a second
SMILES = ["CCO", "C", "CC=O", "N", "not-a-molecule", "CC#N", "CO", "[Fe]", "OCC=C", "C1CC1", "O"]
GOOD = [k for k, text in enumerate(SMILES) if text not in {"not-a-molecule", "[Fe]"}]


class Done[R]:
    """A result that is there already."""

    def __init__(self, value: R) -> None:
        self.value = value

    def result(self) -> R:
        return self.value


def here[T, R](function: Callable[[T], R], argument: T) -> Done[R]:
    """Submit to this very process."""
    return Done(function(argument))


def job(folder: Path, n: int = len(SMILES)) -> LibraryJob:
    source = folder / "library.smi"
    lines = [f"{SMILES[k % len(SMILES)]} m{k}\n" for k in range(n)]
    source.write_text("".join(lines))
    choice = RelaxerChoice(method="fast")
    return LibraryJob(source=source, output=folder / "out.sdf", choice=choice, max_steps=2, seed=0)


def names_in(path: Path) -> list[str]:
    return [s.name for s in read_structures(path)]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_run, "CHUNK", 3)
    monkeypatch.setattr(library_run, "LEAST_CHUNKS", 1)


@pytest.mark.usefixtures("small_chunks")
def test_that_results_keep_their_order_and_failures_are_listed_apart(tmp_path: Path) -> None:
    work = job(tmp_path)
    seen: list[int] = []
    result = run_library(
        work, here, workers=1, on_outcomes=lambda _, progress: seen.append(progress.done)
    )
    assert names_in(work.output) == [f"m{k}" for k in GOOD]
    text = work.output.read_text()
    for field in ("stop_reason", "t", "rmsd_to_start", "evaluations", "seconds", "bonds_kept"):
        assert text.count(f">  <{field}>") == len(GOOD)
    with work.failures.open() as file:
        rows = list(csv.DictReader(file))
    assert [(r["line"], r["name"]) for r in rows] == [("5", "m4"), ("8", "m7")]
    assert "can't be read" in rows[0]["reason"] and "unsupported element" in rows[1]["reason"]
    assert (result.done, result.relaxed, result.failed) == (11, 9, 2)
    assert seen == [0, 3, 6, 9, 11]
    assert not work.journal.exists()


@pytest.mark.usefixtures("small_chunks")
def test_that_a_run_that_breaks_goes_on_where_it_was(tmp_path: Path) -> None:
    whole, broken = (tmp_path / name for name in ("whole", "broken"))
    whole.mkdir()
    broken.mkdir()
    run_library(job(whole), here, workers=1)
    work = job(broken)

    def stop(_: object, progress: LibraryProgress) -> None:
        if progress.done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_library(work, here, workers=1, on_outcomes=stop)
    with work.output.open("a") as file:
        file.write("half a record that a kill has left")
    with pytest.raises(ExpectedError, match="--resume goes on"):
        run_library(work, here, workers=1)
    result = run_library(work, here, workers=1, resume=True)
    assert (result.done, result.relaxed, result.failed) == (11, 9, 2)
    assert names_in(work.output) == names_in(whole / "out.sdf")
    assert work.failures.read_text() == (whole / "out.failures.csv").read_text()
    with pytest.raises(ExpectedError, match="nothing to resume"):
        run_library(work, here, workers=1, resume=True)


@pytest.mark.usefixtures("small_chunks")
def test_that_other_settings_or_another_input_can_not_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = interrupted(job(tmp_path))
    with pytest.raises(ExpectedError, match="max_steps"):
        run_library(replace(work, max_steps=3), here, workers=1, resume=True)
    with monkeypatch.context() as patch:
        patch.setattr(library_run, "model_hash", lambda _: "that of a model trained further")
        with pytest.raises(ExpectedError, match="model_sha256"):
            run_library(work, here, workers=1, resume=True)
    work.source.write_text(work.source.read_text().replace("CCO", "CCN"))
    with pytest.raises(ExpectedError, match=r"another input.*source_sha256"):
        run_library(work, here, workers=1, resume=True)


@pytest.mark.usefixtures("small_chunks")
def test_that_a_run_whose_results_are_gone_does_not_go_on(tmp_path: Path) -> None:
    work = interrupted(job(tmp_path))
    for path in (work.output, work.failures):
        kept = path.read_bytes()
        path.write_bytes(kept[:-1])
        with pytest.raises(ExpectedError, match=f"{path.name} is missing or shorter"):
            run_library(work, here, workers=1, resume=True)
        path.unlink()
        with pytest.raises(ExpectedError, match=f"{path.name} is missing or shorter"):
            run_library(work, here, workers=1, resume=True)
        path.write_bytes(kept)
    assert run_library(work, here, workers=1, resume=True).relaxed == len(GOOD)


def interrupted(work: LibraryJob, done: int = 1) -> LibraryJob:
    """A run that was stopped when so many molecules were done."""

    def stop(_: object, progress: LibraryProgress) -> None:
        if progress.done >= done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_library(work, here, workers=1, on_outcomes=stop)
    return work


def test_that_no_file_that_is_written_is_the_input(tmp_path: Path) -> None:
    work = job(tmp_path)
    text = work.source.read_text()
    (tmp_path / "link.sdf").symlink_to(work.source)
    (tmp_path / "hard.failures.csv").hardlink_to(work.source)
    for output in (work.source, tmp_path / "link.sdf", tmp_path / "hard.sdf"):
        with pytest.raises(ExpectedError, match="is the input"):
            run_library(replace(work, output=output), here, workers=1)
        assert work.source.read_text() == text


def test_that_bad_settings_leave_earlier_results_alone_and_block_nothing(tmp_path: Path) -> None:
    work = job(tmp_path)
    work.output.write_text("earlier results")
    bad = replace(work, choice=replace(work.choice, model="nowhere"))
    with pytest.raises(ExpectedError, match="no model 'nowhere'"):
        run_library(bad, here, workers=1)
    assert work.output.read_text() == "earlier results"
    interrupted(replace(work, seed=1), done=0)
    assert run_library(work, here, workers=1).relaxed == len(GOOD)


def test_that_two_programs_do_not_write_the_same_results(tmp_path: Path) -> None:
    work = job(tmp_path)

    def told(*_: object) -> None:
        with pytest.raises(ExpectedError, match="another program is writing"):
            run_library(work, here, workers=1, resume=True)

    assert run_library(work, here, workers=1, on_outcomes=told).relaxed == len(GOOD)
    assert {path.name for path in tmp_path.glob("out*")} == {"out.sdf", "out.failures.csv"}


def test_that_a_killed_command_leaves_no_process_and_is_resumed_without_loss(
    tmp_path: Path,
) -> None:
    n = 200
    work = job(tmp_path, n)
    command = [sys.executable, "-m", "morered_gui.cli.main", "relax", str(work.source)]
    command += ["--output", str(work.output), "--method", "fast", "--max-steps", "2"]
    command += ["--processes", "1"]
    first = subprocess.Popen(command, start_new_session=True, cwd=ROOT)
    wait_for(lambda: molecules_done(work) > 0, first)
    first.send_signal(signal.SIGKILL)
    first.wait()
    wait_for(lambda: not group_is_alive(first.pid))
    assert 0 < molecules_done(work) < n
    done = subprocess.run(
        [*command, "--resume"], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    expected = [f"m{k}" for k in range(n) if k % len(SMILES) in GOOD]
    assert names_in(work.output) == expected
    assert f"relaxed {len(expected)} of {n} molecules" in done.stderr


@pytest.mark.usefixtures("small_chunks")
def test_that_a_killed_worker_is_said_and_its_work_can_be_resumed(tmp_path: Path) -> None:
    work = job(tmp_path)
    with worker_processes(1) as submit:

        def deadly(function: Callable[[Any], Any], argument: object) -> Any:
            last = isinstance(argument, LibraryChunk) and argument.records[0].number == 9
            return submit(os._exit, 1) if last else submit(function, argument)

        words = r"lines (7|10) to 11 of library\.smi; what was finished is kept: resume"
        with pytest.raises(ExpectedError, match=words):
            run_library(work, deadly, workers=1)
    assert run_library(work, here, workers=1, resume=True).relaxed == len(GOOD)


def test_that_a_worker_killed_before_the_first_molecule_is_said(tmp_path: Path) -> None:
    with worker_processes(1) as submit:
        submit(os._exit, 1)
        with pytest.raises(ExpectedError, match=r"killed .* try again"):
            run_library(job(tmp_path), submit, workers=1)
    assert not job(tmp_path).output.exists()


@pytest.mark.slow
def test_that_a_cluster_loses_nothing_when_a_worker_is_killed(tmp_path: Path) -> None:
    n = 400
    work = job(tmp_path, n)
    with ExitStack() as processes:
        address, _ = a_scheduler(processes, tmp_path)
        one, _ = (a_worker(processes, tmp_path, address) for _ in range(2))
        command = ["relax", str(work.source), "--output", str(work.output), "--method", "fast"]
        command += ["--max-steps", "2", "--scheduler", address]
        run = started(processes, tmp_path, "morered_gui.cli.main", *command)
        wait_for(lambda: molecules_done(work) > 0, run)
        one.kill()
        assert run.wait(timeout=PATIENCE) == 0
    assert names_in(work.output) == [f"m{k}" for k in range(n) if k % len(SMILES) in GOOD]


@pytest.mark.slow
def test_that_a_scheduler_that_ends_is_said(tmp_path: Path) -> None:
    with ExitStack() as processes:
        address, scheduler = a_scheduler(processes, tmp_path)
        a_worker(processes, tmp_path, address)
        with pytest.raises(ExpectedError, match=r"scheduler .* is gone; go on with --resume"):
            wait_in_vain(address, scheduler)


def wait_in_vain(address: str, scheduler: "subprocess.Popen[bytes]") -> None:
    with cluster_workers(address) as (submit, _):
        pending = submit(time.sleep, PATIENCE)
        scheduler.kill()
        pending.result()


@pytest.mark.slow
def test_that_a_cluster_without_workers_waits_for_others_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.2)
    with ExitStack() as processes:
        address, _ = a_scheduler(processes, tmp_path)
        worker = a_worker(processes, tmp_path, address)
        with cluster_workers(address) as (submit, _):
            pending = submit(time.sleep, 1.0)
            worker.kill()
            other = threading.Timer(2.0, a_worker, (processes, tmp_path, address))
            other.start()
            assert pending.result() is None
            other.join()
            assert caplog.text.count("no workers any more; waiting") == 1
            monkeypatch.setattr(cluster, "DESERTED_SECONDS", 0.5)
            with pytest.raises(ExpectedError, match="no workers any more; go on with --resume"):
                submit(os._exit, 1).result()


def a_scheduler(stack: ExitStack, folder: Path) -> "tuple[str, subprocess.Popen[bytes]]":
    """A Dask scheduler without workers, and its address."""
    pytest.importorskip("distributed")
    port = str(free_port())
    words = ("--host", "127.0.0.1", "--port", port, *QUIET)
    return f"tcp://127.0.0.1:{port}", started(
        stack, folder, "distributed.cli.dask_scheduler", *words
    )


def a_worker(stack: ExitStack, folder: Path, address: str) -> "subprocess.Popen[bytes]":
    """A Dask worker that is there."""
    from distributed import Client

    words = (address, "--no-nanny", "--nthreads", "1", *QUIET)
    worker = started(stack, folder, "distributed.cli.dask_worker", *words)
    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=PATIENCE)
    return worker


QUIET = ("--no-dashboard",)


def started(stack: ExitStack, folder: Path, module: str, *words: str) -> "subprocess.Popen[bytes]":
    """A Python module run as a process that ends with the stack."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words], cwd=folder, env={**os.environ, "PYTHONPATH": ROOT}
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_that_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    command = [sys.executable, "-m", "morered_gui.cli.main", "relax", str(job(tmp_path).source)]
    command += ["--scheduler", f"tcp://127.0.0.1:{free_port()}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "error: there is no Dask scheduler at tcp://127.0.0.1" in done.stderr


def molecules_done(work: LibraryJob) -> int:
    """By the journal of an unfinished run, which is replaced in one piece."""
    if not work.journal.exists():
        return 0
    return int(json.loads(work.journal.read_text())["progress"]["done"])


def group_is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        assert process is None or process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
