"""Starts for a relaxation: minima of the Merck molecular force field."""

from collections.abc import Sequence
from contextlib import suppress

from rdkit.Chem import Mol, rdForceFieldHelpers
from rdkit.ForceField.rdForceField import ForceField

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.chem.force_fields import FORCE_TOLERANCE, ForceFieldName, force_field
from morered_gui.core.structure import Structure

MAX_ITERATIONS = 10_000
CHUNK = 500  # iterations between two looks at convergence
# Of a clean-up: iterations times the square of the number of atoms, to which the cost of one is
# proportional. Some 15 s; less than MAX_ITERATIONS above 173 atoms.
WORK = 300_000_000


def mmff94_minimum(
    structure: Structure,
    variant: ForceFieldName = ForceFieldName.MMFF94,
    max_iterations: int = MAX_ITERATIONS,
) -> Structure:
    """The nearest MMFF94 minimum from the structure's own coordinates (RDKit's BFGS).

    Raises:
        MoleculeError: MMFF94 has no parameters for the molecule, its bonds are unknown, or it
            did not converge within ``max_iterations``.
    """
    mol = to_rdkit(structure)
    field = force_field(mol, variant)
    with rdkit_messages():
        if not _converged(field, max_iterations):
            raise MoleculeError(f"{variant} did not converge in {max_iterations} iterations")
    return structure.with_positions(mol.GetConformer().GetPositions())


def minimise(mol: Mol, max_iterations: int = MAX_ITERATIONS, held: Sequence[int] = ()) -> None:
    """Relax the first conformer in place by MMFF94, or by UFF where MMFF94 has no parameters.

    Best effort: a molecule that neither knows stays as it is, and one that the optimiser gives
    up on (bare ions far apart), or that is too large to be finished, stays where that happened.
    Held atoms do not move at all.
    """
    n_atoms = mol.GetNumAtoms()
    if len(held) == n_atoms:
        return
    with rdkit_messages():
        if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
            properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(mol)
            field = rdForceFieldHelpers.MMFFGetMoleculeForceField(
                mol, properties, ignoreInterfragInteractions=False
            )
        elif rdForceFieldHelpers.UFFHasAllMoleculeParams(mol):
            field = rdForceFieldHelpers.UFFGetMoleculeForceField(
                mol, ignoreInterfragInteractions=False
            )
        else:
            return
        field.Initialize()
        for atom in held:
            field.AddFixedPoint(atom)
        with suppress(RuntimeError):  # "bad direction in linearSearch"
            _converged(field, min(max_iterations, WORK // n_atoms**2))


def _converged(field: ForceField, max_iterations: int) -> bool:
    for done in range(0, max_iterations, CHUNK):
        iterations = min(CHUNK, max_iterations - done)
        if field.Minimize(maxIts=iterations, forceTol=FORCE_TOLERANCE) == 0:
            return True
    return False
