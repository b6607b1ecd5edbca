"""Read the weights out of a pickled torch module without running anything that is in it.

The reference implementation publishes its models as ``torch.save(module)``: a zip archive whose
``data.pkl`` names the classes of the module. Here those classes are never imported. Every one
of them becomes an inert shell that only keeps its state; the only things that can be built
besides are tensors, dictionaries and sets. All other names are refused.
"""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from morered_gui.diffusion.checkpoint import ModelError

# Modules whose classes and functions may be named; what they name becomes a shell.
SHELL_PACKAGES = ("morered.", "schnetpack.", "torch.nn.")
STORAGES = {
    "FloatStorage": np.float32,
    "DoubleStorage": np.float64,
    "LongStorage": np.int64,
    "IntStorage": np.int32,
    "BoolStorage": np.bool_,
}
MAX_BYTES = 2 << 30  # of all weights; the largest published model has 20 MB


class Shell:
    """Stands for an object of a class that is not imported: its name and its state."""

    origin: ClassVar[str] = ""

    def __init__(self, *arguments: object) -> None:
        """Arguments are dropped; nothing is called."""
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: object) -> None:
        self.state = state if isinstance(state, dict) else {}


def read_module(path: Path) -> Shell:
    """The pickled module as a shell; raises ModelError that says why it is refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive)
    except FileNotFoundError as error:
        raise ModelError(f"there is no file {path}") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise ModelError(f"{path} is not a model saved by torch.save: {error}") from error


def state_of(module: Shell, prefix: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """All parameters and buffers by their dotted names, as ``state_dict`` has them."""
    for group in ("_parameters", "_buffers"):
        for name, value in _table(module, group).items():
            if isinstance(value, np.ndarray):
                yield f"{prefix}{name}", value
    for name, child in _table(module, "_modules").items():
        if isinstance(child, Shell):
            yield from state_of(child, f"{prefix}{name}.")


def shells(module: Shell) -> Iterator[Shell]:
    """The module and all that it contains."""
    yield module
    for child in _table(module, "_modules").values():
        if isinstance(child, Shell):
            yield from shells(child)


def _table(module: Shell, name: str) -> dict[str, Any]:
    table = module.state.get(name)
    return dict(table) if isinstance(table, dict) else {}


def _read(archive: zipfile.ZipFile) -> Shell:
    pickles = [n for n in archive.namelist() if n.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ModelError("the archive is not one that torch.save writes: it has no data.pkl")
    if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
        raise ModelError("the archive unpacks to more than 2 GB; this is no MoreRed model")
    folder = pickles[0].removesuffix("data.pkl")
    try:
        with archive.open(pickles[0]) as file:
            module = _Unpickler(file, lambda key: archive.read(f"{folder}data/{key}")).load()
    except ModelError:
        raise
    except Exception as error:  # a forged pickle can fail in any way; none may get out
        raise ModelError(f"the pickle in the file is broken: {type(error).__name__}") from error
    if not isinstance(module, Shell):
        raise ModelError("the file holds no module; save the whole model with torch.save(model)")
    return module


class _Storage:
    """Names the number format of a storage; never instantiated by a pickle."""

    def __init__(self, dtype: type) -> None:
        self.dtype = np.dtype(dtype)

    def __call__(self, *arguments: object) -> object:
        raise ModelError("the file tries to call a storage type; it is refused")


class _Unpickler(pickle.Unpickler):
    """Builds shells, tensors as numpy arrays, dictionaries and sets, and nothing else."""

    def __init__(self, file: Any, read_storage: Callable[[str], bytes]) -> None:
        super().__init__(file)
        self._read_storage = read_storage

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle stands for. Dotted names are refused like unknown ones."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module in {"builtins", "__builtin__"} and name == "set":
            return set
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda *arguments: _tensor(*arguments[:4])
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda data, *_: data
        if module in {"torch", "torch.storage"} and name in STORAGES:
            return _Storage(STORAGES[name])
        if f"{module}.".startswith(SHELL_PACKAGES) and name.isidentifier():
            # A new class each time: what a pickle does to it is gone with the pickle.
            return type("Shell", (Shell,), {"origin": f"{module}.{name}"})
        raise ModelError(
            f"the file asks for {module}.{name}, which a model does not need; it is refused"
        )

    def persistent_load(self, pid: Any) -> np.ndarray:
        """A storage as a flat array."""
        kind, storage, key, _, count = pid
        if kind != "storage" or not isinstance(storage, _Storage) or not str(key).isalnum():
            raise ModelError("the file refers to data in an unknown way; it is refused")
        data = self._read_storage(str(key))
        if not isinstance(count, int) or len(data) != count * storage.dtype.itemsize:
            raise ModelError("a tensor in the file is cut off")
        return np.frombuffer(data, dtype=storage.dtype)


def _tensor(flat: Any, offset: Any, shape: Any, stride: Any) -> np.ndarray:
    """A copy of a strided view; numbers that lead outside the storage are refused."""
    if not isinstance(flat, np.ndarray):
        raise ModelError("a tensor in the file has no data; it is refused")
    numbers = (offset, *shape, *stride)
    sane = all(isinstance(n, int) and n >= 0 for n in numbers) and len(shape) == len(stride)
    last = offset + sum((n - 1) * s for n, s in zip(shape, stride, strict=False)) if sane else -1
    size = int(np.prod(shape, dtype=object)) if sane else -1
    if size == 0:
        return np.empty(shape, flat.dtype)
    if not sane or not 0 <= last < len(flat) or size > len(flat):
        raise ModelError("a tensor in the file does not fit its data; it is refused")
    steps = [s * flat.itemsize for s in stride]
    return np.lib.stride_tricks.as_strided(flat[offset:], shape, steps).copy()
