"""Is it still the same stereoisomer? Tetrahedral centres and double bonds, from positions."""

from rdkit import Chem

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.errors import rdkit_messages
from morered_gui.core.arrays import FloatArray
from morered_gui.core.structure import Structure

Element = tuple[int, ...]  # one atom, or both atoms of a double bond
NITROGEN = 7
_NO_TAG = Chem.ChiralType.CHI_UNSPECIFIED
_NO_SIDE = {Chem.BondStereo.STEREONONE, Chem.BondStereo.STEREOANY}


def stereo_elements(structure: Structure) -> frozenset[Element]:
    """Stereocentres (i,) and double bonds (i, j) that the positions show.

    Empty where the bonds are not known. C=NH is left out: nobody writes down its side.
    """
    return frozenset(_tags(to_rdkit(structure)))


def stereo_changes(structure: Structure, positions: FloatArray) -> list[Element]:
    """The elements whose configuration differs between the structure and positions (n, 3) Å.

    None is named where both are the same stereoisomer with atoms that have changed places (both
    centres of cis-1,4-dimethylcyclohexane turned round, say).
    """
    before, after = to_rdkit(structure), to_rdkit(structure.with_positions(positions))
    one, other = _tags(before), _tags(after)
    changed = sorted(e for e in one.keys() | other.keys() if one.get(e) != other.get(e))
    return changed if changed and _smiles(before) != _smiles(after) else []


def _tags(mol: Chem.Mol) -> dict[Element, object]:
    """Configuration by element. Tags go by the order of the bonds, which a graph has once."""
    tags: dict[Element, object] = {
        (atom.GetIdx(),): atom.GetChiralTag()
        for atom in mol.GetAtoms()
        if atom.GetChiralTag() != _NO_TAG
    }
    for bond in mol.GetBonds():
        ends = bond.GetBeginAtom(), bond.GetEndAtom()
        if bond.GetStereo() not in _NO_SIDE and not any(_bare_nitrogen(a) for a in ends):
            tags[tuple(sorted(a.GetIdx() for a in ends))] = bond.GetStereo()
    return tags


def _bare_nitrogen(atom: Chem.Atom) -> bool:
    """N with nothing but hydrogen beside its double bond."""
    if atom.GetAtomicNum() != NITROGEN:
        return False
    heavy = sum(neighbour.GetAtomicNum() > 1 for neighbour in atom.GetNeighbors())
    return bool(heavy == 1)


def _smiles(mol: Chem.Mol) -> str:
    with rdkit_messages():
        return str(Chem.MolToSmiles(mol))
