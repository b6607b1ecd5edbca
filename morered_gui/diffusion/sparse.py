"""The network over neighbour lists: for large molecules, cost linear in the atoms.

The same weights and the same results as ``MoreRedNetwork``, which fills a matrix of all pairs;
beyond the cut-off of 5 Å, some 45 atoms, their messages are 0.

Shape comments: A atoms of one molecule, P ordered pairs within the cut-off, F features, K radial
basis functions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from morered_gui.diffusion.elastic import Springs, listed_displacement
from morered_gui.diffusion.network import Interaction, MoreRedNetwork, Output, with_displacement

# Pairs whose messages are computed at once: with 128 features 1.5 kB each, which caches hold.
PAIRS_AT_ONCE = 1200
PAIRS_AT_ONCE_ON_GPU = 1 << 18  # 2 GB with all that is made of them


@dataclass(frozen=True)
class Pairs:
    """Ordered pairs (i, j) within the cut-off, sorted by i; ``basis`` is times the cut-off.

    i [P], j [P], basis [P, K + 1] (the last one for the bias), direction [P, 3],
    distance [P] in Å.
    """

    i: Tensor
    j: Tensor
    basis: Tensor
    direction: Tensor
    distance: Tensor

    def blocks(self) -> Iterator["Pairs"]:
        """The same, as many at a time as the device takes well."""
        arrays = (self.i, self.j, self.basis, self.direction, self.distance)
        most = PAIRS_AT_ONCE if self.i.device.type == "cpu" else PAIRS_AT_ONCE_ON_GPU
        parts = (torch.split(x, most) for x in arrays)
        return (Pairs(*part) for part in zip(*parts, strict=True))


class SparseNetwork:
    """A network that takes and gives padded batches, one molecule after another."""

    def __init__(self, network: MoreRedNetwork) -> None:
        self.network = network

    def __call__(self, numbers: Tensor, positions: Tensor, time: Tensor | None = None) -> Output:
        """See ``MoreRedNetwork.forward``."""
        noise, times = positions.new_zeros(positions.shape), positions.new_zeros(numbers.shape)
        found = Output(None, None)
        for b, real in enumerate(numbers > 0):
            given = None if time is None else time[b]
            found = self._molecule(numbers[b, real], positions[b, real], given)
            if found.noise is not None:
                noise[b, real] = found.noise
            if found.time is not None:
                times[b, real] = found.time
        return Output(None if found.noise is None else noise, None if found.time is None else times)

    def _molecule(self, numbers: Tensor, positions: Tensor, time: Tensor | None) -> Output:
        """Noise [A, 3] and time [A] of one molecule."""
        network = self.network
        pairs = self._pairs(positions)
        q, mu = self._body(numbers, pairs)
        predicted = None if network.time_head is None else network.time_head(q)
        if network.noise_head is None:
            return Output(None, predicted)
        fed = predicted if time is None else time.to(q.dtype).expand(len(q))
        if fed is None:
            raise ValueError("a noise network is given the time")
        noise = network.noise_head(q, mu, fed)
        output = Output(noise - noise.mean(0), predicted)
        if network.elastic_head is None:
            return output
        return self._with_displacement(output, numbers, positions, pairs, q, mu)

    def _with_displacement(
        self,
        output: Output,
        numbers: Tensor,
        positions: Tensor,
        pairs: Pairs,
        q: Tensor,
        mu: Tensor,
    ) -> Output:
        head = self.network.elastic_head
        assert head is not None and output.noise is not None and output.time is not None
        a, radii = head.stiffness.of_atoms(numbers, q)
        i, j = pairs.i, pairs.j
        both = radii[i] + radii[j]
        k = head.stiffness.of_pairs(a[i] * a[j], both, pairs.basis, pairs.distance)
        springs = Springs(i, j, pairs.distance[:, None] * pairs.direction, k, both)
        moved = listed_displacement(positions, springs, head.forces(q, mu))
        real = torch.ones_like(output.time[None])
        one = Output(output.noise[None], output.time[None])
        noise, time = with_displacement(one, moved[None], real, self.network.noise_level)
        assert noise is not None and time is not None
        return Output(noise[0], time[0])

    def _body(self, numbers: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """q [A, F] and mu [A, 3, F]."""
        body = self.network.representation
        filters = torch.cat([body.filter_net.weight, body.filter_net.bias[:, None]], dim=1)
        q = body.embedding(numbers)
        mu = q.new_zeros(len(q), 3, q.shape[1])
        for weight, interaction, mixing in zip(
            filters.chunk(len(body.interactions)), body.interactions, body.mixing, strict=True
        ):
            assert isinstance(interaction, Interaction)
            x = interaction.interatomic_context_net(q)
            q, mu = mixing(*_with_messages(pairs, weight, x, q, mu))
        return q, mu

    def _pairs(self, positions: Tensor) -> Pairs:
        body = self.network.representation
        cutoff = float(body.cutoff_fn.cutoff)
        x = positions.detach().cpu().double().numpy()
        found = cKDTree(x).query_pairs(cutoff, output_type="ndarray")
        both = np.concatenate([found, found[:, ::-1]])
        both = both[np.argsort(both[:, 0], kind="stable")]
        i, j = torch.from_numpy(both).to(positions.device).unbind(1)
        vector = positions[j] - positions[i]
        distance = torch.linalg.vector_norm(vector, dim=1)
        apart = distance > 0  # atoms at one place have no direction to each other
        i, j, vector, distance = i[apart], j[apart], vector[apart], distance[apart]
        basis = torch.cat([body.radial_basis(distance), torch.ones_like(distance)[:, None]], dim=1)
        basis = basis * body.cutoff_fn(distance)[:, None]
        return Pairs(i, j, basis, vector / distance[:, None], distance)


def _with_messages(
    pairs: Pairs, weight: Tensor, x: Tensor, q: Tensor, mu: Tensor
) -> tuple[Tensor, Tensor]:
    """q [A, F] and mu [A, 3, F] with the messages added (PaiNN, eq. 7 and 8).

    weight [3F, K + 1] makes the filters, x [A, 3F] comes from the neighbours.
    """
    q, new = q.clone(), mu.clone()
    for part in pairs.blocks():
        dq, radial, vector = ((part.basis @ weight.T) * x[part.j]).chunk(3, dim=1)
        dmu = radial[:, None] * part.direction[..., None] + vector[:, None] * mu[part.j]
        q.index_add_(0, part.i, dq)
        new.index_add_(0, part.i, dmu)
    return q, new
