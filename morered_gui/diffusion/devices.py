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


def has_bfloat16(device: torch.device) -> bool:
    """Whether it computes in bfloat16 faster than in single precision.

    A processor without it takes some ten times longer.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
