"""Messages summed over neighbours, in blocks of pairs that a core's cache holds.

Shape comments: B molecules, N atoms (padded), A = B N, F features, K radial basis functions. A
block is R consecutive rows of the [A, N] matrix of pairs: g whole molecules or n rows of one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from morered_gui.diffusion.network import CosineCutoff

# Entries of the matrix of pairs in one block; with 128 features a filter has 1.5 kB.
PAIRS_IN_CACHE = 700
# Å^2; far below any distance of two atoms, and keeps that of an atom from itself off 0.
TINY = 1e-24


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

    def __init__(self, blocks: list[_Block], size: int) -> None:
        self._blocks, self._size = blocks, size
        self._once = torch.empty(0)
        self._dense = torch.empty(0)
        self._products = torch.empty(0)

    @classmethod
    def of(
        cls,
        numbers: Tensor,
        positions: Tensor,
        radial_basis: Callable[[Tensor], Tensor],
        cutoff: CosineCutoff,
    ) -> Self:
        """From atomic numbers [B, N] and positions [B, N, 3]."""
        size = numbers.shape[1]
        rows = _row_slices(*numbers.shape)
        whole = rows[0].stop >= size
        # r_j - r_i as [B, N, 3, N].
        vector = positions.mT[:, None] - positions[..., None]
        squared = (vector * vector).sum(2)
        real = numbers > 0
        near = (squared < cutoff.cutoff**2) & (squared > 0) & real[:, None] & real[..., None]
        flat = (near.triu_() if whole else near).view(-1).nonzero()[:, 0]
        distance = squared.clamp_(min=TINY).sqrt_()
        direction = vector.div_(distance[:, :, None]).view(-1, 3, size)
        basis = _basis(distance.view(-1)[flat], radial_basis, cutoff)
        slots = flat.new_zeros(*numbers.shape, size)
        slots.view(-1)[flat] = torch.arange(1, len(flat) + 1)
        if whole:  # a filter serves both directions
            slots = slots + slots.mT
        starts = torch.tensor([r.start * size for r in rows])
        bounds = [*torch.searchsorted(flat, starts).tolist(), len(flat)]
        blocks = [
            _block(row, size, basis[start:stop], slots, start, direction)
            for row, start, stop in zip(rows, bounds, bounds[1:], strict=False)
        ]
        return cls(blocks, size)

    def sums(self, weight: Tensor, x: Tensor, mu: Tensor | None) -> tuple[Tensor, Tensor]:
        """Sums for q [A, F] and for mu [A, 3, F] (PaiNN, eq. 7 and 8).

        Args:
            weight: of the filters, [K + 1, 3F], or [K + 1, 2F] where there is no mu yet.
            x: [A, 3F or 2F], of the neighbours.
            mu: [A, 3, F].
        """
        width = weight.shape[1]
        f = width // (2 if mu is None else 3)
        self._make_room(x, width)
        dq, dmu = x.new_empty(len(x), f), x.new_empty(len(x), 3, f)
        vectors = None if mu is None else x[:, None, 2 * f :] * mu
        x = x[:, : 2 * f]
        for block in self._blocks:
            filters = self._filters(block, weight)  # [R, N, 3F]
            apart = filters.view(block.groups, -1, self._size, width)
            apart[..., : 2 * f] *= x[block.atoms].view(block.groups, 1, self._size, 2 * f)
            torch.sum(filters[..., :f], dim=1, out=dq[block.rows])
            out = dmu[block.rows]
            torch.bmm(block.direction, filters[..., f : 2 * f], out=out)
            if vectors is not None:
                out += self._vector_sum(apart[..., 2 * f :], vectors[block.atoms])
        return dq, dmu

    def _make_room(self, like: Tensor, width: int) -> None:
        """Buffers for the largest block: fresh ones cost more than the work in them."""
        n_pairs = 1 + max(len(b.basis) for b in self._blocks)
        if self._once.numel() < n_pairs * width:
            n_entries = max(len(b.slots) for b in self._blocks)
            self._once = like.new_empty(n_pairs * width)
            self._dense = like.new_empty(n_entries * width)
            self._products = like.new_empty(n_entries * width)

    def _filters(self, block: _Block, weight: Tensor) -> Tensor:
        width = weight.shape[1]
        once = self._once[: (1 + len(block.basis)) * width].view(-1, width)
        once[0] = 0.0
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


def _basis(
    distance: Tensor, radial_basis: Callable[[Tensor], Tensor], cutoff: CosineCutoff
) -> Tensor:
    """Basis functions and a 1, both times the cut-off; [P] -> [P, K + 1]."""
    basis = torch.cat([radial_basis(distance), torch.ones_like(distance)[:, None]], dim=1)
    return basis.mul_(cutoff(distance)[:, None])


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
