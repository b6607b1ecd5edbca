"""``morered relax`` of libraries, and what it refuses before it computes."""

import gzip
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from morered_gui.chem import read_structures
from morered_gui.cli import relax
from morered_gui.cli.main import app

BAD_INPUT = 2
FAST = ("--method", "uff", "--max-steps", 2, "--processes", 1)


def relaxed(*words: object) -> Result:
    return CliRunner().invoke(app, ["relax", *(str(word) for word in words)])


def test_that_a_compressed_library_is_relaxed_whole(tmp_path: Path) -> None:
    source = tmp_path / "l.smi.gz"
    source.write_bytes(gzip.compress(b"CCO a\nO b\n"))
    assert relaxed(source, *FAST).exit_code == 0
    assert [s.name for s in read_structures(tmp_path / "l-relaxed.sdf")] == ["a", "b"]


def test_that_it_fails_where_nothing_was_relaxed(tmp_path: Path) -> None:
    source = tmp_path / "l.smi"
    source.write_text("not-a-molecule\n")
    result = relaxed(source, *FAST)
    assert result.exit_code == 1
    assert "relaxed 0 of 1 molecules" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("l.smi", "--smiles", "C", "--processes", 1), "either a file or --smiles"),
        (("l.smi", "--html", "nowhere/x.html"), "no folder nowhere"),
        (("l.smi", "--html", "."), "is a folder"),
        (("l.csv", "--output", "x.extxyz"), "any csv is one) go to an .sdf file"),
        (("l.csv", "--html", "x.html"), "any csv is one) is a file, and has neither"),
        (("l.smi", "--output", "l.sdf"), "is the input"),
    ],
)
def test_that_bad_requests_are_refused_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(relax, "read_structures", None)
    Path("l.smi").write_text("CCO\n" * 101)
    Path("l.csv").write_text("smiles\nCCO\n")
    Path("l.sdf").symlink_to("l.smi")
    result = relaxed(*words)
    assert result.exit_code == BAD_INPUT
    assert said in result.stderr and result.stderr.count("\n") == 1
    assert Path("l.smi").read_text() == "CCO\n" * 101


def test_that_a_batch_too_large_for_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relax, "MOST_BYTES", 36 * 6 * 9)
    source = tmp_path / "l.xyz"
    source.write_text("3\n\nO 0 0 0.12\nH 0 0.76 -0.47\nH 0 -0.76 -0.47\n" * 2)
    result = relaxed(source, "--method", "uff", "--max-steps", 10)
    assert result.exit_code == BAD_INPUT and "fewer --max-steps" in result.stderr
    assert relaxed(source, "--method", "uff", "--max-steps", 9).exit_code == 0
