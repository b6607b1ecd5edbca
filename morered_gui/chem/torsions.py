"""Torsion angles, and whether two structures of a molecule are the same conformer."""

from collections.abc import Callable

import numpy as np
from ase.geometry import get_angles, get_dihedrals

from morered_gui.chem.matching import match_atoms
from morered_gui.chem.selecting import neighbours_of
from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.core.geometry import rmsd
from morered_gui.core.structure import Structure

# Two structures are one conformer where they are nearer than this (Å, all atoms) and no torsion
# differs by more (degrees): half of the way between neighbouring minima of a threefold rotor.
SAME_RMSD = 0.7
SAME_TORSION = 60.0
# Beyond this angle (degrees) three atoms lie in a line, and a torsion around them means nothing.
STRAIGHT = 165.0


def torsion_atoms(structure: Structure) -> IntArray:
    """All chains of four bonded atoms i-j-k-l, each once, shape (k, 4)."""
    neighbours = neighbours_of(structure)
    chains = [
        (i, j, k, m)
        for j, k in structure.bonds.tolist()
        for i in neighbours[j]
        for m in neighbours[k]
        if i != k and m not in {i, j}
    ]
    return np.array(chains, dtype=np.int64).reshape(-1, 4)


def torsion_angles(positions: FloatArray, atoms: IntArray) -> FloatArray:
    """Torsions in degrees, 0 to 360, NaN around straight angles; positions (n, 3), atoms (k, 4)."""
    if not len(atoms):
        return np.empty(0)
    v0, v1, v2 = (positions[atoms[:, k + 1]] - positions[atoms[:, k]] for k in range(3))
    angle: Callable[..., FloatArray] = get_angles
    torsion: Callable[..., FloatArray] = get_dihedrals
    bent = (angle(-v0, v1) < STRAIGHT) & (angle(-v1, v2) < STRAIGHT)
    angles = np.full(len(atoms), np.nan)
    if bent.any():
        angles[bent] = torsion(v0[bent], v1[bent], v2[bent])
    return angles


def same_conformer(reference: Structure, other: Structure) -> bool:
    """Whether the two lie in one basin, equivalent atoms being interchangeable.

    Different bond graphs are not the same conformer.
    """
    matched = match_atoms(reference, other)
    if matched is None or rmsd(matched.positions, other.positions) >= SAME_RMSD:
        return False
    atoms = torsion_atoms(matched)
    turned = torsion_angles(matched.positions, atoms) - torsion_angles(other.positions, atoms)
    apart = np.abs((turned + 180.0) % 360.0 - 180.0)
    return bool(np.all(np.isnan(apart) | (apart <= SAME_TORSION)))
