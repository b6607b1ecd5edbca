"""Edits in space that leave the bonds alone: bond lengths, angles, dihedrals, stereocentres.

Pure functions: each takes a ``Structure`` and gives another one with the same atoms and bonds.
Of the two fragments that a bond joins, the smaller one moves as a rigid body. Atoms named in
``held`` do not move at all: where the smaller fragment holds one, the other fragment moves.
"""

from collections.abc import Callable, Collection, Iterable

import numpy as np
from rdkit import Chem

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.picked import atom_name, known_atoms
from morered_gui.chem.selecting import branch, neighbours_of
from morered_gui.core.arrays import FloatArray
from morered_gui.core.geometry import angle, dihedral
from morered_gui.core.structure import Structure

LEAST_DISTANCE, MOST_DISTANCE = 0.3, 10.0  # Å
STRAIGHT = 1.0  # degrees from 0 or 180 within which three atoms have no plane
NOBODY: frozenset[int] = frozenset()


def set_distance(
    structure: Structure, atoms: tuple[int, int], value: float, *, held: Collection[int] = NOBODY
) -> Structure:
    """Set the length of a bond.

    Args:
        structure: the molecule.
        atoms: i, j, bonded to each other and not in one ring.
        value: Å.
        held: atoms that must not move.

    Raises:
        MoleculeError: not bonded, in one ring, the value makes no sense, or held on both sides.
    """
    _check_atoms(structure, atoms, 2)
    if not LEAST_DISTANCE <= value <= MOST_DISTANCE:
        raise MoleculeError(
            f"a bond length lies between {LEAST_DISTANCE} and {MOST_DISTANCE:.0f} Å"
        )
    i, j = atoms
    x = structure.positions
    along = x[j] - x[i]
    length = float(np.linalg.norm(along))
    if length < LEAST_DISTANCE:
        raise MoleculeError("the two atoms lie in one place; relax the molecule first")
    far = _beyond(structure, i, j)
    shift = along * (value / length - 1)
    near = _others(structure, far)
    return _moved(structure, [(far, lambda p: p + shift), (near, lambda p: p - shift)], held)


def set_angle(
    structure: Structure,
    atoms: tuple[int, int, int],
    value: float,
    *,
    held: Collection[int] = NOBODY,
) -> Structure:
    """Set the angle i-j-k.

    Args:
        structure: the molecule.
        atoms: i, j, k; j is bonded to both, and one of the bonds is in no ring with the other.
        value: degrees, from 1 to 180.
        held: atoms that must not move.

    Raises:
        MoleculeError: as ``set_distance``.
    """
    _check_atoms(structure, atoms, 3)
    if not STRAIGHT <= value <= 180.0:
        raise MoleculeError("an angle lies between 1 and 180 degrees")
    i, j, k = atoms
    sides = _free_sides(structure, ((j, k), (j, i)))
    x = structure.positions
    normal = _normal(x[i] - x[j], x[k] - x[j])
    turn = value - float(angle(x[i], x[j], x[k]))
    # About the normal of i and k, k turns away from i; i turns the other way.
    choices = []
    for end, far in sides.items():
        by = turn if end == k else -turn
        near = _others(structure, far) - {j}
        choices += [
            (far, _turn(x[j], normal, by)),
            (near, _turn(x[j], normal, -by)),
        ]
    return _moved(structure, choices, held)


def set_dihedral(
    structure: Structure,
    atoms: tuple[int, int, int, int],
    value: float,
    *,
    held: Collection[int] = NOBODY,
) -> Structure:
    """Set the dihedral i-j-k-l by a turn about the bond j-k.

    Args:
        structure: the molecule.
        atoms: i, j, k, l, each bonded to the next; j-k is in no ring.
        value: degrees.
        held: atoms that must not move.

    Raises:
        MoleculeError: as ``set_distance``, or three of the atoms lie on one line.
    """
    _check_atoms(structure, atoms, 4)
    if not np.isfinite(value):
        raise MoleculeError("a dihedral is a number of degrees")
    i, j, k, l = atoms  # noqa: E741
    _check_bonded(structure, i, j)
    _check_bonded(structure, k, l)
    far = _beyond(structure, j, k)
    a, b, c, d = structure.positions[list(atoms)]
    for first, middle, last in ((a, b, c), (b, c, d)):
        if not STRAIGHT < float(angle(first, middle, last)) < 180.0 - STRAIGHT:
            raise MoleculeError("three of the atoms lie on one line, so there is no dihedral")
    turn = value - float(dihedral(a, b, c, d))
    near = _others(structure, far)
    choices = [(far - {k}, _turn(c, c - b, turn)), (near - {j}, _turn(b, c - b, -turn))]
    return _moved(structure, choices, held)


def translate(
    structure: Structure, atoms: Iterable[int], shift: FloatArray, *, held: Collection[int] = NOBODY
) -> Structure:
    """Move some atoms by a shift (3,) in Å; raises MoleculeError where one of them is held."""
    by = _vector(shift)
    return _moved(structure, [(known_atoms(structure, atoms), lambda p: p + by)], held)


def turn(
    structure: Structure,
    atoms: Iterable[int],
    vector: FloatArray,
    *,
    held: Collection[int] = NOBODY,
) -> Structure:
    """``rotate`` about an axis (3,) that is as long as the degrees; unchanged for a zero vector."""
    degrees = float(np.linalg.norm(_vector(vector)))
    return rotate(structure, atoms, vector, degrees, held=held) if degrees else structure


def rotate(
    structure: Structure,
    atoms: Iterable[int],
    axis: FloatArray,
    degrees: float,
    *,
    held: Collection[int] = NOBODY,
) -> Structure:
    """Turn some atoms about an axis (3,) through their centre, right-handed.

    Raises MoleculeError where one of them is held, or the axis has no length.
    """
    chosen, direction = known_atoms(structure, atoms), _vector(axis)
    if not np.linalg.norm(direction) or not np.isfinite(degrees):
        raise MoleculeError("a rotation takes an axis with a length and a number of degrees")
    centre = structure.positions[sorted(chosen)].mean(0)
    return _moved(structure, [(chosen, _turn(centre, direction, degrees))], held)


def invert_centre(structure: Structure, atom: int, *, held: Collection[int] = NOBODY) -> Structure:
    """The other configuration of a stereocentre: two of its substituents change places.

    The two smallest that are in no ring with the centre turn as one rigid body about the
    bisector of their bonds, so that other stereocentres keep their configuration.

    Raises:
        MoleculeError: it is no stereocentre, fewer than two substituents are free, or held.
    """
    known_atoms(structure, (atom,))
    if atom not in _stereocentres(structure):
        raise MoleculeError(f"{atom_name(structure, atom)} is no stereocentre")
    neighbours = neighbours_of(structure)[atom]
    sides = _free_sides(structure, [(atom, n) for n in neighbours], needed=0)
    free = {n: s for n, s in sides.items() if not s & set(held)}
    if len(free) < 2:
        raise MoleculeError(
            f"{atom_name(structure, atom)} can't be inverted: two of its substituents have to be "
            "free, neither in a ring with it nor with frozen atoms"
        )
    first, second = sorted(free, key=lambda n: (len(free[n]), n))[:2]
    x = structure.positions
    bonds = x[[first, second]] - x[atom]
    bisector = (bonds / np.linalg.norm(bonds, axis=1, keepdims=True)).sum(0)
    if np.linalg.norm(bisector) < 0.05:
        raise MoleculeError("the substituents lie opposite each other; relax the molecule first")
    both = free[first] | free[second]
    return _moved(structure, [(both, _turn(x[atom], bisector, 180.0))], held)


# --- fragments ----------------------------------------------------------------------------------

Motion = Callable[[FloatArray], FloatArray]


def _moved(
    structure: Structure, choices: list[tuple[set[int], Motion]], held: Collection[int]
) -> Structure:
    """Carry out the motion of fewest atoms that moves no held one."""
    free = [(atoms, motion) for atoms, motion in choices if not atoms & set(held)]
    if not free:
        raise MoleculeError("frozen atoms are in the way on every side; unfreeze some")
    atoms, motion = min(free, key=lambda choice: len(choice[0]))
    positions = structure.positions.copy()
    rows = sorted(atoms)
    positions[rows] = motion(positions[rows])
    return structure.with_positions(positions)


def _turn(centre: FloatArray, axis: FloatArray, degrees: float) -> Motion:
    """A right-handed rotation of points (k, 3) by Rodrigues' formula."""
    u = axis / np.linalg.norm(axis)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))

    def motion(points: FloatArray) -> FloatArray:
        v = points - centre
        along = (v @ u)[:, None] * u
        turned: FloatArray = cos * (v - along) + sin * np.cross(u, v) + along + centre
        return turned

    return motion


def _normal(u: FloatArray, v: FloatArray) -> FloatArray:
    """Perpendicular to both (3,); any perpendicular where they lie on one line."""
    crossed: FloatArray = np.cross(u, v)
    if np.linalg.norm(crossed) > 1e-3 * np.linalg.norm(u) * np.linalg.norm(v):
        return crossed
    other: FloatArray = np.cross(u, np.eye(3)[np.abs(u).argmin()])
    return other


def _beyond(structure: Structure, i: int, j: int) -> set[int]:
    """The fragment on j's side of the bond i-j; raises MoleculeError where they share a ring."""
    _check_bonded(structure, i, j)
    found = branch(structure, i, j)
    if i in found:
        raise MoleculeError(
            f"{atom_name(structure, i)} and {atom_name(structure, j)} are in one ring, "
            "which would tear"
        )
    return found


def _free_sides(
    structure: Structure, bonds: Iterable[tuple[int, int]], needed: int = 1
) -> dict[int, set[int]]:
    """By its nearest atom each fragment beyond a bond that is in no ring.

    Raises the last refusal where fewer than ``needed`` are left.
    """
    sides: dict[int, set[int]] = {}
    refusal: MoleculeError | None = None
    for centre, end in bonds:
        _check_bonded(structure, centre, end)
        try:
            sides[end] = _beyond(structure, centre, end)
        except MoleculeError as error:
            refusal = error
    if refusal is not None and len(sides) < needed:
        raise refusal
    return sides


def _others(structure: Structure, atoms: set[int]) -> set[int]:
    return set(range(len(structure))) - atoms


def _stereocentres(structure: Structure) -> set[int]:
    kind = Chem.StereoType.Atom_Tetrahedral
    found = Chem.FindPotentialStereo(to_rdkit(structure))
    return {int(each.centeredOn) for each in found if each.type == kind}


# --- what is refused ----------------------------------------------------------------------------


def _check_atoms(structure: Structure, atoms: tuple[int, ...], count: int) -> None:
    if len(atoms) != count or len(set(atoms)) != count:
        raise MoleculeError(f"{count} different atoms are needed")
    known_atoms(structure, atoms)


def _check_bonded(structure: Structure, i: int, j: int) -> None:
    if [min(i, j), max(i, j)] not in structure.bonds.tolist():
        raise MoleculeError(
            f"{atom_name(structure, i)} and {atom_name(structure, j)} are not bonded to each other"
        )


def _vector(values: FloatArray) -> FloatArray:
    vector = np.asarray(values, dtype=np.float64)
    if vector.shape != (3,) or not np.all(np.isfinite(vector)):
        raise MoleculeError("a shift or an axis takes three numbers")
    return vector
