"""The molecules of a benchmark: a seeded choice of one part of a data set."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from morered_gui.core import ExpectedError, Structure
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.structures import structure_of

# Whatever the seeds of the noise: n molecules are the first n of any larger choice.
CHOICE_SEED = 0


@dataclass(frozen=True, eq=False)
class Molecules:
    """The chosen references by their index in the data set, and what the data set is."""

    references: Mapping[int, Structure]
    data_hash: str
    meta: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path, n: int, split: Split) -> Self:
        """Choose from a training file; raises ExpectedError where that can't be done."""
        data = EquilibriumSet.load(path)
        references = choose_molecules(data, n, split)
        return cls(references, hashlib.sha256(path.read_bytes()).hexdigest(), data.meta)


def choose_molecules(
    data: EquilibriumSet, n: int, split: Split = Split.TEST
) -> dict[int, Structure]:
    """A seeded choice of n structures of one part with their bonds, by their index.

    Raises ExpectedError where the part has fewer.
    """
    rows = np.random.default_rng(CHOICE_SEED).permutation(data.members(split))
    if len(rows) < n:
        raise ExpectedError(f"the {split.name.lower()} part has {len(rows)} structures, not {n}")
    chosen = {}
    for row in rows[:n]:
        chosen[int(data.index[row])] = structure_of(data, int(row))
    return chosen
