"""Molecules that several of these tests share."""

from rdkit import Chem

from morered_gui.training.everyday.plan import Candidate
from morered_gui.training.identity import graph_key

ZINC = [
    "CC(C)C(=O)Nc1ccc(Cl)cc1",
    "COc1ccc(CN2CCOCC2)cc1F",
    "O=C(NCc1ccco1)C1CCN(S(=O)(=O)c2cccs2)CC1",
    "CCOC(=O)c1ccc(NC(=O)C2CC2)cc1Br",
]


def smiles(mol: Chem.Mol) -> str:
    return str(Chem.MolToSmiles(mol))


CANDIDATES = [
    Candidate("skeletons", text, graph_key(Chem.MolFromSmiles(text)), n)
    for text, n in [("CO", 1), ("CC=O", 1), ("CC(=O)[O-]", 1), ("CB(C)C", 1), ("OCCO", 2), ("C", 2)]
]
