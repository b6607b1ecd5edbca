"""Where a relaxation begins: the reference, disturbed in a named way.

Each start of a molecule depends on the molecule, the name of the start and the seed alone.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from rdkit.Chem import rdForceFieldHelpers

from morered_gui.bench import xtb
from morered_gui.chem.conformers import minimise, mmff94_minimum
from morered_gui.chem.conversion import from_rdkit, to_rdkit
from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.smiles import embed
from morered_gui.chem.torsions import same_conformer
from morered_gui.core import ExpectedError, Structure
from morered_gui.diffusion.forward import noised
from morered_gui.relaxers.xtb import XtbError, xtb_point

BRIEF_ITERATIONS = 20  # of MMFF94, for etkdg-relaxed
CONFORMERS_TRIED = 10


@dataclass(frozen=True, kw_only=True)
class Start:
    """A kind of start.

    Attributes:
        name: on the command line.
        summary: what it is, for people.
        seeded: whether it differs from seed to seed.
        xtb: whether it needs GFN2-xTB.
        symmetric: whether its RMSD is over all ways to match equivalent atoms; where not, atom k
            is atom k, as it came from the reference.
        realistic: whether such structures come up in practice.
        other_conformers: whether it may be another conformer than the reference.
        t: the time step that the reference was diffused to, or None.
        temperature: K, of the dynamics that led from the reference to it, or None.
    """

    name: str
    summary: str
    seeded: bool = False
    xtb: bool = False
    symmetric: bool = False
    realistic: bool = False
    other_conformers: bool = False
    t: int | None = None
    temperature: int | None = None


def _diffused(t: int) -> Start:
    return Start(name=f"t{t}", summary=f"reference diffused to t = {t}", seeded=True, t=t)


def _dynamics(temperature: int) -> Start:
    return Start(
        name=f"md{temperature}",
        summary=f"GFN2-xTB dynamics at {temperature} K, 150 fs from the reference",
        seeded=True,
        xtb=True,
        symmetric=True,
        realistic=True,
        temperature=temperature,
    )


_ALL = (
    *(_diffused(t) for t in (25, 50, 100, 200, 400)),
    Start(name="mmff94", summary="MMFF94 minimum nearest to the reference", realistic=True),
    Start(
        name="etkdg",
        summary="ETKDG conformer, which may be another one than the reference",
        seeded=True,
        symmetric=True,
        other_conformers=True,
    ),
    Start(
        name="etkdg-relaxed",
        summary="ETKDG conformer of the reference's basin after 20 iterations of MMFF94",
        seeded=True,
        symmetric=True,
        realistic=True,
    ),
    Start(name="gfn2-xtb", summary="GFN2-xTB minimum nearest to the reference", xtb=True),
    Start(name="reference", summary="the reference itself"),
    *(_dynamics(temperature) for temperature in (300, 600, 1000)),
)
STARTS: Mapping[str, Start] = {start.name: start for start in _ALL}
_TIME_STEP = re.compile(r"t(\d{1,4})")
_TEMPERATURE = re.compile(r"md(\d{1,4})")


def find_start(name: str) -> Start:
    """A start by its name; ``t`` and ``md`` take other numbers than those of ``STARTS``, too.

    Raises ExpectedError that names those that there are.
    """
    if name in STARTS:
        return STARTS[name]
    if found := _TIME_STEP.fullmatch(name):
        return _diffused(int(found[1]))
    if (found := _TEMPERATURE.fullmatch(name)) and int(found[1]):
        return _dynamics(int(found[1]))
    raise ExpectedError(f"there is no start '{name}'; there are: {', '.join(STARTS)}")


@dataclass(frozen=True, kw_only=True)
class Started:
    """One molecule's start, or the reason why it can't have one; energies in eV by name."""

    structure: Structure | None = None
    reason: str = ""
    energies: Mapping[str, float] = field(default_factory=dict)


def make_start(reference: Structure, start: Start, *, seed: int, index: int) -> Started:
    """Disturb one molecule; what can't be done is a reason, not an error.

    Args:
        reference: the equilibrium structure, with bonds.
        start: how to disturb it.
        seed: of all random numbers, together with the molecule's index in its data set.
        index: see there.

    Raises ExpectedError where the time step of a diffused start does not exist.
    """
    if start.t is not None:
        return Started(structure=noised(reference, start.t, seed=seed, number=index))
    if start.name == "gfn2-xtb":
        return _or_reason(lambda: _gfn2(reference))
    rng = np.random.default_rng([seed, index, zlib.crc32(start.name.encode())])
    return _or_reason(lambda: Started(structure=_disturbed(reference, start, rng)))


def _or_reason(make: Callable[[], Started]) -> Started:
    try:
        return make()
    except (MoleculeError, XtbError) as error:
        return Started(reason=str(error))


def _disturbed(reference: Structure, start: Start, rng: np.random.Generator) -> Structure:
    if start.temperature is not None:
        return xtb.snapshot(reference, start.temperature, rng)
    if start.name == "mmff94":
        return mmff94_minimum(reference)
    if start.name == "etkdg":
        return next(_conformers(reference, rng, 0))
    if start.name == "etkdg-relaxed":
        return _same_conformer(reference, rng)
    return reference


def _same_conformer(reference: Structure, rng: np.random.Generator) -> Structure:
    found = _conformers(reference, rng, BRIEF_ITERATIONS)
    for conformer in found:
        if same_conformer(reference, conformer):
            return conformer
    raise MoleculeError(f"none of {CONFORMERS_TRIED} ETKDG conformers is the reference's")


def _conformers(
    reference: Structure, rng: np.random.Generator, iterations: int
) -> Iterator[Structure]:
    """ETKDG conformers with the atoms and the stereo of the reference, briefly relaxed."""
    mol = to_rdkit(reference)
    if iterations and not rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
        raise MoleculeError("MMFF94 has no parameters for this molecule")
    for _ in range(CONFORMERS_TRIED):
        embed(mol, seed=int(rng.integers(2**31 - 1)))
        minimise(mol, max_iterations=iterations)
        yield from_rdkit(mol)


def _gfn2(reference: Structure) -> Started:
    """The GFN2-xTB minimum, its energy, and that of the reference's geometry."""
    relaxed, lowest = xtb.minimum(reference)
    energies = {"minimum": lowest, "reference": xtb_point(reference).energy}
    return Started(structure=relaxed, energies=energies)
