"""What several of these tests share."""

import numpy as np
import pytest

from morered_gui.training.dataset import EquilibriumSet
from morered_gui.training.partners import Partners, write_partners
from tests.training.small import two_molecules


@pytest.fixture(scope="session")
def data() -> EquilibriumSet:
    """Two molecules in a hundred slightly different shapes, indices 0 to 99."""
    return two_molecules()


@pytest.fixture(scope="session")
def partners(data: EquilibriumSet, tmp_path_factory: pytest.TempPathFactory) -> Partners:
    folder = tmp_path_factory.mktemp("partners")
    assert write_partners(data, np.arange(40), folder) == 0
    return Partners.collect(data, folder)
