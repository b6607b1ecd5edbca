"""Keep the C library from giving memory back between two steps."""

import ctypes
import sys
from functools import cache

# mallopt's parameters, from glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
LARGEST = (1 << 31) - 1
GIGABYTE = 1 << 30
TOP_PAD = 1 << 26


@cache
def keep_memory() -> bool:
    """Tell glibc to keep large blocks for the next step; True where it took the hint.

    By default glibc maps a block of more than some 100 kB afresh and unmaps it after use, so
    that each step of a network faults all its temporary tensors in again (docs/training.md).

    For training only, where nothing but temporary tensors is allocated: a run that keeps
    small arrays from every step would pin the large blocks between them, and grow without
    bound.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library
        return False
    settings = {M_MMAP_THRESHOLD: GIGABYTE, M_TRIM_THRESHOLD: LARGEST, M_TOP_PAD: TOP_PAD}
    return all(mallopt(name, value) == 1 for name, value in settings.items())
