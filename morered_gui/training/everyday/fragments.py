"""Drug-like molecules, whole and in pieces.

Pieces come from cutting at retrosynthetic bonds (BRICS, Degen et al. 2008); what was cut off is
replaced by hydrogen.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle

import numpy as np
from rdkit import Chem
from rdkit.Chem import BRICS

from morered_gui.chem.errors import rdkit_messages

MAX_CUTS = 5


def pieces(smiles: Sequence[str], rng: np.random.Generator) -> Iterator[Chem.Mol]:
    """An endless stream of pieces of molecules, one of each molecule in a round.

    The number of cuts is drawn from 0 (the whole molecule) to ``MAX_CUTS``.
    """
    for text in cycle(smiles):
        mol = Chem.MolFromSmiles(text)
        if mol is not None:
            piece = random_piece(mol, rng)
            if piece is not None:
                yield piece


def random_piece(mol: Chem.Mol, rng: np.random.Generator) -> Chem.Mol | None:
    """What is left of a molecule after random cuts; None where nothing valid is."""
    found = BRICS.FindBRICSBonds(mol)  # type: ignore[no-untyped-call]
    bonds = [mol.GetBondBetweenAtoms(*pair).GetIdx() for pair, _ in found]
    n_cuts = int(rng.integers(0, min(len(bonds), MAX_CUTS) + 1))
    if n_cuts == 0:
        return mol
    cut = sorted(int(k) for k in rng.permutation(bonds)[:n_cuts])
    parts = Chem.GetMolFrags(Chem.FragmentOnBonds(mol, cut), asMols=True, sanitizeFrags=False)
    return _closed(parts[int(rng.integers(len(parts)))])


def _closed(part: Chem.Mol) -> Chem.Mol | None:
    """Placeholder atoms made hydrogens."""
    mol = Chem.RWMol(part)
    for atom in mol.GetAtoms():
        if atom.GetAtomicNum() == 0:
            atom.SetAtomicNum(1)
            atom.SetIsotope(0)
    with rdkit_messages():
        if Chem.SanitizeMol(mol, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            return None
        return Chem.RemoveHs(mol.GetMol())
