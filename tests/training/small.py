"""A training file of two small molecules, and the settings of a training that takes seconds."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from morered_gui.training.config import TrainingConfig
from morered_gui.training.dataset import EquilibriumSet, Record

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


def two_molecules() -> EquilibriumSet:
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
