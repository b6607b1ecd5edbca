"""The check of a result: bonds, stereo, clashes, energies, and the best frame."""

import numpy as np
import pytest

from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core import Frame, Provenance, StopReason, Structure, Trajectory
from morered_gui.diffusion.forward import noised
from morered_gui.relaxers.check import (
    Grade,
    best_frame,
    better_frame,
    check_result,
    check_run,
    held_atoms,
    xtb_of,
)
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer
from morered_gui.relaxers.xtb import (
    KCAL_PER_MOL,
    XtbCourse,
    XtbError,
    XtbPoint,
    xtb_obstacle,
    xtb_point,
    xtb_points,
)

MIRROR = np.array([1.0, 1.0, -1.0])
ETHANOL = structure_from_smiles("CCO", seed=1, optimise=True)
LACTIC = structure_from_smiles("C[C@H](O)C(=O)O", seed=1, optimise=True)


def mirrored(structure: Structure) -> Structure:
    return structure.with_positions(structure.positions * MIRROR)


def run_of(start: Structure, t: list[float], reason: StopReason) -> Trajectory:
    run = Trajectory(start, Provenance("test"))
    for k, each in enumerate(t):
        run.append(Frame(k, start.positions, t=each))
    run.stop_reason = reason
    return run


def course_of(*energies: float) -> XtbCourse:
    return XtbCourse(np.array(energies), np.ones(len(energies)))


def test_that_a_molecule_at_rest_is_good() -> None:
    check = check_result(ETHANOL, ETHANOL)
    assert (check.bonds_kept, check.stereo_kept, check.clashes) == (True, None, ())
    assert check.grade == Grade.GOOD
    assert check.headline == "Same bonds, no clashes"
    assert check.energy_words == ""


def test_that_a_lost_bond_is_named_and_stereo_is_not_judged_then() -> None:
    x = LACTIC.positions.copy()
    hydrogen = next(j for i, j in LACTIC.bonds.tolist() if i == 2 and LACTIC.numbers[j] == 1)
    x[hydrogen] += 2.0 * (x[hydrogen] - x[2])
    check = check_result(LACTIC, LACTIC.with_positions(x))
    assert check.grade == Grade.BAD
    assert check.broken == (f"O3-H{hydrogen + 1}",)
    assert check.stereo_kept is None
    assert check.headline.startswith(f"Bonds changed: O3-H{hydrogen + 1} broken")


def test_that_bonds_that_are_too_short_are_no_sound_structure() -> None:
    hydrogen = structure_from_smiles("[H][H]")
    check = check_result(hydrogen, hydrogen.with_positions(0.1 * hydrogen.positions))
    assert (check.grade, check.headline) == (Grade.BAD, "Same bonds, H1-H2 too short, no clashes")
    assert check.as_dict()["squeezed_bonds"] == 1
    small = ETHANOL.with_positions(0.6 * ETHANOL.positions)
    assert " and 5 more too short" in check_result(ETHANOL, small).headline


@pytest.mark.parametrize("smiles", ["N#N", "[C-]#[O+]", "C#N", "C#C", "[H][H]", "F", "O=S(=O)=O"])
def test_that_the_shortest_bonds_there_are_are_none_too_short(smiles: str) -> None:
    structure = structure_from_smiles(smiles, seed=0)
    relaxer = build_relaxer(RelaxerChoice(method="gfn2-xtb"))
    (run,) = relax_all(relaxer, [structure], max_steps=50, seed=0)
    assert check_run(run).squeezed == ()


def test_that_a_result_in_which_much_noise_is_seen_is_not_at_rest() -> None:
    check = check_run(run_of(ETHANOL, [300.0, 240.0, 238.0], StopReason.PLATEAU))
    assert check.grade == Grade.CARE
    assert check.headline == "Same bonds, no clashes, not at rest (predicted t 238)"
    assert check_run(run_of(ETHANOL, [300.0, 12.0], StopReason.PLATEAU)).grade == Grade.GOOD


def test_that_a_single_atom_is_always_at_rest() -> None:
    chloride = structure_from_smiles("[Cl-]")
    assert check_run(run_of(chloride, [127.0], StopReason.PLATEAU)).grade == Grade.GOOD


@pytest.mark.parametrize(
    ("smiles", "changed"),
    [
        ("C[C@H](O)C(=O)O", ["C2"]),
        ("CS(=O)CC", ["S2"]),
        ("C[C@H]1CC[C@@H](C)CC1", []),  # the mirror image of an achiral molecule
        ("C/C=C/C", []),
    ],
)
def test_that_a_mirror_image_is_another_stereoisomer(smiles: str, changed: list[str]) -> None:
    start = structure_from_smiles(smiles, seed=1)
    check = check_result(start, mirrored(start))
    assert list(check.stereo_changed) == changed
    assert check.stereo_kept == (not changed)
    assert check_result(start, start).headline == "Same bonds, same stereo, no clashes"


def test_that_a_turned_double_bond_is_named() -> None:
    trans = structure_from_smiles("F/C=C/F", seed=1)
    cis = structure_from_smiles("F/C=C\\F", seed=1)
    check = check_result(trans, trans.with_positions(cis.positions))
    assert check.stereo_changed == ("C2-C3",)
    assert check.headline == "Same bonds, stereo changed at C2-C3, no clashes"


def test_that_the_side_of_a_bare_imine_is_no_stereo() -> None:
    assert check_result(*[structure_from_smiles("CC=N", seed=1)] * 2).stereo_kept is None


def test_that_stereo_is_that_of_the_molecule_before_noise() -> None:
    start = noised(LACTIC, 400, seed=3)
    for meant, kept in ((LACTIC, True), (mirrored(LACTIC), False)):
        assert check_result(start, LACTIC, meant=meant).stereo_kept is kept


def test_that_clashes_are_counted_and_the_nearest_is_named() -> None:
    pair = structure_from_smiles("C.C", seed=1)
    x = pair.positions.copy()
    outward = (x[2] - x[0]) / np.linalg.norm(x[2] - x[0])
    # The second methane is the first one's image behind its hydrogen.
    x[[1, 6, 7, 8, 9]] = 2.0 * (x[2] + 0.6 * outward) - x[[0, 2, 3, 4, 5]]
    check = check_result(pair, pair.with_positions(x))
    assert (check.clashes[0].i, check.clashes[0].j) == (2, 6)
    assert check.grade == Grade.CARE
    assert "clash" in check.headline and "H3-H7 1.20 Å" in check.headline


def test_that_unknown_bonds_are_said_to_be_unknown() -> None:
    bare = Structure(ETHANOL.numbers, ETHANOL.positions)
    check = check_result(bare, bare)
    assert (check.bonds_kept, check.headline) == (None, "Bonds not known")


def test_that_energies_become_words_and_columns() -> None:
    points = (XtbPoint(-10.0, 2.0), XtbPoint(-10.0 - 3 * KCAL_PER_MOL, 0.25))
    check = check_result(ETHANOL, ETHANOL, energies=points)
    assert check.energy_words == "3.0 kcal/mol below the start, largest force 0.25 eV/Å"
    table = check.as_dict()
    assert table["xtb_change"] == pytest.approx(-3.0)
    assert (table["bonds_kept"], table["clashes"], table["xtb_max_force"]) == (True, 0, 0.25)
    assert table["verdict"] == "Same bonds, no clashes"
    risen = check_result(ETHANOL, ETHANOL, energies=(points[1], points[0]))
    assert risen.grade == Grade.CARE and "3.0 kcal/mol above" in risen.energy_words


def test_that_the_best_frame_is_told_where_the_last_one_is_worse() -> None:
    run = run_of(ETHANOL, [50, 3, 30], StopReason.MAX_STEPS)
    better = check_run(run).better
    assert better is not None and better.index == 1
    assert better.reason == "its predicted t is 3, that of the last 30"
    assert better_frame(run_of(ETHANOL, [50, 3, 4.5], StopReason.PLATEAU)) is None


def test_that_energies_decide_where_all_are_known() -> None:
    run = run_of(ETHANOL, [50, 3, 30], StopReason.MAX_STEPS)
    assert best_frame(run, course_of(-1.0, -2.0, -3.0)) == 2
    assert best_frame(run, course_of(-4.0, -2.0, np.nan)) == 1  # not all known: t decides
    better = better_frame(run, course_of(-4.0, np.nan, -4.0 + KCAL_PER_MOL))
    assert better is not None and better.index == 0
    assert better.reason == "its GFN2-xTB energy is 1.0 kcal/mol lower"


def test_that_a_frame_with_other_bonds_is_not_the_best_by_energy() -> None:
    run = Trajectory(ETHANOL, Provenance("test"))
    run.append(Frame(0, ETHANOL.positions * 3.0))
    run.append(Frame(1, ETHANOL.positions))
    assert best_frame(run, course_of(-9.0, -1.0)) == 1


def test_that_a_result_without_positions_is_bad() -> None:
    run = Trajectory(ETHANOL, Provenance("test"))
    run.append(Frame(0, np.full((9, 3), np.nan)))
    run.stop_reason = StopReason.DIVERGED
    assert check_run(run).grade == Grade.BAD
    assert check_run(run).as_dict()["clashes"] is None


def test_that_gfn2_xtb_is_asked_of_start_and_result_and_frozen_atoms_do_not_count() -> None:
    x = ETHANOL.positions.copy()
    x[8] += 0.05
    run = Trajectory(ETHANOL, Provenance("test"))
    run.append(Frame(0, ETHANOL.positions))
    run.append(Frame(1, x))
    run.stop_reason = StopReason.CONVERGED
    assert held_atoms(run).tolist() == [True] * 8 + [False]
    before, after = xtb_of(run)
    assert before is not None and after is not None
    assert before.energy == pytest.approx(xtb_point(ETHANOL).energy, abs=1e-5)
    (free,) = xtb_points(ETHANOL, [x])
    assert free is not None and free.max_force >= after.max_force
    check = check_run(run, energies=(before, after))
    assert check.energy_change == pytest.approx((after.energy - before.energy) / KCAL_PER_MOL)


def test_that_a_geometry_without_an_energy_spoils_no_other() -> None:
    piled = np.zeros_like(ETHANOL.positions)
    points = list(xtb_points(ETHANOL, [piled, ETHANOL.positions]))
    assert points[0] is None and points[1] is not None
    course = XtbCourse.of(points, 3)
    assert not course.complete and course.point(0) is None and course.point(1) == points[1]


def test_that_a_radical_gets_no_energy_but_a_reason() -> None:
    methyl = structure_from_smiles("[CH3]", seed=1)
    assert "odd number of electrons" in xtb_obstacle(methyl)
    with pytest.raises(XtbError, match="odd number"):
        xtb_points(methyl, [methyl.positions])
