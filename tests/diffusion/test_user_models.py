"""The user's own models, beside those that come with the program."""

import json
from pathlib import Path

import pytest
import torch

from morered_gui.diffusion.checkpoint import (
    CONFIG_FILE,
    FOLDER_VARIABLE,
    ModelConfig,
    ModelError,
    broken_user_models,
    find_model,
    name_from,
    new_user_model,
    remove_user_model,
    save_model,
    shipped_models,
    user_models,
    user_models_folder,
)
from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.diffusion.network import MoreRedNetwork
from morered_gui.relaxers.methods import list_models


def save(name: str, kind: NetworkKind = NetworkKind.JOINT) -> Path:
    config = ModelConfig(name=name, network=NetworkConfig(kind=kind, n_features=8), max_atoms=12)
    torch.manual_seed(0)
    path = new_user_model(name)
    save_model(path, config, MoreRedNetwork(config.network).state_dict())
    return path


def test_that_a_folder_of_a_user_who_does_not_exist_is_an_empty_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, "~nobody-of-this-name/models")
    assert user_models() == broken_user_models() == []
    assert find_model("qm9-jt")


def test_that_the_users_models_are_found_beside_the_shipped_ones() -> None:
    path = save("mine")
    assert find_model("mine").path == path
    assert find_model(path).path == path
    listed = {model.name: model for model in list_models()}
    assert listed["mine"].own and listed["mine"].max_atoms == 12
    assert not listed["qm9-jt"].own and listed["qm9-jt"].max_atoms == 29
    with pytest.raises(ModelError, match=r"there are: .*qm9-jt.*, mine"):
        find_model("yours")


def test_that_no_folder_means_no_models_of_ones_own() -> None:
    assert not user_models_folder().exists()
    assert user_models() == [] and broken_user_models() == []


def test_that_a_variable_names_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "elsewhere"))
    assert save("mine").parent == tmp_path / "elsewhere"


def test_that_a_model_goes_by_the_name_of_its_folder() -> None:
    path = save("mine").rename(user_models_folder() / "renamed")
    assert find_model("renamed").config.name == "renamed"
    assert [m.config.name for m in user_models()] == ["renamed"]
    assert find_model(path).config.name == "mine"  # by its path it is what its file says


def broken(path: Path, **values: object) -> None:
    config = path / CONFIG_FILE
    config.write_text(json.dumps(json.loads(config.read_text()) | values))


def test_that_broken_folders_are_listed_with_the_reason_and_spoil_nothing() -> None:
    for name in ("kind", "network", "methods", "weights", "mine"):
        save(name)
    folder = user_models_folder()
    broken(folder / "kind", max_atoms="many")
    broken(folder / "network", network={"n_features": 7})
    broken(folder / "methods", methods=[["jt"]])
    (folder / "weights" / "model.safetensors").unlink()
    (folder / "empty").mkdir()
    (folder / "nested").mkdir()
    (folder / "nested" / CONFIG_FILE).write_text("[" * 100_000)
    (folder / "qm9-jt").mkdir()
    (folder / "notes.txt").write_text("not a folder")
    assert [m.config.name for m in user_models()] == ["mine"]
    assert "mine" in [m.name for m in list_models()]
    reasons = {b.path.name: b.reason for b in broken_user_models()}
    assert set(reasons) == {"kind", "network", "methods", "weights", "empty", "nested", "qm9-jt"}
    assert "max_atoms" in reasons["kind"]
    assert "multiple of 4" in reasons["network"]
    assert "methods" in reasons["methods"]
    assert "safetensors" in reasons["weights"]
    assert "another name" in reasons["qm9-jt"]
    assert find_model("qm9-jt").path in [folder.path for folder in shipped_models()]


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b", "qm9-jt", ".hidden", "ü"])
def test_that_a_name_that_can_not_be_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="name"):
        new_user_model(name)


def test_that_no_model_is_overwritten() -> None:
    save("mine")
    with pytest.raises(ModelError, match="already"):
        new_user_model("mine")


@pytest.mark.parametrize("text", ["My model (best)", "../../etc", "  ", "ü", "x" * 200])
def test_that_any_text_gives_a_name(text: str) -> None:
    assert name_from(name_from(text)) == name_from(text)
    assert new_user_model(name_from(text)).parent == user_models_folder()


def test_that_only_ones_own_models_can_be_removed(tmp_path: Path) -> None:
    path = save("mine")
    for other in (shipped_models()[0].path, tmp_path, user_models_folder(), path / ".."):
        with pytest.raises(ModelError, match="none of your own"):
            remove_user_model(other)
    remove_user_model(path)
    assert user_models() == []
