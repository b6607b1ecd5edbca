"""What GFN2-xTB says of a result, and bonds that come with a data set."""

import numpy as np
import pytest

from morered_gui.bench import scoring, xtb
from morered_gui.bench.molecules import choose_molecules
from morered_gui.bench.scoring import Case, Score, score
from morered_gui.bench.starts import find_start, make_start
from morered_gui.chem.smiles import smiles_of, structure_from_smiles
from morered_gui.core import Frame, Provenance, StopReason, Structure, Trajectory, rmsd
from morered_gui.relaxers.xtb import KCAL_PER_MOL, xtb_point
from morered_gui.training.dataset import (
    ATOM_ORDER,
    SMILES_ORDER,
    EquilibriumSet,
    Record,
    Split,
)


@pytest.fixture(scope="module")
def reference() -> Structure:
    return xtb.minimum(structure_from_smiles("CCO", optimise=True))[0]


def scored(reference: Structure, result: Structure, *, energies: bool = True) -> Score:
    """A run that went from the reference, slightly stretched, to the result."""
    made = make_start(reference, find_start("gfn2-xtb"), seed=0, index=0)
    case = Case(
        index=0,
        reference=reference,
        start=find_start("mmff94"),
        entry="none",
        seed=0,
        minimum=made if energies else None,
    )
    trajectory = Trajectory(reference, Provenance(method="none"))
    for k, x in enumerate([1.01 * reference.positions, result.positions]):
        trajectory.append(Frame(step=k, positions=x, evaluations=k))
    trajectory.stop_reason = StopReason.CONVERGED
    return score(case, trajectory, None)


def test_that_energy_and_rmsd_are_those_above_the_minimum(reference: Structure) -> None:
    result = reference.with_positions(1.02 * reference.positions)
    found = scored(reference, result)
    expected = (xtb_point(result).energy - xtb.minimum(reference)[1]) / KCAL_PER_MOL
    assert found.above_minimum == pytest.approx(expected, abs=1e-3)
    assert expected > 0.5
    assert found.rmsd_minimum == pytest.approx(
        rmsd(result.positions, reference.positions), abs=5e-3
    )


def test_that_a_start_at_the_reference_has_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    water = structure_from_smiles("O", seed=0)
    monkeypatch.setattr(scoring, "distance", lambda *_: 0.0)  # rounding leaves 1e-16, or not
    found = scored(water, water, energies=False)
    assert found.ratio is None and not found.failed


def test_that_another_molecule_has_no_energy_above_this_one(reference: Structure) -> None:
    positions = reference.positions.copy()
    positions[-1] += 3.0
    found = scored(reference, reference.with_positions(positions))
    assert not found.bonds_kept
    assert found.above_minimum is None and found.rmsd_minimum is None


def test_that_energies_are_left_out_unless_asked_for(reference: Structure) -> None:
    assert scored(reference, reference, energies=False).above_minimum is None


def test_that_bonds_come_from_the_smiles_where_its_atoms_are_those_of_the_structure() -> None:
    """A sulfonamide anion: perception would have to guess its charges."""
    smiles = "CS(=O)(=O)[N-]C(C)=O"
    made = structure_from_smiles(smiles, optimise=True)
    record = Record(made.numbers, made.positions, index=7, charge=-1, smiles=smiles)
    data = EquilibriumSet.collect([record], {ATOM_ORDER: SMILES_ORDER})
    (found,) = choose_molecules(data, 1, Split.TEST).values()
    assert smiles_of(found) == smiles_of(made)
    assert found.charge == -1
    assert np.allclose(found.positions, made.centred().positions, atol=1e-5)


def test_that_all_structures_can_be_put_into_one_part() -> None:
    records = [Record(np.array([2]), np.zeros((1, 3)), index=k) for k in (0, 8, 7, 50)]
    data = EquilibriumSet.collect(records, {})
    for part in Split:
        assert data.all_for(part).members(part).tolist() == [0, 1, 2, 3]
    assert len(set(data.all_for(Split.TEST).index)) == 4
