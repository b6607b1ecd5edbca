"""The order of the molecules."""

from itertools import islice
from pathlib import Path

import pytest
from rdkit import Chem

from morered_gui.training.everyday import build, plan
from morered_gui.training.everyday.graphs import TestGraphs
from morered_gui.training.everyday.likeness import Known
from morered_gui.training.everyday.plan import size_class
from tests.training.everyday.candidates import ZINC, smiles

AMINES = ["CC(C)", "Cc1ccc(Cl)cc1", "C1CCOC1", "CCc1ccncc1", "COCC", "c1ccsc1", "CC1CC1", "CC#N"]
ACIDS = [
    "C",
    "CC(C)C",
    "c1ccc(F)cc1",
    "CS(=O)(=O)CC",
    "c1ccco1",
    "CN1CCCC1",
    "c1cnn(C)c1",
    "COc1ccccc1",
]
LARGE = ["c1ccc(Oc2ccccc2)cc1", "CCC(=O)N1CCN(c2ccccc2OC)CC1"]
MORE_ZINC = [f"{acid}C(=O)N{amine}" for amine in AMINES + LARGE for acid in ACIDS + LARGE] + ZINC

LIGANDS = [
    "C" * 20,
    "Nc1ccc(Cl)cc1CC(=O)N1CCCC1C(=O)O",
    "Cn1cnc2c1c(=O)n(CC(=O)N1CCCC1)c(=O)n2C",
    "COc1ccc(C(=O)NCc2ccncc2)cc1",
]
COMPOUNDS = [
    "CCCCCCCCCCCCCCCC(=O)NCCO",  # bends too much
    "O=C([O-])c1ccc(-c2ccc(C(=O)[O-])cc2)cc1",
    "CC(C)(C)c1cc(C=C2C(=O)NN(c3ccccc3)C2=O)cc(C(C)(C)C)c1O",
    "CC(C)(C)c1cc(C=C2C(=O)NN(c3ccccc3)C2=O)cc(C(C)(C)C)c1O",
    "CC(C)(C)c1cc(C=C2C(=O)NN(c3ccccc3C)C2=O)cc(C(C)(C)C)c1O",  # too much like it
    "COc1cc2c(c3c1C(=O)c1ccccc1N3C)C=CC(C)(C)O2",
    "CN(C)c1ccc(C(=C2C=CC(=[N+](C)C)C=C2)c2ccccc2)cc1",
]


@pytest.fixture
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "zinc_smiles", lambda *_: MORE_ZINC)
    monkeypatch.setattr(plan, "ligands", lambda *_: map(Chem.MolFromSmiles, LIGANDS))
    monkeypatch.setattr(plan, "compounds", lambda *_: map(Chem.MolFromSmiles, COMPOUNDS))


@pytest.mark.usefixtures("no_download")
def test_that_every_prefix_of_the_plan_is_balanced_and_keeps_tests_out() -> None:
    tests = TestGraphs.of(["CCO"], ["Nc1ccc(Cl)cc1"])
    first, again = (list(islice(plan.plan(1, tests), 60)) for _ in range(2))
    assert first == again
    assert len({c.smiles for c in first}) == 60
    for n in (20, 40, 60):
        for source, share in plan.SHARES.items():
            assert abs(sum(c.source == source for c in first[:n]) - share * n) <= 1.5
    mols = [Chem.MolFromSmiles(c.smiles) for c in first]
    assert not any(m.HasSubstructMatch(Chem.MolFromSmiles("Nc1ccc(Cl)cc1")) for m in mols)
    assert len({size_class(m) for m in mols}) >= 4
    assert all(m.GetNumHeavyAtoms() <= plan.MAX_HEAVY for m in mols)


@pytest.mark.usefixtures("no_download")
def test_that_after_the_first_part_large_pieces_come_first_and_then_ligands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tests = TestGraphs.of([], ["Nc1ccc(Cl)cc1"])
    drawn = list(islice(plan.plan(1, tests), 45))
    monkeypatch.setattr(plan, "MIXED", 10)
    monkeypatch.setattr(plan, "BLOCK", 30)
    monkeypatch.setattr(plan, "LIGANDS", 1)
    monkeypatch.setattr(plan, "FURTHER", 5)
    monkeypatch.setattr(plan, "WHOLE_FROM", 99)
    ordered = list(islice(plan.plan(1, tests), 47))
    assert ordered[:10] == drawn[:10]
    block = ordered[10:40]
    assert {c.smiles for c in block} == {c.smiles for c in drawn[10:40]}
    heavy = [Chem.MolFromSmiles(c.smiles).GetNumHeavyAtoms() for c in block]
    large = [c.source == "pieces" and n > 15 for c, n in zip(block, heavy, strict=True)]
    n_large = sum(large)
    assert 0 < n_large < 30 and all(large[:n_large])
    assert heavy[:n_large] == sorted(heavy[:n_large], reverse=True)
    rest = [c for c in drawn[10:40] if c not in block[:n_large]]
    assert block[n_large:] == rest
    # Neither the chain nor what contains a test's molecule; a part of them first, the rest later.
    found = [ordered[40], ordered[46]]
    assert [c.source for c in found] == ["ligands", "ligands"]
    assert [smiles(Chem.MolFromSmiles(c.smiles)) for c in found] == LIGANDS[2:]
    assert ordered[41:46] == drawn[40:45]


@pytest.mark.usefixtures("no_download")
def test_that_what_comes_after_the_mixture_is_unlike_all_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, n in (("MIXED", 10), ("BLOCK", 5), ("LIGANDS", 1), ("FURTHER", 2)):
        monkeypatch.setattr(plan, name, n)
    monkeypatch.setattr(plan, "LIGANDS_AGAIN", 0)
    monkeypatch.setattr(plan, "WHOLE_FROM", 17)
    made = list(islice(plan.plan(1, TestGraphs()), 60))
    assert not {c.source for c in made[:18]} & {"whole"}
    chosen = [c for c in made[18:] if c.source in ("ligands", "whole")]
    first = ["ligands", "ligands", "whole"]
    assert [c.source for c in chosen[:3]] == first and len(chosen) > 3
    for k, candidate in enumerate(chosen, start=18):
        assert made[k] == candidate  # nothing of the draw in between
        assert Known(c.smiles for c in made[:k]).likeness(candidate.smiles) <= plan.MAX_LIKENESS
    whole = [Chem.MolFromSmiles(c.smiles) for c in chosen if c.source == "whole"]
    assert all(m.GetNumHeavyAtoms() >= 17 for m in whole)


@pytest.mark.usefixtures("no_download")
def test_that_a_plan_goes_on_with_compounds_from_its_beginning_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = {"MIXED": 10, "BLOCK": 5, "LIGANDS": 1, "FURTHER": 2, "LIGANDS_AGAIN": 0, "UNLIKE": 3}
    for name, n in parts.items():
        monkeypatch.setattr(plan, name, n)
    monkeypatch.setattr(plan, "WHOLE_FROM", 17)
    beginning = sum(parts.values())
    tests = TestGraphs.of([COMPOUNDS[-1]], [])
    made = list(islice(plan.plan(1, tests), beginning + 12))
    assert made[beginning:] == list(islice(plan.after(made[:beginning], 1, tests), 12))
    named = [c.smiles for c in made if c.source == "compounds"]
    assert named == [smiles(Chem.MolFromSmiles(COMPOUNDS[k])) for k in (2, 5)]
    assert [c.smiles for c in made[beginning : beginning + 2]] == named
    assert len({c.smiles for c in made}) == len(made)


def test_that_likeness_is_that_to_the_nearest() -> None:
    known = Known(["CCO"])
    assert known.likeness("CCO") == 1.0
    before = known.likeness("c1ccccc1C")
    known.add("c1ccccc1CC")
    assert before < known.likeness("c1ccccc1C") < 1.0
    assert Known().likeness("CCO") == 0.0


@pytest.mark.usefixtures("no_download")
def test_that_a_longer_plan_begins_with_the_shorter_one(tmp_path: Path) -> None:
    counts: list[int] = []
    short = build.write_plan(tmp_path, 8, 1, TestGraphs, counts.append)
    long = build.write_plan(tmp_path, 12, 1, TestGraphs, counts.append)
    assert long[:8] == short and len(long) == 12
    assert build.write_plan(tmp_path, 10, 1, TestGraphs, counts.append) == long[:10]
    assert counts == [*range(1, 9), *range(1, 13)]


def test_that_a_plan_goes_on_from_the_beginning_that_comes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = [plan.Candidate("whole", "C" * n, "C" * n, 1) for n in range(1, 11)]
    follows = [plan.Candidate("compounds", "O" + "C" * n, "", 1) for n in range(1, 9)]
    monkeypatch.setattr(build, "BEGINNING", 6)
    monkeypatch.setattr(build, "shipped_plan", lambda _: shipped)
    monkeypatch.setattr(build, "after", lambda first, *_: follows if first == shipped[:6] else [])
    counts: list[int] = []
    made = build.write_plan(tmp_path, 12, 0, TestGraphs, counts.append)
    assert made == shipped[:6] + follows[:6]
    assert counts == list(range(7, 13))


def test_that_no_plan_comes_along_for_another_seed() -> None:
    assert build.shipped_plan(12345) == []
