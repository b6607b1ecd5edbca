"""The minima that come with the program, so that nobody has to compute them again.

A pack holds whole chunks of the data set: positions in units of 0.5 mÅ, without what their SMILES
tells and without the thermal displacements, which are quick to make. A chunk out of a pack differs
from a computed one by that rounding and by the draw of those displacements.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from morered_gui.chem.smiles import structure_at
from morered_gui.chem.vibrations import thermal_displacements
from morered_gui.core.arrays import FloatArray
from morered_gui.core.bundled import bundled
from morered_gui.core.files import replacing
from morered_gui.training.everyday.minima import Minimum
from morered_gui.training.partners import N_THERMAL, TEMPERATURE

UNIT = 5e-4  # Å; training minima are less exact, and morered bench brings references to rest again


@dataclass(frozen=True)
class PackedChunk:
    """What a pack tells of a chunk.

    Attributes:
        path: the pack.
        rows: the chunk's structures among those of the pack.
        failures: how often conformers failed, by reason.
        seconds: of one core, that the minima took.
    """

    path: Path
    rows: range
    failures: dict[str, int]
    seconds: float

    def minima(self, rng: np.random.Generator) -> Iterator[tuple[Minimum, int, str]]:
        """Each minimum with its index in the data set and its SMILES; heat is drawn anew."""
        pack = _load(self.path)
        ends = np.cumsum(pack["n_atoms"])
        for row in self.rows:
            atoms = slice(ends[row] - pack["n_atoms"][row], ends[row])
            smiles = pack["smiles"][row].decode()
            structure = structure_at(smiles, UNIT * pack["positions"][atoms])
            start = heat = None
            if pack["has_start"][row]:
                start = UNIT * pack["start"][atoms]
                known = structure.with_positions(start)
                heat = thermal_displacements(known, TEMPERATURE, N_THERMAL, rng)
            yield Minimum(structure, start, heat), int(pack["index"][row]), smiles


def packs_folder(of: str = "") -> Path:
    """Where the packs of the data set are; those of a test set, named, are in a folder there."""
    return bundled("resources") / "everyday" / of


def packed_chunk(name: str, of: str = "") -> PackedChunk | None:
    """The chunk of a file name, if a pack of the data set (or of a test set) has it."""
    return _contents(packs_folder(of)).get(name)


def molecules_at_hand(seed: int) -> int:
    """How many molecules of the data set's plan of a seed come along with their minima."""
    names = (name.split("-") for name in _contents(packs_folder()))
    return sum(int(n.removesuffix(".npz")) for _, of, _, n in names if int(of) == seed)


def smiles_of(chunk: PackedChunk) -> set[str]:
    """The molecules of a chunk."""
    return {_load(chunk.path)["smiles"][row].decode() for row in chunk.rows}


def write_pack(chunks: Sequence[Path], path: Path) -> None:
    """Put finished chunks into one pack; they are found by their file names."""
    tables, arrays = [], []
    for chunk in chunks:
        with np.load(chunk, allow_pickle=False) as file:
            part = dict(file)
        failures, seconds = json.loads(str(part["notes"]))
        tables.append([chunk.name, len(part["n_atoms"]), failures, round(seconds, 1)])
        arrays.append(_packed(part))
    joined = {name: np.concatenate([part[name] for part in arrays]) for name in arrays[0]}
    with replacing(path) as part_path:
        np.savez_compressed(part_path, allow_pickle=False, chunks=json.dumps(tables), **joined)


def _packed(chunk: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rounded; a structure without a start has zeros in its place."""
    with_start = np.repeat(chunk["has_start"], chunk["n_atoms"])
    start = np.zeros((len(with_start), 3))
    start[with_start] = chunk["start"]
    return {
        "n_atoms": chunk["n_atoms"].astype(np.int16),
        "index": chunk["index"],
        "smiles": chunk["smiles"],
        "has_start": chunk["has_start"],
        "positions": _rounded(chunk["positions"]),
        "start": _rounded(start),
    }


def _rounded(positions: FloatArray) -> np.ndarray:
    units = np.rint(positions / UNIT)
    if np.abs(units).max(initial=0.0) > np.iinfo(np.int16).max:
        raise ValueError(f"a molecule reaches further than {np.iinfo(np.int16).max * UNIT:.0f} Å")
    return units.astype(np.int16)


@cache
def _contents(folder: Path) -> dict[str, PackedChunk]:
    """The chunks of all packs of a folder, by file name; none where there is no such folder."""
    found = {}
    for path in sorted(folder.glob("*.npz")):
        first = 0
        for name, n, failures, seconds in json.loads(str(_load(path)["chunks"])):
            found[name] = PackedChunk(path, range(first, first + n), failures, seconds)
            first += n
    return found


@cache
def _load(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)
