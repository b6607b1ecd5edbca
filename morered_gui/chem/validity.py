"""Is it still the molecule that it was? Bonds, clashes, open shells.

The rule for bonds has two thresholds, each times the sum of the covalent radii (Cordero et al.
2008): a bond breaks beyond BROKEN, a new one forms below FORMED. Between the two nothing changes,
so that a bond that is a little long in a noised frame is not counted as lost, nor the short
distance across a small ring (1.87 Å in bicyclo[1.1.1]pentane, 1.23 times the sum) as a bond.
All 875 DFT geometries of QM9 that were tried keep their own bonds by this rule.
"""

from dataclasses import dataclass

import numpy as np
from rdkit import Chem
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import matrix_power
from scipy.spatial import cKDTree

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.perception import COVALENT_RADII, contact_pairs
from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.core.elements import symbol
from morered_gui.core.structure import Structure

BROKEN = 1.3
FORMED = 1.15
# The shortest bond of nonmetals, N2's, has 0.77 times the sum; of metals VO2+ has 0.70, Cr2 0.60.
SQUEEZED, SQUEEZED_METAL = 0.72, 0.58
NONMETALS = (1, 2, *range(5, 11), *range(14, 19), *range(32, 37), *range(52, 55), 85, 86)
# Atoms four or more bonds apart that come nearer than this times the sum of their van der Waals
# radii. The strongest hydrogen bonds (1.4 Å, H to O) lie below it and are left out.
CLASH = 0.6
NEAR_BONDS = 3
HYDROGEN, ACCEPTORS = 1, (7, 8, 9)
MOST_UNPAIRED = 2  # atoms with open valences; more of them mean that bond orders are unknown
PAIRS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Clash:
    """Two atoms that are not bonded to each other, and their distance in Å."""

    i: int
    j: int
    distance: float


def bonds_kept(structure: Structure, positions: FloatArray) -> bool:
    """Whether positions (n, 3) in Å still show the bonds of the structure, and no others."""
    return bool(bonds_kept_in(structure, np.asarray(positions)[None])[0])


def bonds_kept_in(structure: Structure, frames: FloatArray) -> BoolArray:
    """``bonds_kept`` of many frames (f, n, 3) at once, shape (f,).

    Where the structure has no bonds, those count that its own positions show. Frames with NaN
    are not kept.
    """
    frames = np.asarray(frames, dtype=np.float64)
    if frames.ndim != 3 or frames.shape[1:] != structure.positions.shape:
        raise ValueError(f"frames have the shape (f, {len(structure)}, 3), not {frames.shape}")
    bonds = _known_bonds(structure)
    kept: BoolArray = (_ratios(structure, frames, bonds) <= BROKEN).all(1)
    others = _other_pairs(len(structure), bonds)
    for chunk in np.array_split(others, 1 + others.shape[0] * len(frames) // PAIRS_AT_ONCE):
        kept &= (_ratios(structure, frames, chunk) >= _nearest(structure, chunk)).all(1)
    return kept


def broken_bonds(structure: Structure, positions: FloatArray) -> list[tuple[int, int]]:
    """Bonds of the structure that positions (n, 3) no longer show."""
    bonds = _known_bonds(structure)
    ratios = _ratios(structure, np.asarray(positions)[None], bonds)[0]
    return [(int(i), int(j)) for i, j in bonds[~(ratios <= BROKEN)]]


def squeezed_bonds(structure: Structure, positions: FloatArray) -> list[tuple[int, int]]:
    """Bonds that are shorter in positions (n, 3) than those of any molecule."""
    bonds = _known_bonds(structure)
    ratios = _ratios(structure, np.asarray(positions)[None], bonds)[0]
    metal = ~np.isin(structure.numbers, NONMETALS)[bonds].all(1)
    least = np.where(metal, SQUEEZED_METAL, SQUEEZED)
    return [(int(i), int(j)) for i, j in bonds[ratios < least]]


def formed_bonds(structure: Structure, positions: FloatArray) -> list[tuple[int, int]]:
    """Pairs that are no bonds of the structure but nearer than bonds in positions (n, 3)."""
    x = np.asarray(positions)
    pairs = _pairs_within(x, 2 * FORMED * COVALENT_RADII[structure.numbers].max())
    near = pairs[_ratios(structure, x[None], pairs)[0] < _nearest(structure, pairs)]
    others = near[~_among(near, _known_bonds(structure), len(structure))]
    return [(int(i), int(j)) for i, j in others]


def clashes(structure: Structure, positions: FloatArray | None = None) -> list[Clash]:
    """Atoms far apart in the graph that are too near in space, the nearest first.

    positions (n, 3) in Å, or those of the structure.
    """
    x = structure.positions if positions is None else np.asarray(positions)
    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRvdw(int(z)) for z in structure.numbers])
    pairs = _pairs_within(x, 2 * CLASH * radii.max())
    i, j = pairs.T
    distance = np.linalg.norm(x[i] - x[j], axis=1)
    bad = (distance < CLASH * (radii[i] + radii[j])) & ~_hydrogen_bonds(structure, i, j)
    bad &= ~_among(pairs, _near_in_graph(structure), len(structure))
    bad &= ~_bare_ions(structure)[pairs].any(1)  # these touch the others
    found = zip(i[bad].tolist(), j[bad].tolist(), distance[bad].tolist(), strict=True)
    return sorted((Clash(*each) for each in found), key=lambda clash: clash.distance)


def open_shell(structure: Structure) -> str | None:
    """Why the molecule is a radical, in words, or None for a closed shell.

    An odd number of electrons always is one. An even number with one or two open valences is
    a diradical or carbene as drawn; more of them only mean that bond orders are unknown.
    """
    electrons = structure.n_electrons
    if electrons % 2:
        return f"it has an odd number of electrons ({electrons}): a radical, or a wrong charge"
    mol = to_rdkit(structure)
    open_atoms = [a for a in mol.GetAtoms() if a.GetNumRadicalElectrons()]
    unpaired = sum(a.GetNumRadicalElectrons() for a in open_atoms)
    if not 0 < unpaired <= MOST_UNPAIRED:
        return None
    names = ", ".join(f"{symbol(a.GetAtomicNum())}{a.GetIdx() + 1}" for a in open_atoms)
    return f"it has {unpaired} unpaired electrons (on {names}), or a double bond is missing"


def is_radical(structure: Structure) -> bool:
    """Whether the molecule has an open shell; ``open_shell`` says why."""
    return open_shell(structure) is not None


def _known_bonds(structure: Structure) -> IntArray:
    if len(structure.bonds):
        return structure.bonds
    return contact_pairs(structure.numbers, structure.positions, BROKEN)


def _other_pairs(n_atoms: int, bonds: IntArray) -> IntArray:
    """All pairs i < j but the bonds, (p, 2)."""
    free = np.triu(np.ones((n_atoms, n_atoms), dtype=bool), 1)
    free[bonds[:, 0], bonds[:, 1]] = False
    return np.argwhere(free)


def _pairs_within(x: FloatArray, most: float) -> IntArray:
    """Pairs i < j of positions (n, 3) at most so far apart, row by row, (p, 2); none with NaN."""
    finite = np.flatnonzero(np.isfinite(x).all(1))
    pairs: IntArray = finite[cKDTree(x[finite]).query_pairs(most, output_type="ndarray")]
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _nearest(structure: Structure, pairs: IntArray) -> FloatArray:
    """How near atoms come that are not bonded, times the sum of their covalent radii, (p,).

    A sodium ion lies nearer to the oxygens of a carboxylate than FORMED, and is not bonded to them.
    """
    positive = np.asarray(structure.formal_charges) > 0
    cations = _bare_ions(structure) & positive & (structure.numbers != HYDROGEN)
    return np.where(cations[pairs].any(1), SQUEEZED, FORMED)


def _bare_ions(structure: Structure) -> BoolArray:
    """Which atoms carry a charge and no bond, (n,)."""
    bonded = np.bincount(structure.bonds.ravel(), minlength=len(structure))
    ions: BoolArray = (np.asarray(structure.formal_charges) != 0) & (bonded == 0)
    return ions


def _among(pairs: IntArray, others: IntArray, n_atoms: int) -> BoolArray:
    """Which pairs are among the others, (p,)."""
    place = np.array([n_atoms, 1])
    return np.isin(pairs @ place, others @ place)


def _near_in_graph(structure: Structure) -> IntArray:
    """Pairs at most NEAR_BONDS bonds apart, in both directions, (p, 2)."""
    n_atoms, (i, j) = len(structure), structure.bonds.T
    bonded = csr_array((np.ones(len(i)), (i, j)), shape=(n_atoms, n_atoms))
    steps = matrix_power(bonded + bonded.T + eye_array(n_atoms), NEAR_BONDS)
    return np.stack(steps.nonzero(), axis=1).astype(np.int64)


def _ratios(structure: Structure, frames: FloatArray, pairs: IntArray) -> FloatArray:
    """Distance over the sum of the covalent radii, (f, p)."""
    i, j = pairs[:, 0], pairs[:, 1]
    radii = COVALENT_RADII[structure.numbers]
    distance: FloatArray = np.linalg.norm(frames[:, i] - frames[:, j], axis=-1)
    return distance / (radii[i] + radii[j])


def _hydrogen_bonds(structure: Structure, i: IntArray, j: IntArray) -> BoolArray:
    """Which pairs are a hydrogen on N, O or F, and another such atom."""
    acceptor = np.isin(structure.numbers, ACCEPTORS)
    polar = np.zeros(len(structure), dtype=bool)
    for a, b in structure.bonds:
        polar[a] |= bool(structure.numbers[a] == HYDROGEN and acceptor[b])
        polar[b] |= bool(structure.numbers[b] == HYDROGEN and acceptor[a])
    found: BoolArray = (polar[i] & acceptor[j]) | (polar[j] & acceptor[i])
    return found
