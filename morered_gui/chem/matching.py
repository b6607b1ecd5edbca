"""The same molecule twice: which atom is which, and how far apart they are.

Atoms are matched by elements and connectivity alone, so that the two oxygens of a carboxylate or
a nitro group, and the two Kekulé forms of a ring, are the same. Stereo is not looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from rdkit import Chem
from scipy.optimize import linear_sum_assignment

from morered_gui.chem.selecting import neighbours_of
from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.core.geometry import rmsds, superpose_by
from morered_gui.core.structure import Structure

# Above so many ways to match all atoms, only inner ones are matched in all ways (up to the second
# bound, and of many equal molecules as wholes); for the best of them the outer ones are given to
# their nearest: bounded, and exact but for odd cases, in which the result is an upper bound.
MAX_MATCHES = 2000
MAX_INNER_MATCHES = 20_000
INNER_MATCHES_REFINED = 30
MAX_MOLECULE_MATCHES = 100  # of one among many equal molecules
REFINEMENTS = 3
HYDROGEN = 1

Families = dict[tuple[int, int], list[int]]
"""Outer atoms by the atom that they hang on and their kind, parents before their children."""

EqualMolecules = tuple[list[IntArray], IntArray]
"""Atoms of equal molecules in one order: of each of mobile in all ways (w, p), of target (g, p)."""

Peeled = tuple[IntArray, IntArray]
"""See ``_peeled``."""


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
    kinds = _kinds(mobile, target)
    if not np.array_equal(np.sort(kinds[0]), np.sort(kinds[1])):
        return None
    orders = _matches(mobile, target, MAX_MATCHES, kinds)
    if len(orders) == 0:
        return None
    if len(orders) == MAX_MATCHES:
        others = *_as_it_is(mobile, target), *_by_inner_atoms(mobile, target, kinds)
        orders = np.array([*orders, *others])
    best: IntArray = orders[np.argmin(rmsds(mobile.positions[orders], target.positions))]
    return best


def _as_it_is(mobile: Structure, target: Structure) -> list[IntArray]:
    """The order in which the atoms are, if it is one: not among the first of too many ways."""
    bonds = [sorted(each.bonds.tolist()) for each in (mobile, target)]
    same = mobile.same_atoms(target) and bonds[0] == bonds[1]
    return [np.arange(len(mobile))] if same else []


def _kinds(mobile: Structure, target: Structure) -> tuple[IntArray, IntArray]:
    """A number per atom of each: the same for two atoms only where all around them is the same.

    Elements are told apart by the kinds of their neighbours until that tells no more apart
    (Morgan's refinement). Without rings no search by these ever comes to a dead end.
    """
    around = neighbours_of(mobile)
    around += [[len(mobile) + k for k in near] for near in neighbours_of(target)]
    table = np.full((len(around), max(map(len, around))), -1)
    for row, near in zip(table, around, strict=True):
        row[: len(near)] = near
    kinds = np.concatenate([mobile.numbers, target.numbers])
    n_before, n_now = 0, len(np.unique(kinds))
    while n_before < n_now:
        rows = np.sort(np.where(table < 0, -1, kinds[table]), axis=1)
        for column in rows.T + 1:  # many times as fast as unique rows
            kinds = np.unique(kinds * (rows.max() + 2) + column, return_inverse=True)[1]
        n_before, n_now = n_now, int(kinds.max()) + 1
    return kinds[: len(mobile)], kinds[len(mobile) :]


def _matches(
    mobile: Structure, target: Structure, most: int, kinds: tuple[IntArray, IntArray]
) -> IntArray:
    """(k, n) ways to lay the graph of target over that of mobile, at most ``most``.

    ``kinds`` are numbers per atom of mobile and target that have to agree as well.
    """
    of_mobile, of_target = kinds
    # RDKit follows the order of the query's atoms: neighbours have to follow neighbours, and
    # outer atoms come last, or each dead end is tried again with all their permutations.
    walk = _walk(target)
    query = _graph(reordered(target, walk), of_target[walk])
    found = _graph(mobile, of_mobile).GetSubstructMatches(
        query, uniquify=False, maxMatches=most, useChirality=False
    )
    orders = np.array(found, dtype=np.int64).reshape(-1, len(target))
    return orders[:, np.argsort(walk)]


def _walk(structure: Structure) -> IntArray:
    """The atoms so that each but the first of its part follows a neighbour, (n,)."""
    neighbours = neighbours_of(structure)
    seen: dict[int, None] = {}  # a set that keeps its order
    for first in range(len(structure)):
        stack = [first]
        while stack:
            atom = stack.pop()
            if atom not in seen:
                seen[atom] = None
                stack.extend(neighbours[atom])
    walk = np.array(list(seen), dtype=np.int64)
    return walk[np.argsort(-_peeled(structure)[0][walk], kind="stable")]


def _peeled(structure: Structure) -> Peeled:
    """In which round each atom falls off as terminal atoms are taken away, and from which atom.

    Terminal ones fall in round 0, those that are terminal without them in round 1, and so on.
    Rings, what joins them, and the middle of a chain stay: a round after all others, from -1.
    """
    left = [set(near) for near in neighbours_of(structure)]
    rounds, parents = np.full((2, len(structure)), -1)
    outer, now = set(range(len(structure))), 0
    while True:
        ends = [(k, *left[k]) for k in outer if len(left[k]) == 1]
        falling = [(k, parent) for k, parent in ends if len(left[parent]) > 1]
        if not falling:
            rounds[rounds < 0] = now
            return rounds, parents
        for k, parent in falling:
            rounds[k], parents[k] = now, parent
            left[k].clear()
            left[parent].discard(k)
        outer, now = {parent for _, parent in falling}, now + 1


def _by_inner_atoms(
    mobile: Structure, target: Structure, kinds: tuple[IntArray, IntArray]
) -> Iterator[IntArray]:
    """Full orders from the matches of inner atoms, the outer ones assigned in space.

    Outer are the hydrogens first. While the others still match in too many ways (fluorines, the
    methyl groups of a silicone), all terminal atoms, then also those that fall off next.
    """
    peeled_m, peeled_t = _peeled(mobile), _peeled(target)
    masks = _outer(mobile, peeled_m), _outer(target, peeled_t)
    for outer_m, outer_t in zip(*masks, strict=True):
        inner_m, inner_t = np.flatnonzero(~outer_m), np.flatnonzero(~outer_t)
        parts = _part(mobile, inner_m), _part(target, inner_t)
        inner_kinds = kinds[0][inner_m], kinds[1][inner_t]
        matches = _matches(*parts, MAX_INNER_MATCHES, inner_kinds)
        many = len(matches) == MAX_INNER_MATCHES
        if many:
            matches = np.array([*matches, *_by_molecules(*parts, inner_kinds)])
        families = (
            _families(peeled_m, kinds[0], outer_m),
            _families(peeled_t, kinds[1], outer_t),
        )
        ranked = np.argsort(rmsds(parts[0].positions[matches], parts[1].positions))
        for match in matches[ranked[:INNER_MATCHES_REFINED]]:
            order = np.zeros(len(target), dtype=np.int64)
            order[inner_t] = inner_m[match]
            # First by the inner atoms alone, then by all: each superposition betters the other.
            for subset in [inner_t] + [np.arange(len(target))] * REFINEMENTS:
                order = _outer_assigned(mobile, target, order, subset, families)
            yield order
        if not many:
            return


def _by_molecules(
    mobile: Structure, target: Structure, kinds: tuple[IntArray, IntArray]
) -> Iterator[IntArray]:
    """Orders of many equal molecules, a solvent or cluster: each is given its nearest as a whole.

    First as they lie, then with the main axes of all atoms laid over each other.
    """
    groups = _equal_molecules(mobile, target, kinds)
    for laid in _laid_over(mobile.positions, target.positions) if groups else ():
        order = _molecules_assigned(laid, target.positions, groups)
        for _ in range(REFINEMENTS):
            moved = superpose_by(mobile.positions, mobile.positions[order], target.positions)
            order = _molecules_assigned(moved, target.positions, groups)
        yield order


def _equal_molecules(
    mobile: Structure, target: Structure, kinds: tuple[IntArray, IntArray]
) -> list[EqualMolecules]:
    """Groups of equal molecules; none where there is one molecule, or they do not match."""
    found: list[dict[tuple[int, ...], list[IntArray]]] = [{}, {}]
    for by_kinds, structure, own in zip(found, (mobile, target), kinds, strict=True):
        for atoms in Chem.GetMolFrags(_graph(structure, own)):
            key = tuple(sorted(own[list(atoms)].tolist()))
            by_kinds.setdefault(key, []).append(np.array(atoms))
    sizes = [{key: len(each) for key, each in by_kinds.items()} for by_kinds in found]
    if sizes[0] != sizes[1] or sum(sizes[0].values()) < 2:
        return []
    groups = [_group(mobile, target, kinds, found[0][key], found[1][key]) for key in found[0]]
    complete = all(
        len(places) == len(ways) and all(len(w) for w in ways) for ways, places in groups
    )
    return groups if complete else []


def _group(
    mobile: Structure,
    target: Structure,
    kinds: tuple[IntArray, IntArray],
    of_mobile: list[IntArray],
    of_target: list[IntArray],
) -> EqualMolecules:
    """All laid out like the first of the target."""
    first = of_target[0]
    like = _part(target, first)

    def ways(structure: Structure, own: IntArray, atoms: IntArray, most: int) -> IntArray:
        part_kinds = own[atoms], kinds[1][first]
        return atoms[_matches(_part(structure, atoms), like, most, part_kinds)]

    return (
        [ways(mobile, kinds[0], atoms, MAX_MOLECULE_MATCHES) for atoms in of_mobile],
        np.concatenate([ways(target, kinds[1], atoms, 1) for atoms in of_target]),
    )


def _laid_over(x: FloatArray, y: FloatArray) -> Iterator[FloatArray]:
    """x (n, 3) as it is, then turned so that its main axes are those of y (m, 3) in four ways."""
    yield x
    centre, goal = x.mean(0), y.mean(0)
    axes = [np.linalg.eigh(np.cov(z.T))[1].T for z in (x, y)]
    for signs in product((1.0, -1.0), repeat=3):
        rotation = axes[0].T * signs @ axes[1]
        if np.linalg.det(rotation) > 0:
            yield (x - centre) @ rotation + goal


def _molecules_assigned(x: FloatArray, y: FloatArray, groups: Sequence[EqualMolecules]) -> IntArray:
    """The order (n,) in which whole molecules of x (n, 3) lie nearest to those of y."""
    order = np.zeros(len(y), dtype=np.int64)
    for ways, places in groups:
        # [ways of one, molecules]: squares of the distances
        apart = [((x[w][:, None] - y[places]) ** 2).sum((2, 3)) for w in ways]
        for a, b in zip(*linear_sum_assignment([each.min(0) for each in apart]), strict=True):
            order[places[b]] = ways[a][apart[a][:, b].argmin()]
    return order


def _outer(structure: Structure, peeled: Peeled) -> list[BoolArray]:
    """More and more atoms that each hang on one other: hydrogens, terminal atoms, and so on."""
    rounds, _ = peeled
    hydrogens = (rounds == 0) & (structure.numbers == HYDROGEN) & (rounds < rounds.max())
    masks = [hydrogens, *(rounds < now for now in range(1, rounds.max() + 1))]
    return [mask for k, mask in enumerate(masks) if k == 0 or mask.sum() > masks[k - 1].sum()]


def _families(peeled: Peeled, kinds: IntArray, outer: BoolArray) -> Families:
    rounds, parents = peeled
    found: Families = {}
    for child in np.argsort(-rounds, kind="stable").tolist():
        if outer[child]:
            found.setdefault((int(parents[child]), int(kinds[child])), []).append(child)
    return found


def _outer_assigned(
    mobile: Structure,
    target: Structure,
    order: IntArray,
    subset: IntArray,
    families: tuple[Families, Families],
) -> IntArray:
    """Superpose on a subset of the target's atoms, then give each outer atom its nearest."""
    moved = superpose_by(
        mobile.positions, mobile.positions[order[subset]], target.positions[subset]
    )
    of_mobile, of_target = families
    better = order.copy()
    for (parent, kind), children in of_target.items():
        candidates = of_mobile[int(better[parent]), kind]
        apart = moved[candidates][:, None] - target.positions[children][None]
        rows, columns = linear_sum_assignment((apart**2).sum(-1))
        better[np.array(children)[columns]] = np.array(candidates)[rows]
    return better


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


def _graph(structure: Structure, kinds: IntArray) -> Chem.Mol:
    """Elements, connectivity, and the kind of each atom (as isotope, which RDKit compares)."""
    mol = Chem.RWMol()
    for number, kind in zip(structure.numbers.tolist(), kinds.tolist(), strict=True):
        atom = Chem.Atom(number)
        atom.SetIsotope(kind + 1)
        mol.AddAtom(atom)
    for i, j in structure.bonds.tolist():
        mol.AddBond(i, j, Chem.BondType.SINGLE)
    return mol.GetMol()
