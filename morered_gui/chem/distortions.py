"""Shapes of a molecule that lie off its equilibrium in soft ways.

What a force field gets wrong in a large molecule is how it is folded, far less its bonds and
angles. Such errors are made here on purpose, by MMFF94: its minimum with another electrostatic term
than its own, and single bonds turned at random before it brings to rest what is stiff.
"""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
from rdkit import Chem
from rdkit.Chem import Mol, rdMolTransforms

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.errors import rdkit_messages
from morered_gui.chem.force_fields import ForceFieldName, Terms, force_field
from morered_gui.core.arrays import FloatArray
from morered_gui.core.structure import Structure

# Bonds outside of rings whose turning moves more than hydrogens; not beside triple bonds.
_TURNABLE = Chem.MolFromSmarts("[!$(*#*)&!D1]-&!@[!$(*#*)&!D1]")
WEAKEST, STRONGEST = 0.6, 8.0  # dielectric constants, evenly on a logarithmic scale
LEAST_TURN, MOST_TURN = 3.0, 22.0  # degrees, standard deviation
# Of the minimisation after it. Bonds and angles come to rest in some ten steps, torsions do not.
LEAST_STEPS, MOST_STEPS = 12, 50
ENOUGH_STEPS = 500
# Draws a shape (n, 3) in Å; raises MoleculeError as ``force_field``.
Distortion = Callable[[Structure, np.random.Generator], FloatArray]


def own_minimum(structure: Structure, rng: np.random.Generator) -> FloatArray:  # noqa: ARG001
    """The nearest minimum of MMFF94 as it is."""
    return _minimised(to_rdkit(structure), ForceFieldName.MMFF94, Terms(), ENOUGH_STEPS)


def other_minimum(structure: Structure, rng: np.random.Generator) -> FloatArray:
    """The nearest minimum of MMFF94, or MMFF94s, with other electrostatics, or none."""
    name = ForceFieldName.MMFF94 if rng.random() < 0.5 else ForceFieldName.MMFF94S
    dielectric = float(np.exp(rng.uniform(np.log(WEAKEST), np.log(STRONGEST))))
    kinds = [Terms(electrostatics=False), Terms(fading=True), Terms(dielectric=dielectric)]
    terms = kinds[rng.choice(3, p=[0.25, 0.25, 0.5])]
    return _minimised(to_rdkit(structure), name, terms, ENOUGH_STEPS)


def turned(structure: Structure, rng: np.random.Generator) -> FloatArray:
    """With single bonds turned at random, and bonds and angles at rest for the most part.

    In three of ten cases MMFF94 does not resist torsion meanwhile.
    """
    mol = to_rdkit(structure)
    conformer = mol.GetConformer()
    size = rng.uniform(LEAST_TURN, MOST_TURN)
    for chain in _turnable(mol):
        angle = rdMolTransforms.GetDihedralDeg(conformer, *chain)
        rdMolTransforms.SetDihedralDeg(conformer, *chain, angle + size * rng.standard_normal())
    terms = Terms(torsions=bool(rng.random() >= 0.3))
    return _minimised(mol, ForceFieldName.MMFF94, terms, int(rng.integers(LEAST_STEPS, MOST_STEPS)))


def _turnable(mol: Mol) -> list[tuple[int, int, int, int]]:
    """Four atoms in a chain for each bond that may be turned."""
    chains = []
    for j, k in mol.GetSubstructMatches(_TURNABLE):
        before = (a.GetIdx() for a in mol.GetAtomWithIdx(j).GetNeighbors() if a.GetIdx() != k)
        after = (a.GetIdx() for a in mol.GetAtomWithIdx(k).GetNeighbors() if a.GetIdx() != j)
        chains.append((next(before), j, k, next(after)))
    return chains


def _minimised(mol: Mol, name: ForceFieldName, terms: Terms, max_steps: int) -> FloatArray:
    field = force_field(mol, name, terms)
    with rdkit_messages(), suppress(RuntimeError):  # "bad direction in linearSearch"
        field.Minimize(maxIts=max_steps)
    positions: FloatArray = mol.GetConformer().GetPositions()
    return positions
