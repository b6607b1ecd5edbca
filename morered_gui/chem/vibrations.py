"""How a molecule is bent by heat: harmonic displacements about an MMFF94 minimum."""

import numpy as np

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.force_fields import force_field, gradient
from morered_gui.core.arrays import FloatArray
from morered_gui.core.structure import Structure

BOLTZMANN = 0.0019872  # kcal/(mol K), the unit of RDKit's force fields
STEP = 1e-3  # Å, of the finite differences
# Å; no mode goes further than this on average, since far away it is not harmonic.
LARGEST_AMPLITUDE = 0.6


def thermal_displacements(
    minimum: Structure, temperature: float, n: int, rng: np.random.Generator
) -> FloatArray:
    """Draw displacements from the Boltzmann distribution of the harmonic force field.

    Classical and in Cartesian coordinates, where the masses drop out: the covariance is
    k T H^-1 with the Hessian H, shifts and turns left out.

    Args:
        minimum: at a minimum of MMFF94 (``mmff94_minimum``).
        temperature: K.
        n: number of displacements.
        rng: draws them.

    Returns:
        (n, atoms, 3) in Å.

    Raises:
        MoleculeError: MMFF94 has no parameters for the molecule.
    """
    stiffness, modes = internal_modes(mmff94_hessian(minimum), minimum.positions)
    # A stiffness of 0 or below belongs to a plateau; it gets the largest amplitude.
    softest = BOLTZMANN * temperature / LARGEST_AMPLITUDE**2
    amplitude = np.sqrt(BOLTZMANN * temperature / np.maximum(stiffness, softest))
    drawn = rng.standard_normal((n, len(amplitude))) * amplitude
    return (drawn @ modes.T).reshape(n, len(minimum), 3)


def mmff94_hessian(structure: Structure) -> FloatArray:
    """Second derivatives of the MMFF94 energy, (3 n, 3 n) in kcal/(mol Å^2).

    Central differences of RDKit's gradient. Raises MoleculeError as ``force_field``.
    """
    mol = to_rdkit(structure)  # kept to the end, see force_field
    field = force_field(mol)
    flat = structure.positions.ravel()
    rows = []
    for k in range(flat.size):
        there, back = flat.copy(), flat.copy()
        there[k] += STEP
        back[k] -= STEP
        rows.append(gradient(field, there) - gradient(field, back))
    hessian = np.array(rows) / (2.0 * STEP)
    return 0.5 * (hessian + hessian.T)


def internal_modes(hessian: FloatArray, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvectors of a Hessian (3 n, 3 n) with rigid motions left out; positions (n, 3) Å.

    Returns stiffnesses (3 n - 6) in its unit, the softest first, and modes (3 n, 3 n - 6).
    """
    inner = internal_motions(positions - positions.mean(0))
    stiffness, modes = np.linalg.eigh(inner.T @ hessian @ inner)
    return stiffness, inner @ modes


def internal_motions(positions: FloatArray) -> FloatArray:
    """Orthonormal motions (3 n, 3 n - 6) that are no shift and no turn; positions centred.

    They are left out by their shape: a turn's stiffness is not quite 0 where the force is not.
    """
    axes = np.eye(3)
    shifts = [np.broadcast_to(axis, positions.shape).ravel() for axis in axes]
    turns = [np.cross(axis, positions).ravel() for axis in axes]
    u, size, _ = np.linalg.svd(np.array(shifts + turns).T, full_matrices=True)
    return u[:, int((size > 1e-6 * size[0]).sum()) :]  # 5 rigid motions where it is linear
