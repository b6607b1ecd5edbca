"""Small molecules enumerated over graphs, in the manner of GDB (Fink, Bruggesser, Reymond 2005).

Every connected graph of up to seven nodes is a skeleton; elements and bond orders are drawn so
that valences fit, and what no chemist would draw is dropped.
"""

from collections.abc import Iterator
from functools import cache
from itertools import count

import networkx as nx
import numpy as np
from rdkit import Chem

from morered_gui.chem.errors import rdkit_messages

MAX_NODES = 7
MAX_DEGREE = 4
MAX_RINGS = 2
VALENCES = {"C": 4, "N": 3, "O": 2, "S": 2, "F": 1, "Cl": 1}
SHARES = {"C": 0.60, "N": 0.14, "O": 0.13, "S": 0.06, "F": 0.02, "Cl": 0.05}
# Graphs of a size are drawn in proportion to this; there are more of the larger ones.
SIZE_WEIGHTS = {2: 1.0, 3: 2.0, 4: 4.0, 5: 8.0, 6: 16.0, 7: 32.0}
# How likely a bond is to become a double one where the valences allow it.
FEW_MULTIPLE, MANY_MULTIPLE = 0.25, 0.9
HALOGENS = "[F,Cl]"

UNSTABLE = tuple(
    Chem.MolFromSmarts(pattern)
    for pattern in (
        f"{HALOGENS}~[!#6]",  # halogens sit on carbon
        f"{HALOGENS}[CX4][OH,NH2,SH]",  # these lose HX
        "[O;X2]-[O;X2]-[!#6]",
        "[N,O,S;!a]~[N,O,S;!a]~[N,O,S;!a]",  # three heteroatoms in a row
        "[OX2]-[SX2]",
        "[OX1]=[N;X2]-[#7,#8,#16]",
        "[S;X1]=[#7,#8,#16]",
        "[O;X1]=[#16;X2]",
        "[*;r3]=[*;r3]",
        "[*;r3]=[#6;r3,r4]",
        "[*;r4]=[*;r4]-[*;r4]=[*;r4]",
        "[*;R]#[*;R]",
        "[*;R]=[*;R]=[*;R]",
        "[*;R2;r3,r4,r5,r6]=[*;R]",  # Bredt
        "[NX3;H1,H2]-[NX3;H1,H2]-[!#6;!#1]",
        "[CX4;H0,H1,H2,H3]([OH])[OH]",
        "[#6]=[#6]=[#6]=[#6]",
    )
)


def skeleton_molecules(rng: np.random.Generator) -> Iterator[Chem.Mol]:
    """An endless stream of small molecules, repetitions among them."""
    graphs = _graphs()
    sizes = np.array([SIZE_WEIGHTS[g.number_of_nodes()] for g in graphs])
    counts = np.unique(sizes, return_counts=True)
    weight = sizes / np.array([dict(zip(*counts, strict=True))[s] for s in sizes])
    weight /= weight.sum()
    for _ in count():
        mol = _decorated(graphs[rng.choice(len(graphs), p=weight)], rng)
        if mol is not None:
            yield mol


@cache
def _graphs() -> list["nx.Graph[int]"]:
    """The skeletons: connected, at most four neighbours, at most two rings."""
    return [
        g
        for g in nx.graph_atlas_g()
        if 2 <= g.number_of_nodes() <= MAX_NODES
        and nx.is_connected(g)
        and max(dict(g.degree).values()) <= MAX_DEGREE
        and g.number_of_edges() - g.number_of_nodes() + 1 <= MAX_RINGS
    ]


def _decorated(graph: "nx.Graph[int]", rng: np.random.Generator) -> Chem.Mol | None:
    """Elements and bond orders on a graph; None where the outcome is not wanted."""
    free: dict[int, int] = {}
    mol = Chem.RWMol()
    for node in graph:
        fitting = [e for e, valence in VALENCES.items() if valence >= graph.degree[node]]
        shares = np.array([SHARES[e] for e in fitting])
        element = fitting[rng.choice(len(fitting), p=shares / shares.sum())]
        free[node] = VALENCES[element] - graph.degree[node]
        mol.AddAtom(Chem.Atom(element))
    edges = list(graph.edges)
    likely = MANY_MULTIPLE if rng.random() < 0.3 else FEW_MULTIPLE
    for k in rng.permutation(len(edges)):
        a, b = edges[k]
        order = 1
        while order < 3 and min(free[a], free[b]) > 0 and rng.random() < likely**order:
            order += 1
            free[a] -= 1
            free[b] -= 1
        mol.AddBond(a, b, Chem.BondType.values[order])
    return stable(mol.GetMol())


def stable(mol: Chem.Mol) -> Chem.Mol | None:
    """The sanitised molecule, or None where it is not valid or has an unstable pattern."""
    with rdkit_messages():
        if Chem.SanitizeMol(mol, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            return None
        has_carbon = any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())
        unstable = any(mol.HasSubstructMatch(pattern) for pattern in UNSTABLE)
    return mol if has_carbon and not unstable else None
