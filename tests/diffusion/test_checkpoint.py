"""Models on disk."""

import json
from pathlib import Path

import pytest
import torch

from morered_gui.diffusion.checkpoint import (
    MAX_STEPS,
    ModelConfig,
    ModelError,
    ModelFolder,
    save_model,
    shipped_models,
)
from morered_gui.diffusion.config import SIZES, NetworkConfig, NetworkKind
from morered_gui.diffusion.network import MoreRedNetwork

CONFIG = ModelConfig(
    name="tiny",
    network=NetworkConfig(n_features=8),
    level_of_theory="none",
    elements=(1, 6),
    summary="for tests",
    training={"steps": 1},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "tiny"
    save_model(path, CONFIG, MoreRedNetwork(CONFIG.network).state_dict())
    return path


def test_that_a_model_comes_back_as_it_was_saved(folder: Path) -> None:
    torch.manual_seed(0)
    saved = MoreRedNetwork(CONFIG.network).state_dict()
    opened = ModelFolder.open(folder)
    assert opened.config == CONFIG
    loaded = opened.load_network().state_dict()
    assert all(torch.equal(loaded[name], saved[name]) for name in saved)


def test_that_the_hash_is_that_of_the_weights(folder: Path) -> None:
    first = ModelFolder.open(folder).weights_hash()
    save_model(folder, CONFIG, MoreRedNetwork(CONFIG.network).state_dict())
    assert ModelFolder.open(folder).weights_hash() != first


def test_that_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model folder"):
        ModelFolder.open(tmp_path / "nowhere")


def test_that_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no config\.json"):
        ModelFolder.open(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 1}',
        '{"format": 99, "name": "x"}',
        b"\x80\x04\x95pickle".decode("latin-1"),
    ],
)
def test_that_a_broken_configuration_is_told(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(ModelError, match=r"config\.json"):
        ModelFolder.open(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("schedule", "linear"), ("elements", ["Xx"]), ("network", {"n_features": 7}), ("nonsense", 1)],
)
def test_that_nonsense_in_the_configuration_is_told(folder: Path, key: str, value: object) -> None:
    table = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**table, key: value}))
    with pytest.raises(ModelError):
        ModelFolder.open(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("n_steps", 1),
        ("n_steps", True),
        ("n_steps", MAX_STEPS + 1),
        ("max_atoms", True),
        ("methods", [["jt"]]),
        ("methods", "jt"),
        ("elements", "CO"),
        ("charges", [0, 10**12]),
        ("charges", [True]),
        ("summary", "half \ud800"),
    ],
)
def test_that_a_value_that_fails_later_is_refused_at_once(
    folder: Path, key: str, value: object
) -> None:
    table = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**table, key: value}))
    with pytest.raises(ModelError, match=f"'{key}'|surrogates"):
        ModelFolder.open(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[(name, most + 4) for name, (_, most) in SIZES.items()],
        ("n_features", 128.0),
        ("n_features", "128"),
        ("n_interactions", True),
        ("n_rbf", 1),
        ("cutoff", float("inf")),
        ("cutoff", float("nan")),
        ("cutoff", 1e-40),
        ("cutoff", True),
        ("cutoff", 10**400),
        ("cutoff", None),
    ],
)
def test_that_a_shape_that_fails_later_is_refused_at_once(
    folder: Path, key: str, value: object
) -> None:
    table = json.loads((folder / "config.json").read_text())
    table["network"][key] = value
    (folder / "config.json").write_text(json.dumps(table))
    with pytest.raises(ModelError, match=f"'{key}'"):
        ModelFolder.open(folder)


def test_that_elements_need_a_place_in_the_network(folder: Path) -> None:
    table = json.loads((folder / "config.json").read_text())
    table["network"]["max_atomic_number"] = 5  # carbon has the number 6
    (folder / "config.json").write_text(json.dumps(table))
    with pytest.raises(ModelError, match="'elements'"):
        ModelFolder.open(folder)


def test_that_a_whole_number_is_a_cut_off_too() -> None:
    network = MoreRedNetwork(NetworkConfig(n_features=8, cutoff=5))
    assert network.representation.cutoff_fn.cutoff.dtype == torch.float32


@pytest.mark.parametrize("schedule", ["polynomial", "cosine"])
@pytest.mark.parametrize("n_steps", [2, MAX_STEPS])
def test_that_every_number_of_steps_within_bounds_makes_a_schedule(
    schedule: str, n_steps: int
) -> None:
    config = ModelConfig(name="x", network=CONFIG.network, schedule=schedule, n_steps=n_steps)
    config.check()
    assert config.noise_schedule().n_steps == n_steps


@pytest.mark.parametrize("error", [RuntimeError, ValueError, MemoryError])
def test_that_a_network_that_can_not_be_built_is_told(
    folder: Path, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error("no room")

    monkeypatch.setattr("morered_gui.diffusion.network.PaiNN.__init__", fail)
    with pytest.raises(ModelError, match="no room"):
        ModelFolder.open(folder).load_network()


def test_that_all_shipped_models_load() -> None:
    for model in shipped_models():
        energies = model.config.network.kind == NetworkKind.ENERGY
        assert model.load_energy_network() if energies else model.load_network()


def test_that_forged_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\x80\x04\x95 this is a pickle")
    with pytest.raises(ModelError, match="can't be read"):
        ModelFolder.open(folder).load_network()


def test_that_weights_of_another_shape_are_refused(folder: Path) -> None:
    other = MoreRedNetwork(NetworkConfig(n_features=12)).state_dict()
    save_model(folder, CONFIG, other)
    with pytest.raises(ModelError, match="do not fit"):
        ModelFolder.open(folder).load_network()


def test_that_missing_weights_are_told(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"no model\.safetensors"):
        ModelFolder.open(folder)
