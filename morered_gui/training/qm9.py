"""QM9 from the package qm9pack (Ramakrishnan et al. 2014, doi 10.1038/sdata.2014.22).

The package ships the data as CSV; only its files are read, none of its code runs.
"""

import csv
import importlib.util
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from ase.data import atomic_numbers

from morered_gui.training.dataset import EquilibriumSet, Record

N_MOLECULES = 130_831
LEVEL_OF_THEORY = "B3LYP/6-31G(2df,p)"
META = {
    "name": "QM9",
    "level_of_theory": LEVEL_OF_THEORY,
    "source": "Ramakrishnan et al. 2014, doi 10.1038/sdata.2014.22, from the package qm9pack",
}
_NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")
_SYMBOL = re.compile(r"[A-Z][a-z]?")


def build_qm9(progress: Callable[[int], None] | None = None) -> EquilibriumSet:
    """Read all of QM9. ``progress`` is told the number of molecules read so far."""
    return EquilibriumSet.collect(_records(_data_folder(), progress), META)


def _data_folder() -> Path:
    spec = importlib.util.find_spec("qm9pack")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "QM9 comes from the package qm9pack: pip install 'morered-gui[train]'"
        )
    return Path(spec.submodule_search_locations[0]) / "data"


def electronic_energies(n: int) -> Iterator[tuple[Record, float]]:
    """The first n molecules with U0 - ZPVE, the electronic energy, in Hartree."""
    for row in islice(_rows(_data_folder()), n):
        yield _record(row), float(row["InternalEnergy_0K_au"]) - float(row["ZPVE_au"])


def _records(folder: Path, progress: Callable[[int], None] | None) -> Iterator[Record]:
    for n_read, row in enumerate(_rows(folder), start=1):
        yield _record(row)
        if progress is not None and n_read % 1000 == 0:
            progress(n_read)


def _rows(folder: Path) -> Iterator[dict[str, str]]:
    for part in sorted(folder.glob("qm9_part*.csv")):
        with part.open(newline="") as file:
            yield from csv.DictReader(file)


def _record(row: dict[str, str]) -> Record:
    numbers = np.array([atomic_numbers[s] for s in _SYMBOL.findall(row["Elements"])])
    # Some numbers end in a bare point ("0."), which JSON refuses.
    positions = np.array([float(x) for x in _NUMBER.findall(row["XYZ_Ang"])]).reshape(-1, 3)
    if len(numbers) != len(positions):
        raise ValueError(f"molecule {row['Index']} of QM9 has atoms without positions")
    return Record(numbers, positions, index=int(row["Index"]), smiles=row["SMILES"])
