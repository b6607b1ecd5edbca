"""Structures with energies and forces, for a force field: the file and its parts."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Self

import numpy as np

from morered_gui.core import ExpectedError
from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.core.files import replacing
from morered_gui.training.dataset import MODULUS, EquilibriumSet, Record

# Of the training molecules of the data set, those with index mod 50 == 9 validate the force field.
HELD_OUT_RESIDUE = 9


def is_held_out(index: IntArray) -> BoolArray:
    """Whether molecules of these numbers only validate a force field."""
    return np.asarray(index % MODULUS == HELD_OUT_RESIDUE)


class Kind(IntEnum):
    """How a structure was disturbed."""

    MODES = 0  # along the normal modes of MMFF94, as heat does
    DYNAMICS = 1  # a moment of dynamics
    GAUSSIAN = 2  # forward diffusion


@dataclass(frozen=True, eq=False)
class Label:
    """One labelled structure: energy in eV, forces (n, 3) in eV/Å."""

    record: Record
    energy: float
    forces: FloatArray
    kind: Kind


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """M structures with A atoms in all.

    Attributes:
        structures: numbers and positions; ``index`` is the molecule's, several rows share it.
        energy: (M,) eV, float64.
        forces: (A, 3) eV/Å, float32.
        kind: (M,) of ``Kind``, uint8.
    """

    structures: EquilibriumSet
    energy: np.ndarray
    forces: np.ndarray
    kind: np.ndarray

    def __len__(self) -> int:
        return len(self.energy)

    @property
    def validation_rows(self) -> IntArray:
        """Rows of the molecules that are held out."""
        return np.flatnonzero(is_held_out(self.structures.index))

    @classmethod
    def collect(cls, labels: Iterable[Label], meta: dict[str, Any]) -> Self:
        """Join labels; raises ExpectedError where there are none."""
        rows = list(labels)
        structures = EquilibriumSet.collect([row.record for row in rows], meta)
        return cls(
            structures,
            np.array([row.energy for row in rows]),
            np.concatenate([row.forces for row in rows]).astype(np.float32),
            np.array([row.kind for row in rows], dtype=np.uint8),
        )

    def save(self, path: Path) -> None:
        """Write the file in one piece."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part, part.open("wb") as file:  # numpy would lengthen the name
            np.savez(
                file,
                allow_pickle=False,
                energy=self.energy,
                forces=self.forces,
                kind=self.kind,
                **self.structures.arrays(),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file of labels; raises ExpectedError where it is not one."""
        structures = EquilibriumSet.load(path)
        with np.load(path, allow_pickle=False) as file:
            if "forces" not in file:
                raise ExpectedError(
                    f"{path} has no energies and forces; make them with 'morered data labels'"
                )
            return cls(structures, file["energy"], file["forces"], file["kind"])
