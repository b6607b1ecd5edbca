"""A force field from labels to a relaxation, on a Lennard-Jones-like toy with known forces."""

import csv
from pathlib import Path

import numpy as np
import pytest

from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core import ExpectedError, StopReason, Structure
from morered_gui.diffusion.checkpoint import ModelFolder
from morered_gui.diffusion.forward import noised
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer
from morered_gui.training.config import TrainingConfig
from morered_gui.training.dataset import EquilibriumSet, Record
from morered_gui.training.labels import Kind, Label, LabelledSet
from morered_gui.training.run import train_model, training_rows

SMILES = ("O", "N", "CO")
STIFFNESS = 8.0  # eV/Å^2
ATOM = {1: -13.6, 6: -1030.0, 7: -1480.0, 8: -2040.0}  # eV


def springs(structure: Structure, x: np.ndarray) -> tuple[float, np.ndarray]:
    """Each pair of atoms at its distance in the structure; eV, eV/Å."""
    rest = np.linalg.norm(structure.positions[:, None] - structure.positions, axis=-1)
    vector = x[:, None] - x
    length = np.linalg.norm(vector, axis=-1) + np.eye(len(x))
    stretch = (length - rest) * (1 - np.eye(len(x)))
    energy = 0.25 * STIFFNESS * (stretch**2).sum() + sum(ATOM[z] for z in structure.numbers)
    forces = -STIFFNESS * (stretch[..., None] * vector / length[..., None]).sum(1)
    return float(energy), forces


@pytest.fixture(scope="module")
def molecules() -> list[Structure]:
    return [structure_from_smiles(s, optimise=True).centred() for s in SMILES]


@pytest.fixture(scope="module")
def labels(molecules: list[Structure], tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    found = []
    for k in range(600):
        molecule = molecules[k % 3]
        x = molecule.positions + 0.3 * rng.random() * rng.standard_normal(molecule.positions.shape)
        x -= x.mean(0)
        energy, forces = springs(molecule, x)
        found.append(Label(Record(molecule.numbers, x, k), energy, forces, Kind(k % 3)))
    path = tmp_path_factory.mktemp("labels") / "springs.npz"
    LabelledSet.collect(found, {"name": "springs", "level_of_theory": "springs", "kinds": {}}).save(
        path
    )
    return path


def config(labels: Path, **options: object) -> TrainingConfig:
    table = {
        "name": "springs",
        "data": str(labels),
        "max_steps": 2,
        "batch_size": 16,
        "n_sizes": 2,
        "compile": False,
        "device": "cpu",
        "gradient_clip": 10.0,
        "network": {"kind": "energy", "n_features": 32},
        **options,
    }
    return TrainingConfig.from_dict(table)


@pytest.fixture(scope="module")
def trained(labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    settings = config(labels, max_steps=250, learning_rate=5e-3, ema_decay=0.9, warmup_steps=20)
    return train_model(settings, folder / "run", folder / "springs")


def test_that_springs_are_learned(trained: Path) -> None:
    model = ModelFolder.open(trained).config
    assert model.methods == ("mlff",) and model.level_of_theory == "springs"
    found = model.training["validation"]
    assert found["force_mae"] < 0.4 and found["energy_mae"] < 1.0
    card = (trained / "README.md").read_text(encoding="utf-8")
    assert "`mlff`" in card and "springs: 564 structures" in card and "force_mae" in card
    by_kind = {f"force_mae_{kind.name.lower()}" for kind in Kind}
    assert set(found) == {"energy_mae", "force_mae"} | by_kind


def test_that_the_relaxer_finds_the_rest_of_the_springs(
    trained: Path, molecules: list[Structure]
) -> None:
    relaxer = build_relaxer(RelaxerChoice(method="mlff", model=str(trained)))
    starts = [noised(m, 60, seed=1) for m in molecules]
    for molecule, start, run in zip(
        molecules, starts, relax_all(relaxer, starts, max_steps=200, seed=0), strict=True
    ):
        rest, _ = springs(molecule, molecule.positions)
        before, _ = springs(molecule, start.positions)
        after, _ = springs(molecule, run.result().positions)
        assert after - rest < 0.2 * (before - rest)
        assert run.stop_reason == StopReason.CONVERGED and run[-1].energy < run[0].energy
        # Absolute energies: references are part of the model.
        assert run[-1].energy == pytest.approx(after, abs=1.5)
    made = relaxer.provenance
    assert made.model == "springs" and len(made.model_hash) == 64
    assert made.level_of_theory == "springs"


def test_that_a_stopped_training_goes_on_and_another_can_start_from_it(
    labels: Path, tmp_path: Path
) -> None:
    folder = train_model(config(labels), tmp_path / "run", tmp_path / "model")
    again = train_model(config(labels, max_steps=5), tmp_path / "run", tmp_path / "model")
    assert ModelFolder.open(again).config.training["steps"] == 5
    with (tmp_path / "run" / "log.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["2", "5"]
    settings = config(labels, start_from=str(folder), max_steps=0, n_training=30)
    other = ModelFolder.open(train_model(settings, tmp_path / "run2", tmp_path / "other"))
    assert other.config.training["structures"] == 30
    found = other.load_energy_network().reference_energy(np.array([8, 1, 1]))
    assert found == pytest.approx(ATOM[8] + 2 * ATOM[1], abs=5.0)


def test_that_a_card_written_by_hand_is_left_alone(labels: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "README.md").write_text("# Mine")
    train_model(config(labels), tmp_path / "run", tmp_path / "model")
    assert (tmp_path / "model" / "README.md").read_text() == "# Mine"


def test_that_fewer_structures_are_the_first_and_none_is_held_out(labels: Path) -> None:
    data = EquilibriumSet.load(labels)
    few, more = (training_rows(config(labels, n_training=n), data) for n in (50, 200))
    assert np.array_equal(few, more[:50])
    assert not np.isin(data.index[more] % 50, [7, 8, 9]).any()
    with pytest.raises(ExpectedError, match="structures, not 10000"):
        training_rows(config(labels, n_training=10_000), data)


def test_that_equilibria_and_labels_are_not_taken_for_each_other(
    labels: Path, tmp_path: Path
) -> None:
    with pytest.raises(ExpectedError, match="needs equilibria"):
        train_model(
            config(labels, network={"kind": "joint", "n_features": 8}),
            tmp_path / "run",
            tmp_path / "model",
        )
    data = EquilibriumSet.load(labels)
    data.save(tmp_path / "equilibria.npz")
    with pytest.raises(ExpectedError, match="no energies and forces"):
        train_model(config(tmp_path / "equilibria.npz"), tmp_path / "run", tmp_path / "model")
