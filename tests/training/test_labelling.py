"""Labels for a force field: whose they are, that they are right, and that the work goes on."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from morered_gui.chem.dynamics import mmff94_snapshot
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.cli.main import app
from morered_gui.core import ExpectedError, rmsd
from morered_gui.relaxers.calculators import atoms_of, gfn2_xtb
from morered_gui.training import labelling
from morered_gui.training.dataset import EquilibriumSet, Record, Split
from morered_gui.training.labels import Kind, LabelledSet
from morered_gui.training.structures import structure_of

SMILES = ("O", "CO", "C=O", "F", "C#N", "CC", "N", "CCO")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Indices 3 to 10: one test, one validation and one held-out molecule among them."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    structures = [structure_from_smiles(s, optimise=True) for s in SMILES]
    records = [Record(s.numbers, s.positions, index=3 + k) for k, s in enumerate(structures)]
    EquilibriumSet.collect(records, {"name": "small"}).save(path)
    return path


def labelled(task: labelling.Labelling, output: Path, processes: int = 1) -> LabelledSet:
    labelling.label_data_set(task, output, processes, lambda _: None)
    return labelling.join_labels(task, output)


def test_that_labels_are_those_of_training_molecules_and_of_their_structure(
    source: Path, tmp_path: Path
) -> None:
    data = EquilibriumSet.load(source)
    found = labelled(labelling.Labelling(source=source), tmp_path / "a.npz")
    known = set(data.index[data.members(Split.TRAIN)])
    assert set(found.structures.index) == known
    assert set(found.structures.index[found.validation_rows]) == {9}
    assert set(found.kind) == set(Kind)
    assert sum(found.structures.meta["kinds"].values()) == len(found)
    # Hydrogen fluoride is not known to MMFF94.
    assert found.structures.meta["failures"]["modes: no structure"] == 1
    starts = found.structures.starts
    for row in range(0, len(found), 3):
        structure = structure_of(found.structures, row)
        atoms = atoms_of(structure)
        atoms.calc = gfn2_xtb(structure)
        forces = found.forces[starts[row] : starts[row] + len(structure)]
        assert found.energy[row] == pytest.approx(atoms.get_potential_energy(), abs=1e-4)
        np.testing.assert_allclose(forces, atoms.get_forces(), atol=1e-2)
        assert np.abs(forces.sum(0)).max() < 1e-3


def test_that_neither_processes_nor_the_number_change_a_label(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelling, "CHUNK", 2)
    few = labelling.Labelling(source=source, structures=6, seed=4)
    first = labelled(few, tmp_path / "p2" / "a.npz")
    more = labelling.Labelling(source=source, structures=12, seed=4)
    all_ = labelled(more, tmp_path / "p2" / "a.npz", processes=2)
    alone = labelled(more, tmp_path / "p1" / "a.npz")
    assert np.array_equal(all_.energy, alone.energy)
    assert np.array_equal(all_.forces, alone.forces)
    assert np.array_equal(first.energy, alone.energy[: len(first)])
    other = labelled(
        labelling.Labelling(source=source, structures=12, seed=5), tmp_path / "other.npz"
    )
    assert not np.isin(other.energy, alone.energy).any()
    with pytest.raises(ExpectedError, match="seed: 4 there, 5 now"):
        labelling.chunks_of(labelling.Labelling(source=source, seed=5), tmp_path / "p1" / "a.npz")


def test_that_dynamics_gets_further_where_it_is_hotter() -> None:
    molecule = structure_from_smiles("CCO", optimise=True)
    moved = {
        kelvin: np.mean(
            [
                rmsd(
                    mmff94_snapshot(molecule, kelvin, np.random.default_rng(k)), molecule.positions
                )
                for k in range(8)
            ]
        )
        for kelvin in (10.0, 300.0, 1500.0)
    }
    assert 0.0 < moved[10.0] < moved[300.0] < moved[1500.0] < 1.0


def test_that_the_command_writes_a_file_that_training_reads(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "labels.npz"
    words = ["data", "labels", str(source), "--output", str(output), "--structures", "6"]
    result = CliRunner().invoke(app, [*words, "--processes", "1"])
    assert result.exit_code == 0, result.output
    assert f"wrote {len(LabelledSet.load(output))} structures" in result.output
    with pytest.raises(ExpectedError, match="morered data labels"):
        LabelledSet.load(source)
