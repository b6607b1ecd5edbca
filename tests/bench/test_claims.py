"""The claims: which benchmark each asks for, and what it makes of the numbers."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from morered_gui.bench import claims, dft
from morered_gui.bench.claims import CLAIMS, claim_protocol, find_claim, write_claim
from morered_gui.bench.protocol import CHUNK, Protocol, chunk_size
from morered_gui.bench.results import JSON_FILE, Results
from morered_gui.bench.run import run_benchmark
from morered_gui.bench.scoring import Case, Score, score
from morered_gui.bench.starts import find_start
from morered_gui.bench.work import LeftOut
from morered_gui.bench.workers import Lost
from morered_gui.core import ExpectedError, Frame, Provenance, StopReason, Structure, Trajectory
from morered_gui.diffusion.checkpoint import METHODS_OF_KIND, ModelConfig, save_model
from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.training.claim_models import claim_configs
from morered_gui.training.dataset import Split
from tests.bench import tools

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "results"
LEVEL = "B3LYP/6-31G(2df,p)"
ABOUT = {
    "command": "morered claims run",
    "finished": "2026-11-23",
    "program": {"commit": "abc"},
    "data": {"level_of_theory": LEVEL},
    "configuration": {},
}


def scores(entry: str, start: str, ratios: Sequence[float], **options: Any) -> list[Score]:
    plain: dict[str, Any] = {
        "n_atoms": 9,
        "seed": 0,
        "rmsd_start": 0.2,
        "moved": 0.1,
        "same_start": None,
        "same_result": True,
        "t_start": None,
        "t_final": None,
        "steps": 3,
        "evaluations": 4,
        "energy_frames": 0,
        "seconds": None,
        "stop_reason": "converged",
        "bonds_kept": True,
    }
    return [
        Score(index=k, entry=entry, start=start, rmsd=0.2 * r, ratio=r, **(plain | options))
        for k, r in enumerate(ratios)
    ]


def results(found: Sequence[Score], **entries: dict[str, Any]) -> Results:
    blank = {"model": "", "level_of_theory": LEVEL}
    labels = {s.entry: blank | entries.get(s.entry, {}) for s in found}
    return Results(about=ABOUT, entries=labels, scores=found, curves=[], left_out=[], lost=[])


def write(name: str, found: Results, folder: Path) -> tuple[list[str], dict[str, Any]]:
    said = write_claim(find_claim(name), found, folder, ["mlff@qm9-mlff: no model"])
    table = (folder / claims.TABLE).read_text(encoding="utf-8")
    assert all(sentence in table for sentence in said) and "no model" in table
    assert (folder / claims.FIGURE).read_text(encoding="utf-8").startswith("<svg")
    return said, json.loads((folder / claims.JSON).read_text(encoding="utf-8"))


def test_that_robustness_tells_who_breaks_first_and_how(tmp_path: Path) -> None:
    found = [
        *scores("jt", "t10", [0.5, 0.6, 0.7]),
        *scores("jt", "t400", [0.4, 0.5, 1.5]),
        *scores("jt", "t900", [2.0, 2.0, 0.9]),
        *scores("mmff94", "t10", [3.0, 3.0, 3.0]),
        *scores("mmff94", "t400", [0.9, 1.0, 1.0], bonds_kept=False),
        *scores("mmff94", "t200", [0.2, 0.3, 0.3]),
    ]
    said, written = write("robustness", results(found), tmp_path)
    assert said[0] == (
        "Half of the molecules fail by mmff94 from t = 400 (bonds changed 100 %); "
        "jt from t = 900 (led away 67 %)."
    )
    assert said[1].endswith("led away from it: mmff94 up to t = 10.")
    assert "told the bonds" in said[2]
    row = next(r for r in written["rows"] if (r["method"], r["t"]) == ("jt", 400))
    assert row["ratio"] == 0.5 and row["failed"] == pytest.approx(1 / 3)
    assert written["left_out"] == ["mlff@qm9-mlff: no model"]


def save(folder: Path, name: str, kind: NetworkKind, n: int, level: str = LEVEL) -> str:
    config = ModelConfig(
        name=name,
        network=NetworkConfig(kind=kind, n_features=4),
        methods=METHODS_OF_KIND[kind],
        level_of_theory=level,
        training={"structures": n, "data": {"evaluations": 900, "molecules": 30}},
    )
    save_model(folder / name, config, {})
    return f"{METHODS_OF_KIND[kind][0]}@{folder / name}"


def test_that_efficiency_compares_at_equal_numbers_of_calculations(tmp_path: Path) -> None:
    jt = save(tmp_path, "jt-1000", NetworkKind.JOINT, 1000)
    mlff = save(tmp_path, "mlff-1000", NetworkKind.ENERGY, 1000)
    more = save(tmp_path, "jt-5000", NetworkKind.JOINT, 5000)
    found = [
        s
        for e, r in ((jt, 0.4), (mlff, 0.8), (more, 0.3))
        for s in scores(e, "t100", [r, r + 0.1, 2.0])
    ]
    said, written = write("efficiency", results(found), tmp_path / ".")
    assert said == [
        "From t100 with 1000 calculations: ratio 0.50 by MoreRed (33 % failed), 0.90 by the force "
        "field (33 %)."
    ]
    by_name = {row["model"]: row for row in written["rows"]}
    assert by_name["jt-1000"]["energies and gradients"] == 30_000
    assert by_name["mlff-1000"]["energies and gradients"] == 1000


def test_that_efficiency_refuses_references_of_another_level(tmp_path: Path) -> None:
    other = save(tmp_path, "jt", NetworkKind.JOINT, 10, level="GFN2-xTB")
    with pytest.raises(ExpectedError, match="compare like with like"):
        write("efficiency", results(scores(other, "t100", [0.5])), tmp_path)


def test_that_level_shows_what_each_measure_prefers(tmp_path: Path) -> None:
    found = [
        *scores("jt@a", "mmff94", [0.2], rmsd_minimum=0.06, above_minimum=1.4),
        *scores("jt@b", "mmff94", [0.3], rmsd_minimum=0.02, above_minimum=0.1),
    ]
    trained = {"jt@a": {"model": "jt-dft"}, "jt@b": {"model": "jt-gfn2"}}
    said, _ = write("level", results(found, **trained), tmp_path)
    assert said == [
        "From mmff94 the lowest are: RMSD to reference jt-dft (0.040), RMSD to GFN2-xTB jt-gfn2 "
        "(0.020) and GFN2-xTB energy jt-gfn2 (0.100)."
    ]


def test_that_level_tells_how_many_lack_an_energy(tmp_path: Path) -> None:
    found = [
        *scores("jt", "mmff94", [0.2, 0.3], rmsd_minimum=0.06, above_minimum=1.4),
        *scores("fast", "mmff94", [0.2]),
        *scores("fast", "mmff94", [0.3], rmsd_minimum=0.02, above_minimum=0.1),
    ]
    _, written = write("level", results(found), tmp_path)
    assert [(row["n"], row["without energy"]) for row in written["rows"]] == [(2, 0), (2, 1)]


def test_that_a_claim_names_what_has_no_score_and_all_programs_behind_it(tmp_path: Path) -> None:
    found = replace(
        results(scores("fast", "mmff94", [0.2], above_dft=0.3)),
        about=ABOUT | {"earlier": [{"program": {"commit": "def"}}, {"program": {"commit": "abc"}}]},
        left_out=[LeftOut(k, "mmff94", "fast", 0, "no water") for k in (1, 2)],
        lost=[Lost("run/fast/mmff94/0/10", "Traceback\nKeyError: 7\n")],
    )
    _, written = write("dft", found, tmp_path)
    gaps = ["2 of fast from mmff94: no water", "run/fast/mmff94/0/10, lost: KeyError: 7"]
    assert written["left_out"] == ["mlff@qm9-mlff: no model", *gaps]
    table = (tmp_path / claims.TABLE).read_text(encoding="utf-8")
    assert all(f"Left out: {gap}." in table for gap in gaps)
    assert table.endswith("Finished 2026-11-23, commit abc and def.\n")


@pytest.mark.parametrize("name", ["robustness", "level", "dft"])  # the other one needs its models
def test_that_a_published_table_is_what_is_written(name: str, tmp_path: Path) -> None:
    published = PUBLISHED / f"claim-{name}"
    said = json.loads((published / claims.JSON).read_text(encoding="utf-8"))["left_out"]
    write_claim(find_claim(name), Results.load(published / JSON_FILE), tmp_path, said)
    for file in (claims.TABLE, claims.JSON):
        written = (tmp_path / file).read_text(encoding="utf-8")
        assert written == (published / file).read_text(encoding="utf-8")


def test_that_dft_orders_the_methods_by_their_energy(tmp_path: Path) -> None:
    found = [
        *scores("fast", "mmff94", [0.2, 0.3], above_dft=0.3),
        *scores("mmff94", "mmff94", [1.0, 1.0], above_dft=4.0),
        *scores("jt", "mmff94", [1.0]),
    ]
    said, written = write("dft", results(found), tmp_path)
    assert said[0].endswith("kcal/mol: fast 0.30 and mmff94 4.00.")
    assert [row["without energy"] for row in written["rows"]] == [0, 0, 1]


@pytest.mark.parametrize("name", ["level", "robustness"])  # the others take minutes, or models
def test_that_a_claim_runs_on_a_tiny_set_and_goes_on(name: str, data: Path, tmp_path: Path) -> None:
    protocol, left_out = claim_protocol(
        find_claim(name), ["fast"], data=data, molecules=2, starts=("t50",)
    )
    assert not left_out
    protocol = replace(protocol, split=Split.VALIDATION, max_steps=5, batch_size=1)
    places = tools.places(tmp_path)
    found = run_benchmark(protocol, places, build=tools.spring)
    assert not found.lost and not found.left_out
    _, written = write(name, found, places.results)
    assert len(written["rows"]) == 1 and written["rows"][0]["n"] == 2
    lines = (places.results / "records.jsonl").read_text().splitlines()
    again = run_benchmark(protocol, places, build=tools.spring)
    assert again.scores == found.scores
    assert (places.results / "records.jsonl").read_text().splitlines() == lines


def test_that_own_methods_without_a_model_are_left_out_and_named_ones_are_not(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # those of the claims may lie in the checkout
    protocol, left_out = claim_protocol(find_claim("robustness"), [], data=data)
    assert [str(e) for e in protocol.entries][:1] == ["jt@qm9-jt"]
    assert len(left_out) + len(protocol.entries) == len(CLAIMS["robustness"].methods)
    with pytest.raises(ExpectedError, match="--method"):
        claim_protocol(find_claim("efficiency"), [], data=data)
    with pytest.raises(ExpectedError, match="there are: robustness"):
        find_claim("beauty")


def test_that_dft_changes_no_older_folder_and_saves_after_each_molecule(data: Path) -> None:
    assert "dft" not in tools.protocol(data).as_dict()
    assert chunk_size(tools.protocol(data)) == CHUNK
    pytest.importorskip("pyscf")
    with_dft: Protocol = tools.protocol(data, dft=True)
    assert chunk_size(with_dft) == 1 and with_dft.as_dict()["dft"] is True


def test_that_a_score_has_the_dft_energy_of_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dft, "energy", lambda s: 27.2 * float(np.abs(s.positions).sum()))
    water = Structure([8, 1, 1], [[0.0, 0, 0.12], [0, 0.76, -0.48], [0, -0.76, -0.48]])
    case = Case(
        index=0,
        reference=water,
        start=find_start("mmff94"),
        entry="none",
        seed=0,
        dft=dft.DftEnergies(tmp_path),
    )
    run = Trajectory(water, Provenance(method="none"))
    for k, size in enumerate((1.02, 1.01)):
        run.append(Frame(step=k, positions=size * water.positions))
    run.stop_reason = StopReason.CONVERGED
    found = score(case, run, None)
    expected = 27.2 * 0.01 * np.abs(water.positions).sum() * 23.06
    assert found.above_dft == pytest.approx(expected, rel=1e-3)
    assert score(replace(case, dft=None), run, None).above_dft is None


def test_that_the_networks_of_the_claims_differ_in_data_alone() -> None:
    configs = claim_configs(steps=7)
    assert {c.max_steps for c in configs} == {7} and len({c.name for c in configs}) == len(configs)
    said = ("name", "data", "partners", "n_training", "same_molecules_as", "summary")
    groups = [
        [c for c in configs if c.network.kind == NetworkKind.ENERGY],
        [c for c in configs if c.network.kind == NetworkKind.JOINT and c.start_from is None],
        [c for c in configs if c.start_from is not None],
    ]
    assert [len(here) for here in groups] == [4, 4, 2]
    for here in groups:
        rest = [{k: v for k, v in c.as_dict().items() if k not in said} for c in here]
        assert all(table == rest[0] for table in rest)
