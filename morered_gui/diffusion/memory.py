"""Keep the C library from giving memory back between two steps."""

import ctypes
import sys
from functools import cache

# mallopt's parameters, from glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
LARGEST = (1 << 31) - 1
TOP_PAD = 1 << 25
# The temporary tensors of a part of a batch (inference.ATOMS_AT_ONCE) have about 1 MB each, in
# SchNetPack's modules up to 20 MB.
INFERENCE_BLOCK = 1 << 25
# Those of a whole training batch.
TRAINING_BLOCK = 1 << 30


@cache
def keep_memory(largest_block: int) -> bool:
    """Tell glibc to keep freed blocks of up to this many bytes; True where it took the hint.

    By default glibc maps a block of more than some 100 kB afresh and unmaps it after use, so
    that each pass through a network faults all its temporary tensors in again. Kept, 60 steps
    of 40 molecules took 11 s instead of 31 s of processor time (docs/training.md).

    A run that also keeps small arrays from every step, as a relaxation does, may pin the large
    blocks between them: with blocks of 1 GB one grew to 21 GB, with 32 MB none grew.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library
        return False
    settings = {
        M_MMAP_THRESHOLD: largest_block,
        M_TRIM_THRESHOLD: min(LARGEST, 8 * largest_block),
        M_TOP_PAD: TOP_PAD,
    }
    return all(mallopt(name, value) == 1 for name, value in settings.items())
