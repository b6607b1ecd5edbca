"""The networks of ``network.py`` for inference on a CPU: the same numbers, sooner.

A relaxation waits for hundreds of passes of some ten million operations each, so that what counts
is the number of operations and whether their operands lie in the caches. Beside
``MoreRedNetwork``, which is written to be trained and compiled,

* the first interaction's context is looked up: there q depends on the element alone, and mu is 0;
* a filter is computed once for both directions of a pair, and for no pair beyond the cut-off;
* pairs are worked on in blocks that a core's cache holds (``neighbours.py``);
* the sum of vectors over neighbours is a matrix product per atom;
* tensors are changed in place, and layers are called without the modules around them.

Shape comments: A = B N atoms of B molecules padded to N; F features, K radial basis functions.
"""

from typing import NamedTuple, Self, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from morered_gui.diffusion.neighbours import Neighbours, PackedBasis
from morered_gui.diffusion.network import (
    NORM_EPSILON,
    ElasticHead,
    GatedEquivariantBlock,
    Interaction,
    Mixing,
    MoreRedNetwork,
    Output,
    PaiNN,
    Perceptron,
    centred_over_atoms,
    with_displacement,
)


class _Layers(NamedTuple):
    """A ``Perceptron``: (bias, weight [in, out]) of each layer."""

    hidden: tuple[tuple[Tensor, Tensor], ...]
    last: tuple[Tensor, Tensor]

    @classmethod
    def of(cls, perceptron: Perceptron) -> Self:
        layers = cast("list[nn.Linear]", list(perceptron))
        *hidden, last = [(x.bias.detach().clone(), _transposed(x)) for x in layers]
        return cls(tuple(hidden), last)

    def __call__(self, x: Tensor) -> Tensor:
        """[A, in] -> [A, out]."""
        for bias, weight in self.hidden:
            x = functional.silu(torch.addmm(bias, x, weight), inplace=True)
        bias, weight = self.last
        return torch.addmm(bias, x, weight)


class _Mixing:
    """``network.Mixing``."""

    def __init__(self, mixing: Mixing) -> None:
        self.context = _Layers.of(mixing.intraatomic_context_net)
        self.vectors = _transposed(mixing.mu_channel_mix)

    def __call__(self, q: Tensor, mu: Tensor) -> None:
        """Changes q [A, F] and mu [A, 3, F] in place."""
        n, f = q.shape
        both = torch.mm(mu.view(-1, f), self.vectors).view(n, 3, 2, f)  # v and w
        v, w = both.unbind(2)
        squared, product = (both * v[:, :, None]).sum(1).unbind(1)  # v v and v w
        context = self.context(torch.cat([q, (squared + NORM_EPSILON).sqrt_()], dim=1))
        dq, dmu, dqmu = context.view(n, 3, f).unbind(1)
        q.add_(dq).addcmul_(dqmu, product)
        mu.addcmul_(dmu[:, None], w)


class _Gate:
    """``network.GatedEquivariantBlock``."""

    def __init__(self, block: GatedEquivariantBlock) -> None:
        self.scalars = _Layers.of(block.scalar_net)
        self.vectors = _transposed(block.mix_vectors)

    def __call__(self, scalars: list[Tensor], vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Scalars [A, any] and vectors [A, 3, any] -> [A, out] and [A, 3, out]."""
        n, _, width = vectors.shape
        v, w = torch.mm(vectors.view(-1, width), self.vectors).view(n, 3, 2, -1).unbind(2)
        # torch.linalg.vector_norm over this axis takes twenty times as long.
        features = torch.cat([*scalars, (v * v).sum(1).sqrt_()], dim=1)
        out, gate = self.scalars(features).view(n, 2, -1).unbind(1)
        return out, gate[:, None] * w


class _Elastic(NamedTuple):
    """What ``network.ElasticHead`` adds; it is small beside the body."""

    body: PaiNN
    head: ElasticHead
    noise_level: Tensor

    def __call__(
        self, output: Output, numbers: Tensor, positions: Tensor, q: Tensor, mu: Tensor
    ) -> Output:
        """q [B, N, F], mu [B, N, 3, F]."""
        pairs = self.body.pairs(numbers, positions)
        moved = self.head(numbers, positions, pairs, q, mu)
        real = (numbers > 0).to(moved.dtype)
        return with_displacement(output, moved, real, self.noise_level)


class PackedNetwork:
    """A ``MoreRedNetwork`` with its weights as they are now; for inference only.

    Called as the network is; see ``MoreRedNetwork.forward``.
    """

    def __init__(self, network: MoreRedNetwork) -> None:
        body = network.representation
        f = network.config.n_features
        self.config = network.config
        self.basis = PackedBasis(body.radial_basis, body.cutoff_fn)
        interactions = cast("list[Interaction]", list(body.interactions))
        first, *others = [_Layers.of(i.interatomic_context_net) for i in interactions]
        with torch.no_grad():
            self.embedding = body.embedding.weight.clone()
            filters = body.filter_weights().T.chunk(len(body.interactions), dim=1)
            # What goes with mu is left out of the first interaction.
            self.first_context = first(self.embedding)[:, : 2 * f].contiguous()
            self.filters = [w[:, : (3 if k else 2) * f].contiguous() for k, w in enumerate(filters)]
        self.contexts = others
        self.mixing = [_Mixing(m) for m in cast("list[Mixing]", list(body.mixing))]
        time, noise = network.time_head, network.noise_head
        self.time_head = None if time is None else _Layers.of(time.outnet)
        gates = cast("list[GatedEquivariantBlock]", [] if noise is None else list(noise.outnet))
        self.noise_head = [_Gate(block) for block in gates]
        self.elastic: _Elastic | None = None
        if network.elastic_head is not None:
            self.elastic = _Elastic(body, network.elastic_head, network.noise_level)

    def __call__(self, numbers: Tensor, positions: Tensor, time: Tensor | None = None) -> Output:
        """Noise and time, under ``torch.inference_mode`` or ``no_grad`` only."""
        self.config.check_time(given=time is not None)
        q, mu = self._body(numbers, positions)
        shape = numbers.shape
        real = (numbers > 0).to(q.dtype)
        atom_time = None if self.time_head is None else self.time_head(q)
        time_out = None if atom_time is None else atom_time.view(shape) * real
        if not self.noise_head:
            return Output(None, time_out)
        if time is not None:
            atom_time = time[:, None].expand(shape).reshape(-1, 1).to(q.dtype)
        assert atom_time is not None  # a network without a time head is given the time
        first, *others = self.noise_head
        x, vectors = first([q, atom_time], mu)
        for gate in others:
            x, vectors = gate([functional.silu(x)], vectors)
        noise = vectors.view(*shape, 3) * real[..., None]
        output = Output(centred_over_atoms(noise, real), time_out)
        if self.elastic is None:
            return output
        return self.elastic(output, numbers, positions, q.view(*shape, -1), mu.view(*shape, 3, -1))

    def _body(self, numbers: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """q [A, F] and mu [A, 3, F]."""
        f = self.config.n_features
        near = Neighbours.of(numbers, positions, self.basis, f)
        atoms = numbers.reshape(-1)
        q = torch.index_select(self.embedding, 0, atoms)
        mu = q.new_zeros(len(q), 3, f)
        near.add(self.filters[0], torch.index_select(self.first_context, 0, atoms), None, q, mu)
        self.mixing[0](q, mu)
        for weight, context, mixing in zip(
            self.filters[1:], self.contexts, self.mixing[1:], strict=True
        ):
            x = context(q)
            near.add(weight, x[:, : 2 * f], x[:, None, 2 * f :] * mu, q, mu)
            mixing(q, mu)
        return q, mu


def _transposed(layer: nn.Linear) -> Tensor:
    """[in, out], apart from the layer that it comes from."""
    return layer.weight.detach().T.clone(memory_format=torch.contiguous_format)
