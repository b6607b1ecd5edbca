from pathlib import Path

import numpy as np
import pytest

from morered_gui.app.operations import MOST_ATOMS, from_text, open_file
from morered_gui.chem.errors import MoleculeError


def xyz(n_atoms: int) -> str:
    """Atoms of helium in a row."""
    rows = (f"He {3.0 * x:.1f} 0 0" for x in np.arange(n_atoms))
    return "\n".join((str(n_atoms), "", *rows, ""))


def test_that_a_molecule_too_large_for_the_window_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "protein.xyz"
    path.write_text(xyz(MOST_ATOMS + 1))
    with pytest.raises(MoleculeError, match=r"protein\.xyz: .* 2001 atoms.*'morered relax'"):
        open_file(path)
    path.write_text(xyz(MOST_ATOMS))
    assert len(open_file(path).structure) == MOST_ATOMS


def test_that_the_others_of_its_file_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "several.xyz"
    path.write_text(xyz(MOST_ATOMS + 1) + xyz(2) + xyz(3))
    loaded = open_file(path)
    assert [len(molecule) for molecule in loaded.molecules] == [2, 3]
    assert "left out what can't be used (1)" in loaded.note and "2001 atoms" in loaded.note


def test_that_a_text_too_large_for_the_window_is_refused() -> None:
    with pytest.raises(MoleculeError, match="2001 atoms"):
        from_text("C" * (MOST_ATOMS + 1), seed=0)
