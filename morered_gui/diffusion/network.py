"""PaiNN with the time and noise heads of MoreRed, on dense padded tensors.

Tensors are [molecule, atom, ...]; padding has atomic number 0. Every pair of atoms of a
molecule is a neighbour within the cut-off. The parameters bear the names and shapes of
SchNetPack's, so that weights move in both directions.

Sources: PaiNN, Schütt, Unke, Gastegger 2021 (arXiv 2102.03150); heads, Kahouli et al. 2024
(doi 10.1088/2632-2153/ad652c), section 2.3.

Shape comments: B molecules, N atoms (padded), F features, K radial basis functions.
"""

from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.diffusion.elastic import FORCE_UNIT, Stiffness, displacement, fragment_sum
from morered_gui.diffusion.schedule import USUAL, named_schedule

# Under the root of the vector norms inside the body; SchNetPack's value.
NORM_EPSILON = 1e-8
# Under the root where SchNetPack has none: far below float32's resolution of a vector
# that matters, and enough to keep the gradient of a zero vector (padding) finite.
TINY = 1e-24
N_HEAD_LAYERS = 3


class Output(NamedTuple):
    """What a network says of a batch; ``None`` where it has no such head."""

    noise: Tensor | None  # [B, N, 3], centred per molecule, 0 on padding
    time: Tensor | None  # [B, N], normalised and not clamped, 0 on padding


class Pairs(NamedTuple):
    """All pairs of atoms of a batch; 0 where one is padding, or both are the same."""

    basis: Tensor  # [B, N, N, K + 1], basis functions and a 1, times the cut-off
    direction: Tensor  # [B, N, N, 3], unit vectors from i to j
    distance: Tensor  # [B, N, N], Å; 1 where there is no pair


class Perceptron(nn.ModuleList):
    """Linear layers with SiLU between them."""

    def __init__(self, *sizes: int) -> None:
        super().__init__(nn.Linear(a, b) for a, b in pairwise(sizes))

    def forward(self, x: Tensor) -> Tensor:
        *hidden, last = self
        for layer in hidden:
            x = functional.silu(layer(x))
        return last(x)


class GaussianBasis(nn.Module):
    """Gaussians of equal width on [0, cut-off] (SchNetPack's GaussianRBF)."""

    offsets: Tensor  # [K]
    widths: Tensor  # [K]

    def __init__(self, n_rbf: int, cutoff: float) -> None:
        super().__init__()
        offsets = torch.linspace(0.0, cutoff, n_rbf)
        self.register_buffer("offsets", offsets)
        self.register_buffer("widths", torch.full_like(offsets, float(offsets[1] - offsets[0])))

    def forward(self, distance: Tensor) -> Tensor:
        """[B, N, N] -> [B, N, N, K]."""
        return torch.exp(-0.5 * ((distance[..., None] - self.offsets) / self.widths) ** 2)


class CosineCutoff(nn.Module):
    """(1 + cos(pi d / cut-off)) / 2 within the cut-off, 0 beyond (Behler 2011)."""

    cutoff: Tensor  # [1]

    def __init__(self, cutoff: float) -> None:
        super().__init__()
        self.register_buffer("cutoff", torch.tensor([cutoff]))

    def forward(self, distance: Tensor) -> Tensor:
        inside = (distance < self.cutoff).to(distance.dtype)
        return 0.5 * (torch.cos(distance * torch.pi / self.cutoff) + 1.0) * inside


class Interaction(nn.Module):
    """Messages between atoms (PaiNN, eq. 7 and 8)."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.interatomic_context_net = Perceptron(n_features, n_features, 3 * n_features)

    def forward(
        self, q: Tensor, mu: Tensor, filters: Tensor, direction: Tensor
    ) -> tuple[Tensor, Tensor]:
        """q [B, N, F], mu [B, N, 3, F], filters [B, N, N, 3F], direction [B, N, N, 3]."""
        message = filters * self.interatomic_context_net(q)[:, None]  # [B, N, N, 3F]
        dq, radial, vector = message.chunk(3, dim=-1)
        dmu = radial[..., None, :] * direction[..., None] + vector[..., None, :] * mu[:, None]
        return q + dq.sum(2), mu + dmu.sum(2)


class Mixing(nn.Module):
    """Update within each atom (PaiNN, eq. 9 and 10)."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.intraatomic_context_net = Perceptron(2 * n_features, n_features, 3 * n_features)
        self.mu_channel_mix = nn.Linear(n_features, 2 * n_features, bias=False)

    def forward(self, q: Tensor, mu: Tensor) -> tuple[Tensor, Tensor]:
        v, w = self.mu_channel_mix(mu).chunk(2, dim=-1)  # [B, N, 3, F] each
        norm = torch.sqrt((v * v).sum(-2) + NORM_EPSILON)
        context = self.intraatomic_context_net(torch.cat([q, norm], dim=-1))
        dq, dmu, dqmu = context.chunk(3, dim=-1)
        return q + dq + dqmu * (v * w).sum(-2), mu + dmu[..., None, :] * w


class PaiNN(nn.Module):
    """The body: atoms in their surroundings as scalars and vectors."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        f, n = config.n_features, config.n_interactions
        self.radial_basis = GaussianBasis(config.n_rbf, config.cutoff)
        self.cutoff_fn = CosineCutoff(config.cutoff)
        self.embedding = nn.Embedding(config.max_atomic_number + 1, f)
        self.filter_net = nn.Linear(config.n_rbf, n * 3 * f)
        self.interactions = nn.ModuleList(Interaction(f) for _ in range(n))
        self.mixing = nn.ModuleList(Mixing(f) for _ in range(n))

    def forward(self, numbers: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """numbers [B, N] and their ``pairs`` -> q [B, N, F], mu [B, N, 3, F]."""
        basis, direction, _ = pairs
        q = self.embedding(numbers)
        mu = torch.zeros_like(q)[..., None, :].expand(-1, -1, 3, -1)
        weights = self.filter_weights().chunk(len(self.interactions))
        for weight, interaction, mixing in zip(
            weights, self.interactions, self.mixing, strict=True
        ):
            q, mu = interaction(q, mu, functional.linear(basis, weight), direction)
            q, mu = mixing(q, mu)
        return q, mu

    def filter_weights(self) -> Tensor:
        """The filter network with its bias as one more input, [n 3F, K + 1]."""
        return torch.cat([self.filter_net.weight, self.filter_net.bias[:, None]], dim=1)

    def pairs(self, numbers: Tensor, positions: Tensor) -> Pairs:
        """What ``forward`` takes, of numbers [B, N] at positions [B, N, 3] in Å."""
        return all_pairs(numbers, positions, self.radial_basis, self.cutoff_fn)


def all_pairs(
    numbers: Tensor, positions: Tensor, radial_basis: nn.Module, cutoff_fn: nn.Module
) -> Pairs:
    """Of numbers [B, N] at positions [B, N, 3] in Å.

    The cut-off goes into the input of the linear filter network rather than over its
    much larger output.
    """
    vector = positions[:, None] - positions[:, :, None]  # [B, N, N, 3], r_j - r_i
    squared = (vector * vector).sum(-1)
    real = numbers > 0
    pair = real[:, :, None] & real[:, None] & (squared > 0)
    distance = torch.sqrt(torch.where(pair, squared, 1.0))  # mask before the root
    scale = cutoff_fn(distance) * pair
    basis = torch.cat([radial_basis(distance), torch.ones_like(distance)[..., None]], -1)
    return Pairs(basis * scale[..., None], vector / distance[..., None], distance)


class GatedEquivariantBlock(nn.Module):
    """Scalars gate vectors (PaiNN, figure 3)."""

    def __init__(self, n_scalars: int, n_vectors: int, n_out: int, n_hidden: int) -> None:
        super().__init__()
        self.mix_vectors = nn.Linear(n_vectors, 2 * n_out, bias=False)
        self.scalar_net = Perceptron(n_scalars + n_out, n_hidden, 2 * n_out)

    def forward(self, scalars: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        v, w = self.mix_vectors(vectors).chunk(2, dim=-1)
        norm = torch.sqrt((v * v).sum(-2) + TINY)
        scalars, gate = self.scalar_net(torch.cat([scalars, norm], dim=-1)).chunk(2, dim=-1)
        return scalars, gate[..., None, :] * w


def gated(blocks: nn.ModuleList, q: Tensor, mu: Tensor) -> Tensor:
    """A vector [..., 3] out of scalars [..., F] and vectors [..., 3, F], block by block."""
    *hidden, last = blocks
    for block in hidden:
        q, mu = block(q, mu)
        q = functional.silu(q)
    vector: Tensor = last(q, mu)[1]
    return vector.squeeze(-1)


class ScalarHead(nn.Module):
    """A number per atom: normalised time, or the atom's part of the energy."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.outnet = Perceptron(*_pyramid(n_features))

    def forward(self, q: Tensor) -> Tensor:
        return self.outnet(q).squeeze(-1)


class NoiseHead(nn.Module):
    """Noise vector per atom, with the time as one more scalar feature."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        sizes = _pyramid(n_features)
        extra = [1] + [0] * (N_HEAD_LAYERS - 1)
        self.outnet = nn.ModuleList(
            GatedEquivariantBlock(a + time, a, b, a)
            for a, b, time in zip(sizes, sizes[1:], extra, strict=False)
        )

    def forward(self, q: Tensor, mu: Tensor, time: Tensor) -> Tensor:
        """q [B, N, F], mu [B, N, 3, F], time [B, N] -> [B, N, 3]."""
        return gated(self.outnet, torch.cat([q, time[..., None]], dim=-1), mu)


class ElasticHead(nn.Module):
    """A displacement by local forces and stiffnesses (``elastic.py``)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        f = config.n_features
        sizes = _pyramid(f)
        self.outnet = nn.ModuleList(GatedEquivariantBlock(a, a, b, a) for a, b in pairwise(sizes))
        self.stiffness = Stiffness(f, config.n_rbf, config.max_atomic_number)

    def start_from_nothing(self) -> None:
        """Let there be no force, and stiffnesses that depend on the distance alone."""
        last = cast("GatedEquivariantBlock", self.outnet[-1]).scalar_net[-1]
        for parameter in last.parameters():
            nn.init.zeros_(parameter)
        nn.init.zeros_(self.stiffness.radial.weight)

    def forward(
        self, numbers: Tensor, positions: Tensor, pairs: Pairs, q: Tensor, mu: Tensor
    ) -> Tensor:
        """[B, N, 3] in Å; in single precision at least, since the solution needs it."""
        forces = self.forces(q, mu)
        k, radii = self.stiffness(numbers, q, pairs.basis, pairs.distance)
        with torch.autocast(positions.device.type, enabled=False):
            wide = positions.dtype
            total = fragment_sum(pairs.distance, radii, (pairs.basis[..., -1] > 0).to(wide))
            return displacement(positions, k.to(wide), forces.to(wide), total)

    def forces(self, q: Tensor, mu: Tensor) -> Tensor:
        """q [..., F], mu [..., 3, F] -> [..., 3]."""
        return FORCE_UNIT * gated(self.outnet, q, mu)


class MoreRedNetwork(nn.Module):
    """A body with a time head, a noise head, or both, and then perhaps an elastic one.

    With both, the noise head takes the predicted time of each atom.
    """

    noise_level: Tensor  # [T], of the usual schedule

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.representation = PaiNN(config)
        has_time = config.kind != NetworkKind.NOISE
        has_noise = config.kind != NetworkKind.TIME
        self.time_head = ScalarHead(config.n_features) if has_time else None
        self.noise_head = NoiseHead(config.n_features) if has_noise else None
        self.elastic_head = ElasticHead(config) if config.elastic else None
        self.apply(initialise)
        if self.elastic_head is not None:
            self.elastic_head.start_from_nothing()
        self.register_buffer("noise_level", usual_noise_level(), persistent=False)

    def forward(self, numbers: Tensor, positions: Tensor, time: Tensor | None = None) -> Output:
        """Predict noise and time.

        Args:
            numbers: [B, N], int64, 0 for padding.
            positions: [B, N, 3], Å.
            time: [B], normalised to [0, 1]; for a noise network, and only for that.
        """
        self.config.check_time(given=time is not None)
        pairs = self.representation.pairs(numbers, positions)
        q, mu = self.representation(numbers, pairs)
        real = (numbers > 0).to(q.dtype)
        time_out = None if self.time_head is None else self.time_head(q) * real
        if self.noise_head is None:
            return Output(None, time_out)
        fed = time_out if time is None else time[:, None].expand(numbers.shape).to(q.dtype)
        noise = self.noise_head(q, mu, fed) * real[..., None]
        output = Output(centred_over_atoms(noise, real), time_out)
        if self.elastic_head is None:
            return output
        moved = self.elastic_head(numbers, positions, pairs, q, mu)
        return with_displacement(output, moved, real, self.noise_level)


def usual_noise_level() -> Tensor:
    """That of each time step of the usual schedule, [T], Å."""
    return torch.tensor(named_schedule(*USUAL).noise_level, dtype=torch.float32)


def with_displacement(output: Output, moved: Tensor, real: Tensor, noise_level: Tensor) -> Output:
    """Noise and time of what the heads say and a displacement beside it.

    The noise that is in the structure has two parts, sigma(t) eps and ``moved``, [B, N, 3] in Å,
    which do not depend on each other: their squares add up to that of the whole, which gives t.
    real [B, N] of 0 and 1; noise_level [T], that of each time step.
    """
    assert output.noise is not None and output.time is not None
    n = real.sum(1).clamp(min=1.0)
    time = output.time.to(moved.dtype)
    mean = mean_time(time, real)
    near = level_of_time(mean, noise_level)
    whole = torch.sqrt(near**2 + (moved**2).sum((1, 2)) / (3.0 * n))
    later = (time_of_level(whole, noise_level) - mean).clamp(min=0.0).detach()
    time = (time + later[:, None]) * real
    whole = level_of_time(mean_time(time, real), noise_level).detach()
    noise = (near.detach()[:, None, None] * output.noise + moved) / whole[:, None, None]
    return Output(noise, time)


def mean_time(time: Tensor, real: Tensor) -> Tensor:
    """Per-atom times [B, N], clamped and averaged over the real atoms of each molecule: [B]."""
    return (time.clamp(0.0, 1.0) * real).sum(1) / real.sum(1).clamp(min=1.0)


def level_of_time(time: Tensor, noise_level: Tensor) -> Tensor:
    """sqrt(1 - alpha_bar) in Å at normalised times of any shape, between the steps by lines."""
    place = time * (len(noise_level) - 1)
    low = place.detach().floor().long().clamp(0, len(noise_level) - 2)
    part = place - low
    return (1.0 - part) * noise_level[low] + part * noise_level[low + 1]


def time_of_level(level: Tensor, noise_level: Tensor) -> Tensor:
    """The inverse of ``level_of_time``, from 0 to 1."""
    high = torch.searchsorted(noise_level, level.detach()).clamp(1, len(noise_level) - 1)
    below, above = noise_level[high - 1], noise_level[high]
    part = ((level - below) / (above - below)).clamp(0.0, 1.0)
    return (high - 1 + part) / (len(noise_level) - 1)


def centred_over_atoms(vectors: Tensor, real: Tensor) -> Tensor:
    """Subtract the mean over the real atoms. vectors [B, N, 3], real [B, N] of 0 and 1."""
    mean = vectors.sum(1, keepdim=True) / real.sum(1).clamp(min=1.0)[:, None, None]
    return (vectors - mean) * real[..., None]


def _pyramid(n_features: int) -> list[int]:
    """F, F/2, F/4, 1: each layer of a head halves the features."""
    return [max(1, n_features // 2**i) for i in range(N_HEAD_LAYERS)] + [1]


def initialise(module: nn.Module) -> None:
    """Xavier weights and zero biases, as SchNetPack's Dense has them."""
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
