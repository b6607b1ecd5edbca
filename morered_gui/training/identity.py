"""When two structures are the same molecule, and which part of the data it belongs to."""

from collections.abc import Iterable, Sequence

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize

from morered_gui.chem.conversion import atoms_only
from morered_gui.chem.errors import rdkit_messages
from morered_gui.core import Structure
from morered_gui.core.elements import formula
from morered_gui.training.dataset import TEST_RESIDUE, VALIDATION_RESIDUE, hash_of, residue_of
from morered_gui.training.labels import HELD_OUT_RESIDUE

Key = tuple[int, str]
"""A rank, and a text that tells molecules apart; of several keys the smallest is the best."""

SMILES, BONDED, FORMULA = range(3)
RESERVED = (VALIDATION_RESIDUE, TEST_RESIDUE, HELD_OUT_RESIDUE)
_UNCHARGER = rdMolStandardize.Uncharger()


def neutral_graph(mol: Chem.Mol) -> Chem.Mol:
    """Without stereo, and neutral as far as moving protons makes it so."""
    with rdkit_messages():
        plain = _UNCHARGER.uncharge(Chem.RemoveHs(mol))
    Chem.RemoveStereochemistry(plain)
    return plain


def graph_key(mol: Chem.Mol) -> str:
    """Canonical SMILES of ``neutral_graph``: one for all stereoisomers, conformers and ions."""
    return str(Chem.MolToSmiles(neutral_graph(mol)))


def keys_of(structure: Structure, smiles: str | None) -> list[Key]:
    """What tells the molecule of a structure; two geometries of one molecule share a key.

    ``graph_key`` where the bonds are known, and who is bonded to whom, since orders may be seen in
    one geometry and not in another; the formula where there are no bonds.

    Args:
        structure: with bonds, as far as they are known.
        smiles: as ``smiles_of`` gives it for the structure.
    """
    keys = []
    with rdkit_messages():
        mol = None if smiles is None else Chem.MolFromSmiles(smiles)
    if mol is not None:  # RDKit does not read all that it writes
        keys.append((SMILES, graph_key(mol)))
    if len(structure.bonds):
        keys.append((BONDED, _bonded(structure)))
    return keys or [(FORMULA, formula(structure.numbers))]


def _bonded(structure: Structure) -> str:
    """Canonical text of the elements and of who is bonded to whom, hydrogens included."""
    mol = Chem.RWMol(atoms_only(structure))
    for i, j in structure.bonds.tolist():
        mol.AddBond(i, j, Chem.BondType.SINGLE)
    mol.UpdatePropertyCache(strict=False)
    return str(Chem.MolToSmiles(mol, isomericSmiles=False))


def molecules_of(keys: Iterable[Sequence[Key]]) -> list[str]:
    """For each structure, given its keys, the text of its molecule.

    Structures that share a key are the same molecule, and so are those that others link.
    """
    better: dict[Key, Key] = {}  # of the same molecule; the best one is its own

    def best(key: Key) -> Key:
        while (next_one := better.setdefault(key, key)) != key:
            key = next_one
        return key

    of_structures = [list(each) for each in keys]
    for each in of_structures:
        roots = [best(key) for key in each]
        better.update(dict.fromkeys(roots, min(roots)))
    return [best(each[0])[1] for each in of_structures]


def residues_of(molecules: Iterable[str]) -> dict[str, int]:
    """For each molecule the remainder of its index, which decides its part: a hash of its text.

    A part that would be empty (validation, test, what validates a force field) gets the training
    molecule that comes first by hash, so that a few dozen molecules can be trained on; the last
    training molecule stays.
    """
    residues = {text: residue_of(text) for text in molecules}
    for residue in RESERVED:
        free = [text for text, r in residues.items() if r not in RESERVED]
        if residue not in residues.values() and len(free) > 1:
            residues[min(free, key=hash_of)] = residue
    return residues
