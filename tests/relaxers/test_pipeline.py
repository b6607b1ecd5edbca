"""A relaxer after another: one trajectory."""

import numpy as np
import pytest

from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core import Relaxer, StopReason, Structure, UnsupportedMoleculeError
from morered_gui.diffusion.forward import noised
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.pipeline import Pipeline
from morered_gui.relaxers.registry import RelaxerChoice, build_relaxer, with_model


def built(method: str) -> Relaxer:
    return build_relaxer(RelaxerChoice(method=method))


def disturbed(smiles: str, t: int = 50) -> Structure:
    return noised(structure_from_smiles(smiles, seed=0), t, seed=1)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(built("mmff94"), built("gfn2-xtb"), "mmff94+xtb")


def test_that_the_second_goes_on_where_the_first_arrived(pipeline: Pipeline) -> None:
    starts = [disturbed("CCO"), disturbed("O")]
    for start, run in zip(starts, relax_all(pipeline, starts, max_steps=500, seed=0), strict=True):
        assert run.stop_reason == StopReason.CONVERGED
        assert [frame.step for frame in run] == list(range(len(run)))
        stages = [frame.stage for frame in run]
        assert stages == sorted(stages) and set(stages) == {0, 1}
        begin = stages.index(1)
        assert np.array_equal(run[begin].positions, run[begin - 1].positions)
        evaluations = [frame.evaluations for frame in run]
        assert evaluations == [k + 1 for k in range(len(run))]
        seconds = [frame.seconds for frame in run]
        assert seconds == sorted(seconds)
        (first,) = relax_all(pipeline.first, [start], max_steps=500, seed=0)
        (second,) = relax_all(pipeline.second, [first.result()], max_steps=500, seed=0)
        assert len(first) == begin and len(second) == len(run) - begin
        np.testing.assert_allclose(run[-1].positions, second[-1].positions, atol=1e-6)
        assert run[-1].evaluations == first[-1].evaluations + second[-1].evaluations


def test_that_steps_count_over_both_stages(pipeline: Pipeline) -> None:
    start = disturbed("CCO")
    (whole,) = relax_all(pipeline, [start], max_steps=500, seed=0)
    begin = next(frame.step for frame in whole if frame.stage == 1)
    for max_steps, stage in ((begin - 3, 0), (begin, 0), (begin + 2, 1)):
        (run,) = relax_all(pipeline, [start], max_steps=max_steps, seed=0)
        assert run[-1].stage == stage
        assert run[-1].step <= max_steps
    assert run[-1].step == begin + 2 and run.stop_reason == StopReason.MAX_STEPS


def test_that_fixed_atoms_stay_in_both_stages(pipeline: Pipeline) -> None:
    start = disturbed("CCO")
    held = np.arange(len(start)) < 3
    items = list(pipeline.relax([start], max_steps=300, seed=0, fixed=[held]))
    assert items[-1].frame.stage == 1
    for item in items:
        assert np.array_equal(item.frame.positions[held], start.positions[held])


def test_that_what_either_refuses_is_refused_at_once(pipeline: Pipeline) -> None:
    with pytest.raises(UnsupportedMoleculeError, match="unsupported element: B"):
        pipeline.relax([structure_from_smiles("CB(O)O", seed=0)], max_steps=5, seed=0)
    turned = Pipeline(pipeline.second, pipeline.first, "xtb+mmff94")
    with pytest.raises(UnsupportedMoleculeError, match="no parameters"):
        turned.relax([structure_from_smiles("F", seed=0)], max_steps=5, seed=0)


def test_that_a_diverged_first_stage_ends_the_run(pipeline: Pipeline) -> None:
    ethanol = structure_from_smiles("CCO", seed=0)
    start = ethanol.with_positions(np.zeros_like(ethanol.positions))
    (run,) = relax_all(pipeline, [start], max_steps=20, seed=0)
    assert run.stop_reason == StopReason.DIVERGED and run[-1].stage == 0


def test_that_a_run_can_be_closed_in_either_stage(pipeline: Pipeline) -> None:
    for stage in (0, 1):
        run = pipeline.relax([disturbed("CO")], max_steps=300, seed=0)
        assert next(item for item in run if item.frame.stage == stage)
        run.close()
        assert list(run) == []


def test_that_the_record_names_both_stages(pipeline: Pipeline) -> None:
    made = pipeline.provenance
    assert (made.method, made.level_of_theory) == ("mmff94+xtb", "GFN2-xTB")
    assert made.options["stages"] == ["mmff94", "gfn2-xtb"]
    assert {"rdkit", "tblite", "ase"} <= set(made.versions)


def test_that_few_steps_save_evaluations_of_gfn2_xtb() -> None:
    fast = build_relaxer(RelaxerChoice(method="fast+xtb"), threads=1)
    assert isinstance(fast, Pipeline)
    assert fast.provenance.model == with_model(RelaxerChoice(method="fast"), ()).model
    assert fast.provenance.method == "fast+xtb"
    start = disturbed("CC(=O)N", t=100)
    (polished,) = relax_all(fast, [start], max_steps=500, seed=0)
    (alone,) = relax_all(fast.second, [start], max_steps=500, seed=0)
    assert {polished.stop_reason, alone.stop_reason} == {StopReason.CONVERGED}
    n_network = [frame.stage for frame in polished].index(1)
    assert n_network > 1 and polished[-1].evaluations - n_network < alone[-1].evaluations
    assert polished[-1].energy == pytest.approx(alone[-1].energy, abs=0.01)
