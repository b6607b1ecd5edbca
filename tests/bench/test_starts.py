"""Starts: deterministic, kept on disk, and what their names say."""

from pathlib import Path

import numpy as np
import pytest

from morered_gui.bench.start_cache import StartCache
from morered_gui.bench.starts import STARTS, find_start, make_start
from morered_gui.chem.conformers import minimise, mmff94_minimum
from morered_gui.chem.conversion import from_rdkit, to_rdkit
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.chem.torsions import same_conformer
from morered_gui.core import ExpectedError, Structure, rmsd
from morered_gui.diffusion.forward import noised

ETHANOL = structure_from_smiles("CCO", optimise=True, name="ethanol")
WATER = structure_from_smiles("O", optimise=True, name="water")
QUICK = [name for name in STARTS if not STARTS[name].xtb]


def made(name: str, reference: Structure = ETHANOL, seed: int = 0, index: int = 57) -> Structure:
    structure = make_start(reference, find_start(name), seed=seed, index=index).structure
    assert structure is not None
    return structure


@pytest.mark.parametrize("name", STARTS)
def test_that_a_start_depends_on_molecule_seed_and_name_alone(name: str) -> None:
    start = find_start(name)
    if start.xtb:
        pytest.importorskip("tblite")
    reference = WATER if start.xtb else ETHANOL
    first = made(name, reference)
    assert first == made(name, reference) and first.same_atoms(reference)
    assert (made(name, reference, seed=1) != first) == start.seeded
    assert (made(name, reference, index=107) != first) == start.seeded


def test_that_starts_are_what_their_names_say() -> None:
    assert made("reference") == ETHANOL
    assert made("t50") == noised(ETHANOL, 50, seed=0, number=57)
    assert made("mmff94") == mmff94_minimum(ETHANOL)
    assert same_conformer(ETHANOL, made("etkdg-relaxed"))
    assert rmsd(made("etkdg-relaxed").positions, ETHANOL.positions) > 0.01


def test_that_hotter_dynamics_leads_further() -> None:
    pytest.importorskip("tblite")
    away = [
        np.mean([rmsd(made(n, WATER, seed=s).positions, WATER.positions) for s in range(3)])
        for n in ("md30", "md1000")
    ]
    assert 0.001 < 2 * away[0] < away[1] < 0.5


def test_that_the_gfn2_minimum_lies_below_the_reference() -> None:
    pytest.importorskip("tblite")
    found = make_start(ETHANOL, find_start("gfn2-xtb"), seed=0, index=1)
    assert found.energies["minimum"] < found.energies["reference"]


def test_that_conformers_are_told_apart() -> None:
    mol = to_rdkit(structure_from_smiles("CCCC", optimise=True))
    trans = from_rdkit(mol)
    from rdkit.Chem import rdMolTransforms

    rdMolTransforms.SetDihedralDeg(mol.GetConformer(), 0, 1, 2, 3, 65.0)
    minimise(mol)
    gauche = from_rdkit(mol)
    assert same_conformer(trans, mmff94_minimum(made("t25", trans)))
    assert not same_conformer(trans, gauche)


def test_that_unknown_starts_are_refused_with_those_that_there_are() -> None:
    for name in ("t", "t99999", "md", "md0", "mmff", ""):
        with pytest.raises(ExpectedError, match="t25, t50"):
            find_start(name)
    assert find_start("t70").t == 70


def test_that_what_can_not_be_made_is_a_reason() -> None:
    bare = Structure(ETHANOL.numbers, ETHANOL.positions)
    assert "MMFF94" in make_start(bare, find_start("mmff94"), seed=0, index=1).reason


def test_that_the_cache_gives_back_what_was_made_once(tmp_path: Path) -> None:
    cache = StartCache(tmp_path, "0123456789abcdef01")
    for name in QUICK:
        start = find_start(name)
        cache.make(ETHANOL, start, seed=3, index=57)
        path = cache.path(start, 3, 57)
        written = path.stat().st_mtime_ns
        cache.make(ETHANOL, start, seed=3, index=57)
        assert path.stat().st_mtime_ns == written
        loaded = cache.load(ETHANOL, start, seed=3, index=57).structure
        assert loaded == made(name, seed=3)
        assert (cache.path(start, 4, 57) == path) == (not start.seeded)


def test_that_a_broken_file_is_named(tmp_path: Path) -> None:
    cache = StartCache(tmp_path, "x")
    start = find_start("t50")
    path = cache.path(start, 0, 1)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK half of a file")
    with pytest.raises(ExpectedError, match="delete it"):
        cache.load(ETHANOL, start, seed=0, index=1)
