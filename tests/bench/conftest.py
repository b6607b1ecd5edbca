from pathlib import Path

import pytest

from tests.bench.tools import write_data


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny training file."""
    return write_data(tmp_path_factory.mktemp("data") / "tiny.npz")
