"""Choose the committed test sets of small molecules and ions (once; see training/everyday).

python scripts/make_test_sets.py

They come from the sources of the data set with a seed of their own and are not a part of many
molecules: whatever contains them is left out of the data. The lists are longer than the sets, since
some molecules have no GFN2-xTB minimum with the bonds that were meant.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rdkit import Chem, DataStructs
from tqdm import tqdm

import morered_gui.training.everyday.test_sets as sets
from morered_gui.training.everyday.graphs import TestGraphs
from morered_gui.training.everyday.plan import is_suitable, plain_smiles, plan, sources_of
from morered_gui.training.identity import graph_key, neutral_graph

SEED = 2026  # another than that of the data
N = {"small": 320, "ions": 130}
SOURCE = {"small": "groups", "ions": "ions"}
MAX_HEAVY = 15
WANTED = ("S", "Cl", "P", "Br")
POOL = 1000  # molecules of the plan to look for a candidate in
MOST_WITHIN = 0


def main() -> None:
    """Write both lists."""
    pool = [Chem.MolFromSmiles(c.smiles) for c in islice(plan(SEED + 1, TestGraphs()), POOL)]
    graphs = [neutral_graph(mol) for mol in pool]
    prints = [Chem.PatternFingerprint(graph) for graph in graphs]
    drugs = {graph_key(Chem.MolFromSmiles(text)) for text in sets.chosen_drugs()}
    sources = sources_of(SEED)
    for name, n in N.items():
        found = tqdm(
            chosen(sources[SOURCE[name]], name, list(zip(graphs, prints, strict=True)), drugs),
            total=n,
            desc=name,
        )
        path = Path(sets.__file__).with_name("test_sets") / f"{name}.smi"
        path.write_text("\n".join(islice(found, n)) + "\n", encoding="utf-8")


def chosen(
    source: Iterator[Chem.Mol],
    name: str,
    pool: list[tuple[Chem.Mol, DataStructs.ExplicitBitVect]],
    seen: set[str],
) -> Iterator[str]:
    """Molecules of a source that are fit for a test; ``seen`` grows."""
    for mol in source:
        heavy = mol.GetNumHeavyAtoms()
        if not (sets.MIN_HEAVY <= heavy <= MAX_HEAVY and is_suitable(mol)):
            continue
        symbols = {atom.GetSymbol() for atom in mol.GetAtoms()}
        if name == "small" and not symbols & set(WANTED):
            continue
        key = graph_key(mol)
        query = Chem.MolFromSmiles(key)
        bits = Chem.PatternFingerprint(query)
        within = sum(
            DataStructs.AllProbeBitsMatch(bits, own) and graph.HasSubstructMatch(query)
            for graph, own in pool
        )
        if key not in seen and within <= MOST_WITHIN:
            seen.add(key)
            yield plain_smiles(mol)


if __name__ == "__main__":
    main()
