"""Force fields and GFN2-xTB against RDKit's and ASE's own minimisation, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.optimize import LBFGS
from rdkit.Chem import rdForceFieldHelpers
from tblite.ase import TBLite

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.perception import with_perceived_bonds
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core import (
    ExpectedError,
    Relaxer,
    StopReason,
    Structure,
    Trajectory,
    UnsupportedMoleculeError,
    rmsd,
)
from morered_gui.diffusion.forward import noised
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer

FIELDS = ("mmff94", "mmff94s", "uff")
BASELINES = (*FIELDS, "gfn2-xtb")
KCAL_MOL = 0.0433641  # eV


def disturbed(smiles: str) -> Structure:
    return noised(structure_from_smiles(smiles, seed=0), 50, seed=1)


def relaxed(method: str, start: Structure, max_steps: int = 1000, seed: int = 0) -> Trajectory:
    relaxer = build_relaxer(RelaxerChoice(method=method))
    (trajectory,) = relax_all(relaxer, [start], max_steps=max_steps, seed=seed)
    return trajectory


def rdkit_minimum(method: str, start: Structure) -> tuple[np.ndarray, float]:
    """Positions and energy (eV) by RDKit's own call."""
    mol = to_rdkit(start)
    if method == "uff":
        code, energy = rdForceFieldHelpers.UFFOptimizeMoleculeConfs(mol, maxIters=5000)[0]
    else:
        variant = {"mmff94": "MMFF94", "mmff94s": "MMFF94s"}[method]
        code, energy = rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(
            mol, mmffVariant=variant, maxIters=5000
        )[0]
    assert code == 0
    return mol.GetConformer().GetPositions(), energy * KCAL_MOL


@pytest.fixture(params=BASELINES)
def baseline(request: pytest.FixtureRequest) -> Relaxer:
    return build_relaxer(RelaxerChoice(method=request.param))


@pytest.mark.parametrize("method", FIELDS)
@pytest.mark.parametrize("smiles", ["CCO", "CC(=O)Nc1ccccc1", "CC(=O)[O-]", "C[NH3+]"])
def test_that_a_force_field_finds_the_minimum_that_rdkit_finds(method: str, smiles: str) -> None:
    start = disturbed(smiles)
    trajectory = relaxed(method, start)
    positions, energy = rdkit_minimum(method, start)
    assert trajectory.stop_reason == StopReason.CONVERGED
    assert trajectory[-1].energy == pytest.approx(energy, abs=1e-5)
    assert rmsd(trajectory[-1].positions, positions) < 1e-2
    energies = [frame.energy for frame in trajectory]
    assert energies == sorted(energies, reverse=True)


@pytest.mark.parametrize(("smiles", "charge"), [("CCO", 0), ("CC(=O)[O-]", -1), ("[NH4+]", 1)])
def test_that_gfn2_xtb_finds_the_minimum_that_ase_finds(smiles: str, charge: int) -> None:
    start = disturbed(smiles)
    trajectory = relaxed("gfn2-xtb", start)
    atoms = Atoms(start.numbers, start.positions)
    atoms.calc = TBLite(method="GFN2-xTB", charge=charge, verbosity=0)
    optimiser = LBFGS(atoms, logfile=None)
    assert optimiser.run(fmax=0.01, steps=1000)
    assert trajectory.stop_reason == StopReason.CONVERGED
    assert trajectory[-1].energy == pytest.approx(atoms.get_potential_energy(), abs=1e-4)
    assert rmsd(trajectory[-1].positions, atoms.positions) < 0.01
    assert trajectory[-1].energy < trajectory[0].energy


def test_that_energies_are_those_of_the_frames() -> None:
    start = disturbed("CCO")
    trajectory = relaxed("mmff94", start)
    for frame in (trajectory[0], trajectory[len(trajectory) // 2], trajectory[-1]):
        mol = to_rdkit(start.with_positions(frame.positions))
        field = rdForceFieldHelpers.MMFFGetMoleculeForceField(
            mol, rdForceFieldHelpers.MMFFGetMoleculeProperties(mol)
        )
        assert frame.energy == pytest.approx(field.CalcEnergy() * KCAL_MOL, abs=1e-5)


def test_that_frames_count_steps_and_evaluations(baseline: Relaxer) -> None:
    starts = [disturbed("O"), disturbed("CO")]
    trajectories = relax_all(baseline, starts, max_steps=500, seed=0)
    for start, trajectory in zip(starts, trajectories, strict=True):
        assert np.array_equal(trajectory[0].positions, start.positions)
        assert [frame.step for frame in trajectory] == list(range(len(trajectory)))
        assert [f.evaluations for f in trajectory] == [f.step + 1 for f in trajectory]
        seconds = [frame.seconds for frame in trajectory]
        assert seconds == sorted(seconds) and seconds[0] >= 0.0
        assert trajectory.stop_reason == StopReason.CONVERGED


def test_that_fixed_atoms_stay_exactly_where_they_are(baseline: Relaxer) -> None:
    start = disturbed("CCO")
    held = np.zeros(len(start), dtype=bool)
    held[[0, 3, 5]] = True
    frames = [item.frame for item in baseline.relax([start], max_steps=300, seed=0, fixed=[held])]
    for frame in frames:
        assert np.array_equal(frame.positions[held], start.positions[held])
    assert np.abs(frames[-1].positions - start.positions)[~held].max() > 0.01


def test_that_with_all_atoms_fixed_there_is_nothing_to_do(baseline: Relaxer) -> None:
    start = disturbed("O")
    run = baseline.relax([start], max_steps=10, seed=0, fixed=[np.ones(3, dtype=bool)])
    frames = list(run)
    assert len(frames) == 1
    assert np.array_equal(frames[-1].frame.positions, start.positions)


@pytest.mark.parametrize("method", BASELINES)
def test_that_the_seed_changes_nothing(method: str) -> None:
    start = disturbed("CO")
    first, second = relaxed(method, start, seed=1), relaxed(method, start, seed=2)
    assert np.array_equal(first[-1].positions, second[-1].positions)
    assert len(first) == len(second)


@pytest.mark.parametrize("method", BASELINES)
def test_that_the_largest_number_of_steps_is_kept(method: str) -> None:
    trajectory = relaxed(method, disturbed("CCO"), max_steps=3)
    assert trajectory.stop_reason == StopReason.MAX_STEPS
    assert trajectory[-1].step == 3


def test_that_a_run_can_be_closed_in_its_middle(baseline: Relaxer) -> None:
    run = baseline.relax([disturbed("CCO")] * 2, max_steps=300, seed=0)
    assert [next(run).frame.step for _ in range(3)] == [0, 1, 2]
    run.close()
    assert list(run) == []


@pytest.mark.parametrize(
    ("method", "smiles", "reason"),
    [
        ("mmff94", "CB(O)O", "unsupported element: B"),
        ("mmff94", "F", "no parameters"),
        ("uff", "[CH3]", "open valences"),
        ("mmff94", "[CH3]", "odd number of electrons"),
        ("gfn2-xtb", "[CH3]", "odd number of electrons"),
    ],
)
def test_that_molecules_outside_a_method_are_refused_by_name(
    method: str, smiles: str, reason: str
) -> None:
    start = structure_from_smiles(smiles, seed=0).with_name("mine")
    with pytest.raises(UnsupportedMoleculeError, match=f"^mine: .*{reason}"):
        relaxed(method, start)


@pytest.mark.parametrize("method", FIELDS)
def test_that_a_force_field_refuses_a_charge_that_is_nowhere(method: str) -> None:
    start = replace(structure_from_smiles("CCO"), charge=2)
    with pytest.raises(UnsupportedMoleculeError, match="which atom carries the charge"):
        relaxed(method, start)  # it was relaxed as neutral ethanol


@pytest.mark.parametrize("method", FIELDS)
def test_that_a_force_field_refuses_atoms_without_bonds(method: str) -> None:
    ethanol = structure_from_smiles("CCO", seed=0)
    bare = Structure(ethanol.numbers, ethanol.positions)
    with pytest.raises(UnsupportedMoleculeError, match="bonds"):
        relaxed(method, bare)
    assert relaxed(method, with_perceived_bonds(bare)).stop_reason == StopReason.CONVERGED


def test_that_gfn2_xtb_needs_no_bonds_and_refuses_francium() -> None:
    bare = Structure([1, 1], [[0, 0, 0], [0, 0, 0.8]])
    assert relaxed("gfn2-xtb", bare).stop_reason == StopReason.CONVERGED
    with pytest.raises(UnsupportedMoleculeError, match="unsupported element: Fr"):
        relaxed("gfn2-xtb", Structure([87, 1], [[0, 0, 0], [0, 0, 2.0]]))


def test_that_separate_molecules_feel_each_other() -> None:
    water = structure_from_smiles("O", seed=0)
    near = water.positions + np.array([0.0, 0.0, 3.0])
    pair = with_perceived_bonds(Structure([*water.numbers] * 2, [*water.positions, *near]))
    assert len(pair.bonds) == 4
    alone = relaxed("mmff94", water, max_steps=1)[0].energy
    together = relaxed("mmff94", pair, max_steps=1)[0].energy
    assert alone is not None and together is not None
    assert abs(together - 2.0 * alone) > 0.05


def test_that_atoms_on_top_of_each_other_end_as_diverged(baseline: Relaxer) -> None:
    ethanol = structure_from_smiles("CCO", seed=0)
    start = ethanol.with_positions(np.zeros_like(ethanol.positions))
    (trajectory,) = relax_all(baseline, [start], max_steps=20, seed=0)
    assert trajectory.stop_reason == StopReason.DIVERGED


def test_that_a_missing_tblite_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tblite.ase", None)
    with pytest.raises(ExpectedError, match="pip install tblite"):
        build_relaxer(RelaxerChoice(method="gfn2-xtb"))


def test_that_the_record_names_theory_and_versions(baseline: Relaxer) -> None:
    made = baseline.provenance
    assert made.method in BASELINES and made.level_of_theory.lower() == made.method
    assert made.options["fmax"] == 0.01
    assert all(made.versions.values()) and len(made.versions) >= 2
