import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from morered_gui.app.outcomes import outcome_of
from morered_gui.app.references import Reference, ReferenceChoice, ReferenceKind
from morered_gui.app.session import Findings, Session, SessionError
from morered_gui.app.session_file import JSON_MEMBER, load_session, save_session
from morered_gui.app.state import AppState
from morered_gui.chem.drawing import (
    Drawing,
    drawing_of,
    drawing_of_mol,
    mol_of_drawing,
    smiles_of_mol,
)
from morered_gui.chem.smiles import mol_from_smiles, structure_of_mol
from morered_gui.core import Frame, Provenance, StopReason
from tests.app.molecules import IRON_OXIDE, WATER

PROVENANCE = Provenance("jt", "qm9-jt", "abc", "B3LYP", seed=7, options={"max_steps": 40})


def state_in_use() -> AppState:
    """Water, diffused, with a known reference and three frames of which one has no noise."""
    state = AppState()
    state.load(WATER, Reference(WATER, "DFT geometry"))
    state.set_noised(WATER.with_positions(WATER.positions + 0.25), 40)
    state.begin_run(PROVENANCE)
    noise = np.full((3, 3), 0.5)
    state.add_frames(
        [
            Frame(0, WATER.positions, t=40.5, noise=noise, evaluations=1, seconds=0.5),
            Frame(1, WATER.positions + 0.1, energy=-76.0, evaluations=2, seconds=0.75, stage=1),
            Frame(5, WATER.positions / 3, t=0.0, noise=-noise, evaluations=3, seconds=1.0),
        ]
    )
    state.end_run(StopReason.PLATEAU)
    state.select_frame(1)
    return state


def saved(path: Path, state: AppState) -> Path:
    session = Session.of(state, {"method": "jt", "max_steps": 40})
    assert session is not None
    save_session(path, session)
    return path


def test_that_a_session_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    before, after = state_in_use(), AppState()
    session = load_session(saved(tmp_path / "a.morered", before))
    session.restore(after)
    assert session.choices == {"method": "jt", "max_steps": 40}
    assert after.base == WATER and after.structure == before.structure
    assert after.base.name == "water"
    assert after.noise_step == 40 and after.frame_index == 1 and not after.live
    assert after.known_reference is not None and after.reference is not None
    assert after.reference.label == "DFT geometry"
    assert before.trajectory is not None and after.trajectory is not None
    assert after.trajectory.provenance == PROVENANCE
    assert after.trajectory.stop_reason == StopReason.PLATEAU
    for old, new in zip(before.trajectory, after.trajectory, strict=True):
        assert np.array_equal(old.positions, new.positions)
        assert (old.noise is None) == (new.noise is None)
        assert old.noise is None or np.array_equal(old.noise, new.noise)
        names = ("step", "t", "energy", "evaluations", "seconds", "stage")
        assert [getattr(old, n) for n in names] == [getattr(new, n) for n in names]
    assert before.series is not None and after.series is not None
    np.testing.assert_array_equal(before.series.rmsd, after.series.rmsd)


def test_that_a_molecule_alone_is_a_session(tmp_path: Path) -> None:
    state, again = AppState(), AppState()
    state.load(IRON_OXIDE)
    load_session(saved(tmp_path / "a.morered", state)).restore(again)
    assert again.structure == IRON_OXIDE and again.trajectory is None
    assert again.known_reference is None


def test_that_what_is_pinned_measured_to_and_drawn_comes_back(tmp_path: Path) -> None:
    before, after = state_in_use(), AppState()
    loaded = Reference(WATER.with_positions(WATER.positions / 7), "file.xyz")
    before.reference_choice = ReferenceChoice(ReferenceKind.LOADED, True, loaded)
    before.pin_frame(before.shown)
    before.runs[0].visible, before.runs[0].colour = False, 1234
    session = load_session(saved(tmp_path / "a.morered", before))
    session.restore(after)
    session.restore(after)  # again: the runs of the same molecule are replaced
    assert after.pinned == before.pinned
    choice = after.reference_choice
    assert (choice.kind, choice.symmetric) == (ReferenceKind.LOADED, True)
    assert choice.loaded is not None and choice.loaded.structure == loaded.structure
    assert after.reference is not None and after.reference.label == "file.xyz, symmetry-aware"
    assert [(r.visible, r.colour, r.noise_step) for r in after.runs] == [(False, 1234, 40)]
    assert outcome_of(after.runs[0]).noise_step == 40
    after.begin_run(PROVENANCE)
    assert after.runs[1].colour > 1234


def test_that_runs_after_one_of_a_very_high_colour_get_higher_ones(tmp_path: Path) -> None:
    before, after = state_in_use(), AppState()
    before.runs[0].colour = 10**12
    load_session(saved(tmp_path / "a.morered", before)).restore(after)
    after.begin_run(PROVENANCE)
    assert [run.colour for run in after.runs] == [10**12, 10**12 + 1]


def test_that_the_molecule_before_noise_comes_back_as_reference(tmp_path: Path) -> None:
    before, after, old = state_in_use(), AppState(), AppState()
    before.known_reference = None
    before.adopt_frame()
    before.begin_run(PROVENANCE)
    before.add_frames([Frame(0, WATER.positions)])
    before.end_run(StopReason.PLATEAU)
    path = saved(tmp_path / "a.morered", before)
    load_session(path).restore(after)
    assert [run.reference.label for run in after.runs] == ["molecule before noise"] * 2
    assert after.meant == WATER and after.target is not None
    before.set_noised(WATER.with_positions(WATER.positions * 1.2), 30)
    retable(saved(path, before), lambda table: {k: v for k, v in table.items() if k != "meant"})
    load_session(path).restore(old)  # of a version that did not write it
    assert old.meant == before.base


def test_that_a_molecule_before_noise_with_other_atoms_is_left_out() -> None:
    session, after = Session.of(state_in_use(), {}), AppState()
    assert session is not None
    odd = replace(session, reference=None, meant=IRON_OXIDE, findings=(Findings(IRON_OXIDE),))
    odd.restore(after)
    assert after.target is None
    assert [run.reference.label for run in after.runs] == ["final frame"]


def test_that_an_empty_window_is_no_session() -> None:
    assert Session.of(AppState(), {}) is None


def test_that_a_session_does_not_grow_with_the_run_that_it_was_taken_of() -> None:
    state = state_in_use()
    session = Session.of(state, {})
    assert session is not None and state.trajectory is not None
    state.trajectory.append(Frame(9, WATER.positions))
    assert len(session.trajectories[0]) == 3


def changed(path: Path, **values: object) -> Path:
    """The file with other values in its table."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    table = json.loads(members[JSON_MEMBER]) | values
    members[JSON_MEMBER] = json.dumps(table).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"version": 99}, "newer version"),
        ({"format": "letters"}, "no session"),
        ({"start": None}, "broken"),
        ({"trajectories": [{}]}, "broken"),
        ({"frame_index": "many"}, "broken"),
        ({"choices": 3}, "broken"),
        ({"noise_step": float("inf")}, "broken"),
    ],
)
def test_that_a_table_that_makes_no_sense_is_refused(
    values: dict[str, object], words: str, tmp_path: Path
) -> None:
    path = changed(saved(tmp_path / "a.morered", state_in_use()), **values)
    with pytest.raises(SessionError, match=words):
        load_session(path)


def put(path: Path, members: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> Path:
    """The file with other members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()} | members
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def npy(header: str) -> bytes:
    """An array that ends with its header."""
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


@pytest.mark.parametrize(
    "content",
    [
        npy(str({"descr": "<f8", "fortran_order": False, "shape": (2**44, 3)}) + "\n"),
        npy("{'descr': '<f8"),  # numpy reads headers as Python
        npy("{}\n  3\n 4\n"),
    ],
)
def test_that_an_array_that_can_not_be_is_refused(content: bytes, tmp_path: Path) -> None:
    path = put(saved(tmp_path / "a.morered", state_in_use()), {"start/positions.npy": content})
    with pytest.raises(SessionError, match="broken"):
        load_session(path)


@pytest.mark.parametrize("rows", [1, 3])
def test_that_other_noise_than_frames_is_refused(rows: int, tmp_path: Path) -> None:
    content = io.BytesIO()
    np.save(content, np.zeros((rows, 3, 3), dtype=np.float32))
    members = {"trajectory-0/noise.npy": content.getvalue()}
    with pytest.raises(SessionError, match="other noise than frames"):
        load_session(put(saved(tmp_path / "a.morered", state_in_use()), members))


def test_that_compressed_and_encrypted_files_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.morered", state_in_use())
    with zipfile.ZipFile(path) as archive:
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}
    with pytest.raises(SessionError, match="compressed"):
        load_session(put(path, {}, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(put(path, {}), "a") as archive:
        archive.getinfo(JSON_MEMBER).flag_bits |= 1
        archive.writestr("more", "")  # else the directory would not be written again
    with pytest.raises(SessionError, match="password"):
        load_session(path)


def test_that_a_file_cut_short_anywhere_is_refused_in_words(tmp_path: Path) -> None:
    whole = saved(tmp_path / "a.morered", state_in_use()).read_bytes()
    path = tmp_path / "short.morered"
    for size in range(0, len(whole), 997):
        path.write_bytes(whole[:size])
        with pytest.raises(SessionError, match="short"):
            load_session(path)


def test_that_nothing_in_a_session_is_run(tmp_path: Path) -> None:
    class Touch:
        def __reduce__(self) -> tuple[object, ...]:
            return os.system, (f"touch {tmp_path / 'run'}",)

    pickled = io.BytesIO()
    np.save(pickled, np.array([Touch()], dtype=object), allow_pickle=True)
    path = saved(tmp_path / "a.morered", state_in_use())
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, pickled.getvalue() if name == "start/numbers.npy" else content)
    with pytest.raises(SessionError, match="broken"):
        load_session(path)
    path.write_bytes(pickle.dumps(Touch()))
    with pytest.raises(SessionError, match="broken"):
        load_session(path)
    assert not (tmp_path / "run").exists()


def test_that_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="there is no file"):
        load_session(tmp_path / "none.morered")


def test_that_isotopes_the_drawing_and_frozen_atoms_come_back(tmp_path: Path) -> None:
    before, after = AppState(), AppState()
    mol = mol_from_smiles("[13CH3]O")
    before.load(structure_of_mol(mol, seed=1), None, drawing_of_mol(mol), fixed=frozenset({0, 2}))
    load_session(saved(tmp_path / "a.morered", before)).restore(after)
    assert after.drawing == after.valid_drawing == before.drawing
    assert after.drawing is not None and after.drawing.smiles == "[13CH3]O"
    assert smiles_of_mol(mol_of_drawing(after.drawing.molblock)) == "[13CH3]O"
    assert after.fixed == {0, 2}


def test_that_a_text_is_refused_without_talk_of_pickles(tmp_path: Path) -> None:
    path = tmp_path / "a.morered"
    path.write_text("not a session")
    with pytest.raises(SessionError) as refusal:
        load_session(path)
    assert str(refusal.value) == (
        "a.morered is no session of this program, or broken: it is no archive"
    )


def test_that_an_unfinished_drawing_is_on_the_page_again(tmp_path: Path) -> None:
    before, after = AppState(), AppState()
    before.load(WATER, None, drawing_of(WATER))
    before.put_on_page(Drawing("unfinished", (0, -1)))
    load_session(saved(tmp_path / "a.morered", before)).restore(after)
    assert after.drawing == Drawing("unfinished", (0, -1))
    assert after.valid_drawing == before.valid_drawing


def retable(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write the file again with another table."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    table = json.dumps(change(json.loads(members[JSON_MEMBER])))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, table if name == JSON_MEMBER else content)


@pytest.mark.parametrize("entry", [{"fixed": [3]}, {"fixed": [-1]}, {"drawing": {"atoms": [7]}}])
def test_that_atoms_that_do_not_exist_are_refused(tmp_path: Path, entry: dict[str, Any]) -> None:
    path = saved(tmp_path / "a.morered", state_in_use())
    retable(path, lambda table: table | entry)
    with pytest.raises(SessionError):
        load_session(path)


def test_that_a_file_without_drawing_and_frozen_atoms_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.morered", state_in_use())
    new = {"drawing", "page", "fixed"}
    retable(path, lambda table: {name: table[name] for name in table.keys() - new})
    session = load_session(path)
    assert session.drawing is None and session.fixed == frozenset()


@pytest.mark.parametrize(
    "choice",
    [
        ReferenceChoice(ReferenceKind.KNOWN),
        ReferenceChoice(ReferenceKind.UNNOISED),
        ReferenceChoice(ReferenceKind.LOADED, loaded=Reference(IRON_OXIDE, "rust.xyz")),
    ],
)
def test_that_a_reference_that_can_not_be_does_not_close_a_session(
    tmp_path: Path, choice: ReferenceChoice
) -> None:
    before, after = AppState(), AppState()
    before.load(WATER)
    before.reference_choice = choice
    before.begin_run(PROVENANCE)
    before.add_frames([Frame(0, WATER.positions)])
    before.end_run(StopReason.PLATEAU)
    load_session(saved(tmp_path / "a.morered", before)).restore(after)
    assert after.reference is not None and after.reference.label == "start"
