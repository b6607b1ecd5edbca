"""The settings of a training."""

from pathlib import Path

import pytest

from morered_gui.core import ExpectedError
from morered_gui.training.config import REAL, WHOLE, TrainingConfig
from morered_gui.training.dataset import EquilibriumSet
from tests.training.small import config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "TOML"),
        ("nonsense = 1", "unknown"),
        ('name = "x"', "data"),
        ('name = "x"\ndata = "y"\nprecision = "half"', "precision is one of"),
        ('name = "x"\ndata = "y"\nprecision = "bfloat16"\n[network]\nkind = "energy"', "float32"),
        ('name = "x"\ndata = "y"\n[network]\nn_features = 7', "multiple of 4"),
    ],
)
def test_that_a_bad_configuration_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        TrainingConfig.read(tmp_path / "c.toml")


@pytest.mark.parametrize("path", sorted(Path("resources/training").glob("*.toml")), ids=str)
def test_that_the_shipped_configurations_are_read(path: Path) -> None:
    assert TrainingConfig.read(path).name == path.stem


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"max_steps": "many"}, "'max_steps' is a whole number from 0, not 'many'"),
        ({"batch_size": 0}, "'batch_size' is a whole number from 1, not 0"),
        ({"threads": True}, "'threads' is a whole number"),
        ({"n_training": 0}, "'n_training' is a whole number from 1"),
        ({"seed": -1}, "'seed'"),
        ({"hours": "2"}, "'hours' is a number from 0, not '2'"),
        ({"learning_rate": float("nan")}, "'learning_rate'"),
        ({"ema_decay": 2}, "'ema_decay' is a number from 0 to 1, not 2"),
        ({"compile": "no"}, "'compile' is true or false"),
        ({"name": "../models/everyday"}, "'name' is the name of a folder"),
        ({"start_from": 3}, "'start_from' is a text in quotes"),
        ({"precision": "half"}, "precision is one of"),
        ({"robust": 0.1}, "'robust' goes with 'partners'"),
    ],
)
def test_that_a_setting_that_is_none_is_refused_in_words(
    data: EquilibriumSet, tmp_path: Path, setting: dict[str, object], said: str
) -> None:
    with pytest.raises(ExpectedError, match=said):
        config(data, tmp_path, **setting)


def test_that_all_settings_have_bounds_or_are_words(data: EquilibriumSet, tmp_path: Path) -> None:
    settings = config(data, tmp_path, hours=1, n_training=5).as_dict()
    numbers = {name for name, value in settings.items() if type(value) in (int, float)}
    assert numbers == {*WHOLE, *REAL}
