"""Relaxers by their names: which networks they are made of, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from morered_gui.core import ExpectedError, StopReason, Structure
from morered_gui.diffusion.checkpoint import (
    METHODS_OF_KIND,
    ModelConfig,
    ModelError,
    ModelFolder,
    save_model,
)
from morered_gui.diffusion.config import NetworkKind
from morered_gui.relaxers.collect import relax_all
from morered_gui.relaxers.registry import (
    Backend,
    RelaxerChoice,
    build_relaxer,
    capabilities_of,
    left_aside,
)
from tests.diffusion import parity

KINDS = {"jt": NetworkKind.JOINT, "ddpm": NetworkKind.NOISE, "time": NetworkKind.TIME}


def save(folder: Path, name: str, **options: object) -> Path:
    """One of the recorded networks as a model folder."""
    network = parity.network(name)
    config = ModelConfig(
        name=folder.name,
        network=network.config,
        methods=METHODS_OF_KIND[KINDS[name]],
        elements=(1, 6, 7, 8),
        **options,
    )
    save_model(folder, config, network.state_dict())
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    save(folder / "joint", "jt")
    save(folder / "noise", "ddpm", time_model="clock")
    save(folder / "alone", "ddpm")
    save(folder / "clock", "time")
    save(folder / "cosine", "time", schedule="cosine")
    return folder


def time_steps(choice: RelaxerChoice, steps: int = 4) -> list[float | None]:
    """Predicted t of the frames of a recorded molecule."""
    (run,) = relax_all(build_relaxer(choice), parity.molecules()[:1], max_steps=steps, seed=0)
    return [frame.t for frame in run]


def test_that_a_process_of_its_own_is_told_by_the_provenance(tmp_path: Path) -> None:
    short = save(tmp_path / "short", "jt", schedule="cosine", n_steps=100)
    usual = save(tmp_path / "usual", "jt")
    found = [build_relaxer(RelaxerChoice(method="jt", model=str(m))) for m in (short, usual)]
    options = [relaxer.provenance.options for relaxer in found]
    assert (options[0]["schedule"], options[0]["n_steps"]) == ("cosine", 100)
    assert "schedule" not in options[1]


def test_that_itp_asks_once_and_as_before_every_step(models: Path) -> None:
    itp = time_steps(RelaxerChoice(method="itp", model=str(models / "noise")))
    asked = time_steps(RelaxerChoice(method="as", model=str(models / "noise")))
    first = itp[0]
    assert first is not None and first > 4
    assert itp == [first - k for k in range(5)]
    assert asked[0] == first and asked != itp


def test_that_another_time_network_can_be_named(models: Path) -> None:
    choice = RelaxerChoice(
        method="itp", model=str(models / "alone"), time_model=str(models / "clock")
    )
    relaxer = build_relaxer(choice)
    assert relaxer.provenance.model == "alone + clock"
    assert len(relaxer.provenance.model_hash.split(" + ")) == 2


def test_that_plain_diffusion_takes_the_given_steps(models: Path) -> None:
    choice = RelaxerChoice(method="ddpm", model=str(models / "alone"), start_t=3)
    assert time_steps(choice, steps=100) == [3, 2, 1, 0, 0]
    (run,) = relax_all(build_relaxer(choice), parity.molecules()[:1], max_steps=100, seed=0)
    assert run.stop_reason == StopReason.CONVERGED
    assert run.provenance.options["start_t"] == 3


@pytest.mark.parametrize("start_t", [None, -1, 1000])
def test_that_plain_diffusion_has_to_be_told_where_to_start(
    models: Path, start_t: int | None
) -> None:
    choice = RelaxerChoice(method="ddpm", model=str(models / "alone"), start_t=start_t)
    with pytest.raises(ExpectedError, match="--start-t"):
        build_relaxer(choice)


@pytest.mark.parametrize(
    ("model", "time_model", "message"),
    [
        ("alone", "", "names no time network"),
        ("noise", "joint", "is no time network"),
        ("noise", "cosine", "other schedules"),
        ("noise", "missing", "no model 'missing'"),
        ("joint", "", "not 'itp'"),
    ],
)
def test_that_networks_that_do_not_go_together_are_refused(
    models: Path, model: str, time_model: str, message: str
) -> None:
    time_path = models / time_model
    name = str(time_path) if time_model and time_path.is_dir() else time_model
    with pytest.raises(ModelError, match=message):
        build_relaxer(RelaxerChoice(method="itp", model=str(models / model), time_model=name))


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (RelaxerChoice(method="mmff94", model="everyday", start_t=0), ["model", "start_t"]),
        (RelaxerChoice(method="fast", time_model="qm9-time", start_t=5), ["time_model", "start_t"]),
        (RelaxerChoice(method="mlff", backend=Backend.SCHNETPACK), ["backend"]),
        (RelaxerChoice(method="as", model="qm9-ddpm", time_model="qm9-time"), []),
        (RelaxerChoice(method="ddpm", start_t=5, backend=Backend.SCHNETPACK), []),
    ],
)
def test_that_settings_without_a_meaning_are_named(choice: RelaxerChoice, names: list[str]) -> None:
    assert left_aside(choice) == names


def test_that_an_unknown_method_is_refused_by_name() -> None:
    with pytest.raises(ExpectedError, match="no method 'magic'; there are: fast, jt"):
        build_relaxer(RelaxerChoice(method="magic"))


def test_that_the_reference_modules_give_the_same_run(models: Path) -> None:
    start = [Structure(m.numbers, m.positions) for m in parity.molecules()[:1]]
    runs = [
        relax_all(
            build_relaxer(RelaxerChoice(method="as", model=str(models / "noise"), backend=backend)),
            start,
            max_steps=3,
            seed=1,
        )[0]
        for backend in ("native", "schnetpack")
    ]
    for ours, theirs in zip(*runs, strict=True):
        np.testing.assert_allclose(ours.positions, theirs.positions, atol=1e-3)


def test_that_a_molecule_has_to_be_in_the_domain_of_the_time_network_too(
    models: Path, tmp_path: Path
) -> None:
    narrow = save(tmp_path / "narrow", "time", charges=(0,), max_atoms=20)
    config = ModelFolder.open(narrow).config
    save_model(narrow, replace(config, elements=(1, 6)), parity.network("time").state_dict())
    choice = RelaxerChoice(method="as", model=str(models / "noise"), time_model=str(narrow))
    assert build_relaxer(choice).capabilities.elements == {1, 6}
    assert capabilities_of(choice) == build_relaxer(choice).capabilities
