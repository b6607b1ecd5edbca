"""Does the network need to be told the charge? Molecules that differ in the charge alone.

python benchmarks/charge_from_graph.py [--molecules 3000]

All atoms are in the structure, hydrogens included, so that a carboxylate is seen not to be an acid.
The charge is missing only where one graph of atoms (elements and who is bonded to whom; no
orders, no charges) belongs to closed-shell molecules of two charges. They are counted among the
molecules of the everyday data set's plan, its test sets and its lists of small molecules and ions.
"""

import argparse
from collections import defaultdict
from itertools import islice

from rdkit import Chem

from morered_gui.training.everyday.functional_groups import SMALL
from morered_gui.training.everyday.graphs import TestGraphs
from morered_gui.training.everyday.ions import SMALL_IONS
from morered_gui.training.everyday.plan import plan
from morered_gui.training.everyday.test_sets import GENERATED, molecules_of


def main() -> None:
    """Print the graphs with two charges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=int, default=3000)
    options = parser.parse_args()
    smiles = [*SMALL, *SMALL_IONS, *(text for name in GENERATED for text in molecules_of(name))]
    smiles += [c.smiles for c in islice(plan(0, TestGraphs()), options.molecules)]
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for text in smiles:
        mol = Chem.MolFromSmiles(text)
        found[_bare_graph(mol)].setdefault(Chem.GetFormalCharge(mol), text)
    print(f"{len(found)} graphs of atoms, {sum(0 not in c for c in found.values())} of ions")  # noqa: T201
    for charges in found.values():
        if len(charges) > 1:
            print("two charges:", ", ".join(f"{t} ({c:+d})" for c, t in sorted(charges.items())))  # noqa: T201


def _bare_graph(mol: Chem.Mol) -> str:
    """Canonical text of elements and bonds, hydrogens included."""
    bare = Chem.RWMol(Chem.AddHs(mol))
    for atom in bare.GetAtoms():
        atom.SetFormalCharge(0)
        atom.SetIsAromatic(False)
        atom.SetNoImplicit(True)
        atom.SetNumRadicalElectrons(0)
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    for bond in bare.GetBonds():
        bond.SetIsAromatic(False)
        bond.SetBondType(Chem.BondType.SINGLE)
    bare.UpdatePropertyCache(strict=False)
    return str(Chem.MolToSmiles(bare, isomericSmiles=False))


if __name__ == "__main__":
    main()
