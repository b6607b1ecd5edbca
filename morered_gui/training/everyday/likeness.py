"""How much a molecule is like others, by the surroundings of its atoms."""

from collections.abc import Iterable

from rdkit import Chem
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
from rdkit.DataStructs import BulkTanimotoSimilarity, ExplicitBitVect

_GENERATOR = GetMorganGenerator(radius=2, fpSize=2048)


class Known:
    """Molecules that others are compared with."""

    def __init__(self, smiles: Iterable[str] = ()) -> None:
        self._prints = [_fingerprint(text) for text in smiles]

    def add(self, smiles: str) -> None:
        """One more."""
        self._prints.append(_fingerprint(smiles))

    def likeness(self, smiles: str) -> float:
        """The largest Tanimoto similarity to one of them, 0 to 1; 0 where none is known.

        Of Morgan fingerprints (Rogers and Hahn 2010, doi 10.1021/ci100050t) of radius 2.
        """
        return max(BulkTanimotoSimilarity(_fingerprint(smiles), self._prints), default=0.0)


def _fingerprint(smiles: str) -> ExplicitBitVect:
    found: ExplicitBitVect = _GENERATOR.GetFingerprint(Chem.MolFromSmiles(smiles))
    return found
