"""Files appear whole or not at all."""

from pathlib import Path

import pytest

from morered_gui.core.files import replacing


def test_that_a_finished_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replacing(target) as part:
        assert part.suffix == target.suffix
        part.write_text("new")
        assert target.read_text() == "old"
        assert list(tmp_path.glob("*.txt")) == [target]
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_that_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail() -> None:
        with replacing(target) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_that_a_missing_folder_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"), replacing(tmp_path / "no" / "a.txt"):
        pass


def test_that_others_may_read_what_was_written(tmp_path: Path) -> None:
    plain, target = tmp_path / "plain", tmp_path / "a.txt"
    plain.touch()
    with replacing(target) as part:
        part.touch()
    assert target.stat().st_mode == plain.stat().st_mode
