"""Messages summed over neighbours, in blocks of pairs that a core's cache holds.

Shape comments: B molecules, N atoms (padded), A = B N, F features, K radial basis functions. A
block is R consecutive rows of the [A, N] matrix of pairs: g whole molecules or n rows of one.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from morered_gui.diffusion.network import CosineCutoff, GaussianBasis

# Entries of the matrix of pairs in one block; with 128 features a filter has 1.5 kB.
PAIRS_IN_CACHE = 700
# Å^2; far below any distance of two atoms, and keeps that of an atom from itself off 0.
TINY = 1e-24


class PackedBasis:
    """``GaussianBasis`` and a 1, both times ``CosineCutoff``, within the cut-off.

    exp(-(a d - a o)^2) with a = 1 / (sqrt(2) width): one product for all offsets o and, with
    a = 0, for the 1. (1 + cos x) / 2 is the square of cos(x / 2).
    """

    def __init__(self, basis: GaussianBasis, cutoff: CosineCutoff) -> None:
        scale = torch.rsqrt(2.0 * basis.widths**2)
        zero = scale.new_zeros(1)
        self.cutoff = float(cutoff.cutoff)
        self._scale = torch.cat([scale, zero])[None]
        self._shift = torch.cat([-scale * basis.offsets, zero])

    def __call__(self, distance: Tensor) -> Tensor:
        """[P] -> [P, K + 1]; distances below the cut-off."""
        fading = (distance * (0.5 * torch.pi / self.cutoff)).cos_().square_()
        basis = torch.addmm(self._shift, distance[:, None], self._scale)
        return basis.square_().neg_().exp_().mul_(fading[:, None])


@dataclass(frozen=True)
class _Block:
    """Rows of the matrix of pairs that are worked on together."""

    rows: slice  # of [A]
    atoms: slice  # of [A]: the molecules that the rows belong to
    groups: int  # g
    basis: Tensor  # [P, K + 1], of the pairs of the block
    slots: Tensor  # [R N], 1 + row of the basis, 0 where there is no neighbour
    direction: Tensor  # [R, 3, N], unit vectors


class Neighbours:
    """Who is whose neighbour in a batch, and the buffers of one pass through a network."""

    def __init__(self, blocks: list[_Block], size: int, n_features: int) -> None:
        self._blocks, self._size, self._n_features = blocks, size, n_features
        n_pairs = 1 + max(len(b.basis) for b in blocks)
        n_entries = max(len(b.slots) for b in blocks)
        # Fresh memory for each step would cost more than the work in it.
        new = blocks[0].basis.new_empty
        self._once = new(n_pairs * 3 * n_features)
        self._dense = new(n_entries * 3 * n_features)
        self._products = new(n_entries * 3 * n_features)

    @classmethod
    def of(cls, numbers: Tensor, positions: Tensor, basis: PackedBasis, n_features: int) -> Self:
        """From atomic numbers [B, N] and positions [B, N, 3]."""
        size = numbers.shape[1]
        rows = _row_slices(*numbers.shape)
        whole = rows[0].stop >= size
        # r_j - r_i as [B, N, 3, N].
        vector = positions.mT[:, None] - positions[..., None]
        squared = (vector * vector).sum(2)
        real = numbers > 0
        near = (squared < basis.cutoff**2) & (squared > 0) & real[:, None] & real[..., None]
        if whole:  # a filter serves both directions
            near = near.triu_()
        near = near.view(-1)
        slots = (near.cumsum(0) * near).view(*numbers.shape, size)
        if whole:
            slots = slots + slots.mT
        flat = near.nonzero()[:, 0]
        distance = squared.clamp_(min=TINY).sqrt_()
        values = basis(distance.view(-1)[flat])
        direction = vector.div_(distance[:, :, None]).view(-1, 3, size)
        bounds = [*_counts_before(flat, [r.start * size for r in rows]), len(flat)]
        blocks = [
            _block(row, size, values[start:stop], slots, start, direction)
            for row, start, stop in zip(rows, bounds, bounds[1:], strict=False)
        ]
        return cls(blocks, size, n_features)

    def add(self, weight: Tensor, x: Tensor, vectors: Tensor | None, q: Tensor, mu: Tensor) -> None:
        """Add the messages to q [A, F] and mu [A, 3, F] in place (PaiNN, eq. 7 and 8).

        Args:
            weight: of the filters, [K + 1, 3F], or [K + 1, 2F] without vectors.
            x: [A, 2F], of the neighbours, for q and along the directions.
            vectors: [A, 3, F], of the neighbours, for mu; None while mu is 0.
        """
        f = self._n_features
        for block in self._blocks:
            filters = self._filters(block, weight)  # [R, N, 3F]
            apart = filters.view(block.groups, -1, self._size, weight.shape[1])
            # Methods: an operator on a slice would also copy the result onto itself.
            apart[..., : 2 * f].mul_(x[block.atoms].view(block.groups, 1, self._size, 2 * f))
            q[block.rows].add_(filters[..., :f].sum(1))
            own = mu[block.rows]
            if vectors is not None:
                own.add_(self._vector_sum(apart[..., 2 * f :], vectors[block.atoms]))
            own.baddbmm_(block.direction, filters[..., f : 2 * f])

    def _filters(self, block: _Block, weight: Tensor) -> Tensor:
        width = weight.shape[1]
        once = self._once[: (1 + len(block.basis)) * width].view(-1, width)
        once[0].zero_()
        torch.mm(block.basis, weight, out=once[1:])
        dense = self._dense[: len(block.slots) * width].view(-1, width)
        torch.index_select(once, 0, block.slots, out=dense)
        return dense.view(-1, self._size, width)

    def _vector_sum(self, filters: Tensor, vectors: Tensor) -> Tensor:
        """filters [g, n, N, F], vectors [g N, 3, F] -> [R, 3, F]."""
        g, n, size, f = filters.shape
        products = self._products[: g * n * size * 3 * f].view(g, n, size, 3, f)
        torch.mul(filters[:, :, :, None], vectors.view(g, 1, size, 3, f), out=products)
        return products.view(g * n, size, 3, f).sum(1)


def _counts_before(flat: Tensor, starts: list[int]) -> list[int]:
    """How many of the sorted ``flat`` lie below each of ``starts``, of which the first is 0."""
    if len(starts) == 1:
        return [0]
    return torch.searchsorted(flat, torch.tensor(starts)).tolist()


def _block(
    rows: slice, size: int, basis: Tensor, slots: Tensor, before: int, direction: Tensor
) -> _Block:
    """One block, where the pairs of the blocks before it number ``before``."""
    first = rows.start // size
    groups = max(1, (rows.stop - rows.start) // size)
    own = slots.view(-1, size)[rows].reshape(-1)
    return _Block(
        rows=rows,
        atoms=slice(first * size, (first + groups) * size),
        groups=groups,
        basis=basis,
        slots=(own - before).clamp_(min=0) if before else own,
        direction=direction[rows],
    )


def _row_slices(n_molecules: int, size: int) -> list[slice]:
    """Blocks of whole molecules, or of rows of one where a molecule is too large for a block."""
    n_rows = max(1, PAIRS_IN_CACHE // size)
    if n_rows >= size:
        step, total = n_rows // size * size, n_molecules * size
        return [slice(k, min(k + step, total)) for k in range(0, total, step)]
    return [
        slice(first + k, first + min(k + n_rows, size))
        for first in range(0, n_molecules * size, size)
        for k in range(0, size, n_rows)
    ]
