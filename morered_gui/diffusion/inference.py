"""A network on a device, taking and giving numpy arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import torch
from torch import Tensor

from morered_gui.core import ExpectedError, PaddedBatch
from morered_gui.core.arrays import FloatArray, IntArray
from morered_gui.diffusion.network import MoreRedNetwork, Output
from morered_gui.diffusion.packed import PackedNetwork
from morered_gui.diffusion.schedule import NoiseSchedule
from morered_gui.diffusion.sparse import SparseNetwork

# Atoms that go through the network at once on a CPU: enough for large matrix products, and few
# enough that the caches hold what is made of them.
ATOMS_AT_ONCE = 320

# Atoms above which neighbour lists are quicker (benchmarks/large_molecules.py).
LARGE, LARGE_ON_GPU = 160, 350


class Network(Protocol):
    """A network of this project or the same weights in SchNetPack's modules."""

    def __call__(
        self, numbers: Tensor, positions: Tensor, time: Tensor | None = None
    ) -> Output: ...


@dataclass(frozen=True)
class _BySize:
    """Pairs for molecules of usual size, neighbour lists for those of more than ``large`` atoms."""

    usual: Network
    lists: SparseNetwork
    large: int

    def __call__(self, numbers: Tensor, positions: Tensor, time: Tensor | None = None) -> Output:
        """See ``MoreRedNetwork.forward``."""
        chosen = self.lists if numbers.shape[1] > self.large else self.usual
        return chosen(numbers, positions, time)


@dataclass(frozen=True)
class NetworkOnDevice:
    """A network that takes and gives numpy arrays; single precision unless told otherwise."""

    network: Network
    device: torch.device
    dtype: torch.dtype = torch.float32
    atoms_at_once: int = ATOMS_AT_ONCE  # on a CPU

    @classmethod
    def of(
        cls, network: MoreRedNetwork, device: torch.device, dtype: torch.dtype = torch.float32
    ) -> Self:
        """The quickest way to run a network on a device; a CPU gets a packed copy."""
        network = network.to(device, dtype)
        lists = SparseNetwork(network)
        if device.type == "cpu":
            return cls(_BySize(PackedNetwork(network), lists, LARGE), device, dtype)
        return cls(_BySize(network, lists, LARGE_ON_GPU), device, dtype)

    @torch.inference_mode()
    def __call__(self, batch: PaddedBatch, time: FloatArray | None = None) -> Output:
        """Noise [B, N, 3] and time [B, N] on the CPU; ``time`` [B] is normalised.

        Raises ExpectedError where the memory of the device is too small.
        """
        noise, times = None, None
        for rows, size in self._parts(batch):
            output = self._output(batch, rows, size, time)
            noise = _filled(noise, batch, rows, output.noise)
            times = _filled(times, batch, rows, output.time)
        return Output(noise, times)

    def _output(
        self, batch: PaddedBatch, rows: IntArray | slice, size: int, time: FloatArray | None
    ) -> Output:
        """Of some rows of the batch, on the device."""
        try:
            return self.network(
                torch.from_numpy(np.ascontiguousarray(batch.numbers[rows, :size])).to(self.device),
                self._tensor(batch.positions[rows, :size]),
                None if time is None else self._tensor(time[rows]),
            )
        except torch.OutOfMemoryError as error:
            raise ExpectedError(
                f"the memory of the device '{self.device}' is too small for {len(batch.numbers)} "
                f"molecules of up to {size} atoms at once; take fewer, or the CPU (--device cpu)"
            ) from error

    def _parts(self, batch: PaddedBatch) -> Iterator[tuple[IntArray | slice, int]]:
        """Rows of the batch and their number of columns: on a CPU molecules of like size."""
        n_rows, size = batch.numbers.shape
        if n_rows == 1 or self.device.type != "cpu":
            yield slice(None), size
            return
        columns = np.where(batch.real, np.arange(1, size + 1), 0).max(1)
        order = np.argsort(-columns, kind="stable")
        start = 0
        while start < n_rows:
            size = int(columns[order[start]])
            stop = start + max(1, self.atoms_at_once // size)
            yield order[start:stop], size
            start = stop

    def _tensor(self, array: FloatArray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device, self.dtype)


def _filled(
    whole: Tensor | None, batch: PaddedBatch, rows: IntArray | slice, part: Tensor | None
) -> Tensor | None:
    """``part`` [b, n, ...] put into its rows of [B, N, ...] in double precision, else 0."""
    if part is None:
        return None
    if isinstance(rows, slice):
        return part.cpu().double()  # in this order, since MPS has no double precision
    if whole is None:
        whole = torch.zeros(*batch.numbers.shape, *part.shape[2:], dtype=torch.float64)
    whole[rows, : part.shape[1]] = part.cpu().double()
    return whole


def mean_step(time: Tensor, batch: PaddedBatch, schedule: NoiseSchedule) -> IntArray:
    """Per-atom times [B, N] -> clamped, averaged over the molecule, rounded to a step [B].

    Atoms never move with different time steps: that would break equivariance
    (Kahouli et al. 2024, section 2.3).
    """
    real = batch.real
    mean = (time.numpy().clip(0.0, 1.0) * real).sum(1) / real.sum(1)
    mean[np.isnan(mean)] = 1.0  # no time; such a run ends, since its noise is not finite either
    return schedule.integer_step(mean)
