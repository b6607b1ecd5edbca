"""What a network is, in plain data: read without importing torch."""

from dataclasses import dataclass
from enum import StrEnum


class NetworkKind(StrEnum):
    """What a network predicts."""

    JOINT = "joint"  # time and noise, from one body
    NOISE = "noise"  # noise, given the time
    TIME = "time"  # time
    ENERGY = "energy"  # energy, and with it forces; no part of MoreRed but its baseline


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """The shape of a network. Lengths in Å."""

    kind: NetworkKind = NetworkKind.JOINT
    n_features: int = 128
    n_interactions: int = 3
    n_rbf: int = 20
    cutoff: float = 5.0
    max_atomic_number: int = 99

    def __post_init__(self) -> None:
        sizes = (self.n_features, self.n_interactions, self.n_rbf, self.max_atomic_number)
        if min(sizes) < 1 or self.n_features % 4 or not self.cutoff > 0:
            raise ValueError(
                f"not a network: {self}; sizes are positive and n_features is a multiple of 4"
            )
        object.__setattr__(self, "kind", NetworkKind(self.kind))

    def check_time(self, *, given: bool) -> None:
        """Raise ValueError where a network is given the time and predicts it, or neither."""
        if given != (self.kind == NetworkKind.NOISE):
            raise ValueError("a noise network is given the time, the others predict it")
