"""The same molecule twice: which atom is which, and how far apart they are.

Atoms are matched by elements and connectivity alone, so that the two oxygens of a carboxylate or
a nitro group, and the two Kekulé forms of a ring, are the same. Stereo is not looked at.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from rdkit import Chem
from scipy.optimize import linear_sum_assignment

from morered_gui.core.arrays import IntArray
from morered_gui.core.geometry import rmsds, superpose_by
from morered_gui.core.structure import Structure

# Above so many ways to match all atoms, only heavy atoms are matched in all ways (up to the
# second bound); for the best of them hydrogens are given to their nearest: bounded, and exact
# but for odd cases, in which the result is an upper bound.
MAX_MATCHES = 2000
MAX_HEAVY_MATCHES = 20_000
HEAVY_MATCHES_REFINED = 30
REFINEMENTS = 3
HYDROGEN = 1


def symmetric_rmsd(a: Structure, b: Structure) -> float:
    """All-atom RMSD in Å after the best superposition over all ways to match the atoms.

    The atoms may come in different orders. Raises ValueError where the graphs differ.
    """
    found = best_order(a, b)
    if found is None:
        raise ValueError("the structures are not the same molecule: their bonds differ")
    return float(rmsds(a.positions[found], b.positions))


def match_atoms(reference: Structure, structure: Structure) -> Structure | None:
    """The reference with its atoms in the structure's order, or None where the graphs differ.

    Of several ways the one with the lowest RMSD. Where bonds are unknown on either side, the
    atoms have to be in the same order already.
    """
    order = best_order(reference, structure)
    return None if order is None else reordered(reference, order)


def reordered(structure: Structure, order: IntArray) -> Structure:
    """The structure with atom ``order[k]`` in place k; order (n,) is a permutation."""
    place = np.argsort(order)
    bonds = np.sort(place[structure.bonds], axis=1)
    rank = np.lexsort((bonds[:, 1], bonds[:, 0]))
    return replace(
        structure,
        numbers=structure.numbers[order],
        positions=structure.positions[order],
        bonds=bonds[rank],
        orders=structure.orders[rank],
        formal_charges=np.asarray(structure.formal_charges)[order],
    )


def best_order(mobile: Structure, target: Structure) -> IntArray | None:
    """(n,) the atoms of mobile in the order of target that gives the lowest RMSD.

    None where the graphs differ, or where bonds are unknown and the atoms come in another order.
    """
    if sorted(mobile.numbers) != sorted(target.numbers):
        return None
    if not (len(mobile.bonds) and len(target.bonds)):
        same = mobile.same_atoms(target)
        return np.arange(len(mobile)) if same else None
    if len(mobile.bonds) != len(target.bonds):
        return None
    carried = _n_hydrogens(mobile), _n_hydrogens(target)
    orders = _matches(mobile, target, MAX_MATCHES, carried)
    if len(orders) == 0:
        return None
    if len(orders) == MAX_MATCHES:
        orders = np.array([*orders, *_by_heavy_atoms(mobile, target, orders[0])])
    best: IntArray = orders[np.argmin(rmsds(mobile.positions[orders], target.positions))]
    return best


def _matches(
    mobile: Structure, target: Structure, most: int, labels: tuple[IntArray, IntArray]
) -> IntArray:
    """(k, n) ways to lay the graph of target over that of mobile, at most ``most``.

    ``labels`` are numbers per atom of mobile and target that have to agree as well.
    """
    of_mobile, of_target = labels
    # RDKit follows the order of the query's atoms: neighbours have to follow neighbours, and
    # hydrogens come last, or the search for a chain with shuffled atoms takes minutes.
    walk = _walk(target)
    query = _graph(reordered(target, walk), of_target[walk])
    found = _graph(mobile, of_mobile).GetSubstructMatches(
        query, uniquify=False, maxMatches=most, useChirality=False
    )
    orders = np.array(found, dtype=np.int64).reshape(-1, len(target))
    return orders[:, np.argsort(walk)]


def _walk(structure: Structure) -> IntArray:
    """The atoms so that each but the first of its part follows a neighbour, (n,)."""
    neighbours: list[list[int]] = [[] for _ in range(len(structure))]
    for i, j in structure.bonds.tolist():
        neighbours[i].append(j)
        neighbours[j].append(i)
    seen: dict[int, None] = {}  # a set that keeps its order
    for first in range(len(structure)):
        stack = [first]
        while stack:
            atom = stack.pop()
            if atom not in seen:
                seen[atom] = None
                stack.extend(neighbours[atom])
    walk = np.array(list(seen), dtype=np.int64)
    return walk[np.argsort(structure.numbers[walk] == HYDROGEN, kind="stable")]


def _by_heavy_atoms(
    mobile: Structure, target: Structure, any_order: IntArray
) -> Iterator[IntArray]:
    """Full orders from the matches of the heavy atoms, hydrogens assigned in space."""
    heavy_m, heavy_t = (np.flatnonzero(s.numbers != HYDROGEN) for s in (mobile, target))
    carried = (_n_hydrogens(mobile)[heavy_m], _n_hydrogens(target)[heavy_t])
    parts = _part(mobile, heavy_m), _part(target, heavy_t)
    matches = _matches(*parts, MAX_HEAVY_MATCHES, carried)
    ranked = np.argsort(rmsds(parts[0].positions[matches], parts[1].positions))
    for match in matches[ranked[:HEAVY_MATCHES_REFINED]]:
        order = any_order.copy()
        order[heavy_t] = heavy_m[match]
        # First by the heavy atoms alone, then by all: each superposition betters the other.
        for subset in [heavy_t] + [np.arange(len(target))] * REFINEMENTS:
            order = _hydrogens_assigned(mobile, target, order, subset)
        if len(np.unique(order)) == len(order):  # not so where hydrogens bridge or stand alone
            yield order


def _hydrogens_assigned(
    mobile: Structure, target: Structure, order: IntArray, subset: IntArray
) -> IntArray:
    """Superpose on a subset of the target's atoms, then give each hydrogen its nearest."""
    moved = superpose_by(
        mobile.positions, mobile.positions[order[subset]], target.positions[subset]
    )
    own_m, own_t = _hydrogens(mobile), _hydrogens(target)
    better = order.copy()
    for parent, children in own_t.items():
        candidates = own_m[int(order[parent])]
        apart = moved[candidates][:, None] - target.positions[children][None]
        rows, columns = linear_sum_assignment((apart**2).sum(-1))
        better[np.array(children)[columns]] = np.array(candidates)[rows]
    return better


def _n_hydrogens(structure: Structure) -> IntArray:
    """How many hydrogens each atom carries, (n,)."""
    counts = np.zeros(len(structure), dtype=np.int64)
    for parent, children in _hydrogens(structure).items():
        counts[parent] = len(children)
    return counts


def _hydrogens(structure: Structure) -> dict[int, list[int]]:
    """The hydrogens on each heavy atom."""
    found: dict[int, list[int]] = {}
    hydrogen = structure.numbers == HYDROGEN
    for i, j in structure.bonds.tolist():
        for parent, child in ((i, j), (j, i)):
            if hydrogen[child] and not hydrogen[parent]:
                found.setdefault(parent, []).append(child)
    return found


def _part(structure: Structure, atoms: IntArray) -> Structure:
    place = np.full(len(structure), -1)
    place[atoms] = np.arange(len(atoms))
    bonds = place[structure.bonds]
    inside = (bonds >= 0).all(1)
    return Structure(
        structure.numbers[atoms],
        structure.positions[atoms],
        bonds[inside],
        structure.orders[inside],
    )


def _graph(structure: Structure, labels: IntArray) -> Chem.Mol:
    """Elements, connectivity, and a label per atom (as isotope, which RDKit compares)."""
    mol = Chem.RWMol()
    for number, label in zip(structure.numbers.tolist(), labels.tolist(), strict=True):
        atom = Chem.Atom(number)
        atom.SetIsotope(int(label) + 1)
        mol.AddAtom(atom)
    for i, j in structure.bonds.tolist():
        mol.AddBond(i, j, Chem.BondType.SINGLE)
    return mol.GetMol()
