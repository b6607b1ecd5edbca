"""The one interface for relaxation."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from morered_gui.core.arrays import BoolArray
from morered_gui.core.elements import symbol
from morered_gui.core.errors import ExpectedError
from morered_gui.core.structure import Structure
from morered_gui.core.trajectory import Frame, Provenance, StopReason


class UnsupportedMoleculeError(ExpectedError):
    """A relaxer can't take this molecule; the message says why and what to do."""


@dataclass(frozen=True)
class Capabilities:
    """What a relaxer takes. None stands for no limit.

    ``closed_shell`` refuses an odd number of electrons.
    """

    elements: frozenset[int] | None = None
    charges: frozenset[int] | None = None
    max_atoms: int | None = None
    closed_shell: bool = True

    def check(self, structure: Structure) -> None:
        """Raise UnsupportedMoleculeError where the molecule lies outside."""
        if self.elements is not None:
            unknown = sorted(set(structure.numbers.tolist()) - self.elements)
            if unknown:
                known = ", ".join(symbol(z) for z in sorted(self.elements))
                names = ", ".join(symbol(z) for z in unknown)
                raise UnsupportedMoleculeError(
                    f"unsupported element: {names}; this method knows {known}"
                )
        electrons = structure.n_electrons
        if self.closed_shell and electrons % 2:
            raise UnsupportedMoleculeError(
                f"it has an odd number of electrons ({electrons}): a radical, or its charge is "
                "missing; this method takes closed shells"
            )
        if self.charges is not None and structure.charge not in self.charges:
            allowed = ", ".join(f"{c:+d}" if c else "0" for c in sorted(self.charges))
            raise UnsupportedMoleculeError(
                f"unsupported charge {structure.charge:+d}; this method takes {allowed}"
            )
        if self.max_atoms is not None and len(structure) > self.max_atoms:
            raise UnsupportedMoleculeError(
                f"{len(structure)} atoms are too many; this method takes up to {self.max_atoms}"
            )

    def __and__(self, other: "Capabilities") -> "Capabilities":
        """What both take."""
        limits = [c.max_atoms for c in (self, other) if c.max_atoms is not None]
        return Capabilities(
            elements=_common(self.elements, other.elements),
            charges=_common(self.charges, other.charges),
            max_atoms=min(limits, default=None),
            closed_shell=self.closed_shell or other.closed_shell,
        )

    def takes(self, structure: Structure) -> bool:
        """Whether the molecule lies inside."""
        try:
            self.check(structure)
        except UnsupportedMoleculeError:
            return False
        return True


def _common(one: frozenset[int] | None, other: frozenset[int] | None) -> frozenset[int] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


class BatchFrame(NamedTuple):
    """A frame, and which of the molecules of a batch it belongs to."""

    molecule: int
    frame: Frame


BatchRun = Generator[BatchFrame, None, list[StopReason]]


@runtime_checkable
class Relaxer(Protocol):
    """Relaxes molecules, frame by frame.

    The generator is cancelled by closing it, and paused by not asking for more. Frame 0 of
    each molecule is its start; the returned list has one reason per molecule.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What it takes."""
        ...

    @property
    def provenance(self) -> Provenance:
        """What it is, seed and run options aside."""
        ...

    def relax(
        self,
        starts: Sequence[Structure],
        *,
        max_steps: int,
        seed: int,
        fixed: Sequence[BoolArray | None] | None = None,
    ) -> BatchRun:
        """Relax molecules as one batch.

        Args:
            starts: one structure per molecule.
            max_steps: most steps per molecule.
            seed: molecule k draws from the generator of (seed, k).
            fixed: per molecule None or (n,), True for atoms that stay exactly where they are.

        Raises:
            UnsupportedMoleculeError: a molecule lies outside the capabilities.
            ValueError: there is no molecule, or ``max_steps`` is below 1.
        """
        ...
