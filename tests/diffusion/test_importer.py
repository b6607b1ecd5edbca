"""Models of the reference implementation come in; code does not."""

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from morered_gui.diffusion.checkpoint import ModelError, ModelFolder
from morered_gui.diffusion.config import NetworkKind
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
    from morered_gui.diffusion.foreign_pickle import Shell

    assert Shell.origin == ""


def test_that_a_module_without_weights_is_refused(tmp_path: Path) -> None:
    file = saved(tmp_path / "x.pt", b"cschnetpack.model.base\nNeuralNetworkPotential\n(tR.")
    with pytest.raises(ModelError, match="no PaiNN"):
        import_model(file, tmp_path / "model")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + bytes(18)])
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
