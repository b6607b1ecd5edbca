"""MoreRed as a relaxer."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from morered_gui.core import (
    BatchFrame,
    BatchRun,
    Capabilities,
    Provenance,
    StopReason,
    Structure,
)
from morered_gui.core.arrays import BoolArray
from morered_gui.diffusion.sampler import Sampler, SeededNoise
from morered_gui.relaxers.requests import check_request


@dataclass(frozen=True)
class DiffusionRelaxer:
    """Reverse diffusion from the predicted time step (Kahouli et al. 2024)."""

    sampler: Sampler
    capabilities: Capabilities
    provenance: Provenance

    def relax(
        self,
        starts: Sequence[Structure],
        *,
        max_steps: int,
        seed: int,
        fixed: Sequence[BoolArray | None] | None = None,
    ) -> BatchRun:
        """See ``Relaxer``. Checked at once, before the first frame is asked for."""
        check_request(starts, max_steps, self.capabilities)
        return self._run(starts, max_steps, seed, fixed)

    def _run(
        self,
        starts: Sequence[Structure],
        max_steps: int,
        seed: int,
        fixed: Sequence[BoolArray | None] | None,
    ) -> Generator[BatchFrame, None, list[StopReason]]:
        noise = SeededNoise(seed, len(starts))
        return (yield from self.sampler.run(starts, max_steps=max_steps, noise=noise, fixed=fixed))
