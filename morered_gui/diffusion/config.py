"""What a network is, in plain data: read without importing torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class NetworkKind(StrEnum):
    """What a network predicts."""

    JOINT = "joint"  # time and noise, from one body
    NOISE = "noise"  # noise, given the time
    TIME = "time"  # time
    ENERGY = "energy"  # energy, and with it forces; no part of MoreRed but its baseline


# Sizes from and to. The greatest are far above any published network, and all of them together
# come to 1 GB of weights: the memory that a forged file can ask for.
SIZES: Mapping[str, tuple[int, int]] = {
    "n_features": (4, 1024),
    "n_interactions": (1, 16),
    "n_rbf": (2, 512),
    "max_atomic_number": (1, 255),
}
CUTOFFS = (0.1, 100.0)  # Å


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """The shape of a network. Lengths in Å; ValueError for one that can't be meant.

    With ``elastic`` a joint network has a third head (``elastic.py``).
    """

    kind: NetworkKind = NetworkKind.JOINT
    n_features: int = 128
    n_interactions: int = 3
    n_rbf: int = 20
    cutoff: float = 5.0
    max_atomic_number: int = 99
    elastic: bool = False

    def __post_init__(self) -> None:
        for name, (least, most) in SIZES.items():
            size = getattr(self, name)
            if type(size) is not int or not least <= size <= most:
                raise ValueError(
                    f"not a network: '{name}' has to be a whole number from {least} to {most}"
                )
        if self.n_features % 4:
            raise ValueError("not a network: 'n_features' has to be a multiple of 4")
        least_cutoff, most_cutoff = CUTOFFS
        if type(self.cutoff) not in {int, float} or not least_cutoff <= self.cutoff <= most_cutoff:
            raise ValueError(
                f"not a network: 'cutoff' has to be a length from {least_cutoff:g} to "
                f"{most_cutoff:g} Å"
            )
        object.__setattr__(self, "cutoff", float(self.cutoff))
        object.__setattr__(self, "kind", NetworkKind(self.kind))
        if type(self.elastic) is not bool:
            raise ValueError("not a network: 'elastic' has to be true or false")
        if self.elastic and self.kind != NetworkKind.JOINT:
            raise ValueError("not a network: only a joint one can be elastic")

    def check_time(self, *, given: bool) -> None:
        """Raise ValueError where a network is given the time and predicts it, or neither."""
        if given != (self.kind == NetworkKind.NOISE):
            raise ValueError("a noise network is given the time, the others predict it")
