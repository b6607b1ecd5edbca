"""The commands, with the model that ships."""

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from morered_gui.chem import structure_from_smiles, write_structures
from morered_gui.chem.examples import list_examples
from morered_gui.chem.reading import read_structures
from morered_gui.cli.main import app
from morered_gui.diffusion.checkpoint import user_models_folder
from morered_gui.relaxers.methods import METHODS
from morered_gui.training.dataset import EquilibriumSet
from tests.diffusion import parity

EXAMPLE = next(e for e in list_examples() if e.id == "benzaldehyde")
BAD_INPUT = 2


def morered(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_that_a_molecule_is_relaxed_and_reported(tmp_path: Path) -> None:
    output = tmp_path / "out.extxyz"
    result = morered(
        "relax", EXAMPLE.start, "--reference", EXAMPLE.reference, "--max-steps", 2,
        "--seed", 5, "--output", output, "--json",
    )  # fmt: skip
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert list(report) == [
        "name", "n_atoms", "model", "method", "seed", "steps", "evaluations", "seconds",
        "stop_reason", "t_start", "t_final", "rmsd_to_start", "rmsd_to_reference", "bonds_kept",
        "stereo_kept", "squeezed_bonds", "clashes", "xtb_energy_start", "xtb_energy", "xtb_change",
        "xtb_max_force", "verdict",
    ]  # fmt: skip
    assert (report["n_atoms"], report["steps"], report["seed"]) == (14, 2, 5)
    assert report["stop_reason"] == "max_steps" and report["evaluations"] == 3
    text = output.read_text()
    assert text.count("Properties=") == 3
    assert f"t={report['t_start']}" in text.splitlines()[1]


def test_that_the_result_is_checked_and_gfn2_xtb_is_asked_on_demand() -> None:
    words = ("relax", "--smiles", "C[C@H](O)F", "--method", "mmff94")
    plain = morered(*words)
    assert plain.stdout.rstrip().endswith("; Same bonds, same stereo, no clashes")
    report = json.loads(morered(*words, "--check-energy", "--json").stdout)
    assert (report["bonds_kept"], report["stereo_kept"], report["clashes"]) == (True, True, 0)
    assert report["xtb_change"] < -1.0 < report["xtb_max_force"]
    assert "kcal/mol below the start" in morered(*words, "--check-energy").stdout


def test_that_the_same_seed_gives_the_same_result(tmp_path: Path) -> None:
    files = [tmp_path / f"{k}.xyz" for k in range(3)]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        morered(
            "relax",
            EXAMPLE.start,
            "--method",
            "jt",
            "--max-steps",
            2,
            "--seed",
            seed,
            "--output",
            file,
        )
    one, same, other = (read_structures(f)[-1] for f in files)
    assert one == same and one != other


def test_that_many_molecules_keep_their_order(tmp_path: Path) -> None:
    smiles = tmp_path / "many.smi"
    smiles.write_text("O water\nC methane\nN ammonia\n")
    output = tmp_path / "out.sdf"
    result = morered(
        "relax", smiles, "--max-steps", 2, "--final-only", "--output", output, "--json"
    )
    reports = [json.loads(line) for line in result.stdout.splitlines()]
    assert [r["name"] for r in reports] == ["water", "methane", "ammonia"]
    assert [s.formula for s in read_structures(output)] == ["H2O", "CH4", "H3N"]
    assert all(r["rmsd_to_reference"] is None for r in reports)


def test_that_a_page_is_written(tmp_path: Path) -> None:
    page = tmp_path / "run.html"
    assert morered("relax", "--smiles", "CO", "--max-steps", 2, "--html", page).exit_code == 0
    assert "<html" in page.read_text()[:500].lower()


def test_that_schnetpack_computes_the_same(tmp_path: Path) -> None:
    files = [tmp_path / "native.extxyz", tmp_path / "schnetpack.extxyz"]
    for file in files:
        result = morered(
            "relax", EXAMPLE.start, "--max-steps", 2, "--output", file, "--backend", file.stem
        )
        assert result.exit_code == 0
    ours, theirs = (read_structures(f)[-1].positions for f in files)
    assert abs(ours - theirs).max() < 1e-4


def test_that_noise_moves_by_the_time_step(tmp_path: Path) -> None:
    output = tmp_path / "noisy.extxyz"
    assert morered("noise", EXAMPLE.start, "--t", 50, "--output", output).exit_code == 0
    before, after = read_structures(EXAMPLE.start)[0], read_structures(output)[0]
    assert after.same_atoms(before) and len(after.bonds) == len(before.bonds)
    assert 0.02 < abs(after.positions - before.positions).std() < 0.2


def test_that_versions_are_told_and_nothing_else_is_done() -> None:
    result = morered("--version", "relax")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"morered-gui {version('morered-gui')}\n")
    assert f"torch {version('torch')}\n" in result.stdout


def test_that_models_are_listed() -> None:
    result = morered("models", "list")
    said = "qm9-jt: jt, fast, fast+xtb, jt+xtb; B3LYP/6-31G(2df,p); H C N O F; neutral; up to 29"
    assert said in result.stdout


def test_that_methods_are_listed_with_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = morered("methods").stdout.splitlines()
    listed = dict(zip(lines[::2], lines[1::2], strict=True))
    said = {title.split(":")[0]: needs.strip() for title, needs in listed.items()}
    assert said["jt"].startswith("ready; needs joint network (everyday")
    assert said["uff"] == "ready; needs no model"
    assert said["fast+xtb"].endswith("tblite")
    xtb = replace(METHODS["gfn2-xtb"], package="no_such_package")
    monkeypatch.setitem(METHODS, "gfn2-xtb", xtb)
    assert "pip install no_such_package" in morered("methods").stdout


@pytest.mark.parametrize("method", ["mmff94", "uff", "gfn2-xtb"])
def test_that_baselines_relax_and_write_energies(tmp_path: Path, method: str) -> None:
    output = tmp_path / "out.extxyz"
    result = morered("relax", EXAMPLE.start, "--method", method, "--output", output, "--json")
    report = json.loads(result.stdout)
    assert (report["method"], report["model"]) == (method, "")
    assert report["stop_reason"] == "converged" and report["t_final"] is None
    assert output.read_text().count(" energy=") == report["steps"] + 1


def test_that_a_molecule_outside_a_force_field_gives_one_line() -> None:
    result = morered("relax", "--smiles", "C[Se]C", "--method", "mmff94")
    assert_one_line(result)
    assert "unsupported element: Se" in result.stderr


BAD = {
    "broken.xyz": "garbage",
    "empty.xyz": "",
    "zero.xyz": "0\n\n",
    "nan.xyz": "2\n\nH 0 0 nan\nH 0 0 1\n",
    "iron.xyz": "2\n\nFe 0 0 0\nO 0 0 1.6\n",
    "radical.xyz": "2\n\nO 0 0 0\nH 0 0 0.97\n",
}


@pytest.mark.parametrize("name", [*BAD, "missing.xyz"])
def test_that_bad_files_give_one_line_and_exit_code_2(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name in BAD:
        file.write_text(BAD[name])
    assert_one_line(morered("relax", file))


def test_that_an_option_without_a_meaning_is_told() -> None:
    result = morered("relax", "--smiles", "C", "--start-t", 5)
    assert result.exit_code == 0
    assert result.stderr == "warning: --start-t has no meaning for 'fast'\n"


def test_that_what_is_no_file_is_named_as_it_was_typed() -> None:
    assert morered("relax", "No.XYZ").stderr == "error: there is no file No.XYZ; check the name\n"
    assert "a SMILES comes after --smiles" in morered("relax", "OCC").stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--smiles", ""],
        ["--smiles", "CC("],
        ["--smiles", "[Fe]"],
        ["--smiles", "C", "--model", "nowhere"],
        ["--smiles", "C", "--model", "/nowhere/model"],
        ["--smiles", "C", "--method", "magic"],
        ["--smiles", "C", "--output", "out.docx"],
        ["--smiles", "C", "--output", "/nowhere/out.xyz"],
        ["--smiles", "[NH4+]", "--model", "qm9-fast"],
        ["--smiles", "[NH3+]CC[NH2+]CC[NH3+]"],
        ["--smiles", "C[Se]C"],
        [],
    ],
)
def test_that_bad_requests_give_one_line_and_exit_code_2(words: list[str]) -> None:
    assert_one_line(morered("relax", *words))


def test_that_a_reference_of_another_molecule_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "water.smi"
    other.write_text("O\n")
    result = morered("relax", EXAMPLE.start, "--reference", other)
    assert_one_line(result)
    assert "other atoms" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["noise", "missing.xyz", "--output", "x.xyz"],
        ["train", "missing.toml"],
        ["bench", "--data", "missing.npz"],
        ["models", "import", "missing.pt", "--folder", "x"],
        ["models", "average", "qm9-fast", "qm9-ddpm", "--folder", "x"],
        ["data", "import", "missing.xyz", "--level-of-theory", "none"],
        ["data", "everyday", "--seed", "7"],  # whose minima do not come along
    ],
)
def test_that_the_other_commands_fail_alike(words: list[str]) -> None:
    assert_one_line(morered(*words))


def assert_one_line(result: Result) -> None:
    assert result.exit_code == BAD_INPUT
    assert result.stdout == ""
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1


def test_that_what_takes_the_molecule_is_named_with_its_options() -> None:
    result = morered("relax", "--smiles", "C[Se]C", "--model", "qm9-fast")
    assert_one_line(result)
    assert "Se; this method knows H, C, N, O, F; " in result.stderr
    assert "GFN2-xTB (--method gfn2-xtb)" in result.stderr
    radical = morered("relax", "--smiles", "[CH3]")
    assert_one_line(radical)
    assert "odd number of electrons (9): a radical" in radical.stderr


def test_that_a_default_model_is_taken_that_knows_the_molecule() -> None:
    source = parity.FOLDER / "tiny_upstream_jt.pt"
    words = ("--elements", "C H Se", "--charges", "0 1", "--max-atoms", "4")
    assert morered("models", "import", source, "--name", "selenium", *words).exit_code == 0
    listed = morered("models", "list").stdout
    assert "unknown; C H Se; charges 0 to +1; up to 4 atoms" in listed
    result = morered("relax", "--smiles", "C[Se]C", "--max-steps", 1, "--json")
    assert result.exit_code == 0 and json.loads(result.stdout)["model"] == "selenium"
    assert "warning: C2H6Se: 9 atoms: larger than anything" in result.stderr
    named = morered("relax", "--smiles", "C[Se]C", "--model", "qm9-fast")
    assert_one_line(named)
    assert "selenium (--model selenium)" in named.stderr


def test_that_an_imported_model_is_listed_and_relaxes() -> None:
    source = parity.FOLDER / "tiny_upstream_jt.pt"
    assert morered("models", "import", source, "--elements", "H C N O").exit_code == 0
    assert (
        "tiny_upstream_jt: jt, fast, fast+xtb, jt+xtb; unknown; H C N O"
        in morered("models", "list").stdout
    )
    words = ("--model", "tiny_upstream_jt", "--smiles", "C", "--max-steps", 2, "--json")
    result = morered("relax", *words)
    assert result.exit_code == 0
    assert '"model": "tiny_upstream_jt"' in result.stdout
    assert_one_line(morered("models", "import", source))
    assert_one_line(morered("models", "import", source, "--name", "a", "--folder", "b"))


def test_that_a_broken_model_is_told_in_the_list() -> None:
    folder = user_models_folder() / "spoilt"
    folder.mkdir(parents=True)
    result = morered("models", "list")
    assert result.exit_code == 0 and "qm9-jt" in result.stdout
    assert "config.json" in result.stderr.replace("\n", "")


def test_that_an_import_tells_structures_and_molecules_of_each_part(tmp_path: Path) -> None:
    file = tmp_path / "m.extxyz"
    alcohols = [structure_from_smiles(f"{'C' * n}O", seed=k) for n in range(1, 6) for k in (0, 1)]
    write_structures(file, alcohols)
    words = ("data", "import", file, "--level-of-theory", "ETKDG", "--output")
    result = morered(*words, tmp_path / "m.npz")
    said = " ".join(result.stderr.split())
    assert result.exit_code == 0
    assert (
        "wrote 10 structures of 5 molecules (train 6 of 3, validation 2 of 1, test 2 of 1" in said
    )
    assert "warning" not in said
    data = EquilibriumSet.load(tmp_path / "m.npz")
    assert data.split[::2].tolist() == data.split[1::2].tolist()
    assert_one_line(morered(*words, file))
    assert len(read_structures(file)) == 10  # it was not written over


def test_that_an_import_warns_of_parts_that_share_molecules_or_are_empty(tmp_path: Path) -> None:
    write_structures(tmp_path / "m.extxyz", [structure_from_smiles("O")] * 4)
    np.savez(tmp_path / "split.npz", train_idx=[0, 1], val_idx=[], test_idx=[2])
    result = morered(
        "data", "import", tmp_path / "m.extxyz", "--level-of-theory", "ETKDG",
        "--output", tmp_path / "m.npz", "--split", tmp_path / "split.npz",
    )  # fmt: skip
    said = " ".join(result.stderr.split())
    assert result.exit_code == 0 and "wrote 3 structures of 1 molecules" in said
    assert "1 structures are in no part" in said
    assert "in more than one part" in said and "nothing to validate with" in said
