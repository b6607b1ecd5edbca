"""Models on disk."""

import json
from pathlib import Path

import pytest
import torch

from morered_gui.diffusion.checkpoint import ModelConfig, ModelError, ModelFolder, save_model
from morered_gui.diffusion.config import NetworkConfig
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
