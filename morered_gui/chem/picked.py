"""Atoms that somebody picked: whether they exist, and what they are called."""

from collections.abc import Iterable

from morered_gui.chem.errors import MoleculeError
from morered_gui.core.elements import symbol
from morered_gui.core.structure import Structure


def known_atoms(structure: Structure, atoms: Iterable[int]) -> set[int]:
    """The atoms as a set; raises MoleculeError where there is none or one does not exist."""
    chosen = {int(atom) for atom in atoms}
    if not chosen:
        raise MoleculeError("no atom is picked")
    if min(chosen) < 0 or max(chosen) >= len(structure):
        raise MoleculeError("an atom that is picked does not exist any more")
    return chosen


def atom_name(structure: Structure, atom: int) -> str:
    """Such as ``C1``; atoms are counted from 1."""
    return f"{symbol(int(structure.numbers[atom]))}{atom + 1}"
