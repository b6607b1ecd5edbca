"""When two molecules are the same one, and which of them tests keep for themselves."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from rdkit import Chem, DataStructs
from rdkit.Chem.MolStandardize import rdMolStandardize

from morered_gui.chem.errors import rdkit_messages
from morered_gui.training.dataset import MODULUS

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


def residue_of(key: str) -> int:
    """A hash of a key in the place of ``index mod 50``, which decides the split."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) % MODULUS


@dataclass
class TestGraphs:
    """What has to stay out of the data.

    Attributes:
        same: keys of molecules that may not occur themselves.
        inside: graphs that may not occur as a part either.
    """

    __test__ = False  # no test case, whatever its name says

    same: set[str] = field(default_factory=set)
    inside: list[Chem.Mol] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._prints = [Chem.PatternFingerprint(graph) for graph in self.inside]

    @classmethod
    def of(cls, whole: Iterable[str], inside: Iterable[str]) -> "TestGraphs":
        """From SMILES; those of ``inside`` are kept out as wholes as well."""
        graphs = [neutral_graph(Chem.MolFromSmiles(text)) for text in inside]
        same = {graph_key(Chem.MolFromSmiles(text)) for text in whole}
        return cls(same | {str(Chem.MolToSmiles(g)) for g in graphs}, graphs)

    def touches(self, graph: Chem.Mol, key: str) -> bool:
        """Whether a neutral graph is, or contains, one of a test's."""
        if key in self.same:
            return True
        bits = Chem.PatternFingerprint(graph)
        return any(
            DataStructs.AllProbeBitsMatch(small, bits) and graph.HasSubstructMatch(query)
            for small, query in zip(self._prints, self.inside, strict=True)
        )
