"""Which molecules, in an order of which every prefix of its first part is a balanced data set.

After ``MIXED`` molecules a block of the same draw follows, of which the large drug-like pieces
come first, and then large ligands of proteins, before the draw goes on: a network of six
interactions had learnt the large molecules of the first part three times as well as it knew
others of their size, so that more of them were worth most. ``FURTHER`` molecules later that
still held, and more ligands follow. From there on a molecule has to be unlike all before: ligands
come in series, and a network did worst on what was like nothing that it had learnt from. After
``BEGINNING`` molecules come compounds that have names, the drug-sized ones, for the same reason.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from morered_gui.training.everyday.compounds import compounds
from morered_gui.training.everyday.fragments import pieces
from morered_gui.training.everyday.functional_groups import substituted
from morered_gui.training.everyday.graphs import TestGraphs
from morered_gui.training.everyday.ions import ions
from morered_gui.training.everyday.ligands import ligands
from morered_gui.training.everyday.likeness import Known
from morered_gui.training.everyday.skeletons import skeleton_molecules
from morered_gui.training.everyday.sources import zinc_smiles
from morered_gui.training.identity import graph_key, neutral_graph

ELEMENTS = frozenset({1, 5, 6, 7, 8, 9, 14, 15, 16, 17, 35, 53})
MAX_HEAVY = 30
ZINC_POOL, WHOLE_POOL = 200_000, 500_000
# Shares of the sources in every prefix.
SHARES = {"skeletons": 0.22, "pieces": 0.34, "groups": 0.26, "ions": 0.18}
# Within a source, shares of the sizes: up to so many heavy atoms.
SIZES = {6: 0.09, 10: 0.31, 15: 0.32, 20: 0.17, 25: 0.08, MAX_HEAVY: 0.03}
SKELETON_SIZES = {6: 0.35, 10: 0.65}
PATIENCE = 60  # molecules looked at for one of the size that is wanted
STOCK = 20  # molecules of each size kept for later
# Molecules in the order of the draw, in the block thereafter, ligands, of the draw again, ligands.
MIXED, BLOCK, LIGANDS, FURTHER, LIGANDS_AGAIN = 16_100, 17_600, 4_000, 11_000, 2_200
# What follows: how many, the largest likeness to what is there, size, ligands for one of ZINC.
UNLIKE, MAX_LIKENESS, WHOLE_FROM, LIGANDS_FOR_ONE = 7_600, 0.45, 20, 2
BEGINNING = MIXED + BLOCK + LIGANDS + FURTHER + LIGANDS_AGAIN + UNLIKE
# Compounds after that: heavy atoms, the largest charge (dyes with many sulfonates are nothing in
# the gas phase), and the largest likeness; there are fewer series among them.
COMPOUND_SIZES, MAX_CHARGE, MAX_LIKENESS_OF_COMPOUNDS = range(18, 37), 1, 0.6
# More conformers of what bends and is cheap.
MAX_CONFORMERS, MANY_UP_TO, ROTORS_EACH = 3, 15, 2
LARGE = range(MANY_UP_TO + 1, MAX_HEAVY + 1)
MAX_ROTORS = 10  # of a ligand or a compound

Source = Iterator[Chem.Mol]


@dataclass(frozen=True)
class Candidate:
    """A molecule to be made: canonical SMILES without stereo, and how many conformers."""

    source: str
    smiles: str
    key: str
    n_conformers: int


class Quota:
    """Deals names out so that after any number of draws each has its share."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        total = sum(shares.values())
        self._shares = {name: share / total for name, share in shares.items()}
        self._taken = dict.fromkeys(shares, 0)

    def next(self) -> str:
        """The name that lags furthest behind."""
        drawn = sum(self._taken.values()) + 1
        return max(self._shares, key=lambda k: self._shares[k] * drawn - self._taken[k])

    def take(self, name: str) -> None:
        """Count one for a name."""
        self._taken[name] += 1


@dataclass
class BySize:
    """A source whose molecules come in given shares of sizes, as far as it has them."""

    source: Source
    accept: Callable[[Chem.Mol], bool]
    sizes: Mapping[int, float] = field(default_factory=lambda: SIZES)
    stock: dict[str, deque[Chem.Mol]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.quota = Quota({str(size): share for size, share in self.sizes.items()})

    def __next__(self) -> Chem.Mol:
        wanted = self.quota.next()
        mol = self._find(wanted)
        self.quota.take(size_class(mol))
        return mol

    def _find(self, wanted: str) -> Chem.Mol:
        """One of the size that is wanted; after ``PATIENCE`` looks, of any."""
        stock = self.stock.setdefault(wanted, deque(maxlen=STOCK))
        while stock:
            mol = stock.popleft()
            if self.accept(mol):
                return mol
        for looks, mol in enumerate(self.source):
            size = size_class(mol)
            if size != wanted and looks < PATIENCE:
                self.stock.setdefault(size, deque(maxlen=STOCK)).append(mol)
            elif self.accept(mol):
                return mol
        raise AssertionError("the sources are endless")


def size_class(mol: Chem.Mol) -> str:
    """The upper bound of its class of ``SIZES``, the last one for what is larger."""
    n_heavy = mol.GetNumHeavyAtoms()
    return next((str(size) for size in SIZES if n_heavy <= size), str(MAX_HEAVY))


class Sieve:
    """Lets each molecule pass once: whole, closed-shell, known elements, none of a test's."""

    def __init__(
        self, tests: TestGraphs, seen: Collection[str] = (), max_heavy: int = MAX_HEAVY
    ) -> None:
        self.tests = tests
        self.max_heavy = max_heavy
        self._seen = set(seen)

    def __call__(self, mol: Chem.Mol) -> bool:
        if not is_suitable(mol, self.max_heavy):
            return False
        smiles = plain_smiles(mol)
        if smiles in self._seen:
            return False
        self._seen.add(smiles)
        graph = neutral_graph(mol)
        return not self.tests.touches(graph, str(Chem.MolToSmiles(graph)))


def is_suitable(mol: Chem.Mol, max_heavy: int = MAX_HEAVY) -> bool:
    """Whether it is one molecule of known elements, not too large, without open shells."""
    return (
        0 < mol.GetNumHeavyAtoms() <= max_heavy
        and len(Chem.GetMolFrags(mol)) == 1
        and all(a.GetAtomicNum() in ELEMENTS for a in mol.GetAtoms())
        and not any(a.GetNumRadicalElectrons() or a.GetIsotope() for a in mol.GetAtoms())
    )


def plain_smiles(mol: Chem.Mol) -> str:
    """Canonical, without stereo."""
    return str(Chem.MolToSmiles(mol, isomericSmiles=False))


def plan(seed: int, tests: TestGraphs) -> Iterator[Candidate]:
    """An endless stream of different molecules; the seed decides it."""
    beginning: list[Candidate] = []
    for candidate in _beginning(seed, tests):
        beginning.append(candidate)
        yield candidate
    yield from after(beginning, seed, tests)


def after(beginning: Sequence[Candidate], seed: int, tests: TestGraphs) -> Iterator[Candidate]:
    """What follows the first ``BEGINNING`` molecules of a plan; they alone decide it, and the seed.

    So a plan goes on from those that are there, without the minutes that they took.
    """
    seen = {candidate.smiles for candidate in beginning}
    known = Known(seen)
    named = _compounds(seed, Sieve(tests, seen, COMPOUND_SIZES[-1]))
    for candidate in _new(named, known, MAX_LIKENESS_OF_COMPOUNDS):
        seen.add(candidate.smiles)
        yield candidate
    sieve = Sieve(tests, seen)
    yield from _new(_whole(seed, sieve), known)
    yield from _drawn(seed + 1, sieve)


def _beginning(seed: int, tests: TestGraphs) -> Iterator[Candidate]:
    sieve, known = Sieve(tests), Known()
    draw, large_ligands = _drawn(seed, sieve), _ligands(seed, sieve)
    for candidate in _mixture(draw, large_ligands):
        known.add(candidate.smiles)
        yield candidate
    yield from islice(_unlike(large_ligands, _whole(seed, sieve), known), UNLIKE)


def _mixture(draw: Iterator[Candidate], large_ligands: Iterator[Candidate]) -> Iterator[Candidate]:
    """What comes first, however much of it is alike."""
    yield from islice(draw, MIXED)
    yield from sorted(islice(draw, BLOCK), key=_size_of_large_piece, reverse=True)
    yield from islice(large_ligands, LIGANDS)
    yield from islice(draw, FURTHER)
    yield from islice(large_ligands, LIGANDS_AGAIN)


def _unlike(
    large_ligands: Iterator[Candidate], whole: Iterator[Candidate], known: Known
) -> Iterator[Candidate]:
    """Of both streams in turn what is unlike all that is known and all that came before it."""
    new_ligands, new_whole = _new(large_ligands, known), _new(whole, known)
    while turn := [*islice(new_ligands, LIGANDS_FOR_ONE), *islice(new_whole, 1)]:
        yield from turn


def _new(
    stream: Iterator[Candidate], known: Known, max_likeness: float = MAX_LIKENESS
) -> Iterator[Candidate]:
    for candidate in stream:
        if known.likeness(candidate.smiles) <= max_likeness:
            known.add(candidate.smiles)
            yield candidate


def _ligands(seed: int, sieve: Sieve) -> Iterator[Candidate]:
    """Large ones, without lipids and detergents, which would be nothing but chains."""
    for mol in ligands(ELEMENTS, LARGE, np.random.default_rng([seed, 7])):
        if rdMolDescriptors.CalcNumRotatableBonds(mol) <= MAX_ROTORS and sieve(mol):
            yield _candidate("ligands", mol)


def _compounds(seed: int, sieve: Sieve) -> Iterator[Candidate]:
    """Those that have names, in an order of their own; long chains are left out as of ligands."""
    for mol in compounds(COMPOUND_SIZES, np.random.default_rng([seed, 9])):
        bends = rdMolDescriptors.CalcNumRotatableBonds(mol)
        if bends <= MAX_ROTORS and abs(Chem.GetFormalCharge(mol)) <= MAX_CHARGE and sieve(mol):
            yield _candidate("compounds", mol)


def _whole(seed: int, sieve: Sieve) -> Iterator[Candidate]:
    """Large molecules of ZINC as they are, in an order of their own."""
    smiles = zinc_smiles(WHOLE_POOL, np.random.default_rng([seed, 8]))
    mols: Iterator[Chem.Mol | None] = map(Chem.MolFromSmiles, smiles)
    for mol in mols:
        if mol is not None and mol.GetNumHeavyAtoms() >= WHOLE_FROM and sieve(mol):
            yield _candidate("whole", mol)


def _size_of_large_piece(candidate: Candidate) -> int:
    """Heavy atoms; 0 for what is small or no drug-like molecule, nor a piece of one."""
    if candidate.source != "pieces":
        return 0
    n_heavy = int(Chem.MolFromSmiles(candidate.smiles).GetNumHeavyAtoms())
    return n_heavy if n_heavy in LARGE else 0


def _drawn(seed: int, sieve: Sieve) -> Iterator[Candidate]:
    """Every source and size at its share after any number of draws."""
    sources = {
        name: BySize(source, sieve, SKELETON_SIZES if name == "skeletons" else SIZES)
        for name, source in sources_of(seed).items()
    }
    quota = Quota(SHARES)
    while True:
        name = quota.next()
        quota.take(name)
        yield _candidate(name, next(sources[name]))


def _candidate(source: str, mol: Chem.Mol) -> Candidate:
    return Candidate(source, plain_smiles(mol), graph_key(mol), n_conformers(mol))


def sources_of(seed: int) -> dict[str, Source]:
    """The four endless sources, each with its own generator and its own part of ZINC."""
    zinc = zinc_smiles(ZINC_POOL, np.random.default_rng([seed, 0]))
    rngs = [np.random.default_rng([seed, k]) for k in range(1, 7)]
    return {
        "skeletons": skeleton_molecules(rngs[0]),
        "pieces": pieces(zinc[0::3], rngs[1]),
        "groups": substituted(pieces(zinc[1::3], rngs[2]), rngs[3]),
        "ions": ions(pieces(zinc[2::3], rngs[4]), rngs[5]),
    }


def n_conformers(mol: Chem.Mol) -> int:
    """How many to try: more of a molecule that bends, one of a large one."""
    if mol.GetNumHeavyAtoms() > MANY_UP_TO:
        return 1
    rotors = rdMolDescriptors.CalcNumRotatableBonds(mol)
    return min(1 + rotors // ROTORS_EACH, MAX_CONFORMERS)
