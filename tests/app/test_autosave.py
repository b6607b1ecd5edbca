import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from morered_gui.app import autosave as module
from morered_gui.app.autosave import Autosave, autosave_folder
from morered_gui.app.controller import Controller
from morered_gui.app.messages import Severity
from morered_gui.app.session import Session
from morered_gui.app.session_file import load_session, save_session
from morered_gui.app.settings import Settings, choices_of, with_choices
from morered_gui.app.state import AppState
from morered_gui.core import Frame, Provenance
from tests.app.crashing import FRAMES
from tests.app.molecules import IRON_OXIDE, WATER

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """What a window has: a controller, and an autosave that has begun."""

    def __init__(self) -> None:
        self.controller = Controller(AppState())
        self.state = self.controller.state
        self.autosave = Autosave(self.controller, lambda: {"seed": 4})
        self.lost = self.autosave.begin()

    def wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20.0
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            self.controller.pump()
            time.sleep(0.002)

    def write(self) -> None:
        self.autosave.tick()
        self.wait(lambda: not self.autosave.writing)

    def restore(self) -> Session | None:
        sessions: list[Session] = []
        state = self.state
        state.say(None)
        self.autosave.restore(self.autosave.lost[0], sessions.append)
        self.wait(lambda: bool(sessions) or state.message is not None)
        return sessions[0] if sessions else None

    def close(self) -> None:
        assert self.controller.close()
        self.autosave.end()


@pytest.fixture
def start() -> Iterator[Callable[[], Program]]:
    programs: list[Program] = []

    def begin() -> Program:
        programs.append(Program())
        return programs[-1]

    yield begin
    for program in programs:
        program.close()


@contextmanager
def other_program() -> Iterator[subprocess.Popen[str]]:
    """Another program with a run in its session file; killed in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.crashing"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "kept\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def files() -> list[str]:
    return sorted(p.suffix for p in autosave_folder().iterdir())


def test_that_a_killed_programs_session_is_found_and_restored(
    start: Callable[[], Program],
) -> None:
    with other_program():
        assert start().lost == []  # it runs: what it has is its own
    program = start()
    assert len(program.lost) == 1
    session = program.restore()
    assert session is not None and session.choices == {"method": "fast", "seed": 11}
    state = program.state
    assert state.base is not None and state.base.name == "my water"
    assert state.noise_step == 60 and state.structure is not None
    np.testing.assert_array_equal(state.structure.positions, WATER.positions + np.eye(3) / 8)
    assert state.known_reference is not None and state.known_reference.label == "DFT geometry"
    assert state.trajectory is not None and len(state.trajectory) >= FRAMES
    assert state.trajectory.stop_reason is None
    assert state.trajectory.provenance.method == "spring"
    program.write()
    assert program.autosave.lost == []
    assert files() == [".lock", ".lock", ".morered"]  # of two programs, one with a molecule


def test_that_a_clean_end_leaves_nothing(start: Callable[[], Program]) -> None:
    program = start()
    program.state.load(WATER)
    program.write()
    program.state.load(IRON_OXIDE)
    program.write()
    assert ".morered" in files()
    program.close()
    assert files() == []


def test_that_only_the_molecule_of_the_start_is_not_worth_a_file(
    start: Callable[[], Program],
) -> None:
    program = start()
    program.state.load(WATER)
    program.write()
    assert files() == [".lock"]
    program.state.begin_run(Provenance("spring"))
    program.state.add_frames([Frame(0, WATER.positions)])
    program.write()
    assert files() == [".lock", ".morered"]


def test_that_nothing_is_written_while_nothing_changes(
    start: Callable[[], Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHORTEST_PAUSE", 0.0)
    monkeypatch.setattr(module, "SECONDS_PER_MEGABYTE", 0.0)
    program = start()
    program.state.load(WATER)
    program.write()
    program.state.load(IRON_OXIDE)
    program.write()
    (path,) = autosave_folder().glob("*.morered")
    os.utime(path, (1, 1))
    program.write()
    assert path.stat().st_mtime == 1
    program.autosave.touch()
    program.write()
    assert path.stat().st_mtime > 1


def lose(name: str, content: bytes = b"broken", days: float = 0.0) -> Path:
    folder = autosave_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.morered"
    path.write_bytes(content)
    when = time.time() - days * 86_400
    os.utime(path, (when, when))
    return path


def test_that_a_broken_file_is_told_and_not_offered_again(start: Callable[[], Program]) -> None:
    lose("broken")
    program = start()
    program.state.load(WATER)
    assert program.restore() is None
    assert program.state.message is not None and "broken" in program.state.message.text
    assert program.state.structure is WATER and program.autosave.lost == []


def test_that_a_file_that_can_not_be_read_now_is_kept(start: Callable[[], Program]) -> None:
    path = lose("broken")
    program = start()
    assert program.restore() is None
    program.state.load(WATER)
    program.state.load(IRON_OXIDE)
    program.write()
    assert len(list(autosave_folder().glob("*.morered"))) == 2  # its own, and the lost one
    assert path.read_bytes() == b"broken"
    program.close()
    assert start().lost == [path]  # of a newer version, say, which may be here by now


def test_that_a_lost_file_stays_until_its_session_is_in_another_file(
    start: Callable[[], Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = AppState()
    before.load(WATER.with_name("lost"))
    session = Session.of(before, {})
    path = lose("lost")
    assert session is not None
    save_session(path, session)
    program = start()
    program.state.load(WATER)
    program.state.load(IRON_OXIDE)
    found: list[Session] = []
    program.autosave.restore(path, found.append)
    program.autosave.tick()  # takes the state of before
    program.wait(lambda: bool(found) and not program.autosave.writing)
    assert path.exists() and program.autosave.lost == []
    monkeypatch.setattr(program.autosave, "_next", 0.0)
    program.write()
    (own,) = autosave_folder().glob("*.morered")
    assert own != path and load_session(own).base.name == "lost"


def test_that_a_session_is_offered_once_and_can_be_restored_later(
    start: Callable[[], Program],
) -> None:
    lose("lost")
    first = start()
    assert not first.autosave.was_offered(first.lost[0])
    first.autosave.offered(first.lost[0])
    assert len(first.autosave.lost) == 1
    assert start().lost == []  # the first program has it
    first.close()
    later = start()
    assert len(later.lost) == 1 and later.autosave.was_offered(later.lost[0])


def test_that_old_and_many_lost_sessions_go(start: Callable[[], Program]) -> None:
    lose("old", days=40)
    for k in range(8):
        lose(f"day-{k}", days=k)
    program = start()
    assert [path.name for path in program.lost] == [f"day-{k}.morered" for k in range(5)]
    assert len(list(autosave_folder().glob("*.morered"))) == 5


def test_that_a_full_disk_is_told_once(
    start: Callable[[], Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    program = start()
    program.state.load(WATER)
    program.write()
    monkeypatch.setattr(module, "save_session", full)
    program.state.load(IRON_OXIDE)
    program.write()
    message = program.state.message
    assert message is not None and message.severity == Severity.WARNING
    assert "No space left" in message.text
    program.state.say(None)
    monkeypatch.setattr(program.autosave, "_next", 0.0)
    program.write()
    assert program.state.message is None


def test_that_choices_that_make_no_sense_are_left_out() -> None:
    settings = Settings(method="as", seed=3, recent_files=["a"])
    assert with_choices(Settings(), choices_of(settings)) == Settings(method="as", seed=3)
    odd = {"seed": -1, "method": 7, "recent_files": ["x"], "noise_t": 20, "magic": 1}
    assert with_choices(settings, odd) == Settings(
        method="as", seed=3, recent_files=["a"], noise_t=20
    )
