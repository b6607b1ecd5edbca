"""Soft displacements: what local forces do to a molecule that is stiff in some ways only.

A torsion of a drug that is off by a few degrees hardly changes a distance below the cut-off, and
moves atoms at the far end by an angstrom. What tells that it is off is local; how far atoms
move by it is mechanics. The head therefore predicts forces and stiffnesses, both local, and
solves for the displacement at which they balance.

The stiffness is that of an as-rigid-as-possible deformation (Sorkine, Alexa 2007, doi
10.2312/SGP/SGP07/109-116) with linearised rotations: each atom i may turn its surroundings,

    E(c) = sum_i min_omega_i sum_j k_ij |c_j - c_i - omega_i x (r_j - r_i)|^2,

so that bonds, angles and planes are stiff, torsions are not, and the molecule as a whole is free.
With the matrix H of this form, E = c H c, and a weak anchor W of each atom to its place the
displacement c solves (H + W) c = f.

Shape comments: B molecules, N atoms (padded), F features, K radial basis functions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from ase.data import covalent_radii
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor, nn

# These constants belong to the weights: a trained network says something else with others.
# A bond has a stiffness of about 1, the unit. Atoms three bonds apart have some hundredths.
STEEPNESS = 1.5
# What the network says is in units of this: soft displacements of some tenths of an angstrom then
# come from numbers of about 1.
FORCE_UNIT = 0.002
# Held back to its place each atom has this much; it bounds how far forces can reach.
ANCHOR = 0.001
# Turns that no neighbour resists, about the axis of a single bond, cost this much (Å^2).
LEAST_TURN = 1e-2
LARGEST_FACTOR = 3.0  # exp of it: a learnt stiffness over, or under, the one by distance
# Bonds are shorter than this many sums of covalent radii, with what heat and some noise do to them;
# a hydrogen bond is longer.
BONDED = 1.5
USUAL_RADIUS = 1.5  # Å, of elements that nobody knows
N_CHANNELS = 16
MOST_AT_ONCE = 1000  # atoms whose matrix is filled: quicker, and 36 MB in single precision
# Conjugate gradients end at so many roundings of what is asked for, or after so many iterations.
PRECISE = 50.0
MOST_ITERATIONS = 2000


def bond_stiffness(distance: Tensor, radii: Tensor) -> Tensor:
    """What pairs at ``distance`` have, Å; ``radii`` is the sum of their covalent radii, Å.

    The form is that of Lindh et al. 1995 (doi 10.1016/0009-2614(95)00646-L).
    """
    return torch.exp(STEEPNESS * (1.0 - (distance / radii) ** 2))


class _Balance(torch.autograd.Function):
    """x = A^-1 b for symmetric positive A [B, M, M] and b [B, M]."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, vector: Tensor) -> Tensor:
        factor = torch.linalg.cholesky_ex(matrix).L
        x = _solved(factor, vector)
        ctx.save_for_backward(factor, x)
        return x

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        factor, x = ctx.saved_tensors
        back = _solved(factor, gradients[0])
        return -back[..., None] * x[:, None], back


def _balance(matrix: Tensor, vector: Tensor) -> Tensor:
    x: Tensor = _Balance.apply(matrix, vector)  # type: ignore[no-untyped-call]
    return x


def _solved(factor: Tensor, vector: Tensor) -> Tensor:
    """L L^T x = vector [B, M]; GPUs do this for a whole batch at once."""
    half = torch.linalg.solve_triangular(factor, vector[..., None], upper=False)
    return torch.linalg.solve_triangular(factor.mT, half, upper=True)[..., 0]


def hessian(positions: Tensor, stiffness: Tensor) -> Tensor:
    """H [B, 3 N, 3 N] of the deformation; positions [B, N, 3] in Å, stiffness [B, N, N]."""
    b, n, _ = positions.shape
    r = positions[:, None] - positions[:, :, None]  # r_j - r_i
    s = stiffness[..., None] * r
    eye = torch.eye(3, dtype=r.dtype, device=r.device)
    inertia = (s * r).sum((2, 3))[..., None, None] * eye - torch.einsum("bijx,bijy->bixy", s, r)
    turn = cross_matrix(s)  # [B, i, j, 3, 3]
    turn = turn - torch.diag_embed(turn.sum(2).permute(0, 2, 3, 1)).permute(0, 3, 4, 1, 2)
    turn = turn.permute(0, 1, 3, 2, 4)  # [B, i, 3, j, 3]
    turned = _turns_of(inertia) @ turn.reshape(b, n, 3, 3 * n)
    laplacian = torch.diag_embed(stiffness.sum(2)) - stiffness
    stretched = 2.0 * torch.einsum("bij,xy->bixjy", laplacian, eye).reshape(b, 3 * n, 3 * n)
    return stretched - turn.reshape(b, 3 * n, 3 * n).mT @ turned.reshape(b, 3 * n, 3 * n)


def cross_matrix(vectors: Tensor) -> Tensor:
    """The matrices [..., 3, 3] that take c to s x c, for s [..., 3]."""
    x, y, z = vectors.unbind(-1)
    zero = torch.zeros_like(x)
    rows = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1)
    return rows.reshape(*vectors.shape, 3)


def _inverse(matrix: Tensor) -> Tensor:
    """Of symmetric matrices [..., 3, 3]."""
    a, b, c = matrix.unbind(-2)
    columns = [torch.linalg.cross(b, c), torch.linalg.cross(c, a), torch.linalg.cross(a, b)]
    determinant = (a * columns[0]).sum(-1)[..., None, None]
    return torch.stack(columns, -1) / determinant


# Sums [B, N, C] over each atom's own fragment.
FragmentSum = Callable[[Tensor], Tensor]


def fragment_sum(distance: Tensor, radii: Tensor, pair: Tensor) -> FragmentSum:
    """Fragments are what bonds hold together, told by distances [B, N, N] and sums of radii, Å.

    ``pair`` [B, N, N] of 0 and 1 says which atoms are a pair at all.
    """
    n = distance.shape[-1]
    eye = torch.eye(n, dtype=distance.dtype, device=distance.device)
    same = ((distance < BONDED * radii).to(distance.dtype) * pair + eye).clamp(max=1.0)
    for _ in range(n.bit_length()):  # paths of twice the length each time
        same = (same @ same).clamp(max=1.0)
    return lambda values: same @ values


class Fragments(NamedTuple):
    """Where atoms lie in their fragment, and how that turns."""

    total: FragmentSum
    n: Tensor  # [B, N, 1], its atoms
    x: Tensor  # [B, N, 3], from its centre
    turns: Tensor  # [B, N, 3, 3], how far it turns by a torque

    @classmethod
    def of(cls, positions: Tensor, total: FragmentSum) -> "Fragments":
        """positions [B, N, 3] in Å."""
        n = total(torch.ones_like(positions[..., :1]))
        x = positions - total(positions) / n
        each = _moments(x, x)
        inertia = total(each.flatten(-2)).reshape(each.shape)
        return cls(total, n, x, _turns_of(inertia))

    def without_rigid_part(self, vectors: Tensor) -> Tensor:
        """Vectors [B, N, 3] less those that push or turn a fragment as a whole.

        How fragments lie to each other is no soft mode of a molecule: nothing is known of it here,
        nothing would resist, and the noise head says what there is to say.
        """
        vectors = vectors - self.total(vectors) / self.n
        torque = self.total(torch.linalg.cross(self.x, vectors))
        spin = (self.turns @ torque[..., None])[..., 0]
        return vectors - torch.linalg.cross(spin, self.x)


def _moments(a: Tensor, b: Tensor) -> Tensor:
    """(a b) 1 - a b^T, [..., 3, 3] of vectors [..., 3]."""
    eye = torch.eye(3, dtype=a.dtype, device=a.device)
    return (a * b).sum(-1)[..., None, None] * eye - a[..., :, None] * b[..., None, :]


def _turns_of(inertia: Tensor) -> Tensor:
    """How far something turns by a torque, [..., 3, 3]."""
    return _inverse(inertia + LEAST_TURN * torch.eye(3, dtype=inertia.dtype, device=inertia.device))


class Stiffness(nn.Module):
    """k of pairs: by distance, times a learnt factor."""

    radii: Tensor  # [Z + 1], Å

    def __init__(self, n_features: int, n_rbf: int, max_atomic_number: int) -> None:
        super().__init__()
        radii = torch.full((max_atomic_number + 1,), USUAL_RADIUS)
        known = torch.tensor(covalent_radii[: max_atomic_number + 1], dtype=torch.float32)
        radii[: len(known)] = known
        self.register_buffer("radii", radii, persistent=False)
        self.channels = nn.Linear(n_features, N_CHANNELS)
        self.radial = nn.Linear(n_rbf + 1, N_CHANNELS, bias=False)

    def forward(
        self, numbers: Tensor, q: Tensor, basis: Tensor, distance: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Of all pairs k and the sums of their radii, [B, N, N] each.

        basis [B, N, N, K + 1] is times the cut-off.
        """
        a, each = self.of_atoms(numbers, q)
        both, radii = a[:, :, None] * a[:, None], each[:, :, None] + each[:, None]
        return self.of_pairs(both, radii, basis, distance), radii

    def of_atoms(self, numbers: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers [...] and q [..., F] -> channels [..., C] and radii [...] in Å."""
        return torch.tanh(self.channels(q)), self.radii[numbers]

    def of_pairs(self, both: Tensor, radii: Tensor, basis: Tensor, distance: Tensor) -> Tensor:
        """Products of channels [..., C], sums of radii [...], basis [..., K + 1] -> k [...]."""
        learnt = (both * self.radial(basis)).sum(-1)
        factor = torch.exp(LARGEST_FACTOR * torch.tanh(learnt / LARGEST_FACTOR))
        return bond_stiffness(distance, radii) * factor * basis[..., -1]


def displacement(
    positions: Tensor, stiffness: Tensor, forces: Tensor, total: FragmentSum
) -> Tensor:
    """Where forces balance: [B, N, 3] in Å, without a part that moves a fragment as a whole.

    positions [B, N, 3] in Å, stiffness [B, N, N], forces [B, N, 3], 0 on padding.
    """
    matrix, fragments = hessian(positions, stiffness), Fragments.of(positions, total)
    anchor = ANCHOR * torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    balanced = fragments.without_rigid_part(forces)
    found = _balance(matrix + anchor, balanced.flatten(1)).view_as(forces)
    return fragments.without_rigid_part(found)


class Springs(NamedTuple):
    """The same stiffnesses as a list of ordered pairs within the cut-off, of one molecule.

    i [P] and j [P] are atoms, vector [P, 3] leads from i to j in Å, k [P], radii [P] are sums in Å.
    """

    i: Tensor
    j: Tensor
    vector: Tensor
    k: Tensor
    radii: Tensor

    def fragment_sum(self, n_atoms: int) -> FragmentSum:
        """``fragment_sum`` of one molecule, for values [1, A, C]."""
        bonded = torch.linalg.vector_norm(self.vector, dim=1) < BONDED * self.radii
        i, j = (each[bonded].cpu().numpy() for each in (self.i, self.j))
        graph = coo_array((np.ones(len(i)), (i, j)), (n_atoms, n_atoms))
        count, found = connected_components(graph, directed=False)
        label = torch.from_numpy(found).long().to(self.i.device)

        def total(values: Tensor) -> Tensor:
            sums = values.new_zeros(count, values.shape[-1])
            return sums.index_add_(0, label, values[0])[label][None]

        return total


def listed_displacement(positions: Tensor, springs: Springs, forces: Tensor) -> Tensor:
    """``displacement`` of one molecule, [A, 3] in Å.

    To fill the matrix and to solve with it takes time cubic in the atoms, which for some hundred is
    what the network takes as well; beyond ``MOST_AT_ONCE`` iterations take its place, each linear.
    """
    x, total = positions[None], springs.fragment_sum(len(positions))
    if len(positions) <= MOST_AT_ONCE:
        stiffness = springs.k.new_zeros(len(positions), len(positions))
        stiffness[springs.i, springs.j] = springs.k
        return displacement(x, stiffness[None], forces[None], total)[0]
    fragments = Fragments.of(x, total)
    balanced = fragments.without_rigid_part(forces[None])[0]
    found = conjugate_gradients(_pull_of(springs, len(positions)), balanced)
    return fragments.without_rigid_part(found[None])[0]


def _pull_of(springs: Springs, n_atoms: int) -> Callable[[Tensor], Tensor]:
    """The product of the anchored Hessian with c [A, 3]."""
    i, j, r, k, _ = springs
    s = k[:, None] * r
    turns = _turns_of(r.new_zeros(n_atoms, 3, 3).index_add_(0, i, _moments(s, r)))

    def pull(c: Tensor) -> Tensor:
        apart = c[j] - c[i]
        torque = torch.zeros_like(c).index_add_(0, i, torch.linalg.cross(s, apart))
        omega = (turns @ torque[..., None])[..., 0]
        tension = k[:, None] * (apart - torch.linalg.cross(omega[i], r))
        return (ANCHOR * c).index_add_(0, i, -tension).index_add_(0, j, tension)

    return pull


def conjugate_gradients(product: Callable[[Tensor], Tensor], right: Tensor) -> Tensor:
    """x with product(x) = right for a symmetric positive product (Hestenes, Stiefel 1952)."""
    precision = PRECISE * torch.finfo(right.dtype).eps
    x = torch.zeros_like(right)
    rest = direction = right
    squared = (rest * rest).sum()
    least = precision**2 * squared
    for _ in range(MOST_ITERATIONS):
        if squared <= least:
            break
        moved = product(direction)
        length = squared / (direction * moved).sum()
        x = x + length * direction
        rest = rest - length * moved
        before, squared = squared, (rest * rest).sum()
        direction = rest + squared / before * direction
    return x
