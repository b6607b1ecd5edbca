"""Models of the reference implementation come in; code does not."""

import io
import os
import pickle
import shutil
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from morered_gui.diffusion import foreign_pickle
from morered_gui.diffusion.checkpoint import ModelError, ModelFolder
from morered_gui.diffusion.config import NetworkKind
from morered_gui.diffusion.foreign_pickle import read_module, state_of
from morered_gui.diffusion.importer import import_model
from morered_gui.diffusion.inference import NetworkOnDevice
from tests.diffusion import parity

KINDS = {"jt": NetworkKind.JOINT, "ddpm": NetworkKind.NOISE, "time": NetworkKind.TIME}


@pytest.mark.parametrize("name", KINDS)
def test_that_published_models_are_imported(name: str, tmp_path: Path) -> None:
    config = import_model(parity.FOLDER / f"tiny_upstream_{name}.pt", tmp_path / name)
    assert config.network.kind == KINDS[name] and config.network.n_features == 32
    imported = ModelFolder.open(tmp_path / name).load_network()
    recorded = parity.network(name).state_dict()
    assert all(torch.equal(w, recorded[k]) for k, w in imported.state_dict().items())


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text")
def test_that_a_file_whose_name_is_no_text_is_imported(tmp_path: Path) -> None:
    shutil.copy(parity.FOLDER / "tiny_upstream_jt.pt", tmp_path / "a\udcff.pt")
    import_model(tmp_path / "a\udcff.pt", tmp_path / "jt")
    assert ModelFolder.open(tmp_path / "jt").config.summary == "imported from a?.pt"


def test_that_an_imported_model_gives_the_recorded_output(tmp_path: Path) -> None:
    import_model(parity.FOLDER / "tiny_upstream_jt.pt", tmp_path / "jt")
    network = ModelFolder.open(tmp_path / "jt").load_network()
    output = NetworkOnDevice.of(network, torch.device("cpu"))(parity.batch())
    assert output.time is not None
    np.testing.assert_allclose(
        parity.flat(output.time.numpy()), parity.golden()["forward_jt_t"], atol=1e-5
    )


class Reduce:
    """Runs a command when it is unpickled without restriction."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


def touch(path: Path) -> Reduce:
    return Reduce(os.system, f"touch {path}")


def attacks(trace: Path) -> dict[str, bytes]:
    """Pickles that leave a trace when their code runs."""
    command = f"touch {trace}".encode()
    shell = b"cschnetpack.nn.base\nDense\n"
    return {
        "reduce": pickle.dumps(touch(trace)),
        "reduce, protocol 0": pickle.dumps(touch(trace), protocol=0),
        "nested in a dict": pickle.dumps({"_modules": {"a": [touch(trace)]}}),
        "build on a shell": shell + b"(tR}(S'__reduce__'\ncos\nsystem\nub.",
        "getattr chain": b"cbuiltins\ngetattr\n(cos\npath\nS'os'\ntR.",
        "dotted name": pickle.dumps(1, protocol=4)[:2]
        + b"\x8c\x0etorch.nn.init.\x8c\x10torch.os.system_\x93.",
        "dotted attribute of torch": b"\x80\x04\x8c\x08torch.nn\x8c\x13Module.__init__.x.y\x93.",
        "eval": b"cbuiltins\neval\n(S'1'\ntR.",
        "torch.load": b"ctorch\nload\n(S'x'\ntR.",
        "instance opcode": b"(S'" + command + b"'\nios\nsystem\n.",
        "a shell that is called": shell + b"(cos\nsystem\ntR.",
        "functools.partial": b"cfunctools\npartial\n(cos\nsystem\nS'" + command + b"'\ntR)R.",
    }


def saved(path: Path, data: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", data)
    return path


@pytest.mark.parametrize("name", attacks(Path("x")))
def test_that_a_forged_pickle_runs_no_code_and_is_refused(name: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    file = saved(tmp_path / "forged.pt", attacks(trace)[name])
    with pytest.raises(ModelError):
        import_model(file, tmp_path / "model")
    assert not trace.exists() and not (tmp_path / "model").exists()


def test_that_the_attack_would_work_on_an_unrestricted_loader(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    pickle.loads(attacks(trace)["reduce"])  # the test's own pickle
    assert trace.exists()


def test_that_pickled_state_changes_no_class(tmp_path: Path) -> None:
    # BUILD on a class would set attributes on it; it is a class of that one pickle.
    data = b"cschnetpack.nn.base\nDense\n(N}S'origin'\nS'forged'\nstb."
    with pytest.raises(ModelError):
        import_model(saved(tmp_path / "x.pt", data), tmp_path / "model")
    assert foreign_pickle.Shell.origin == ""


def test_that_a_module_without_weights_is_refused(tmp_path: Path) -> None:
    file = saved(tmp_path / "x.pt", b"cschnetpack.model.base\nNeuralNetworkPotential\n(tR.")
    with pytest.raises(ModelError, match="no PaiNN"):
        import_model(file, tmp_path / "model")


def zipped(name: bytes, version: int = 20, flags: int = 0) -> bytes:
    """The end of an archive with one entry, as a newer or a careless program may write it."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, version, flags, *[0] * 6, 1, *[0] * 6) + name
    return entry + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry), 0, 0)


OTHER_FILES = {
    "empty": b"",
    "text": b"not a zip",
    "an archive of nothing": b"PK\x05\x06" + bytes(18),
    "an archive of a newer kind": zipped(b"x", version=99),
    "an archive with a name that is no UTF-8": zipped(b"\xff", flags=0x800),
}


@pytest.mark.parametrize("content", OTHER_FILES.values(), ids=OTHER_FILES)
def test_that_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(ModelError):
        import_model(tmp_path / "x.pt", tmp_path / "model")


def test_that_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no file"):
        import_model(tmp_path / "x.pt", tmp_path / "model")


def test_that_truncated_weights_are_refused(tmp_path: Path) -> None:
    whole = zipfile.ZipFile(parity.FOLDER / "tiny_upstream_time.pt")
    cut = tmp_path / "cut.pt"
    with zipfile.ZipFile(cut, "w") as archive:
        for name in whole.namelist():
            data = whole.read(name)
            archive.writestr(name, data[: len(data) // 2] if "/data/" in name else data)
    with pytest.raises(ModelError, match="cut off"):
        import_model(cut, tmp_path / "model")


@pytest.mark.parametrize("view", ["(offset) 99", "stride", "negative"])
def test_that_tensors_beyond_their_data_are_refused(tmp_path: Path, view: str) -> None:
    arguments = {
        "(offset) 99": (99, (2,), (1,)),
        "stride": (0, (2,), (99,)),
        "negative": (-1, (2,), (1,)),
    }
    offset, shape, stride = arguments[view]
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=2)
    pickler.persistent_id = lambda o: o if isinstance(o, tuple) and o[:1] == ("storage",) else None  # type: ignore[method-assign]
    pickler.dump(
        Reduce(
            torch._utils._rebuild_tensor_v2,
            ("storage", torch.FloatStorage, "0", "cpu", 4),
            offset,
            shape,
            stride,
            False,
            {},
        )
    )
    with zipfile.ZipFile(tmp_path / "x.pt", "w") as archive:
        archive.writestr("m/data.pkl", buffer.getvalue())
        archive.writestr("m/data/0", bytes(16))
    with pytest.raises(ModelError, match="does not fit"):
        import_model(tmp_path / "x.pt", tmp_path / "model")


# --- files that ask for too much ------------------------------------------------------------------
# Written as opcodes: pickle would not write such files.

MODULE = b"ctorch.nn\nModule\n"
ORDERED = b"ccollections\nOrderedDict\n"


def dictionary(**items: bytes) -> bytes:
    return b"}(" + b"".join(b"S'%s'\n" % k.encode() + v for k, v in items.items()) + b"u"


def shell(name: bytes = MODULE, **state: bytes) -> bytes:
    return name + b")R" + dictionary(**state) + b"b"


def tensor(*shape: int, stored: int) -> bytes:
    """A view of storage 0, which has as many numbers as told."""
    sizes = b"(" + b"".join(b"I%d\n" % n for n in shape) + b"t"
    strides = b"(" + b"I0\n" * (len(shape) - 1) + b"I1\nt"
    storage = b"(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI%d\ntQ" % stored
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"I0\n" + sizes + strides + b"tR"


def with_storage(path: Path, data: bytes, n_bytes: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", data)
        archive.writestr("m/data/0", bytes(n_bytes))
    return path


def nested_twice(depth: int) -> bytes:
    """A module that holds one other under two names, which does so too."""
    inner = shell()
    for k in range(depth):
        inner = shell(_modules=b"}(S'a'\n" + inner + b"q%cS'b'\nh%cu" % (k, k))
    return inner


CHAIN = MODULE + b")R}(S'_modules'\n}(S'a'\n"
ENDLESS = {
    "shared children": nested_twice(24),
    "a module in itself": MODULE + b")Rq\0}(S'_modules'\n}(S'a'\nh\0uub",
    "a long chain": CHAIN * 2000 + b"N" + b"uub" * 2000,
}


@pytest.mark.parametrize("name", ENDLESS)
def test_that_modules_without_end_are_refused(name: str, tmp_path: Path) -> None:
    file = saved(tmp_path / "x.pt", ENDLESS[name] + b".")
    with pytest.raises(ModelError, match="without end"):
        import_model(file, tmp_path / "model")


@pytest.mark.parametrize("key", [b"S'%s'\n" % (b"x" * 2000), b"I1\n"], ids=["long", "a number"])
def test_that_a_name_that_is_none_is_refused(key: bytes, tmp_path: Path) -> None:
    file = saved(tmp_path / "x.pt", shell(_modules=b"}(" + key + b"Nu") + b".")
    with pytest.raises(ModelError, match="name that is none"):
        import_model(file, tmp_path / "model")


def test_that_a_module_that_is_never_filled_is_refused(tmp_path: Path) -> None:
    file = saved(tmp_path / "x.pt", b"\x80\2" + MODULE + b")\x81.")
    with pytest.raises(ModelError, match="no PaiNN"):
        import_model(file, tmp_path / "model")


def test_that_a_storage_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, names = zipfile.ZipFile.read, []

    def recorded(archive: zipfile.ZipFile, name: str) -> bytes:
        names.append(name)
        return read(archive, name)

    monkeypatch.setattr(zipfile.ZipFile, "read", recorded)
    buffers = dictionary(a=tensor(2, 2, stored=4), b=tensor(4, stored=4))
    module = read_module(with_storage(tmp_path / "x.pt", shell(_buffers=buffers) + b".", 16))
    assert {k: w.shape for k, w in state_of(module).items()} == {"a": (2, 2), "b": (4,)}
    assert names.count("m/data/0") == 1


def test_that_views_of_one_storage_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffers = dictionary(**{f"b{k}": tensor(1000, stored=1000) for k in range(5)})
    file = with_storage(tmp_path / "x.pt", shell(_buffers=buffers) + b".", 4000)
    assert len(state_of(read_module(file))) == 5
    monkeypatch.setattr(foreign_pickle, "MAX_BYTES", 20_000)
    with pytest.raises(ModelError, match="tensors in the file need"):
        read_module(file)


@pytest.mark.parametrize("shape", [b"(lI1\na", b"(" + b"I1\n" * 9 + b"t"], ids=["list", "long"])
def test_that_the_shape_of_a_tensor_is_a_short_tuple(shape: bytes, tmp_path: Path) -> None:
    # Anything else could be long: the storage itself, or one tuple for many tensors.
    flat = b"(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI1\ntQ"
    data = b"ctorch._utils\n_rebuild_tensor_v2\n(" + flat + b"I0\n" + 2 * shape + b"tR."
    with pytest.raises(ModelError, match="does not fit"):
        read_module(with_storage(tmp_path / "x.pt", data, 4))


def test_that_room_for_objects_that_are_not_there_is_refused(tmp_path: Path) -> None:
    file = saved(tmp_path / "x.pt", b"\x80\2Nr\0\0\x10\0.")  # the number 1,048,576
    with pytest.raises(ModelError, match="numbers its objects"):
        read_module(file)


# A tuple of twice the same tuple, which is one too, and so on: Python hashes each time anew.
DOUBLED = b"I1\n\x85" + b"q\0h\0\x86" * 24
DEEP = b"I1\n" + b"\x85" * 1_000_000  # hashing it overflows the stack of the machine
MODULUS = 2**61 - 1  # all its multiples have one hash
ODD_KEYS = {
    "doubled tuples": b"}" + DOUBLED + b"Ns",
    "a tuple in the memo": b"}" + DOUBLED + b"q\1h\1N\x86q\x020h\1Ns",
    "a tuple between names": b"}(S'a'\nN" + DOUBLED + b"NS'b'\nNu",
    "the whole dictionary": b"(" + DOUBLED + b"Nd",
    "a tuple out of a function": b"}ctorch._utils\n_rebuild_parameter\n" + DOUBLED + b"\x85RNs",
    "a set": b"\x8f(" + DOUBLED + b"\x90",
    "a set for good": b"(" + DOUBLED + b"\x91",
    "a deep tuple": b"}" + DEEP + b"Ns",
    "numbers of one hash": b"}" + b"".join(b"I%d\nNs" % (k * MODULUS) for k in range(3000)),
    "a real number": b"}F1.5\nNs",
}


@pytest.mark.parametrize("name", ODD_KEYS)
def test_that_keys_are_names_or_small_numbers(name: str, tmp_path: Path) -> None:
    file = saved(tmp_path / "x.pt", shell(kept=ODD_KEYS[name]) + b".")
    with pytest.raises(ModelError, match="neither a name nor a small number"):
        read_module(file)


@pytest.mark.parametrize("protocol", range(6))
def test_that_names_and_small_numbers_are_keys_in_every_protocol(
    protocol: int, tmp_path: Path
) -> None:
    keys = {"a": 1, 7: (1, (2, 3)), 300: [{}], 70_000: {None: 1.5}, True: ()}
    written = shell(kept=pickle.dumps(keys, protocol)[:-1].removeprefix(b"\x80%c" % protocol))
    kept = read_module(saved(tmp_path / "x.pt", written + b".")).state["kept"]
    assert list(kept) == list(keys) and kept[7] == keys[7]


def test_that_a_set_of_names_is_read(tmp_path: Path) -> None:
    written = shell(kept=b"\x8f(S'a'\nI1\n\x90", for_good=b"(S'a'\n\x91", deep=DEEP)
    state = read_module(saved(tmp_path / "x.pt", written + b".")).state
    assert state["kept"] == {"a", 1} and state["for_good"] == frozenset("a")


def test_that_a_long_pickle_is_refused(tmp_path: Path) -> None:
    file = saved(tmp_path / "x.pt", b"}" * foreign_pickle.MAX_PICKLE + shell() + b".")
    with pytest.raises(ModelError, match="too long"):
        read_module(file)


@pytest.mark.parametrize(
    "made", [ORDERED + b"(}(I1\nI2\nutR", ORDERED + b")R}(S'a'\nI2\nub"], ids=["call", "build"]
)
def test_that_a_dictionary_is_no_copy_of_another(made: bytes, tmp_path: Path) -> None:
    module = read_module(saved(tmp_path / "x.pt", shell(_buffers=made) + b"."))
    assert not module.state["_buffers"] and not vars(module.state["_buffers"])


def test_that_the_key_of_a_storage_is_text(tmp_path: Path) -> None:
    # The text of nested tuples could be as long as the memory.
    data = b"(S'storage'\nctorch\nFloatStorage\nI0\nS'cpu'\nI1\ntQ."
    with pytest.raises(ModelError, match="unknown way"):
        read_module(with_storage(tmp_path / "x.pt", data, 4))


def test_that_a_set_is_no_copy_of_a_list(tmp_path: Path) -> None:
    made = b"c__builtin__\nset\n((lI1\natR"
    module = read_module(saved(tmp_path / "x.pt", shell(kept=made) + b"."))
    assert isinstance(module.state["kept"], foreign_pickle.Shell)


@pytest.mark.parametrize(
    "name", [b"torch\nFloatStorage", b"torch._utils\n_rebuild_parameter"], ids=["type", "function"]
)
def test_that_a_pickle_changes_no_function(name: bytes, tmp_path: Path) -> None:
    file = saved(tmp_path / "x.pt", b"c" + name + b"\n}(S'a'\nNub.")
    with pytest.raises(ModelError, match="change a function"):
        read_module(file)


@pytest.mark.parametrize(
    ("name", "sizes"), [("n_features", (2048, 1)), ("n_interactions", (8, 99))]
)
def test_that_a_network_of_forged_size_is_refused(
    name: str, sizes: tuple[int, int], tmp_path: Path
) -> None:
    n_features, n_interactions = sizes
    shapes = {
        "representation.embedding.weight": (2, n_features),
        "representation.filter_net.weight": (1, 20),
        "representation.cutoff_fn.cutoff": (1,),
        "output_modules.0.time_outnet.outnet.0.weight": (1,),
        **{f"representation.interactions.{k}.x": (1,) for k in range(n_interactions)},
    }
    weights = {k: tensor(*shape, stored=4096) for k, shape in shapes.items()}
    parts = {
        k: shell(b"cschnetpack.nn\n" + k.encode() + b"\n")
        for k in ("PaiNN", "GaussianRBF", "CosineCutoff")
    }
    data = shell(_modules=dictionary(**parts), _buffers=dictionary(**weights)) + b"."
    with pytest.raises(ModelError, match=f"'{name}'"):
        import_model(with_storage(tmp_path / "x.pt", data, 4 * 4096), tmp_path / "model")


def test_that_elements_that_the_network_does_not_have_are_told(tmp_path: Path) -> None:
    source = parity.FOLDER / "tiny_upstream_jt.pt"
    with pytest.raises(ModelError, match="'elements'"):
        import_model(source, tmp_path / "model", elements=(1, 118))
    assert not (tmp_path / "model").exists()
