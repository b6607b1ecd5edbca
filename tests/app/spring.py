"""A small real relaxer: bonds are springs. Fast, deterministic, without torch."""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np

from morered_gui.core import (
    BatchFrame,
    BatchRun,
    Capabilities,
    Frame,
    Provenance,
    StopReason,
    Structure,
)
from morered_gui.core.arrays import BoolArray

LENGTH, STIFFNESS = 1.2, 0.1
KNOWN = frozenset({1, 6, 7, 8, 9})


@dataclass
class Pace:
    """How long a step takes; may be changed during a run."""

    seconds: float = 0.0


@dataclass(frozen=True)
class SpringRelaxer:
    """Pulls bonded atoms to one distance; ``t`` falls by one a step."""

    pace: Pace = field(default_factory=Pace)
    fails_at: int = -1
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(elements=KNOWN))
    provenance: Provenance = field(
        default_factory=lambda: Provenance("spring", "test", options={"device": "cpu"})
    )

    def relax(
        self,
        starts: Sequence[Structure],
        *,
        max_steps: int,
        seed: int,
        fixed: Sequence[BoolArray | None] | None = None,
    ) -> BatchRun:
        for start in starts:
            self.capabilities.check(start)
        return self._run(starts[0], max_steps)

    def _run(
        self, start: Structure, max_steps: int
    ) -> Generator[BatchFrame, None, list[StopReason]]:
        x = start.positions.copy()
        for step in range(max_steps + 1):
            if step == self.fails_at:
                raise RuntimeError("the spring broke")
            frame = Frame(step, x, t=float(max_steps - step), seconds=0.01 * step)
            yield BatchFrame(0, frame)
            time.sleep(self.pace.seconds)
            x = _pulled(start, x)
        return [StopReason.MAX_STEPS]


def _pulled(start: Structure, x: np.ndarray) -> np.ndarray:
    i, j = start.bonds.T
    between = x[j] - x[i]
    distance = np.linalg.norm(between, axis=1, keepdims=True)
    pull = STIFFNESS * (distance - LENGTH) * between / distance
    moved = x.copy()
    np.add.at(moved, i, pull)
    np.add.at(moved, j, -pull)
    return moved
