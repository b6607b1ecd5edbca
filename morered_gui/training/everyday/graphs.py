"""Which molecules tests keep for themselves."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rdkit import Chem, DataStructs

from morered_gui.training.identity import graph_key, neutral_graph


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
