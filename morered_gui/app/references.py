"""What the RMSD of a trajectory is measured to, by choice."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from morered_gui.app.series import RunSeries
from morered_gui.chem.errors import MoleculeError
from morered_gui.core import Structure, Trajectory
from morered_gui.core.arrays import FloatArray

SAMPLES = 12  # frames at which equivalent atoms are matched


class ReferenceKind(StrEnum):
    """Which structure the RMSD is measured to."""

    AUTOMATIC = "automatic"  # the known reference, else the final frame
    KNOWN = "known"  # came with the molecule, such as a DFT geometry
    LOADED = "loaded"  # from a file
    START = "start"
    BEST = "best"
    FINAL = "final"


@dataclass(frozen=True, eq=False)
class Reference:
    """What the RMSD is measured to, and what it is called.

    ``alternatives``: positions (n, 3) Å of the same structure with equivalent atoms exchanged.
    """

    structure: Structure
    label: str
    alternatives: tuple[FloatArray, ...] = ()

    def series(self) -> RunSeries:
        """An empty series that measures to this."""
        return RunSeries(self.structure, self.alternatives)


@dataclass(frozen=True, eq=False)
class ReferenceChoice:
    """What the user chose.

    ``symmetric``: equivalent atoms may be exchanged. ``loaded``: of the kind LOADED.
    """

    kind: ReferenceKind = ReferenceKind.AUTOMATIC
    symmetric: bool = False
    loaded: Reference | None = None


def chosen_reference(
    choice: ReferenceChoice, trajectory: Trajectory, known: Reference | None
) -> Reference:
    """The reference for a trajectory with at least one frame.

    Atoms of a loaded structure are put into the trajectory's order by their graph. Symmetry is
    looked at in a sample of frames: an RMSD elsewhere is exact or an upper bound.

    Raises:
        MoleculeError: the structure chosen is not there, or is another molecule.
    """
    plain = _plain(choice, trajectory, known)
    if not choice.symmetric:
        return plain
    return Reference(
        plain.structure,
        f"{plain.label}, symmetry-aware",
        _alternatives(plain.structure, trajectory),
    )


def matched_choice(
    choice: ReferenceChoice, start: Structure, known: Reference | None
) -> ReferenceChoice:
    """The choice for runs from this start, with a loaded structure in its order of atoms.

    Raises MoleculeError as ``chosen_reference`` does.
    """
    if choice.kind == ReferenceKind.LOADED and choice.loaded is not None:
        return replace(choice, loaded=_matched(choice.loaded, start))
    if choice.kind == ReferenceKind.KNOWN and known is None:
        raise _no_reference()
    return choice


def provisional_reference(
    choice: ReferenceChoice, start: Structure, known: Reference | None
) -> Reference:
    """What a run is measured to while it has no end yet."""
    loaded = choice.loaded
    if choice.kind == ReferenceKind.LOADED and loaded and loaded.structure.same_atoms(start):
        return loaded
    if known is not None and choice.kind in {ReferenceKind.AUTOMATIC, ReferenceKind.KNOWN}:
        return known
    return Reference(start, "start")


def _plain(choice: ReferenceChoice, trajectory: Trajectory, known: Reference | None) -> Reference:
    match choice.kind:
        case ReferenceKind.START:
            return Reference(trajectory.start, "start")
        case ReferenceKind.BEST:
            return Reference(trajectory.structure(trajectory.best_index), "best frame")
        case ReferenceKind.LOADED if choice.loaded is not None:
            return _matched(choice.loaded, trajectory.start)
        case ReferenceKind.KNOWN if known is None:
            raise _no_reference()
        case ReferenceKind.KNOWN | ReferenceKind.AUTOMATIC if known is not None:
            return known
        case _:
            return Reference(trajectory.structure(-1), "final frame")


def _no_reference() -> MoleculeError:
    return MoleculeError("this molecule came without a reference; load one from a file")


def _matched(loaded: Reference, start: Structure) -> Reference:
    from morered_gui.chem.matching import match_atoms

    matched = match_atoms(loaded.structure, start)
    if matched is None:
        raise MoleculeError(
            f"{loaded.label} is another molecule ({loaded.structure.formula}) than the one that "
            f"was relaxed ({start.formula}), or its bonds differ"
        )
    return Reference(matched, loaded.label)


def _alternatives(reference: Structure, trajectory: Trajectory) -> tuple[FloatArray, ...]:
    from morered_gui.chem.matching import match_atoms

    sample = np.unique(np.linspace(0, len(trajectory) - 1, SAMPLES).astype(int))
    found: list[FloatArray] = []
    for k in {*sample.tolist(), trajectory.best_index}:
        matched = match_atoms(reference, trajectory.structure(k))
        if matched is None:
            continue
        known = (reference.positions, *found)
        if not any(np.array_equal(matched.positions, other) for other in known):
            found.append(matched.positions)
    return tuple(found)
