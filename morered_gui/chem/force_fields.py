"""RDKit's force fields: whom they know, energy and gradient, and minimisation step by step."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from ase import units
from rdkit.Chem import Mol, rdForceFieldHelpers, rdtrajectory
from rdkit.ForceField.rdForceField import ForceField

from morered_gui.chem.conversion import TOTAL_CHARGE, to_rdkit
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.core.arrays import BoolArray, FloatArray
from morered_gui.core.structure import Structure

EV_PER_KCAL_MOL = float(units.kcal / units.mol)
CONSTANT, GROWING = 1, 2  # RDKit's numbers for a dielectric model
FORCE_TOLERANCE = 1e-4  # RDKit's own, relative to the energy
# RDKit holds the interpreter's lock while it minimises, which would stop the window. This many
# iterations take about 40 ms; a new beginning costs a few, since the BFGS matrix is lost.
ITERATIONS = 500
ITERATIONS_LARGE, LARGE = 100, 40  # above so many atoms


class ForceFieldName(StrEnum):
    """The force fields that RDKit has."""

    MMFF94 = "MMFF94"
    MMFF94S = "MMFF94s"  # its variant with planar amide nitrogen, Halgren 1999
    UFF = "UFF"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What of MMFF94 is computed, and how.

    Attributes:
        torsions: whether it resists torsion at all.
        electrostatics: whether charges feel each other.
        dielectric: constant that weakens them.
        fading: whether it grows with the distance.
    """

    torsions: bool = True
    electrostatics: bool = True
    dielectric: float = 1.0
    fading: bool = False


class Step(NamedTuple):
    """One step of a minimisation: positions (n, 3) in Å, energy in eV."""

    positions: FloatArray
    energy: float


class MoleculeField:
    """The force field of one molecule, in eV and Å.

    Args:
        structure: with known bonds.
        name: which force field.
        fixed: (n,), True for atoms that stay exactly where they are.

    Raises:
        MoleculeError: the force field has no parameters for it, or its bonds are not known.
    """

    def __init__(
        self, structure: Structure, name: ForceFieldName, fixed: BoolArray | None = None
    ) -> None:
        self._mol = to_rdkit(structure)  # the field points into it
        _refuse_open_valences(self._mol, name)
        self._free = np.ones(len(structure), dtype=bool) if fixed is None else ~fixed
        self._field = force_field(self._mol, name)
        for index in np.flatnonzero(~self._free).tolist():
            self._field.AddFixedPoint(index)
        many = len(structure) > LARGE
        self._iterations = ITERATIONS_LARGE if many else ITERATIONS

    def energy(self) -> float:
        """At the present positions, eV."""
        return float(self._field.CalcEnergy()) * EV_PER_KCAL_MOL

    def largest_force(self) -> float:
        """On an atom that may move, at the present positions; eV/Å, 0 where none may."""
        self._field.CalcEnergy()  # see gradient
        forces = np.array(self._field.CalcGrad()).reshape(-1, 3)[self._free]
        return float(np.linalg.norm(forces, axis=1).max(initial=0.0)) * EV_PER_KCAL_MOL

    def minimise(self, max_steps: int) -> Iterator[Step]:
        """RDKit's BFGS from the present positions until it says that it has arrived.

        It also ends where the line search finds no lower energy: ask for the largest force.
        """
        done, arrived = 0, False
        while not arrived and done < max_steps:
            iterations = min(self._iterations, max_steps - done)
            code, snapshots = self._minimised(iterations)
            arrived = code == 0 or not snapshots
            done += len(snapshots)
            yield from self._steps(snapshots)

    def _minimised(self, iterations: int) -> tuple[int, list[rdtrajectory.Snapshot]]:
        with rdkit_messages():
            try:
                code, snapshots = self._field.MinimizeTrajectory(
                    1, maxIts=iterations, forceTol=FORCE_TOLERANCE
                )
            except RuntimeError:  # "bad direction in linearSearch"
                return 0, []
        return code, list(snapshots)

    def _steps(self, snapshots: list[rdtrajectory.Snapshot]) -> list[Step]:
        if not snapshots:
            return []
        path = rdtrajectory.Trajectory(3, self._mol.GetNumAtoms(), snapshots)
        shapes = Mol(self._mol, confId=0)
        shapes.RemoveAllConformers()
        path.AddConformersToMol(shapes)
        pairs = zip(shapes.GetConformers(), snapshots, strict=True)
        return [Step(c.GetPositions(), s.GetEnergy() * EV_PER_KCAL_MOL) for c, s in pairs]


def force_field(
    mol: Mol, name: ForceFieldName = ForceFieldName.MMFF94, terms: Terms | None = None
) -> ForceField:
    """RDKit's force field of a molecule at its coordinates, in kcal/mol and Å.

    It points into the molecule, which has to be kept as long as the field. Separate molecules
    feel each other. UFF has no other ``terms`` than its own.

    Raises:
        MoleculeError: there are no parameters for the molecule, or its bonds are unknown.
    """
    with rdkit_messages() as said:
        try:
            field = _uff(mol) if name == ForceFieldName.UFF else _mmff94(mol, name, terms)
        except (RuntimeError, ValueError):  # an unsanitised molecule: its bonds are not known
            field = None
    if field is None:
        raise MoleculeError(
            f"{name} has no parameters for this molecule{_reason(said)}; "
            "it needs known bond orders and elements in common bonding"
        )
    field.Initialize()
    return field


def gradient(field: ForceField, flat: FloatArray) -> FloatArray:
    """At positions (3 n), in kcal/(mol Å).

    RDKit forgets old distances only when it computes the energy.
    """
    positions = flat.tolist()
    field.CalcEnergy(positions)
    return np.array(field.CalcGrad(positions))


def _mmff94(mol: Mol, name: ForceFieldName, terms: Terms | None) -> ForceField | None:
    properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(mol, mmffVariant=str(name))
    if properties is None:
        return None
    if terms is not None:
        properties.SetMMFFTorsionTerm(terms.torsions)
        properties.SetMMFFEleTerm(terms.electrostatics)
        properties.SetMMFFDielectricConstant(terms.dielectric)
        properties.SetMMFFDielectricModel(GROWING if terms.fading else CONSTANT)
    field: ForceField = rdForceFieldHelpers.MMFFGetMoleculeForceField(
        mol, properties, ignoreInterfragInteractions=False
    )
    return field


def _uff(mol: Mol) -> ForceField | None:
    if not rdForceFieldHelpers.UFFHasAllMoleculeParams(mol):
        return None
    field: ForceField = rdForceFieldHelpers.UFFGetMoleculeForceField(
        mol, ignoreInterfragInteractions=False
    )
    return field


def _reason(said: list[str]) -> str:
    """What RDKit complained of first, without its time stamp."""
    return f" ({said[0].split('] ')[-1].strip()})" if said else ""


def _refuse_open_valences(mol: Mol, name: ForceFieldName) -> None:
    """A force field would take a radical, or atoms without their bonds, for what they are not.

    So it would an ion whose charge nobody has given to an atom: for the neutral molecule.
    """
    if mol.HasProp(TOTAL_CHARGE):
        raise MoleculeError(
            f"{name} needs to know which atom carries the charge; open the molecule from an sdf "
            "file or a SMILES"
        )
    if any(atom.GetNumRadicalElectrons() for atom in mol.GetAtoms()):
        raise MoleculeError(
            f"{name} needs all bonds, and here atoms have open valences: the molecule is a "
            "radical, or its bonds or its charge are not known"
        )
