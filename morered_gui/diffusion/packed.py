"""The body of a network for inference on a CPU: the numbers of ``network.PaiNN``, sooner.

A relaxation waits for hundreds of passes of some ten million operations each, so that what counts is
the number of operations and whether their operands lie in the caches. Beside ``PaiNN``, which is
written to be trained and compiled,

* the first interaction's context is looked up: there q depends on the element alone, and mu is 0;
* a filter is computed once for both directions of a pair, and for no pair beyond the cut-off;
* pairs are worked on in blocks that a core's cache holds, in buffers that are used again;
* the sum of vectors over neighbours is a matrix product per atom.

Shape comments: B molecules, N atoms (padded), F features, K radial basis functions, P pairs. A
block is R consecutive rows of the [B N, N] matrix of pairs: g whole molecules, or n rows of one.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from morered_gui.diffusion.network import MoreRedNetwork, PaiNN

# Entries of the matrix of pairs in one block; with 128 features a filter has 1.5 kB.
PAIRS_IN_CACHE = 700


def packed(network: MoreRedNetwork) -> MoreRedNetwork:
    """A copy for inference; later changes of the network's weights do not reach it."""
    twin = deepcopy(network).eval().requires_grad_(False)
    twin.representation = PackedPaiNN(network.representation)
    return twin


class _Block(NamedTuple):
    """Rows of the matrix of pairs that are worked on together."""

    rows: slice  # of [B N]
    molecules: slice  # of [B]
    basis: Tensor  # [P, K + 1], of the pairs of the block
    slots: Tensor  # [R N], 1 + row of the basis, 0 where there is no neighbour
    direction: Tensor  # [R, 3, N], unit vectors


class PackedPaiNN(nn.Module):
    """``PaiNN`` with its weights as they are now; for inference only."""

    def __init__(self, body: PaiNN) -> None:
        super().__init__()
        f = body.embedding.embedding_dim
        first, *others = body.interactions
        self.radial_basis, self.cutoff_fn = body.radial_basis, body.cutoff_fn
        self.embedding, self.mixing = body.embedding, body.mixing
        self.contexts = nn.ModuleList(i.interatomic_context_net for i in others)
        with torch.no_grad():
            filters = body.filter_weights().T.chunk(len(body.interactions), dim=1)
            table = first.interatomic_context_net(body.embedding.weight)
        # What goes with mu is left out of the first interaction.
        self.register_buffer("first_context", table[:, : 2 * f].contiguous())
        self.filters = [filters[0][:, : 2 * f].contiguous(), *(w.contiguous() for w in filters[1:])]

    def forward(self, numbers: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """See ``PaiNN.forward``."""
        blocks = list(self._blocks(numbers, positions))
        sums = _NeighbourSums(blocks, self.embedding.embedding_dim, numbers.shape)
        q = self.embedding(numbers)
        dq, mu = sums(self.filters[0], functional.embedding(numbers, self.first_context), None)
        q, mu = self.mixing[0](q + dq, mu)
        for weight, context, mixing in zip(
            self.filters[1:], self.contexts, self.mixing[1:], strict=True
        ):
            dq, dmu = sums(weight, context(q), mu)
            q, mu = mixing(q + dq, mu + dmu)
        return q, mu

    def _blocks(self, numbers: Tensor, positions: Tensor) -> Iterator[_Block]:
        n_molecules, size = numbers.shape
        rows = _row_slices(n_molecules, size)
        whole_molecules = rows[0].stop >= size
        # r_j - r_i as [B, N, 3, N].
        vector = positions.transpose(1, 2)[:, None] - positions[..., None]
        squared = (vector * vector).sum(2)
        real = numbers > 0
        pair = real[:, :, None] & real[:, None] & (squared > 0)
        distance = torch.sqrt(torch.where(pair, squared, 1.0))
        direction = (vector / distance[:, :, None]).view(-1, 3, size)
        near = pair & (distance < self.cutoff_fn.cutoff)
        if whole_molecules:
            near = near.triu()
        flat = near.view(-1).nonzero()[:, 0]
        basis = self._basis(distance.view(-1)[flat])
        slots = flat.new_zeros(n_molecules, size, size)
        slots.view(-1)[flat] = torch.arange(1, len(flat) + 1, device=flat.device)
        if whole_molecules:
            slots = torch.maximum(slots, slots.transpose(1, 2))
        slots = slots.view(-1, size)
        starts = torch.tensor([r.start * size for r in rows], device=flat.device)
        bounds = [*torch.searchsorted(flat, starts).tolist(), len(flat)]
        for row, start, stop in zip(rows, bounds, bounds[1:], strict=False):
            first = row.start // size
            yield _Block(
                rows=row,
                molecules=slice(first, max(first + 1, row.stop // size)),
                basis=basis[start:stop],
                slots=(slots[row].reshape(-1) - start).clamp_(min=0),
                direction=direction[row],
            )

    def _basis(self, distance: Tensor) -> Tensor:
        """Basis functions and a 1, both times the cut-off; [P] -> [P, K + 1]."""
        basis = torch.cat([self.radial_basis(distance), torch.ones_like(distance)[:, None]], -1)
        return basis * self.cutoff_fn(distance)[:, None]


class _NeighbourSums:
    """Messages summed over the neighbours (PaiNN, eq. 7 and 8), with the buffers of one pass."""

    def __init__(self, blocks: list[_Block], n_features: int, shape: tuple[int, ...]) -> None:
        self.blocks, self.n_features, self.shape = blocks, n_features, shape
        n_pairs = max(len(b.basis) for b in blocks)
        n_entries = max(len(b.slots) for b in blocks)
        new = blocks[0].basis.new_empty
        self.once = new((1 + n_pairs) * 3 * n_features)  # filters of each pair, 0 before them
        self.dense = new(n_entries * 3 * n_features)
        self.products = new(n_entries * 3 * n_features)

    def __call__(self, weight: Tensor, x: Tensor, mu: Tensor | None) -> tuple[Tensor, Tensor]:
        """Sums for q [B, N, F] and for mu [B, N, 3, F].

        Args:
            weight: [K + 1, 3F], or [K + 1, 2F] where there is no mu yet.
            x: [B, N, 3F or 2F], of the neighbours.
            mu: [B, N, 3, F].
        """
        f, size = self.n_features, self.shape[1]
        dq = x.new_empty(x.shape[0] * size, f)
        dmu = x.new_empty(x.shape[0] * size, 3, f)
        vectors = None if mu is None else x[..., None, 2 * f :] * mu
        for block in self.blocks:
            filters = self._filters(block, weight)  # [R, N, 3F]
            groups = block.molecules.stop - block.molecules.start
            both = filters.view(groups, -1, size, weight.shape[1])[..., : 2 * f]
            both *= x[block.molecules, None, :, : 2 * f]
            torch.sum(filters[..., :f], dim=1, out=dq[block.rows])
            torch.bmm(block.direction, filters[..., f : 2 * f], out=dmu[block.rows])
            if vectors is not None:
                dmu[block.rows] += self._vector_sum(
                    filters.view(groups, -1, size, 3 * f)[..., 2 * f :], vectors[block.molecules]
                )
        return dq.view(*self.shape, f), dmu.view(*self.shape, 3, f)

    def _filters(self, block: _Block, weight: Tensor) -> Tensor:
        width, n_pairs = weight.shape[1], len(block.basis)
        once = self.once[: (1 + n_pairs) * width].view(-1, width)
        once[0] = 0.0
        torch.mm(block.basis, weight, out=once[1:])
        dense = self.dense[: len(block.slots) * width].view(-1, width)
        torch.index_select(once, 0, block.slots, out=dense)
        return dense.view(-1, self.shape[1], width)

    def _vector_sum(self, filters: Tensor, vectors: Tensor) -> Tensor:
        """filters [g, n, N, F], vectors [g, N, 3, F] -> [R, 3, F]."""
        g, n, size, f = filters.shape
        products = self.products[: g * n * size * 3 * f].view(g, n, size, 3, f)
        torch.mul(filters[:, :, :, None], vectors[:, None], out=products)
        return products.view(g * n, size, 3, f).sum(1)


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
