"""From an edited drawing to a structure in space that keeps what the edit left alone.

Atoms whose element, charge, neighbours and bonds are as they were stay exactly where they are,
with their hydrogens. The others are embedded by ETKDGv3 around them (distances among the kept
atoms given), laid over the old frame, and cleaned up by MMFF94 while the kept ones are held.
Where that gives no sound molecule (a ring was closed, a stereocentre inverted), the molecule is
built anew and laid over the old one as well as it goes.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from rdkit import Chem
from rdkit.Chem import Mol, rdDistGeom, rdFMCS
from rdkit.Geometry import Point3D

from morered_gui.chem.conformers import minimise
from morered_gui.chem.conversion import from_rdkit, to_rdkit
from morered_gui.chem.errors import rdkit_messages
from morered_gui.chem.smiles import MAX_SEED, embed
from morered_gui.chem.substitution import Change
from morered_gui.chem.validity import bonds_kept
from morered_gui.core.arrays import FloatArray
from morered_gui.core.geometry import superpose_by
from morered_gui.core.structure import Structure

HYDROGEN = 1
ATTEMPTS = 4  # embeddings around the kept atoms; half of them may be mirror images
EMBEDDING_ITERATIONS = 8  # of one attempt
CLEAN_UP_STEPS = 200  # of the force field; the relaxation follows
FITS = 0.35  # Å, RMSD of the kept atoms between embedding and old structure
MATCH_SECONDS = 1  # for the largest common part of two drawings
NONE = -1


def change_after_edit(
    mol: Mol,
    old: Structure | None,
    kept: Sequence[int],
    *,
    frozen: Collection[int] = (),
    seed: int = 0,
    name: str = "",
) -> Change:
    """A structure of the drawn molecule that keeps the coordinates of unchanged atoms.

    Args:
        mol: as drawn, sanitised (``chem.drawing.mol_of_drawing``).
        old: the structure before the edit; None for a new one.
        kept: per atom of ``mol`` its index in ``old``, -1 where it is new.
        frozen: atoms of ``old`` that stay where they are, whatever is bonded to them, unless no
            sound molecule has them there.
        seed: of the embedding.
        name: of the structure.

    Returns:
        The drawn atoms in their order, then the hydrogens that complete them.

    Raises:
        MoleculeError: no conformer was found.
    """
    full = Chem.AddHs(mol)
    if old is None or all(index < 0 for index in kept):
        embed(full, seed=seed)
        minimise(full)
        return Change(from_rdkit(full, name=name), (NONE,) * full.GetNumAtoms())
    places = _Places.of(full, to_rdkit(old), old.positions, kept, frozen)
    if not places.fixed or not _built_around(full, places, seed):
        embed(full, seed=seed)
        minimise(full, CLEAN_UP_STEPS)
        _lay_over(full, places)
        _put_back(full, places.frozen)
    return Change(from_rdkit(full, name=name), places.origin)


def common_atoms(new: Mol, old: Mol) -> list[int]:
    """Per atom of new its counterpart in old, -1 for none: the largest common part.

    For drawings whose atoms have lost their identity, by a paste or a clean-up of the page.
    """
    with rdkit_messages():
        same = old.GetSubstructMatch(new) if new.GetNumAtoms() == old.GetNumAtoms() else ()
        if same:
            return list(same)
        found = rdFMCS.FindMCS(
            [new, old], timeout=MATCH_SECONDS, completeRingsOnly=True, ringMatchesRingOnly=True
        )
        pattern = found.queryMol
        if not found.numAtoms or pattern is None:
            return [NONE] * new.GetNumAtoms()
        ours, theirs = new.GetSubstructMatch(pattern), old.GetSubstructMatch(pattern)
    counterpart = dict(zip(ours, theirs, strict=True))
    return [counterpart.get(k, NONE) for k in range(new.GetNumAtoms())]


@dataclass(frozen=True, eq=False)
class _Places:
    """Where atoms of the new molecule were before.

    Attributes:
        fixed: positions of atoms that the edit left alone.
        loose: positions of atoms that were there but have other neighbours now.
        frozen: positions of atoms that somebody has frozen; they are fixed as well.
        origin: per atom its index before, -1 for a new one.
    """

    fixed: dict[int, FloatArray]
    loose: dict[int, FloatArray]
    frozen: dict[int, FloatArray]
    origin: tuple[int, ...]

    @classmethod
    def of(
        cls,
        full: Mol,
        before: Mol,
        x: FloatArray,
        kept: Sequence[int],
        frozen: Collection[int],
    ) -> "_Places":
        """A hydrogen is as free as the atom that carries it."""
        origin = _origin(full, before, kept)
        same = {
            atom
            for atom, was in origin.items()
            if _environment(full.GetAtomWithIdx(atom), origin)
            == _environment(before.GetAtomWithIdx(was), None)
        }
        held = {k for k, was in origin.items() if was in frozen}
        fixed = {k for k in same if same >= set(_carriers(full.GetAtomWithIdx(k)))} | held
        return cls(
            {k: x[was] for k, was in origin.items() if k in fixed},
            {k: x[was] for k, was in origin.items() if k not in fixed},
            {k: x[was] for k, was in origin.items() if k in held},
            tuple(origin.get(k, NONE) for k in range(full.GetNumAtoms())),
        )


def _origin(full: Mol, before: Mol, kept: Sequence[int]) -> dict[int, int]:
    """The old index of each atom that was there, hydrogens by their parents."""
    n_old = before.GetNumAtoms()
    origin: dict[int, int] = {}
    for atom, was in enumerate(kept):
        if 0 <= was < n_old and was not in origin.values():
            origin[atom] = was
    taken = set(origin.values())
    for atom, was in list(origin.items()):
        ours = (h for h in _hydrogens(full.GetAtomWithIdx(atom)) if h not in origin)
        theirs = (h for h in _hydrogens(before.GetAtomWithIdx(was)) if h not in taken)
        origin.update(zip(ours, theirs, strict=False))
    return origin


def _hydrogens(atom: Chem.Atom) -> Iterator[int]:
    return (n.GetIdx() for n in atom.GetNeighbors() if n.GetAtomicNum() == HYDROGEN)


def _carriers(atom: Chem.Atom) -> Iterator[int]:
    """The neighbours of a hydrogen; none for another element."""
    neighbours = atom.GetNeighbors() if atom.GetAtomicNum() == HYDROGEN else ()
    return (n.GetIdx() for n in neighbours)


def _environment(atom: Chem.Atom, origin: dict[int, int] | None) -> tuple[object, ...]:
    """Element, charge, and neighbours with bond orders, in the numbers of the old molecule."""
    bonds = []
    for bond in atom.GetBonds():
        other = bond.GetOtherAtom(atom)
        index = other.GetIdx() if origin is None else origin.get(other.GetIdx(), NONE)
        bonds.append((index, other.GetAtomicNum(), bond.GetBondTypeAsDouble()))
    return (atom.GetAtomicNum(), atom.GetFormalCharge(), tuple(sorted(bonds)))


def _built_around(full: Mol, places: _Places, seed: int) -> bool:
    """Give the molecule a conformer with the fixed atoms in their places; False where none fits."""
    held = {k: Point3D(*map(float, p)) for k, p in places.fixed.items()}
    for attempt in range(ATTEMPTS):
        if not _placed_around(full, held, places, seed + attempt):
            continue
        conformer = full.GetConformer()
        for atom, point in held.items():
            conformer.SetAtomPosition(atom, point)
        minimise(full, CLEAN_UP_STEPS, list(held))
        if _is_sound(full):
            return True
    return False


def _put_back(full: Mol, frozen: dict[int, FloatArray]) -> None:
    """Frozen atoms into their places and the others after them, if that is a sound molecule."""
    if not frozen:
        return
    free = Chem.Conformer(full.GetConformer())
    conformer = full.GetConformer()
    for atom, place in frozen.items():
        conformer.SetAtomPosition(atom, Point3D(*map(float, place)))
    minimise(full, CLEAN_UP_STEPS, list(frozen))
    if not _is_sound(full):
        full.RemoveAllConformers()
        full.AddConformer(free)


def _placed_around(full: Mol, held: dict[int, Point3D], places: _Places, seed: int) -> bool:
    """A conformer whose held atoms lie near their places; False where this seed gives none."""
    if len(held) == full.GetNumAtoms():
        full.RemoveAllConformers()
        full.AddConformer(Chem.Conformer(full.GetNumAtoms()), assignId=True)
        return True
    return _embedded(full, held, seed) and (_lay_over(full, places) < FITS or len(held) < 3)


def _embedded(full: Mol, held: dict[int, Point3D], seed: int) -> bool:
    parameters = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed % MAX_SEED  # type: ignore[assignment]
    parameters.useRandomCoords = True  # type: ignore[assignment]
    parameters.maxIterations = EMBEDDING_ITERATIONS  # type: ignore[assignment]
    parameters.embedFragmentsSeparately = False  # type: ignore[assignment]
    parameters.SetCoordMap(held)  # type: ignore[call-arg, arg-type]
    with rdkit_messages():
        return rdDistGeom.EmbedMolecule(full, parameters) >= 0


def _lay_over(full: Mol, places: _Places) -> float:
    """Move the molecule onto the old places; the RMSD in Å of those that count."""
    known = places.fixed if len(places.fixed) > 2 else {**places.loose, **places.fixed}
    conformer = full.GetConformer()
    x = conformer.GetPositions()
    target = np.array(list(known.values()))
    moved = superpose_by(x, x[list(known)], target)
    for atom, position in enumerate(moved):
        conformer.SetAtomPosition(atom, Point3D(*map(float, position)))
    return float(np.sqrt(((moved[list(known)] - target) ** 2).sum(1).mean()))


def _is_sound(full: Mol) -> bool:
    """Whether the coordinates show the bonds, no others, and the stereo that was drawn."""
    structure = from_rdkit(full)
    return bonds_kept(structure, structure.positions) and _stereo_is_kept(full, structure)


def _stereo_is_kept(full: Mol, structure: Structure) -> bool:
    seen = to_rdkit(structure)
    Chem.AssignStereochemistry(seen, cleanIt=True, force=True)
    for ours, theirs in zip(full.GetAtoms(), seen.GetAtoms(), strict=True):
        wanted, found = _handedness(ours), _handedness(theirs)
        if wanted == -found != 0 or (ours.HasProp("_CIPCode") and not found):
            return False
    for bond in full.GetBonds():
        pair = seen.GetBondBetweenAtoms(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        if bond.GetStereo() not in _LOOSE_BONDS and pair.GetStereo() != bond.GetStereo():
            return False
    return True


def _handedness(atom: Chem.Atom) -> int:
    """1 or -1 with the neighbours in the order of their numbers; 0 for no stereocentre.

    Unlike R and S it is there for cis and trans in rings as well.
    """
    order = [bond.GetOtherAtomIdx(atom.GetIdx()) for bond in atom.GetBonds()]
    swaps = sum(a > b for a, b in combinations(order, 2))
    sign: int = _SIGNS.get(atom.GetChiralTag(), 0)
    return -sign if swaps % 2 else sign


_SIGNS = {Chem.ChiralType.CHI_TETRAHEDRAL_CW: 1, Chem.ChiralType.CHI_TETRAHEDRAL_CCW: -1}
_LOOSE_BONDS = {Chem.BondStereo.STEREONONE, Chem.BondStereo.STEREOANY}
