"""Which runs share an axis, what it is called, and by which process a step is explained."""

import numpy as np
import pytest

from morered_gui.app.curves import (
    axis_labels,
    level_of,
    may_be_diffused,
    note_on,
    of_one_process,
    schedule_drawn,
    shares_axis,
    time_words,
    titles_of,
)
from morered_gui.app.explain import update_numbers
from morered_gui.app.made_by import energy_name, schedule_of, time_source
from morered_gui.app.records import RunRecord
from morered_gui.app.references import Reference
from morered_gui.core import Frame, Provenance, Trajectory
from morered_gui.diffusion.schedule import cosine_schedule
from morered_gui.relaxers.methods import TimeSource
from tests.app.molecules import WATER


def run_by(
    method: str,
    model: str = "",
    *,
    level: str = "",
    own: bool = False,
    options: dict[str, object] | None = None,
) -> RunRecord:
    """Two frames; with an energy where the method may have one, with a t where not."""
    made = Provenance(method, model, level_of_theory=level, options=options or {})
    trajectory = Trajectory(WATER, made)
    energies = bool(energy_name(made))
    for step in range(2):
        trajectory.append(
            Frame(
                step,
                WATER.positions,
                t=None if energies else 10.0,
                energy=-100.0 if energies else None,
            )
        )
    return RunRecord(trajectory, Reference(WATER, "final frame", own=own))


def test_that_energies_are_drawn_with_those_of_the_same_zero_alone() -> None:
    mmff, again, xtb, fast = (
        run_by("mmff94"),
        run_by("mmff94"),
        run_by("gfn2-xtb"),
        run_by("fast", "qm9-fast"),
    )
    level = level_of(mmff, [again, xtb, fast])
    assert level == "MMFF94"
    drawn = [shares_axis("energy", run, level) for run in (mmff, again, xtb, fast)]
    assert drawn == [True, True, False, False]
    assert all(shares_axis("rmsd", run, level) for run in (mmff, again, xtb, fast))
    text, short = axis_labels("energy", [mmff], level)
    assert text == "MMFF94 energy above the lowest (kcal/mol)" and short == "MMFF94 (kcal/mol)"
    assert note_on("energy", mmff, [again]) == ()
    assert "GFN2-xTB has another zero" in note_on("energy", mmff, [again, xtb, fast])[0]


def test_that_a_run_without_energies_shows_those_of_another_and_says_so() -> None:
    fast, mmff = run_by("fast", "qm9-fast"), run_by("mmff94")
    assert level_of(fast, [mmff]) == "MMFF94"
    assert note_on("energy", fast, [mmff]) == ("Few steps gives no energies.",)
    assert level_of(fast, []) == ""
    assert "All frames" in note_on("energy", fast, [])[0]
    assert not shares_axis("energy", fast, "")


@pytest.mark.parametrize(
    ("method", "model", "name"),
    [
        ("fast+xtb", "everyday", "GFN2-xTB"),
        ("gfn2-xtb", "", "GFN2-xTB"),
        ("mmff94s", "", "MMFF94s"),
        ("mlff", "qm9-mlff", "Learned force field"),
        ("mlff", "mine", "Learned force field, mine"),
        ("jt", "qm9-jt", ""),
    ],
)
def test_that_energies_have_the_name_of_what_computes_them(
    method: str, model: str, name: str
) -> None:
    assert energy_name(Provenance(method, model, level_of_theory="GFN2-xTB")) == name


def test_that_energies_of_a_learned_force_field_are_no_gfn2_xtb_energies() -> None:
    """Though it has learnt from such."""
    assert not run_by("mlff", "qm9-mlff", level="GFN2-xTB").series.knows("xtb")
    assert run_by("gfn2-xtb", level="GFN2-xTB").series.knows("xtb")


def test_that_a_time_step_is_called_what_it_is() -> None:
    given, once, predicted = (run_by(name, "qm9-ddpm") for name in ("ddpm", "itp", "as"))
    sources = [time_source(run.made) for run in (given, once, predicted)]
    assert sources == [TimeSource.GIVEN, TimeSource.COUNTED, TimeSource.PREDICTED]
    assert time_words([given]) == ("Given time step t", "Given t")
    assert time_words([predicted, run_by("mmff94")])[1] == "Predicted t"
    assert time_words([given, predicted])[0] == "Time step t"
    assert titles_of(given)["t"] == "Given time step t"
    (first, *_) = update_numbers(frame(), given.made)
    assert (first.symbol, first.meaning) == ("t", "time step, given and counted down")


def test_that_points_of_one_process_stand_beside_each_other() -> None:
    usual, again, timeless = run_by("jt"), run_by("fast"), run_by("mmff94")
    own = run_by("jt", "mine", options={"schedule": "cosine", "n_steps": 100})
    assert of_one_process(usual, [own, again, timeless]) == [again]
    assert of_one_process(timeless, [usual, again, own]) == [own]  # the newest decides
    assert of_one_process(None, [timeless]) == []
    assert schedule_drawn(timeless) is schedule_drawn(None) is None


def test_that_what_was_measured_to_its_own_start_was_not_diffused_from_it() -> None:
    run = run_by("jt")
    assert not may_be_diffused(None) and not may_be_diffused(run)
    run.reference = Reference(WATER.with_positions(WATER.positions), "molecule before noise")
    assert may_be_diffused(run)


def test_that_runs_measured_to_different_structures_are_told() -> None:
    one, other = run_by("mmff94", own=True), run_by("jt", own=True)
    assert "its own final frame" in note_on("rmsd", one, [other])[0]
    other.reference = Reference(WATER, "molecule before noise")
    assert "not all runs" in note_on("rmsd", one, [other])[0]
    assert note_on("rmsd", one, []) == ()


def frame() -> Frame:
    return Frame(0, WATER.positions, t=30.0, noise=np.full((3, 3), 0.5))


def values(made: Provenance) -> dict[str, str]:
    return {line.symbol: line.value for line in update_numbers(frame(), made)}


def test_that_a_step_is_explained_by_the_process_of_its_model() -> None:
    options = {"schedule": "cosine", "n_steps": 100}
    own, usual = (Provenance("jt", "mine", options=o) for o in (options, {}))
    wanted = cosine_schedule(100)
    assert np.array_equal(schedule_of(own).alpha_bar, wanted.alpha_bar)
    assert values(own)["√(1 - ᾱₜ)"] == f"{wanted.noise_level[30]:.4f} Å"
    assert values(own)["√(1 - ᾱₜ)"] != values(usual)["√(1 - ᾱₜ)"]


@pytest.mark.parametrize(
    "options", [{"schedule": "none"}, {"n_steps": 10**12}, {"n_steps": "x"}, {"schedule": []}]
)
def test_that_an_impossible_process_in_a_file_is_the_usual_one(options: dict[str, object]) -> None:
    assert schedule_of(Provenance("jt", options=options)).n_steps == 1000


def test_that_a_jump_is_explained_as_a_jump() -> None:
    """The few-step method puts no noise back, nor does it take a small share of it away."""
    assert "βₜ" in values(Provenance("jt"))
    assert "βₜ" not in values(Provenance("fast"))
    assert values(Provenance("fast"))["z"] == "0"
