"""A fast LAPACK for tblite and PySCF, and one thread.

tblite's wheel for Linux comes with the reference LAPACK, in which GFN2-xTB spends half of its time
and more; PySCF's comes with an OpenBLAS of 2018. torch's library has a fast one (MKL) under the
same names; where it is loaded for everybody before they are, the system's linker takes its
functions for those of the wheels.
"""

import ctypes
import logging
import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from morered_gui.diffusion.torch_loading import torch_libraries

OPENMP = "libgomp.so.1"  # the one that tblite's wheel for Linux asks the system for
LAPACK = "libtorch_cpu.so"

_log = logging.getLogger(__name__)


def prepare_tblite() -> None:
    """For the calling thread, before a calculator is made there.

    With several threads tblite sums in another order each time, and a run no longer repeats itself;
    molecules of this size gain next to nothing by them.
    """
    lend_lapack()
    if sys.platform == "linux":
        with suppress(OSError):  # no tblite can be there either
            ctypes.CDLL(OPENMP).omp_set_num_threads(1)


@cache
def lend_lapack() -> bool:
    """Load torch's LAPACK for the libraries that come later; says whether it is there.

    Without it they compute the same with their own. For processes of one thread, as workers are
    (OMP_NUM_THREADS): with more, torch's OpenMP comes along and sums in another order each time.
    Linux only: elsewhere libraries know theirs by file and not by name alone.
    """
    path = torch_library()
    if path is None or "tblite" in sys.modules or os.environ.get("OMP_NUM_THREADS") != "1":
        return False
    try:
        library = ctypes.CDLL(str(path), os.RTLD_GLOBAL | os.RTLD_NOW)
    except OSError as error:
        _log.info("tblite keeps its own LAPACK: %s", error)
        return False
    return hasattr(library, "dsyevd_")


def torch_library() -> Path | None:
    """Where it is; None where this system or installation has none."""
    folder = torch_libraries()
    path = None if folder is None else folder / LAPACK
    return path if path is not None and path.is_file() else None
