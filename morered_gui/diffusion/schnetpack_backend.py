"""The same weights run through SchNetPack's own modules: a reference to check against.

Importing SchNetPack takes about ten seconds, so that only ``--backend schnetpack`` does.
"""

from typing import Self

import schnetpack as spk
import torch
from schnetpack import properties
from torch import Tensor, nn

from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.diffusion.network import (
    N_HEAD_LAYERS,
    ElasticHead,
    MoreRedNetwork,
    Output,
    all_pairs,
    usual_noise_level,
    with_displacement,
)

# Atoms that go through it at once on a CPU: its filters of all pairs, some 10 MB, are kept at once.
ATOMS_AT_ONCE = 144


class SchNetPackNetwork(nn.Module):
    """SchNetPack's PaiNN and heads behind the interface of ``MoreRedNetwork``.

    Its parameters bear the same names, so that weights move in both directions. The elastic head is
    this project's own: SchNetPack has none.
    """

    noise_level: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.representation = spk.representation.PaiNN(
            n_atom_basis=config.n_features,
            n_interactions=config.n_interactions,
            radial_basis=spk.nn.GaussianRBF(config.n_rbf, config.cutoff),
            cutoff_fn=spk.nn.CosineCutoff(config.cutoff),
            nuclear_embedding=nn.Embedding(config.max_atomic_number + 1, config.n_features),
        )
        has_time = config.kind != NetworkKind.NOISE
        has_noise = config.kind != NetworkKind.TIME
        self.time_head = _time_head(config.n_features) if has_time else None
        self.noise_head = _noise_head(config.n_features) if has_noise else None
        self.elastic_head = ElasticHead(config) if config.elastic else None
        self.register_buffer("noise_level", usual_noise_level(), persistent=False)

    @classmethod
    def from_native(cls, network: MoreRedNetwork) -> Self:
        """The same network in SchNetPack's modules."""
        twin = cls(network.config)
        twin.load_state_dict(network.state_dict())
        return twin.eval().requires_grad_(False)

    def forward(self, numbers: Tensor, positions: Tensor, time: Tensor | None = None) -> Output:
        """See ``MoreRedNetwork.forward``."""
        real = numbers > 0
        molecule = torch.nonzero(real)[:, 0]  # [A], A atoms in all
        body = self.representation(_pairs(numbers[real], positions[real], molecule))
        q, mu = body["scalar_representation"], body["vector_representation"]
        time_flat = None if self.time_head is None else self.time_head(q).squeeze(-1)
        time_out = None if time_flat is None else _padded(time_flat, real)
        if self.noise_head is None:
            return Output(None, time_out)
        fed = time_flat if time is None else time[molecule].to(q.dtype)
        assert fed is not None  # a network without a time head is given the time
        _, noise = self.noise_head((torch.cat([q, fed[:, None]], dim=-1), mu))
        output = Output(_padded(_centred(noise.squeeze(-1), molecule), real), time_out)
        if self.elastic_head is None:
            return output
        inputs = self.representation
        pairs = all_pairs(numbers, positions, inputs.radial_basis, inputs.cutoff_fn)
        moved = self.elastic_head(numbers, positions, pairs, _padded(q, real), _padded(mu, real))
        return with_displacement(output, moved, real.to(moved.dtype), self.noise_level)


def _time_head(n_features: int) -> nn.Module:
    return _Head(spk.nn.build_mlp(n_in=n_features, n_out=1, n_layers=N_HEAD_LAYERS))


def _noise_head(n_features: int) -> nn.Module:
    outnet = spk.nn.build_gated_equivariant_mlp(n_in=n_features, n_out=1, n_layers=N_HEAD_LAYERS)
    first = outnet[0]
    outnet[0] = spk.nn.GatedEquivariantBlock(
        n_sin=first.n_sin + 1,  # the time
        n_vin=first.n_vin,
        n_sout=first.n_sout,
        n_vout=first.n_vout,
        n_hidden=first.n_hidden,
        activation=nn.functional.silu,
        sactivation=nn.functional.silu,
    )
    return _Head(outnet)


class _Head(nn.Module):
    """A head whose parameters bear the names that they have here."""

    def __init__(self, outnet: nn.Module) -> None:
        super().__init__()
        self.outnet = outnet

    def forward(self, x: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        return self.outnet(x)


def _pairs(numbers: Tensor, positions: Tensor, molecule: Tensor) -> dict[str, Tensor]:
    """SchNetPack's input: all ordered pairs of each molecule."""
    same = molecule[:, None] == molecule[None]
    same.fill_diagonal_(False)
    idx_i, idx_j = torch.nonzero(same, as_tuple=True)
    return {
        properties.Z: numbers,
        properties.R: positions,
        properties.Rij: positions[idx_j] - positions[idx_i],
        properties.idx_i: idx_i,
        properties.idx_j: idx_j,
        properties.idx_m: molecule,
    }


def _padded(flat: Tensor, real: Tensor) -> Tensor:
    """[A, ...] -> [B, N, ...], 0 on padding."""
    dense = flat.new_zeros((*real.shape, *flat.shape[1:]))
    dense[real] = flat
    return dense


def _centred(vectors: Tensor, molecule: Tensor) -> Tensor:
    """Subtract each molecule's mean; vectors [A, 3], molecule [A]."""
    n = int(molecule[-1]) + 1
    sums = vectors.new_zeros((n, 3)).index_add_(0, molecule, vectors)
    return vectors - (sums / torch.bincount(molecule, minlength=n)[:, None])[molecule]
