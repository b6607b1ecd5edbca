"""Read the weights out of a pickled torch module without running anything that is in it.

The reference implementation publishes its models as ``torch.save(module)``: a zip archive whose
``data.pkl`` names the classes of the module. Here those classes are never imported. Every one
of them becomes an inert shell that only keeps its state; the only things that can be built
besides are tensors and dictionaries. All other names are refused.

A few bytes of a pickle can name the same thing over and over. So nothing here is copied without
being counted, and every walk has an end.
"""

import io
import pickle
import pickletools
import zipfile
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
MAX_PICKLE = 1 << 20  # bytes of data.pkl; a published model has some 30 kB
MAX_PARTS = 10_000  # modules and tensors by their dotted names; a published model has some 200
MAX_NAME = 1000  # characters of a dotted name
MAX_DIMENSIONS = 8  # of a tensor
MAX_KEY = 1 << 31  # of a number that is a key
# What else may be a key of a dictionary, in the words of ``pickletools``.
_KEYS = (
    pickletools.pyunicode,
    pickletools.pybytes_or_str,
    pickletools.pybytes,
    pickletools.pybool,
    pickletools.pynone,
)


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
    except (zipfile.BadZipFile, OSError, NotImplementedError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is not a model saved by torch.save: {error}") from error


def state_of(module: Shell) -> dict[str, np.ndarray]:
    """All parameters and buffers by their dotted names, as ``state_dict`` has them."""
    return {
        f"{prefix}{name}": value
        for prefix, shell in shells(module)
        for group in ("_parameters", "_buffers")
        for name, value in _table(shell, group).items()
        if isinstance(value, np.ndarray)
    }


def shells(module: Shell) -> Iterator[tuple[str, Shell]]:
    """The module and all that it contains, each behind the prefix of its names.

    What is shared comes once for each of its names, as in ``state_dict``.

    Raises:
        ModelError: there are too many; modules may contain themselves.
    """
    left = MAX_PARTS
    waiting = [("", module)]
    while waiting:
        prefix, shell = waiting.pop()
        tables = [_table(shell, group) for group in ("_parameters", "_buffers", "_modules")]
        left -= 1 + sum(len(table) for table in tables)
        if left < 0 or len(prefix) > MAX_NAME:
            raise ModelError("the modules in the file are nested without end; it is refused")
        yield prefix, shell
        children = tables[-1].items()
        waiting += [(f"{prefix}{name}.", c) for name, c in children if isinstance(c, Shell)]


def _table(module: Shell, name: str) -> dict[str, Any]:
    """One of a module's dictionaries; empty where it has none."""
    state = getattr(module, "state", None)  # none where a pickle makes a shell and no more
    table = state.get(name) if isinstance(state, dict) else None
    if not isinstance(table, dict):
        return {}
    if not all(isinstance(key, str) and len(key) <= MAX_NAME for key in table):
        raise ModelError("a part in the file has a name that is none; it is refused")
    return table


def _read(archive: zipfile.ZipFile) -> Shell:
    pickles = [n for n in archive.namelist() if n.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ModelError("the archive is not one that torch.save writes: it has no data.pkl")
    if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
        raise ModelError("the archive unpacks to more than 2 GB; this is no MoreRed model")
    if archive.getinfo(pickles[0]).file_size > MAX_PICKLE:
        raise ModelError("the pickle in the archive is too long; this is no MoreRed model")
    folder = pickles[0].removesuffix("data.pkl")
    try:
        data = archive.read(pickles[0])
        _check_opcodes(data)
        module = _Unpickler(data, lambda key: archive.read(f"{folder}data/{key}")).load()
    except ModelError:
        raise
    except Exception as error:  # a forged pickle can fail in any way; none may get out
        raise ModelError(f"the pickle in the file is broken: {type(error).__name__}") from error
    if not isinstance(module, Shell):
        raise ModelError("the file holds no module; save the whole model with torch.save(model)")
    return module


class _Mark:
    """Where the items of a list, tuple or dictionary begin on the stack."""


_MARK = _Mark()
_Stack = list[bool | _Mark]  # of each object whether it may be a key


def _check_opcodes(data: bytes) -> None:
    """Refuse what would keep the unpickler itself busy; walks through the pickle, builds nothing.

    It makes room for all numbers of remembered objects up to the highest one, and it hashes the
    keys of dictionaries and sets: of tuples in tuples without end, of numbers that fall together.
    """
    stack: _Stack = []
    memo: dict[int, bool] = {}
    for opcode, argument, _ in pickletools.genops(data):
        name = opcode.name
        if name.endswith("PUT") or name == "MEMOIZE":
            number = len(memo) if argument is None else int(argument)
            if number > len(data):
                raise ModelError("the file numbers its objects wrongly; it is refused")
            memo[number] = stack[-1] is True
        elif name.endswith("GET"):
            stack.append(memo[int(argument or 0)])
        elif name == "DUP":
            stack.append(stack[-1])
        else:
            _follow(opcode, argument, stack)


def _follow(opcode: pickletools.OpcodeInfo, argument: object, stack: _Stack) -> None:
    """What an opcode does to the stack; raises ModelError where it makes keys of other objects."""
    items: _Stack = []
    n_taken = len(opcode.stack_before)
    if pickletools.stackslice in opcode.stack_before:
        while (item := stack.pop()) is not _MARK:
            items.append(item)
        n_taken = opcode.stack_before.index(pickletools.markobject)
    taken = [stack.pop() for _ in range(n_taken)]
    # Last comes first here: of each pair the value, then the key.
    keys = {"SETITEM": taken[1:2], "SETITEMS": items[1::2], "DICT": items[1::2]}
    keys |= {"ADDITEMS": items, "FROZENSET": items}
    if not all(key is True for key in keys.get(opcode.name, ())):
        raise ModelError("a key in the file is neither a name nor a small number; it is refused")
    for kind in opcode.stack_after:
        plain = kind in _KEYS or (isinstance(argument, int) and abs(argument) <= MAX_KEY)
        stack.append(_MARK if kind is pickletools.markobject else plain)


class _Dictionary(dict[Any, Any]):
    """An OrderedDict of the pickle: filled item by item, and never with a copy of another."""

    def __init__(self, *_: object) -> None:
        super().__init__()

    def __setstate__(self, state: object) -> None:
        """Attributes of a dictionary are dropped."""


class _Function:
    """What a function's name stands for; a pickle can call it, and not change it."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, *arguments: object) -> object:
        return self._function(*arguments)

    def __setstate__(self, state: object) -> None:
        raise ModelError("the file tries to change a function; it is refused")


class _Storage(_Function):
    """Names the number format of a storage; never instantiated by a pickle."""

    def __init__(self, dtype: type) -> None:
        super().__init__(self._refuse)
        self.dtype = np.dtype(dtype)

    @staticmethod
    def _refuse(*_: object) -> None:
        raise ModelError("the file tries to call a storage type; it is refused")


class _Unpickler(pickle.Unpickler):
    """Builds shells, tensors as numpy arrays and dictionaries, and nothing else."""

    def __init__(self, data: bytes, read_storage: Callable[[str], bytes]) -> None:
        super().__init__(io.BytesIO(data))
        self._read_storage = read_storage
        self._storages: dict[str, bytes] = {}
        self._bytes_left = MAX_BYTES

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle stands for. Dotted names are refused like unknown ones."""
        if (module, name) == ("collections", "OrderedDict"):
            return _Dictionary
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Function(lambda *arguments: self._tensor(*arguments[:4]))
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _Function(lambda data, *_: data)
        if module in {"torch", "torch.storage"} and name in STORAGES:
            return _Storage(STORAGES[name])
        is_set = module in {"builtins", "__builtin__"} and name == "set"  # no weights are in sets
        if is_set or (f"{module}.".startswith(SHELL_PACKAGES) and name.isidentifier()):
            # A new class each time: what a pickle does to it is gone with the pickle.
            return type("Shell", (Shell,), {"origin": f"{module}.{name}"})
        raise ModelError(
            f"the file asks for {module}.{name}, which a model does not need; it is refused"
        )

    def persistent_load(self, pid: Any) -> np.ndarray:
        """A storage as a flat array."""
        kind, storage, key, _, count = pid
        known = kind == "storage" and isinstance(storage, _Storage)
        if not known or not isinstance(key, str) or not key.isalnum():
            raise ModelError("the file refers to data in an unknown way; it is refused")
        data = self._storage(key)
        if not isinstance(count, int) or len(data) != count * storage.dtype.itemsize:
            raise ModelError("a tensor in the file is cut off")
        return np.frombuffer(data, dtype=storage.dtype)

    def _storage(self, key: str) -> bytes:
        if key not in self._storages:
            self._storages[key] = self._read_storage(key)
            self._count(len(self._storages[key]))
        return self._storages[key]

    def _tensor(self, flat: Any, offset: Any, shape: Any, stride: Any) -> np.ndarray:
        """A copy of a strided view; numbers that lead outside the storage are refused."""
        if not isinstance(flat, np.ndarray):
            raise ModelError("a tensor in the file has no data; it is refused")
        sane = _sane(offset, shape, stride)
        last = offset + sum((n - 1) * s for n, s in zip(shape, stride, strict=True)) if sane else -1
        size = int(np.prod(shape, dtype=object)) if sane else -1
        if size == 0:
            return np.empty(shape, flat.dtype)
        if not sane or not 0 <= last < len(flat) or size > len(flat):
            raise ModelError("a tensor in the file does not fit its data; it is refused")
        self._count(size * flat.itemsize)
        steps = [s * flat.itemsize for s in stride]
        return np.lib.stride_tricks.as_strided(flat[offset:], shape, steps).copy()

    def _count(self, n_bytes: int) -> None:
        self._bytes_left -= n_bytes
        if self._bytes_left < 0:
            raise ModelError("the tensors in the file need more than 2 GB; it is refused")


def _sane(offset: object, shape: object, stride: object) -> bool:
    """Whether these are the numbers of a tensor; before they are looked at, how many there are."""
    if not (isinstance(shape, tuple) and isinstance(stride, tuple)):
        return False
    if len(shape) != len(stride) or len(shape) > MAX_DIMENSIONS:
        return False
    return all(isinstance(n, int) and n >= 0 for n in (offset, *shape, *stride))
