"""Numbers per atom of one frame."""

import numpy as np

from morered_gui.core import Frame, Structure, superpose
from morered_gui.core.arrays import FloatArray


def displacements(frame: Frame, reference: Structure) -> FloatArray:
    """Distance of each atom from its place in the reference after superposition, (n,) Å."""
    moved = superpose(frame.positions, reference.positions)
    return np.linalg.norm(moved - reference.positions, axis=1)


def noise_sizes(frame: Frame) -> FloatArray | None:
    """Length of the predicted noise vector of each atom, (n,), or None where there is none."""
    return None if frame.noise is None else np.linalg.norm(frame.noise.astype(float), axis=1)
