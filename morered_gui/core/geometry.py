"""Superposition, root-mean-square deviation, distances, angles and dihedrals."""

import numpy as np

from morered_gui.core.arrays import FloatArray


def superpose(mobile: FloatArray, target: FloatArray) -> FloatArray:
    """Rotate and shift ``mobile`` onto ``target``, without reflection.

    Args:
        mobile: (..., n, 3) Å; any number of structures at once.
        target: (n, 3) Å, atoms in the same order.

    Returns:
        (..., n, 3) the moved positions. Kabsch 1976, doi 10.1107/S0567739476001873.
    """
    centre = target.mean(0)
    shifted = mobile - mobile.mean(-2, keepdims=True)
    return shifted @ rotation_onto(shifted, target - centre) + centre


def superpose_by(points: FloatArray, mobile: FloatArray, target: FloatArray) -> FloatArray:
    """Move points (k, 3) by the superposition of ``mobile`` (n, 3) on ``target`` (n, 3), all Å."""
    centre, goal = mobile.mean(0), target.mean(0)
    moved: FloatArray = (points - centre) @ rotation_onto(mobile - centre, target - goal) + goal
    return moved


def rotation_onto(mobile: FloatArray, target: FloatArray) -> FloatArray:
    """Rotations (..., 3, 3) for which ``mobile @ rotation`` is nearest to the target.

    Both (..., n, 3) and centred; atoms that lie at the origin in both do not count.
    """
    u, _, vt = np.linalg.svd(np.swapaxes(mobile, -1, -2) @ target)
    # Where the best orthogonal matrix would be a reflection, the weakest axis is turned over.
    u[..., :, -1] *= np.sign(np.linalg.det(u @ vt))[..., None]
    rotation: FloatArray = u @ vt
    return rotation


def superpose_mutually(positions: FloatArray, rounds: int = 8) -> FloatArray:
    """Turn structures (..., m, n, 3) Å, centred, onto the mean of all m; the same shape.

    Generalised Procrustes analysis: each turns onto the mean, the mean is taken anew. Eight
    rounds bring members that differ by less than a few Å to 1e-6 Å.
    """
    moved = positions - positions.mean(-2, keepdims=True)
    target = moved[..., :1, :, :]
    for _ in range(rounds):
        moved = moved @ rotation_onto(moved, target)
        target = moved.mean(-3, keepdims=True)
    return moved


def rmsd(mobile: FloatArray, target: FloatArray) -> float:
    """All-atom RMSD in Å after the best superposition; (n, 3) both, same order of atoms."""
    return float(rmsds(mobile, target))


def rmsds(mobile: FloatArray, target: FloatArray) -> FloatArray:
    """RMSD of many structures (..., n, 3) to one target (n, 3), shape (...), Å."""
    if mobile.shape[-2:] != target.shape:
        raise ValueError("structures to be compared need the same number of atoms")
    difference = superpose(mobile, target) - target
    return np.sqrt((difference**2).sum(-1).mean(-1))


def distance(a: FloatArray, b: FloatArray) -> FloatArray:
    """Between points (k, 3), in their unit."""
    lengths: FloatArray = np.linalg.norm(a - b, axis=-1)
    return lengths


def angle(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """At b, degrees."""
    u, v = a - b, c - b
    crossed = np.linalg.norm(np.cross(u, v), axis=-1)
    return np.degrees(np.arctan2(crossed, (u * v).sum(-1)))


def dihedral(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
    """About b-c, degrees; positive where d lies clockwise of a seen along b-c (IUPAC)."""
    first, axis, last = b - a, c - b, d - c
    one, two = np.cross(first, axis), np.cross(axis, last)
    length = np.linalg.norm(axis, axis=-1)
    return np.degrees(np.arctan2((first * two).sum(-1) * length, (one * two).sum(-1)))
