"""Starts for a relaxation: minima of the Merck molecular force field."""

from typing import Literal

from rdkit.Chem import Mol, rdForceFieldHelpers
from rdkit.ForceField.rdForceField import ForceField

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.core.structure import Structure

Variant = Literal["MMFF94", "MMFF94s"]
MAX_ITERATIONS = 10_000
CHUNK = 500  # iterations between two looks at convergence
FORCE_TOLERANCE = 1e-4  # RDKit's own, kcal/(mol Å)


def mmff94_minimum(
    structure: Structure, variant: Variant = "MMFF94", max_iterations: int = MAX_ITERATIONS
) -> Structure:
    """The nearest MMFF94 minimum from the structure's own coordinates (RDKit's BFGS).

    Raises:
        MoleculeError: MMFF94 has no parameters for the molecule, its bonds are unknown, or it
            did not converge within ``max_iterations``.
    """
    mol = to_rdkit(structure)
    field = mmff94_field(mol, variant)
    with rdkit_messages():
        if not _converged(field, max_iterations):
            raise MoleculeError(f"{variant} did not converge in {max_iterations} iterations")
    return structure.with_positions(mol.GetConformer().GetPositions())


def mmff94_field(mol: Mol, variant: Variant = "MMFF94") -> ForceField:
    """RDKit's force field of a molecule at its coordinates.

    It points into the molecule, which has to be kept as long as the field.

    Raises:
        MoleculeError: MMFF94 has no parameters for the molecule, or its bonds are unknown.
    """
    with rdkit_messages():
        try:
            properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(mol, mmffVariant=variant)
        except RuntimeError:  # an unsanitised molecule: its bonds are not known
            properties = None
        if properties is None:
            raise MoleculeError(
                f"{variant} has no parameters for this molecule; "
                "it needs known bond orders and common elements"
            )
        field = rdForceFieldHelpers.MMFFGetMoleculeForceField(mol, properties)
    field.Initialize()
    return field  # type: ignore[no-any-return]


def minimise(mol: Mol, max_iterations: int = MAX_ITERATIONS) -> None:
    """Relax the first conformer in place by MMFF94, or by UFF where MMFF94 has no parameters.

    Best effort: a molecule that neither knows stays as it is.
    """
    with rdkit_messages():
        if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
            properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(mol)
            field = rdForceFieldHelpers.MMFFGetMoleculeForceField(mol, properties)
        elif rdForceFieldHelpers.UFFHasAllMoleculeParams(mol):
            field = rdForceFieldHelpers.UFFGetMoleculeForceField(mol)
        else:
            return
        field.Initialize()
        _converged(field, max_iterations)


def _converged(field: ForceField, max_iterations: int) -> bool:
    for done in range(0, max_iterations, CHUNK):
        iterations = min(CHUNK, max_iterations - done)
        if field.Minimize(maxIts=iterations, forceTol=FORCE_TOLERANCE) == 0:
            return True
    return False
