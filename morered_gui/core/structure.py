"""The molecule at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from morered_gui.core.arrays import BoolArray, FloatArray, IntArray, frozen_array
from morered_gui.core.elements import formula, symbol

MAX_ATOMIC_NUMBER = 118


@dataclass(frozen=True, eq=False)
class Structure:
    """An immutable molecule with n atoms and m bonds.

    Attributes:
        numbers: (n,) atomic numbers, int64.
        positions: (n, 3) Å, float64, finite.
        bonds: (m, 2) pairs of atoms i < j, int64; empty where unknown.
        orders: (m,) bond orders 1, 2, 3, or 1.5 for aromatic, float64.
        formal_charges: (n,) e, int64; all 0 where unknown.
        charge: total charge, e. Equals the sum of the formal charges wherever one is not 0.
        name: what people call it; may be empty.

    Raises ValueError where the arrays do not fit together, hold no atom or the same bond twice,
    or are not finite, and for charges beyond those of all electrons.
    """

    numbers: IntArray
    positions: FloatArray
    bonds: IntArray = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    orders: FloatArray = field(default_factory=lambda: np.empty(0))
    formal_charges: IntArray | None = None
    charge: int = 0
    name: str = ""

    def __post_init__(self) -> None:
        numbers = frozen_array(self.numbers, np.int64)
        n = len(numbers)
        charges = np.zeros(n) if self.formal_charges is None else self.formal_charges
        for name, value in (
            ("numbers", numbers),
            ("positions", frozen_array(self.positions, np.float64)),
            ("bonds", frozen_array(self.bonds, np.int64).reshape(-1, 2)),
            ("orders", frozen_array(self.orders, np.float64)),
            ("formal_charges", frozen_array(charges, np.int64)),
        ):
            object.__setattr__(self, name, value)
        self._check()

    def _check(self) -> None:
        n = len(self.numbers)
        if n == 0:
            raise ValueError("the structure has no atoms")
        if self.positions.shape != (n, 3):
            raise ValueError(f"{n} atoms need positions ({n}, 3), not {self.positions.shape}")
        if not np.all(np.isfinite(self.positions)):
            raise ValueError("the coordinates contain NaN or infinite values")
        if self.numbers.min() < 1 or self.numbers.max() > MAX_ATOMIC_NUMBER:
            raise ValueError(f"atomic numbers lie between 1 and {MAX_ATOMIC_NUMBER}")
        self._check_bonds(n)
        self._check_charges(n)

    def _check_bonds(self, n: int) -> None:
        if len(self.orders) != len(self.bonds):
            raise ValueError("each bond needs an order")
        if not np.all(np.isfinite(self.orders)):
            raise ValueError("the bond orders contain NaN or infinite values")
        if len(self.bonds) and (self.bonds.min() < 0 or self.bonds.max() >= n):
            raise ValueError("a bond names an atom that does not exist")
        if np.any(self.bonds[:, 0] >= self.bonds[:, 1]):
            raise ValueError("a bond joins two atoms i < j")
        keys = np.sort(self.bonds @ np.array([n, 1]))
        if np.any(keys[1:] == keys[:-1]):
            raise ValueError("two atoms are bonded twice; name each bond once, with its order")

    def _check_charges(self, n: int) -> None:
        if self.formal_charges is None or self.formal_charges.shape != (n,):
            raise ValueError("each atom needs a formal charge")
        if self.charge and abs(self.charge) > self.numbers.sum():
            raise ValueError(
                f"the charge is larger than the {self.numbers.sum()} electrons of the atoms; "
                "correct it"
            )
        if not np.any(self.formal_charges):
            return
        if np.any((self.formal_charges > self.numbers) | (self.formal_charges < -self.numbers)):
            raise ValueError("a formal charge is larger than the atomic number; correct it")
        if self.formal_charges.sum() != self.charge:
            raise ValueError(
                f"the formal charges add up to {self.formal_charges.sum()}, not to {self.charge}"
            )

    def __len__(self) -> int:
        """The number of atoms."""
        return len(self.numbers)

    @property
    def symbols(self) -> list[str]:
        """Chemical symbols, one per atom."""
        return [symbol(int(z)) for z in self.numbers]

    @property
    def formula(self) -> str:
        """Molecular formula in Hill order, such as ``C8H9NO2``, with the charge if any."""
        return formula(self.numbers, self.charge)

    @property
    def n_electrons(self) -> int:
        """All electrons; an odd number is an open shell."""
        return int(self.numbers.sum()) - self.charge

    def with_positions(self, positions: FloatArray) -> Self:
        """The same molecule elsewhere; positions (n, 3) in Å."""
        return replace(self, positions=positions)

    def with_name(self, name: str) -> Self:
        """The same molecule under another name."""
        return replace(self, name=name)

    def centred(self) -> Self:
        """The same molecule with its centre of geometry at the origin."""
        return self.with_positions(self.positions - self.positions.mean(0))

    def same_atoms(self, other: "Structure") -> bool:
        """Whether the other has the same elements in the same order."""
        return np.array_equal(self.numbers, other.numbers)

    def __eq__(self, other: object) -> bool:
        """Equal to the last bit, the name aside."""
        if not isinstance(other, Structure):
            return NotImplemented
        return self.charge == other.charge and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("numbers", "positions", "bonds", "orders", "formal_charges")
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class PaddedBatch:
    """B molecules as dense arrays of N atoms.

    Attributes:
        numbers: [B, N] int64, 0 on padding.
        positions: [B, N, 3] Å, float64, 0 on padding.
    """

    numbers: IntArray
    positions: FloatArray

    @property
    def real(self) -> BoolArray:
        """[B, N], False on padding."""
        return self.numbers > 0

    @property
    def n_atoms(self) -> IntArray:
        """[B]."""
        return self.real.sum(1)

    @classmethod
    def of(cls, structures: Sequence[Structure]) -> Self:
        """Pad structures to the largest of them."""
        size = max(len(s) for s in structures)
        numbers = np.zeros((len(structures), size), dtype=np.int64)
        positions = np.zeros((len(structures), size, 3))
        for k, structure in enumerate(structures):
            numbers[k, : len(structure)] = structure.numbers
            positions[k, : len(structure)] = structure.positions
        return cls(numbers, positions)
