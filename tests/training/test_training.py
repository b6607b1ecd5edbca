"""Data sets, batches, recipes and the loop, on small real data."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch

from morered_gui.core import ExpectedError, rmsd
from morered_gui.core.geometry import rotation_onto
from morered_gui.diffusion.checkpoint import ModelError, ModelFolder, save_model
from morered_gui.diffusion.network import MoreRedNetwork
from morered_gui.diffusion.process import DiffusionProcess
from morered_gui.training import run
from morered_gui.training.averaging import average_models
from morered_gui.training.batches import BatchStream, pad
from morered_gui.training.config import REAL, WHOLE, TrainingConfig
from morered_gui.training.dataset import (
    EquilibriumSet,
    Record,
    Split,
    padded_sizes,
    rows_by_size,
    split_of_index,
)
from morered_gui.training.denoising import Denoising
from morered_gui.training.displacement import DisplacementRecipe, bent
from morered_gui.training.partners import Partners, write_partners
from morered_gui.training.recipe import GaussianRecipe
from morered_gui.training.run import train_model

WATER = (np.array([8, 1, 1]), np.array([[0.0, 0, 0.12], [0, 0.76, -0.48], [0, -0.76, -0.48]]))
METHANOL = (
    np.array([6, 8, 1, 1, 1, 1]),
    np.array(
        [
            [-0.047, 0.663, 0.0],
            [-0.047, -0.758, 0.0],
            [-1.092, 0.969, 0.0],
            [0.437, 1.080, 0.892],
            [0.437, 1.080, -0.892],
            [0.863, -1.057, 0.0],
        ]
    ),
)


@pytest.fixture(scope="module")
def data() -> EquilibriumSet:
    """Two molecules in a hundred slightly different shapes, indices 0 to 99."""
    rng = np.random.default_rng(0)

    def records() -> Iterator[Record]:
        for index in range(100):
            numbers, positions = (WATER, METHANOL)[index % 2]
            yield Record(numbers, positions + 0.01 * rng.standard_normal(positions.shape), index)

    return EquilibriumSet.collect(records(), {"name": "two", "level_of_theory": "by hand"})


def config(data: EquilibriumSet, folder: Path, **options: object) -> TrainingConfig:
    path = folder / "two.npz"
    data.save(path)
    table = {
        "name": "tiny",
        "data": str(path),
        "max_steps": 6,
        "batch_size": 8,
        "n_sizes": 2,
        "n_validation": 4,
        "compile": False,
        "device": "cpu",
        "network": {"n_features": 8},
        **options,
    }
    return TrainingConfig.from_dict(table)


def test_that_the_split_is_by_index_mod_50() -> None:
    split = split_of_index(np.arange(100))
    assert np.flatnonzero(split == Split.TEST).tolist() == [7, 57]
    assert np.flatnonzero(split == Split.VALIDATION).tolist() == [8, 58]


def test_that_a_training_file_comes_back_as_it_was(data: EquilibriumSet, tmp_path: Path) -> None:
    data.save(tmp_path / "two.npz")
    back = EquilibriumSet.load(tmp_path / "two.npz")
    np.testing.assert_array_equal(back.positions, data.positions)
    assert back.meta == data.meta and back.elements == [1, 6, 8] and len(back) == 100


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x80\x04\x95pickle"])
def test_that_a_file_of_another_kind_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ExpectedError, match="not a training file"):
        EquilibriumSet.load(tmp_path / "x.npz")


def test_that_the_places_of_the_atoms_are_added_up_once(data: EquilibriumSet) -> None:
    assert data.starts is data.starts  # 130,000 additions for each of 130,000 molecules otherwise
    assert data.starts[:4].tolist() == [0, 3, 9, 12]
    assert replace(data, n_atoms=data.n_atoms[::-1]).starts[:3].tolist() == [0, 6, 9]


def test_that_a_file_cut_off_or_of_one_array_is_told(data: EquilibriumSet, tmp_path: Path) -> None:
    data.save(tmp_path / "two.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "two.npz").read_bytes()[:1000])
    np.save(tmp_path / "one.npy", data.positions)
    for name in ("cut.npz", "one.npy"):
        with pytest.raises(ExpectedError, match="not a training file"):
            EquilibriumSet.load(tmp_path / name)


def test_that_a_training_file_has_the_name_that_was_given(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    data.save(tmp_path / "two.v2")
    assert [path.name for path in tmp_path.iterdir()] == ["two.v2"]
    assert len(EquilibriumSet.load(tmp_path / "two.v2")) == 100


def test_that_data_without_a_part_that_is_needed_is_told(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    for split, words in ((Split.TEST, "no structure to train on"), (Split.TRAIN, "no validation")):
        settings = config(data.all_for(split), tmp_path)
        with pytest.raises(ExpectedError, match=words):
            train_model(settings, tmp_path / "run", tmp_path / "model")


def test_that_padding_keeps_the_atoms(data: EquilibriumSet) -> None:
    batch = pad(data, np.array([0, 1]), 7)
    assert batch.real.sum(1).tolist() == [3, 6]
    numbers, positions = data.geometry(1)
    np.testing.assert_array_equal(batch.numbers[1, :6], numbers)
    np.testing.assert_array_equal(batch.positions[1, :6], positions)


def test_that_an_epoch_visits_training_structures_only(data: EquilibriumSet) -> None:
    rows = data.members(Split.TRAIN)
    stream = BatchStream(data, rows, batch_size=16, n_sizes=2)
    batches = stream(np.random.default_rng(0))
    seen = np.concatenate([next(batches).rows for _ in range(2 * (len(rows) // 32))])
    assert set(seen) <= set(rows) and len(set(seen)) == len(seen)


def test_that_large_structures_can_come_up_more_often(data: EquilibriumSet) -> None:
    rows = data.members(Split.TRAIN)
    stream = BatchStream(data, rows, batch_size=8, n_sizes=2, size_power=2.0)
    batches = stream(np.random.default_rng(0))
    sizes = [next(batches).numbers.shape[1] for _ in range(30)]  # water 6 of them, methanol 24
    assert sizes.count(3) == 6 and sizes.count(6) == 24


@pytest.mark.parametrize("n_sizes", [1, 2, 3, 4])
def test_that_padded_sizes_waste_the_fewest_pairs(n_sizes: int) -> None:
    rng = np.random.default_rng(n_sizes)
    for _ in range(5):
        n_atoms = rng.integers(2, 12, 30)

        def pairs(sizes: Sequence[int], n_atoms: np.ndarray = n_atoms) -> int:
            return sum(min(size for size in sizes if size >= n) ** 2 for n in n_atoms)

        found = padded_sizes(n_atoms, n_sizes)
        choices = combinations(np.unique(n_atoms).tolist(), n_sizes)
        fewest = min(pairs(sizes) for sizes in choices if sizes[-1] == n_atoms.max())
        assert len(found) == n_sizes and pairs(found) == fewest
        rows = np.concatenate([rows for _, rows in rows_by_size(n_atoms, n_sizes)])
        assert sorted(rows) == list(range(30))


def test_that_gaussian_examples_hold_the_noise_that_they_name(data: EquilibriumSet) -> None:
    process = DiffusionProcess()
    batch = pad(data, np.arange(20), 6)
    example = GaussianRecipe(process, early_fraction=0.5).example(batch, np.random.default_rng(0))
    t = np.rint(example.time * 999).astype(int)
    origin = process.estimate_origin(example.positions, t, example.noise)
    np.testing.assert_allclose(origin[t < 900], batch.positions[t < 900], atol=1e-9)


def test_that_molecules_are_found_by_their_index(data: EquilibriumSet) -> None:
    shuffled = replace(data, index=data.index[::-1].copy())
    assert shuffled.rows_of(np.array([3, 99, 1000, 0])).tolist() == [96, 0, 99]
    assert data.shared(np.array([2, 5]), replace(data, index=data.index + 5)).tolist() == [5]


@pytest.fixture(scope="module")
def partners(data: EquilibriumSet, tmp_path_factory: pytest.TempPathFactory) -> Partners:
    folder = tmp_path_factory.mktemp("partners")
    assert write_partners(data, np.arange(40), folder) == 0
    return Partners.collect(data, folder)


def test_that_partners_are_minima_laid_upon_the_equilibrium(
    data: EquilibriumSet, partners: Partners
) -> None:
    batch = pad(data, np.array([1, 3, 41]), 6)
    displacement, known = partners.displacement(batch)
    assert known.tolist() == [True, True, False]
    assert not displacement[2].any()
    minima = batch.positions[:2] + displacement[:2]
    assert 0.0 < rmsd(minima[0], batch.positions[0]) < 0.2
    # Both started from shapes of one molecule and end in one minimum.
    assert rmsd(minima[0], minima[1]) < 0.01


def test_that_minima_of_other_structures_are_not_taken(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    write_partners(data, np.arange(2), tmp_path)
    write_partners(data, np.arange(2), tmp_path)
    moved = replace(data, positions=data.positions + 0.1)
    with pytest.raises(ExpectedError, match="other settings"):
        write_partners(moved, np.arange(2), tmp_path)


def test_that_a_short_last_file_of_minima_does_not_stand_for_a_full_one(
    data: EquilibriumSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("morered_gui.training.partners.CHUNK", 4)
    for n in (5, 8):
        write_partners(data, np.arange(n), tmp_path)
        known = Partners.collect(data, tmp_path).first >= 0
        assert np.flatnonzero(known).tolist() == list(range(n))


def test_that_minima_of_another_training_file_are_not_read(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    write_partners(data, np.arange(2), tmp_path)
    others = replace(data, positions=data.positions + 0.001)
    with pytest.raises(ExpectedError, match="of other structures"):
        Partners.collect(others, tmp_path)


def test_that_minima_far_from_every_equilibrium_are_told(
    data: EquilibriumSet, tmp_path: Path
) -> None:
    write_partners(data, np.arange(2), tmp_path)
    with pytest.raises(ExpectedError, match="near its equilibrium"):
        Partners.collect(data, tmp_path, largest=1e-6)


def test_that_heat_is_drawn_at_its_temperature(data: EquilibriumSet, partners: Partners) -> None:
    rng = np.random.default_rng(5)
    batch = pad(data, np.array([1] * 400 + [41]), 6)
    cold = partners.thermal(batch, np.full(401, 0.0), rng)
    assert not cold.any()
    warm = partners.thermal(batch, np.full(401, 300.0), rng)
    hot = partners.thermal(batch, np.full(401, 1200.0), rng)
    assert not warm[-1].any()  # no minimum of this one is known
    assert np.sqrt((hot**2).mean() / (warm**2).mean()) == pytest.approx(2.0, rel=0.1)
    assert 0.05 < np.sqrt((warm[:-1] ** 2).sum(-1).mean()) < 0.6


def test_that_displacement_examples_lead_back_to_equilibrium(
    data: EquilibriumSet, partners: Partners
) -> None:
    process = DiffusionProcess()
    recipe = DisplacementRecipe(process, partners)
    batch = pad(data, np.arange(1, 40, 2), 6)
    example = recipe.example(batch, np.random.default_rng(1))
    sigma = process.schedule.noise_of_step(example.time * 999)
    back = example.positions - sigma[:, None, None] * example.noise
    for found, expected in zip(back, batch.positions, strict=True):
        assert rmsd(found, expected) < 1e-6
    rms = np.sqrt((example.noise**2).sum((1, 2)) / (3 * batch.real.sum(1)))
    assert rms.max() < 1.0 + 1e-9  # noise of unit size, less for what needs nothing


def test_that_padding_does_not_count_in_a_superposition(data: EquilibriumSet) -> None:
    batch = pad(data, np.array([0, 1]), 6)
    turned = batch.positions @ np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    back = batch.positions @ rotation_onto(batch.positions, turned)
    np.testing.assert_allclose(back, turned, atol=1e-6)


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


def test_that_errors_count_as_squares_up_to_the_knee_and_in_proportion_beyond() -> None:
    squared = torch.tensor([1e-4, 100.0, 400.0])
    assert bent(squared, None) is squared
    small, large, twice = bent(squared, 0.3)
    assert small == pytest.approx(1e-4, rel=1e-3)
    assert large == pytest.approx(2 * 0.3 * 10.0, rel=0.05)
    assert twice / large == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("knee", [None, 0.3])
def test_that_the_displacement_recipe_trains(
    data: EquilibriumSet, tmp_path: Path, knee: float | None
) -> None:
    write_partners(data, data.members(Split.TRAIN), tmp_path / "partners")
    settings = config(data, tmp_path, partners=str(tmp_path / "partners"), error_knee=knee)
    model = ModelFolder.open(train_model(settings, tmp_path / "run", tmp_path / "model"))
    assert model.config.training["steps"] == 6
    assert model.config.training["skipped_batches"] < 6


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


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_that_training_runs_on_cuda(data: EquilibriumSet, tmp_path: Path) -> None:
    settings = config(data, tmp_path, device="cuda")
    train_model(settings, tmp_path / "run", tmp_path / "model")
    assert ModelFolder.open(tmp_path / "model").config.training["steps"] == 6


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
    ],
)
def test_that_a_setting_that_is_none_is_refused_in_words(
    data: EquilibriumSet, tmp_path: Path, setting: dict[str, object], said: str
) -> None:
    with pytest.raises(ExpectedError, match=said):
        config(data, tmp_path, **setting)


def test_that_all_settings_have_bounds_or_are_words(data: EquilibriumSet, tmp_path: Path) -> None:
    settings = config(data, tmp_path, hours=1, n_training=5, error_knee=0.3).as_dict()
    numbers = {name for name, value in settings.items() if type(value) in (int, float)}
    assert numbers == {*WHOLE, *REAL}


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


def test_that_the_card_tells_how_the_data_are_split(data: EquilibriumSet, tmp_path: Path) -> None:
    own = replace(data, meta=data.meta | {"split": "as somebody has it"})
    folder = train_model(config(own, tmp_path), tmp_path / "run", tmp_path / "model")
    assert "| Split | as somebody has it |" in (folder / "README.md").read_text()
