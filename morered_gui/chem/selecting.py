"""Sets of atoms that belong together."""

from collections.abc import Collection, Iterable

import numpy as np

from morered_gui.core.structure import Structure


def of_elements(structure: Structure, numbers: Collection[int]) -> tuple[int, ...]:
    """All atoms of these elements."""
    return tuple(np.flatnonzero(np.isin(structure.numbers, list(numbers))).tolist())


def all_but(structure: Structure, atoms: Collection[int]) -> tuple[int, ...]:
    """The other atoms."""
    return tuple(k for k in range(len(structure)) if k not in atoms)


def neighbours_of(structure: Structure) -> list[list[int]]:
    """Per atom those that it is bonded to."""
    found: list[list[int]] = [[] for _ in range(len(structure))]
    for i, j in structure.bonds.tolist():
        found[i].append(j)
        found[j].append(i)
    return found


def connected(structure: Structure, atoms: Iterable[int]) -> tuple[int, ...]:
    """All atoms that bonds lead to from these, themselves among them."""
    return tuple(sorted(_reached(structure, atoms, cut=None)))


def branch(structure: Structure, i: int, j: int) -> set[int]:
    """What lies on j's side of the bond i-j; all that is connected where they share a ring."""
    return _reached(structure, [j], cut=(j, i))


def fragment_of(structure: Structure, atoms: Collection[int]) -> tuple[int, ...]:
    """The fragment that is meant by a selection.

    Two atoms with a bond between them that is in no ring: what lies beyond the second one. Else
    all that is connected with the atoms.
    """
    if len(atoms) == 2:
        i, j = atoms
        if [min(i, j), max(i, j)] in structure.bonds.tolist():
            side = branch(structure, i, j)
            if i not in side:
                return tuple(sorted(side))
    return connected(structure, atoms)


def _reached(structure: Structure, atoms: Iterable[int], cut: tuple[int, int] | None) -> set[int]:
    """What bonds lead to; the one from the first to the second atom of ``cut`` is not taken."""
    neighbours = neighbours_of(structure)
    found = set(atoms)
    rest = list(found)
    while rest:
        atom = rest.pop()
        new = {k for k in neighbours[atom] if (atom, k) != cut} - found
        found |= new
        rest.extend(new)
    return found
