"""What the RMSD of a trajectory is measured to, by choice."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from morered_gui.app.series import RunSeries
from morered_gui.chem.errors import MoleculeError
from morered_gui.core import Structure, Trajectory
from morered_gui.core.arrays import FloatArray

BEFORE_NOISE = "molecule before noise"
SAMPLES = 12  # frames at which equivalent atoms are matched


class ReferenceKind(StrEnum):
    """Which structure the RMSD is measured to."""

    AUTOMATIC = "automatic"  # the known one, else the molecule before noise, else the final frame
    KNOWN = "known"  # came with the molecule, such as a DFT geometry
    UNNOISED = "unnoised"  # the molecule before noise was added
    LOADED = "loaded"  # from a file
    START = "start"
    BEST = "best"
    FINAL = "final"


@dataclass(frozen=True, eq=False)
class Reference:
    """What the RMSD is measured to, and what it is called.

    ``alternatives``: positions (n, 3) Å of the same structure with equivalent atoms exchanged.
    ``own``: it is a frame of the very run that is measured to it.
    """

    structure: Structure
    label: str
    alternatives: tuple[FloatArray, ...] = ()
    own: bool = False

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


def before_noise(meant: Structure | None) -> Reference | None:
    """The molecule before noise as a reference; None where no noise was added."""
    return None if meant is None else Reference(meant, BEFORE_NOISE)


def chosen_reference(
    choice: ReferenceChoice,
    trajectory: Trajectory,
    known: Reference | None,
    meant: Structure | None = None,
) -> Reference:
    """The reference for a trajectory with at least one frame.

    ``meant`` is what its start was before noise, see ``RunRecord``.

    Atoms of a loaded structure are put into the trajectory's order by their graph. Symmetry is
    looked at in a sample of frames: an RMSD elsewhere is exact or an upper bound.

    Raises:
        MoleculeError: the structure chosen is not there, or is another molecule.
    """
    plain = _plain(choice, trajectory, known, meant)
    if not choice.symmetric:
        return plain
    return replace(
        plain,
        label=f"{plain.label}, symmetry-aware",
        alternatives=_alternatives(plain.structure, trajectory),
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
    choice: ReferenceChoice,
    start: Structure,
    known: Reference | None,
    meant: Structure | None = None,
) -> Reference:
    """What a run is measured to while it has no end yet; ``meant`` as in ``chosen_reference``."""
    loaded = choice.loaded
    if choice.kind == ReferenceKind.LOADED and loaded and loaded.structure.same_atoms(start):
        return loaded
    return early_reference(choice, known, meant) or Reference(start, "start")


def waits_for_end(
    choice: ReferenceChoice, known: Reference | None, meant: Structure | None = None
) -> bool:
    """Whether a run is measured to something else at its end than while it is under way."""
    if choice.symmetric:
        return True
    return choice.kind != ReferenceKind.START and early_reference(choice, known, meant) is None


def early_reference(
    choice: ReferenceChoice, known: Reference | None, meant: Structure | None
) -> Reference | None:
    """What is known before a run has an end, of what it is measured to."""
    match choice.kind:
        case ReferenceKind.AUTOMATIC:
            return known or before_noise(meant)
        case ReferenceKind.KNOWN:
            return known
        case ReferenceKind.UNNOISED:
            return before_noise(meant)
        case _:
            return None


def _plain(
    choice: ReferenceChoice,
    trajectory: Trajectory,
    known: Reference | None,
    meant: Structure | None,
) -> Reference:
    early = early_reference(choice, known, meant)
    if early is not None:
        return early
    match choice.kind:
        # Without noise the start is the molecule itself.
        case ReferenceKind.START | ReferenceKind.UNNOISED:
            return Reference(trajectory.start, "start")
        case ReferenceKind.BEST:
            best = trajectory.structure(trajectory.best_index)
            return Reference(best, "best frame", own=True)
        case ReferenceKind.LOADED if choice.loaded is not None:
            return _matched(choice.loaded, trajectory.start)
        case ReferenceKind.KNOWN:
            raise _no_reference()
        case _:
            return Reference(trajectory.structure(-1), "final frame", own=True)


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
