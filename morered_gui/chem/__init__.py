"""Molecules by RDKit and ASE: files, SMILES, bonds, validity, and the shipped examples."""

from morered_gui.chem.conformers import mmff94_minimum
from morered_gui.chem.conversion import from_rdkit, to_rdkit
from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.examples import Example, list_examples, load_example
from morered_gui.chem.reading import iter_structures, read_structures
from morered_gui.chem.smiles import molblock_of, smiles_of, structure_from_smiles
from morered_gui.chem.writing import write_structures, write_trajectory

__all__ = [
    "Example",
    "MoleculeError",
    "from_rdkit",
    "iter_structures",
    "list_examples",
    "load_example",
    "mmff94_minimum",
    "molblock_of",
    "read_structures",
    "smiles_of",
    "structure_from_smiles",
    "to_rdkit",
    "write_structures",
    "write_trajectory",
]
