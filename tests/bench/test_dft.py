"""DFT energies against those of QM9, and the cache. Without PySCF only the message is tested."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from morered_gui.bench import dft
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core import ExpectedError, Structure

needs_pyscf = pytest.mark.skipif(
    importlib.util.find_spec("pyscf") is None, reason="needs PySCF (Linux and macOS)"
)
HARTREE = 27.211386
# Number 3 of QM9, and U0 - ZPVE.
WATER = Structure(
    [8, 1, 1],
    [
        [-0.0343604951, 0.9775395708, 0.0076015923],
        [0.0647664923, 0.0205721989, 0.0015346341],
        [0.8717903737, 1.3007924048, 0.0006931336],
    ],
)
WATER_ENERGY = -76.404702 - 0.021375


@needs_pyscf
@pytest.mark.parametrize("fitted", [True, False])
def test_that_water_has_the_energy_of_qm9(fitted: bool) -> None:
    found = dft.energy(WATER, fitted=fitted) / HARTREE
    assert found == pytest.approx(WATER_ENERGY, abs=1e-4 if fitted else 1e-5)


@needs_pyscf
def test_that_energies_are_computed_once_and_told_in_kcal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretched = WATER.with_positions(1.02 * WATER.positions)
    energies = dft.DftEnergies(tmp_path / "dft")
    first = energies.above(stretched, WATER)
    assert first is not None and 0.1 < first < 5.0
    monkeypatch.setattr(dft, "energy", lambda _: pytest.fail("it is in the cache"))
    moved = stretched.with_positions(stretched.positions + 1e-9)
    assert energies.above(moved, WATER) == first
    assert len(list((tmp_path / "dft").glob("*.json"))) == 2


@needs_pyscf
def test_that_elements_without_a_basis_are_named(tmp_path: Path) -> None:
    chloride = structure_from_smiles("CCl")
    with pytest.raises(dft.DftError, match="not for Cl"):
        dft.energy(chloride)
    assert dft.DftEnergies(tmp_path).above(chloride, chloride) is None


def test_that_a_missing_pyscf_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dft, "find_spec", lambda _: None)
    with pytest.raises(ExpectedError, match=r"morered-gui\[dft\]"):
        dft.require_pyscf()
    assert np.isfinite(WATER_ENERGY)
