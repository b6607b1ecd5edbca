"""MMFF94, MMFF94s and UFF by RDKit as relaxers."""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from morered_gui.chem.force_fields import (
    FORCE_TOLERANCE,
    ForceFieldName,
    MoleculeField,
)
from morered_gui.core import (
    BatchRun,
    Capabilities,
    Frame,
    Provenance,
    StopReason,
    Structure,
)
from morered_gui.core.arrays import BoolArray
from morered_gui.relaxers.methods import Method
from morered_gui.relaxers.requests import (
    MoleculeRun,
    check_request,
    masks,
    naming,
    one_after_another,
)
from morered_gui.relaxers.versions import versions_of

FMAX = 0.01  # eV/Å; RDKit's own criterion stops far below, unless the energy is large


@dataclass(frozen=True)
class ForceFieldRelaxer:
    """RDKit's BFGS on a force field.

    An evaluation is one gradient: RDKit does not tell how often its line search computes the
    energy. The steps of a small molecule come in blocks, see ``chem.force_fields``.
    """

    field: ForceFieldName
    capabilities: Capabilities
    provenance: Provenance
    fmax: float = FMAX

    def relax(
        self,
        starts: Sequence[Structure],
        *,
        max_steps: int,
        seed: int,
        fixed: Sequence[BoolArray | None] | None = None,
    ) -> BatchRun:
        """See ``Relaxer``. Nothing is random; parameters are looked for at once."""
        check_request(starts, max_steps, self.capabilities)
        runs = [
            self._run(start, self._field_of(start, held), max_steps)
            for start, held in zip(starts, masks(fixed, starts), strict=True)
        ]
        return one_after_another(runs)

    def _field_of(self, start: Structure, held: BoolArray | None) -> MoleculeField:
        with naming(start):
            return MoleculeField(start, self.field, held)

    def _run(self, start: Structure, field: MoleculeField, max_steps: int) -> MoleculeRun:
        began = time.perf_counter()
        energy = field.energy()
        good = bool(np.isfinite(energy))  # False for atoms on top of each other
        first = Frame(
            0,
            start.positions,
            energy=energy if good else None,
            evaluations=1,
            seconds=time.perf_counter() - began,
        )
        yield first
        if not good:
            return StopReason.DIVERGED
        return (yield from self._minimised(first, field, max_steps, began))

    def _minimised(
        self, last: Frame, field: MoleculeField, max_steps: int, began: float
    ) -> Generator[Frame, None, StopReason]:
        """RDKit's minimiser, begun anew while it stops with forces left and still gets lower."""
        while last.step < max_steps:
            before = last
            for positions, energy in field.minimise(max_steps - last.step):
                if not (np.isfinite(positions).all() and np.isfinite(energy)):
                    return StopReason.DIVERGED
                last = Frame(
                    last.step + 1,
                    positions,
                    energy=energy,
                    evaluations=last.evaluations + 1,
                    seconds=time.perf_counter() - began,
                )
                yield last
            if field.largest_force() <= self.fmax:
                return StopReason.CONVERGED
            if last is before or last.energy == before.energy:
                return StopReason.PLATEAU
        return StopReason.MAX_STEPS


def build_force_field(method: Method, field: ForceFieldName) -> ForceFieldRelaxer:
    """The relaxer of a method's force field."""
    provenance = Provenance(
        method=method.name,
        level_of_theory=str(field),
        options={"minimiser": "BFGS", "force_tolerance": FORCE_TOLERANCE, "fmax": FMAX},
        versions=versions_of("rdkit"),
    )
    return ForceFieldRelaxer(field, method.capabilities, provenance)
