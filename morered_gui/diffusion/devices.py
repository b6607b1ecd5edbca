"""Which device computes."""

import torch

from morered_gui.core import ExpectedError


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; ``auto`` takes CUDA, then MPS, then the CPU.

    Raises ExpectedError where the device is not there.
    """
    available = available_devices()
    if name == "auto":
        return torch.device(available[0])
    if name.partition(":")[0] not in available:
        raise ExpectedError(f"device '{name}' is not available here; choose from {available}")
    return torch.device(name)


def available_devices() -> list[str]:
    """The devices of this machine, the fastest first."""
    devices = []
    if torch.cuda.is_available():
        devices.append("cuda")
    if torch.backends.mps.is_available():
        devices.append("mps")
    return [*devices, "cpu"]
