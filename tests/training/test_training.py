"""From a configuration to a model: the loop, warm starts, averages, what is refused."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch._dynamo.exc import TorchRuntimeError

from morered_gui.core import ExpectedError
from morered_gui.core.arrays import IntArray
from morered_gui.diffusion.checkpoint import ModelError, ModelFolder, save_model
from morered_gui.diffusion.network import MoreRedNetwork
from morered_gui.training import run
from morered_gui.training.averaging import average_models
from morered_gui.training.batches import BatchStream, pad
from morered_gui.training.dataset import EquilibriumSet, Split
from morered_gui.training.denoising import Denoising
from morered_gui.training.partners import write_partners
from morered_gui.training.run import known_charges, train_model
from tests.training.small import config


def test_that_training_writes_a_model_and_a_log(data: EquilibriumSet, tmp_path: Path) -> None:
    settings = config(data, tmp_path)
    folder = train_model(settings, tmp_path / "run", tmp_path / "model")
    model = ModelFolder.open(folder)
    assert model.config.elements == (1, 6, 8) and model.config.max_atoms == 6
    assert model.config.level_of_theory == "by hand"
    assert model.config.training["steps"] == 6
    assert model.load_network().config.n_features == 8
    with (tmp_path / "run" / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["6"] and float(rows[0]["noise_t100"]) > 0


def test_that_a_noise_network_starts_from_a_joint_one(data: EquilibriumSet, tmp_path: Path) -> None:
    joint = train_model(config(data, tmp_path), tmp_path / "run", tmp_path / "joint")
    network = {"kind": "noise", "n_features": 8}
    settings = config(data, tmp_path, start_from=str(joint), network=network, max_steps=0)
    folder = train_model(settings, tmp_path / "noise-run", tmp_path / "noise")
    found = ModelFolder.open(folder).load_network().state_dict()
    before = ModelFolder.open(joint).load_network().state_dict()
    assert set(found) == {name for name in before if not name.startswith("time_head")}
    assert all(torch.equal(found[name], before[name]) for name in found)

    with pytest.raises(ExpectedError, match="can't start from"):
        train_model(config(data, tmp_path, start_from=str(folder)), tmp_path / "r", tmp_path / "m")


def test_that_a_deeper_network_begins_as_the_other_one_and_learns(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    shallow = train_model(config(data, tmp_path), tmp_path / "run", tmp_path / "shallow")
    deep = {
        "start_from": str(shallow),
        "network": {"n_features": 8, "n_interactions": 5},
        "learning_rate": 1e-2,
        "ema_decay": 0.0,
    }
    before = ModelFolder.open(shallow).load_network()
    batch = pad(data, np.arange(6), 6)
    numbers, positions = torch.as_tensor(batch.numbers), torch.as_tensor(batch.positions)

    def trained(max_steps: int) -> MoreRedNetwork:
        settings = config(data, tmp_path, max_steps=max_steps, **deep)
        name = str(max_steps)
        folder = train_model(settings, tmp_path / f"run-{name}", tmp_path / name)
        return ModelFolder.open(folder).load_network()

    for old, new in zip(before(numbers, positions), trained(0)(numbers, positions), strict=True):
        torch.testing.assert_close(new, old)
    for parameter in trained(4).representation.interactions[4].parameters():
        assert parameter.abs().sum() > 0

    back = config(data, tmp_path, start_from=str(tmp_path / "4"))
    with pytest.raises(ExpectedError, match="can't start from"):
        train_model(back, tmp_path / "r", tmp_path / "m")


def test_that_a_network_does_not_start_from_one_of_another_cutoff(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    near = train_model(config(data, tmp_path, max_steps=0), tmp_path / "run", tmp_path / "near")
    network = {"n_features": 8, "cutoff": 7.0}
    far = config(data, tmp_path, start_from=str(near), network=network, max_steps=0)
    with pytest.raises(ExpectedError, match="its cut-off is 5 Å, not 7 Å"):
        train_model(far, tmp_path / "far-run", tmp_path / "far")


def test_that_models_are_averaged(data: EquilibriumSet, tmp_path: Path) -> None:
    one, other = (
        ModelFolder.open(
            train_model(
                config(data, tmp_path, seed=seed, max_steps=3),
                tmp_path / f"r{seed}",
                tmp_path / name,
            )
        )
        for seed, name in enumerate(("one", "other"))
    )
    narrow = replace(other.config, elements=(1, 6, 16), charges=(0, 1), max_atoms=50)
    save_model(other.path, narrow, other.load_network().state_dict())
    made = average_models([one, one, ModelFolder.open(other.path)], tmp_path / "mean")
    mean = ModelFolder.open(tmp_path / "mean")
    assert mean.config == made and made.name == "mean"
    a, b, c = (folder.load_network().state_dict() for folder in (one, other, mean))
    for name, found in c.items():
        torch.testing.assert_close(found, (2 * a[name] + b[name]) / 3)
    assert any(not torch.equal(a[name], b[name]) for name in a)
    assert made.elements == (1, 6, 8, 16) and made.charges == (0, 1) and made.max_atoms == 50
    members = made.training["average_of"]
    assert [m["weights"] for m in members] == [f.weights_hash() for f in (one, one, other)]
    assert "validation" not in made.training and made.training["structures"] > 0

    save_model(other.path, replace(narrow, charges=(), max_atoms=None), b)
    wide = average_models([one, ModelFolder.open(other.path)], tmp_path / "wide")
    assert wide.charges == () and wide.max_atoms is None and wide.elements == (1, 6, 8, 16)

    save_model(other.path, replace(narrow, schedule="cosine"), b)
    with pytest.raises(ModelError, match="differ in 'schedule'"):
        average_models([one, ModelFolder.open(other.path)], tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_that_a_stopped_training_goes_on(data: EquilibriumSet, tmp_path: Path) -> None:
    train_model(config(data, tmp_path, max_steps=4), tmp_path / "run", tmp_path / "model")
    train_model(config(data, tmp_path, max_steps=9), tmp_path / "run", tmp_path / "model")
    assert ModelFolder.open(tmp_path / "model").config.training["steps"] == 9


def test_that_a_stopped_training_never_validates_on_what_it_has_learnt(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    train_model(config(data, tmp_path, max_steps=2), tmp_path / "run", tmp_path / "model")
    settings = config(data, tmp_path, max_steps=4)
    train_model(settings, tmp_path / "run", tmp_path / "model")
    moved = replace(data, index=np.roll(data.index, 1))  # others are kept now
    settings = config(moved, tmp_path, max_steps=6)
    with pytest.raises(ExpectedError, match=r"has learnt from \d+ of the structures that are kept"):
        train_model(settings, tmp_path / "run", tmp_path / "model")


def test_that_a_stopped_training_goes_on_with_its_own_settings_only(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    train_model(config(data, tmp_path, max_steps=2), tmp_path / "run", tmp_path / "model")
    before = (tmp_path / "run" / "resume.pt").read_bytes()
    others: list[dict[str, object]] = [{"seed": 1}, {"network": {"n_features": 12}}]
    for other in others:
        with pytest.raises(ExpectedError, match=f"other settings \\({next(iter(other))}: "):
            train_model(config(data, tmp_path, **other), tmp_path / "run", tmp_path / "model")
    assert (tmp_path / "run" / "resume.pt").read_bytes() == before


def test_that_a_training_does_not_write_over_a_model_of_others(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    model = train_model(config(data, tmp_path, max_steps=4), tmp_path / "run", tmp_path / "model")
    before = (model / "model.safetensors").read_bytes()
    with pytest.raises(ExpectedError, match="name another folder"):
        train_model(config(data, tmp_path), tmp_path / "other-run", model)
    assert (model / "model.safetensors").read_bytes() == before


def test_that_a_charge_of_one_structure_in_thousands_is_not_said_to_be_known(
    data: EquilibriumSet,
) -> None:
    charge = np.zeros(2001, dtype=np.int8)
    charge[:3], charge[3] = 1, -3
    assert known_charges(replace(data, n_atoms=np.ones(2001), charge=charge)) == (0, 1)
    assert known_charges(replace(data, charge=np.repeat([0, 1], [99, 1]))) == (0, 1)


def test_that_the_displacement_recipe_trains(data: EquilibriumSet, tmp_path: Path) -> None:
    write_partners(data, data.members(Split.TRAIN), tmp_path / "partners")
    settings = config(data, tmp_path, partners=str(tmp_path / "partners"))
    model = ModelFolder.open(train_model(settings, tmp_path / "run", tmp_path / "model"))
    assert model.config.training["steps"] == 6
    assert model.config.training["skipped_batches"] < 6


def test_that_the_newest_structures_come_up_more_often(
    data: EquilibriumSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = data.members(Split.TRAIN)
    drawn: list[int] = []

    def stream(
        data: EquilibriumSet, often: IntArray, batch_size: int, n_sizes: int, power: float
    ) -> BatchStream:
        drawn.extend(often.tolist())
        return BatchStream(data, often, batch_size, n_sizes, power)

    monkeypatch.setattr(run, "BatchStream", stream)
    settings = config(data, tmp_path, newest=10, newest_times=3)
    model = ModelFolder.open(train_model(settings, tmp_path / "run", tmp_path / "model"))
    assert all(drawn.count(row) == (3 if row >= len(data) - 10 else 1) for row in rows)
    assert len(drawn) > len(rows) == model.config.training["structures"]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_that_training_lowers_the_loss(
    data: EquilibriumSet, tmp_path: Path, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "has_bfloat16", lambda _: True)  # slow where it is not there
    options = {"max_steps": 200, "ema_decay": 0.9, "learning_rate": 1e-2}
    settings = config(data, tmp_path, precision=precision, **options)
    train_model(settings, tmp_path / "run", tmp_path / "model")
    trained = ModelFolder.open(tmp_path / "model").config.training["validation"]
    assert trained["noise_t400"] < 0.8  # 1.0 is a network that says nothing


def test_that_a_device_without_bfloat16_trains_in_float32_and_says_so(
    data: EquilibriumSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(run, "has_bfloat16", lambda _: False)
    settings = config(data, tmp_path, precision="bfloat16")
    model = ModelFolder.open(train_model(settings, tmp_path / "run", tmp_path / "model"))
    assert model.config.training["config"]["precision"] == "float32"
    assert "no bfloat16" in caplog.text


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_that_training_runs_on_cuda(data: EquilibriumSet, tmp_path: Path) -> None:
    settings = config(data, tmp_path, device="cuda")
    train_model(settings, tmp_path / "run", tmp_path / "model")
    assert ModelFolder.open(tmp_path / "model").config.training["steps"] == 6


def test_that_an_element_without_a_place_in_the_network_is_told(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    settings = config(data, tmp_path, network={"n_features": 8, "max_atomic_number": 7})
    with pytest.raises(ExpectedError, match=r"has O .*ends at 7"):
        train_model(settings, tmp_path / "run", tmp_path / "model")


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA"), RuntimeError("DefaultCPUAllocator: no memory")]
)
def test_that_a_batch_too_large_for_the_memory_is_told(
    data: EquilibriumSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(Denoising, "losses", full)
    with pytest.raises(ExpectedError, match=r"8 structures of .* lower batch_size"):
        train_model(config(data, tmp_path), tmp_path / "run", tmp_path / "model")


def test_that_a_compiler_that_fails_is_told(
    data: EquilibriumSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise TorchRuntimeError("a kernel\nPassManager::run failed\n\nSet TORCHDYNAMO_VERBOSE=1")

    monkeypatch.setattr(Denoising, "losses", failing)
    with pytest.raises(ExpectedError, match=r"PassManager::run failed\); set compile = false"):
        train_model(config(data, tmp_path), tmp_path / "run", tmp_path / "model")


def test_that_the_card_tells_how_the_data_are_split(data: EquilibriumSet, tmp_path: Path) -> None:
    own = replace(data, meta=data.meta | {"split": "as somebody has it"})
    folder = train_model(config(own, tmp_path), tmp_path / "run", tmp_path / "model")
    assert "| Split | as somebody has it |" in (folder / "README.md").read_text()
