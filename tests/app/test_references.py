import numpy as np
import pytest

from morered_gui.app.measurements import MeasuredCurves, Measurement
from morered_gui.app.records import RunRecord
from morered_gui.app.references import (
    Reference,
    ReferenceChoice,
    ReferenceKind,
    chosen_reference,
)
from morered_gui.app.series import RunSeries, csv_of
from morered_gui.app.state import AppState
from morered_gui.chem import MoleculeError, structure_from_smiles
from morered_gui.chem.matching import reordered
from morered_gui.core import Frame, Provenance, Structure, Trajectory
from morered_gui.core.geometry import angle, dihedral
from morered_gui.diffusion.forward import expected_rmsd, noised
from morered_gui.diffusion.schedule import polynomial_schedule
from tests.app.molecules import WATER

BENZENE = structure_from_smiles("c1ccccc1")


def run_of(*positions: np.ndarray) -> Trajectory:
    trajectory = Trajectory(BENZENE.with_positions(positions[0]), Provenance("test"))
    for step, x in enumerate(positions):
        trajectory.append(Frame(step, x, t=float(10 - step)))
    return trajectory


def test_that_equivalent_atoms_may_change_places() -> None:
    """Two hydrogens of methane have changed places: its mirror image, unless they are equal."""
    methane = structure_from_smiles("C")
    known = Reference(methane, "known")
    swapped = Trajectory(methane, Provenance("test"))
    swapped.append(Frame(0, methane.positions[[0, 2, 1, 3, 4]]))
    for symmetric, far in ((False, True), (True, False)):
        choice = ReferenceChoice(ReferenceKind.KNOWN, symmetric)
        reference = chosen_reference(choice, swapped, known)
        series = reference.series()
        series.extend(list(swapped))
        assert bool(series.rmsd[0] > 0.5) is far
        assert ("symmetry" in reference.label) is symmetric


def test_that_a_loaded_reference_in_another_order_is_put_in_order() -> None:
    order = np.random.default_rng(0).permutation(12)
    loaded = Reference(reordered(BENZENE, order), "file")
    choice = ReferenceChoice(ReferenceKind.LOADED, loaded=loaded)
    reference = chosen_reference(choice, run_of(BENZENE.positions), None)
    assert reference.structure.numbers.tolist() == BENZENE.numbers.tolist()
    series = reference.series()
    series.extend(list(run_of(BENZENE.positions)))
    assert series.rmsd[0] == pytest.approx(0.0, abs=1e-6)


def test_that_another_molecule_is_refused_as_reference() -> None:
    choice = ReferenceChoice(ReferenceKind.LOADED, loaded=Reference(WATER, "water.xyz"))
    with pytest.raises(MoleculeError, match="another molecule"):
        chosen_reference(choice, run_of(BENZENE.positions), None)
    with pytest.raises(MoleculeError, match="load one"):
        chosen_reference(ReferenceChoice(ReferenceKind.KNOWN), run_of(BENZENE.positions), None)


def test_that_unknown_quantities_are_left_out_of_the_csv() -> None:
    series = RunSeries(WATER)
    series.extend([Frame(0, WATER.positions, energy=-1.5), Frame(1, WATER.positions, energy=-2.0)])
    lines = csv_of(series, {"Angle, H-O-H (°)": np.array([104.5, 105.0])}).splitlines()
    assert lines[0].startswith("Step,RMSD (Å),Energy (eV)")
    assert '"Angle, H-O-H (°)"' in lines[0]
    assert "Predicted time step t" not in lines[0]
    assert lines[2].split(",")[2] == "-2"
    assert len(lines) == 3


def test_that_the_expected_rmsd_is_that_of_diffused_structures() -> None:
    schedule = polynomial_schedule()
    expected = expected_rmsd(BENZENE, schedule)
    for t in (50, 200, 400):
        series = RunSeries(BENZENE)
        structures = [noised(BENZENE, t, seed=1, number=k) for k in range(100)]
        series.extend([Frame(k, s.positions) for k, s in enumerate(structures)])
        assert np.sqrt((series.rmsd**2).mean()) == pytest.approx(expected[t], rel=0.06)


def test_that_angles_and_dihedrals_have_their_signs() -> None:
    a, b, c = (np.array([p], dtype=float) for p in ([1, 0, 0], [0, 0, 0], [0, 0, 1]))
    d = np.array([[0.0, 1.0, 1.0]])
    assert angle(a, b, c)[0] == pytest.approx(90)
    assert dihedral(a, b, c, d)[0] == pytest.approx(rdkit_dihedral(np.concatenate([a, b, c, d])))
    assert dihedral(a, b, c, -d + 2 * c)[0] == pytest.approx(-dihedral(a, b, c, d)[0])


def rdkit_dihedral(points: np.ndarray) -> float:
    from rdkit import Chem
    from rdkit.Chem import rdMolTransforms
    from rdkit.Geometry import Point3D

    conformer = Chem.Conformer(4)
    mol = Chem.MolFromSmiles("CCCC")
    for k, point in enumerate(points):
        conformer.SetAtomPosition(k, Point3D(*map(float, point)))
    mol.AddConformer(conformer)
    return float(rdMolTransforms.GetDihedralDeg(mol.GetConformer(), 0, 1, 2, 3))


def test_that_measured_curves_grow_with_the_run() -> None:
    trajectory = Trajectory(WATER, Provenance("test"))
    trajectory.append(Frame(0, WATER.positions))
    run = RunRecord(trajectory, Reference(WATER, "start"))
    bond = Measurement((0, 1))
    curves = MeasuredCurves()
    curves.set([bond], WATER)
    assert curves.label(bond.id) == "O1-H2 (Å)"
    assert curves.values(bond.id, run).tolist() == pytest.approx([0.96])
    trajectory.append(Frame(1, WATER.positions * 2))
    assert curves.values(bond.id, run).tolist() == pytest.approx([0.96, 1.92])
    assert np.isnan(curves.values("atoms:7-8", run)).all()
    with pytest.raises(ValueError, match="different atoms"):
        Measurement((0, 0))


def test_that_runs_on_one_molecule_are_kept_and_others_forgotten() -> None:
    state = AppState()
    state.load(WATER)
    for _ in range(2):
        state.begin_run(Provenance("spring"))
        state.add_frames([Frame(0, WATER.positions)])
        state.end_run(None)
    first, second = state.runs
    assert state.run is second
    state.look_at_run(first)
    assert state.trajectory is first.trajectory
    state.set_noised(WATER.with_positions(WATER.positions * 1.1), 10)
    assert state.trajectory is None
    assert len(state.runs) == 2
    state.remove_run(first)
    assert state.runs == [second]
    state.load(BENZENE)
    assert not state.runs


def test_that_a_dihedral_is_drawn_without_jumps_and_told_between_180_degrees() -> None:
    curves, measurement = MeasuredCurves(), Measurement((0, 1, 2, 3))
    start = Structure([6, 6, 6, 6], turned(0.0))
    made = Trajectory(start, Provenance("jt"))
    for step, degrees in enumerate((170.0, 178.0, 186.0, 178.0)):
        made.append(Frame(step, turned(degrees)))
    run = RunRecord(made, Reference(start, "start"))
    curves.set([measurement], start)
    signed = -1.0 if curves.values(measurement.id, run)[0] < 0 else 1.0
    drawn = signed * curves.curve(measurement.id, run)
    assert drawn == pytest.approx([170.0, 178.0, 186.0, 178.0])
    told = signed * curves.values(measurement.id, run)
    assert told == pytest.approx([170.0, 178.0, -174.0, 178.0])


def turned(degrees: float) -> np.ndarray:
    """Four atoms with this dihedral, but for its sign."""
    angle = np.radians(degrees)
    last = [0.0, np.cos(angle), np.sin(angle)]
    return np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], last])
