"""Import torch without holding up the other threads of the program."""

import ctypes
import gc
import importlib.util
import os
import sys
from pathlib import Path


def load_torch() -> None:
    """Import torch; a window in another thread goes on meanwhile.

    An import holds the interpreter's lock while the system loads a library, which for torch's
    gigabyte of them takes half a second at best; garbage collections of its many new objects
    hold it as well. Here the libraries are loaded ahead, by a call that gives the lock away,
    and nothing is collected until torch is there.
    """
    if "torch" in sys.modules:
        return
    _load_libraries()
    collects = gc.isenabled()
    gc.disable()
    try:
        import torch  # noqa: F401
    finally:
        if collects:
            gc.freeze()  # modules stay for good: no collection needs to look at them again
            gc.enable()


def torch_libraries() -> Path | None:
    """The folder of torch's shared libraries on Linux; None elsewhere and without torch."""
    found = importlib.util.find_spec("torch")
    if sys.platform != "linux" or found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "lib"


def _load_libraries() -> None:
    """Where this fails, the import itself does what is missing, or tells what is wrong."""
    folder = torch_libraries()
    if folder is None:
        return
    # The import system and ctypes.CDLL keep the lock during dlopen; a foreign function does not.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    dlopen.argtypes = (ctypes.c_char_p, ctypes.c_int)
    # As torch itself loads them; the first is there for the symbols of its dependencies.
    for name, scope in (
        ("libtorch_global_deps.so", os.RTLD_GLOBAL),
        ("libtorch.so", os.RTLD_LOCAL),
    ):
        if (folder / name).is_file():
            dlopen(str(folder / name).encode(), os.RTLD_NOW | scope)
