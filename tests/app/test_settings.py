import json
from pathlib import Path

import pytest

from morered_gui.app.actions import ACTIONS, BY_ID
from morered_gui.app.menus import MENUS, TOOLBAR
from morered_gui.app.settings import Settings, load_settings, save_settings


def test_that_settings_come_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    settings = Settings(seed=7, model="qm9-jt", recent_files=["a.xyz"])
    save_settings(settings, path)
    assert load_settings(path) == (settings, "")


def test_that_a_missing_file_is_no_problem(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == (Settings(), "")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1, 2]", b"\xff\xfe\x00", b"null", b"[" * 100_000, b'{"seed": 1e999}']
)
def test_that_a_broken_file_gives_defaults_and_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings, problem = load_settings(path)
    assert settings == Settings()
    assert problem


def test_that_only_what_makes_no_sense_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    table = {"seed": -1, "max_steps": True, "noise_t": 50, "future": 1, "recent_files": [1]}
    path.write_text(json.dumps(table))
    settings, problem = load_settings(path)
    assert settings == Settings(noise_t=50)
    assert problem.endswith("max_steps, recent_files, seed.")


def test_that_the_start_of_a_longer_diffusion_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    save_settings(Settings(start_t=4000), path)
    assert load_settings(path) == (Settings(start_t=4000), "")


def test_that_recent_files_are_few_and_the_newest_is_first(tmp_path: Path) -> None:
    settings = Settings(recent_files=[str(tmp_path / f"{k}.xyz") for k in range(10)])
    recent = settings.with_recent(tmp_path / "4.xyz")
    assert recent[0].endswith("4.xyz")
    assert len(recent) == 10


def test_that_actions_are_unique_and_menus_know_them() -> None:
    assert len(BY_ID) == len(ACTIONS)
    shortcuts = [spec.shortcut for spec in ACTIONS if spec.shortcut]
    assert len(shortcuts) == len(set(shortcuts))
    named = {each for ids in (*MENUS.values(), TOOLBAR) for each in ids if each}
    assert named == set(BY_ID)
