"""A structure of a training file with its bonds."""

from functools import lru_cache
from pathlib import Path

from morered_gui.chem.perception import with_perceived_bonds
from morered_gui.chem.smiles import structure_at
from morered_gui.core import Structure
from morered_gui.training.dataset import ATOM_ORDER, SMILES_ORDER, EquilibriumSet


def structure_of(data: EquilibriumSet, row: int) -> Structure:
    """Bonds of the SMILES where its atoms are those of the structure, perceived ones elsewhere."""
    numbers, positions = data.geometry(row)
    if data.meta.get(ATOM_ORDER) == SMILES_ORDER:
        return structure_at(data.smiles[row].decode(), positions)
    return with_perceived_bonds(Structure(numbers, positions, charge=int(data.charge[row])))


@lru_cache(maxsize=1)
def loaded_once(path: Path) -> EquilibriumSet:
    """A training file, read once per process."""
    return EquilibriumSet.load(path)
