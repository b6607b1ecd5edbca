"""What a user has on the screen, as one file: molecules, trajectories, choices.

The file is a zip archive that ``numpy.load`` reads: ``session.json`` beside one ``.npy`` per
array. Nothing in it is pickled, and nothing that is read from it is run.
"""

import json
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any, Self

import numpy as np

from morered_gui.app.records import RunRecord, paint
from morered_gui.app.references import (
    Reference,
    ReferenceChoice,
    ReferenceKind,
    chosen_reference,
    provisional_reference,
)
from morered_gui.app.state import AppState
from morered_gui.chem.drawing import Drawing
from morered_gui.chem.errors import MoleculeError
from morered_gui.core import ExpectedError, Frame, Provenance, StopReason, Structure, Trajectory
from morered_gui.core.arrays import FloatArray
from morered_gui.core.files import replacing
from morered_gui.relaxers.xtb import XtbCourse

SUFFIX = ".morered"
FORMAT, VERSION = "morered-gui session", 1
JSON_MEMBER = "session.json"
_STRUCTURE_ARRAYS = ("numbers", "positions", "bonds", "orders", "formal_charges")
_FRAME_COLUMNS = (
    "step",
    "positions",
    "t",
    "energy",
    "evaluations",
    "seconds",
    "stage",
    "noise_known",
)

Arrays = dict[str, np.ndarray]


class SessionError(ExpectedError):
    """A file that is no session, or a broken one; the message says why."""


@dataclass(frozen=True, eq=False)
class Findings:
    """What is known of a run beside its frames, see ``RunRecord``."""

    meant: Structure | None = None
    course: XtbCourse | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Session:
    """What is to be found again.

    Attributes:
        start: where a relaxation starts.
        base: the molecule before any noise.
        reference: what the RMSD is measured to, where one is known.
        drawing: of the molecule in 2D, with isotopes, which a structure does not know.
        page: what is on the sketcher's page where that is another drawing, no valid molecule.
        fixed: atoms that are frozen.
        noise_step: time step t to which ``start`` is the diffused ``base``; 0 for none.
        meant: what ``start`` was before noise, if there was any.
        trajectories: of all runs with a frame, in the order in which they were computed.
        findings: what else is known of the same runs; may be fewer.
        current: which of them is looked at; -1 for none.
        frame_index: of the frame looked at.
        pinned: a frame that is kept in sight.
        measured_to: by choice, what the runs are measured to.
        visible: per run, whether its curves are drawn beside those of others.
        colours: per run, the number that gives its colour.
        noise_steps: per run, to which its start was diffused; 0 for none.
        choices: names of settings and their values, plain data; not checked.
    """

    start: Structure
    base: Structure
    reference: Reference | None = None
    drawing: Drawing | None = None
    page: Drawing | None = None
    fixed: frozenset[int] = frozenset()
    noise_step: int = 0
    meant: Structure | None = None
    trajectories: tuple[Trajectory, ...] = ()
    findings: tuple[Findings, ...] = ()
    current: int = -1
    frame_index: int = 0
    pinned: Structure | None = None
    measured_to: ReferenceChoice = field(default_factory=ReferenceChoice)
    visible: tuple[bool, ...] = ()
    colours: tuple[int, ...] = ()
    noise_steps: tuple[int, ...] = ()
    choices: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, state: AppState, choices: Mapping[str, Any]) -> Self | None:
        """What the state holds, for another thread to write; None where there is no molecule.

        Frames are shared and copied by reference only: this takes microseconds.
        """
        if state.structure is None or state.base is None:
            return None
        runs = [run for run in state.runs if len(run.trajectory)]
        return cls(
            start=state.structure,
            base=state.base,
            reference=state.known_reference,
            drawing=state.valid_drawing,
            page=None if state.drawing is state.valid_drawing else state.drawing,
            fixed=state.fixed,
            noise_step=state.noise_step,
            meant=state.meant,
            trajectories=tuple(run.trajectory.copy() for run in runs),
            findings=tuple(Findings(run.meant, run.course) for run in runs),
            current=runs.index(state.run) if state.run in runs else -1,
            frame_index=state.frame_index,
            pinned=state.pinned,
            measured_to=state.reference_choice,
            visible=tuple(run.visible for run in runs),
            colours=tuple(run.colour for run in runs),
            noise_steps=tuple(run.noise_step for run in runs),
            choices=dict(choices),
        )

    def records(self) -> list[RunRecord]:
        """The runs, measured as they were; takes time."""
        found = (*self.findings, *repeat(Findings(), len(self.trajectories)))
        made = []
        for trajectory, known in zip(self.trajectories, found, strict=False):
            meant = _fitting(known.meant, trajectory.start)
            reference = self._reference_of(trajectory, meant)
            made.append(RunRecord(trajectory, reference, meant=meant, course=known.course))
        for run, visible in zip(made, self.visible, strict=False):  # older files have none
            run.visible = visible
        for run, noise_step in zip(made, self.noise_steps, strict=False):
            run.noise_step = noise_step
        if len(self.colours) == len(made):
            paint(made, self.colours)
        return made

    def _reference_of(self, trajectory: Trajectory, meant: Structure | None) -> Reference:
        """By choice; a file must open though the choice was another molecule."""
        choice, known = self.measured_to, self.reference
        try:
            return chosen_reference(choice, trajectory, known, meant)
        except MoleculeError:
            return provisional_reference(choice, trajectory.start, known, meant)

    def restore(self, state: AppState, records: list[RunRecord] | None = None) -> None:
        """Put everything but the choices back into the state.

        ``records`` are those of ``records()`` where another thread has made them already.
        """
        state.runs = []  # silently: those of the same molecule go, and an undo brings them back
        state.load(self.base, self.reference, self.drawing, fixed=self.fixed)
        if self.page is not None:
            state.put_on_page(self.page)
        state.reference_choice = self.measured_to
        for record in self.records() if records is None else records:
            state.keep_run(record)
        if self.pinned is not None and self.pinned.same_atoms(self.start):
            state.pin_frame(self.pinned)
        meant = _fitting(self.meant, self.start)
        if self.trajectories or self.noise_step or meant or self.start != self.base:
            state.set_start(self.start, noise_step=self.noise_step, meant=meant)
        if 0 <= self.current < len(state.runs):
            state.look_at_run(state.runs[self.current])
            state.select_frame(self.frame_index)


def save_session(path: Path, session: Session) -> None:
    """Write the file whole or not at all; raises OSError."""
    arrays: Arrays = {}
    table = {
        "format": FORMAT,
        "version": VERSION,
        "start": _put_structure(arrays, "start", session.start),
        "base": _put_structure(arrays, "base", session.base),
        "reference": None,
        "drawing": None if session.drawing is None else asdict(session.drawing),
        "page": None if session.page is None else asdict(session.page),
        "fixed": sorted(session.fixed),
        "noise_step": session.noise_step,
        "meant": session.meant and _put_structure(arrays, "meant", session.meant),
        "trajectories": [
            _put_trajectory(arrays, f"trajectory-{k}", t)
            for k, t in enumerate(session.trajectories)
        ],
        "findings": [
            _put_findings(arrays, f"trajectory-{k}", known)
            for k, known in enumerate(session.findings)
        ],
        "current": session.current,
        "frame_index": session.frame_index,
        "pinned": None,
        "measured_to": {
            "kind": session.measured_to.kind,
            "symmetric": session.measured_to.symmetric,
            "loaded": _put_reference(arrays, "loaded", session.measured_to.loaded),
        },
        "visible": session.visible,
        "colours": session.colours,
        "noise_steps": session.noise_steps,
        "choices": dict(session.choices),
    }
    table["reference"] = _put_reference(arrays, "reference", session.reference)
    if session.pinned is not None:
        table["pinned"] = _put_structure(arrays, "pinned", session.pinned)
    with replacing(path) as part, zipfile.ZipFile(part, "w") as archive:
        archive.writestr(JSON_MEMBER, json.dumps(table, indent=1))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def load_session(path: Path) -> Session:
    """Read a file that ``save_session`` wrote.

    Raises:
        SessionError: there is no such file, it is of another kind or of a newer program, or
            what it holds does not fit together.
    """
    try:
        with path.open("rb") as raw:
            if not zipfile.is_zipfile(raw):  # numpy would speak of pickles
                raise SessionError("is no session of this program, or broken: it is no archive")
            raw.seek(0)
            with np.load(raw, allow_pickle=False) as file:
                return _session(file)
    except SessionError as error:
        raise SessionError(f"{path.name} {error}") from error
    except FileNotFoundError as error:
        raise SessionError(f"there is no file {path}; check the name") from error
    except _BROKEN as error:
        raise SessionError(f"{path.name} is no session of this program, or broken: {error}") from (
            error
        )


# What reading a damaged or forged file may raise; pickled content is a ValueError, a member under
# a password a RuntimeError, and numpy reads headers as Python.
_BROKEN = (
    OSError,
    MemoryError,
    OverflowError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def _session(file: Mapping[str, Any]) -> Session:
    if not isinstance(file, np.lib.npyio.NpzFile) or JSON_MEMBER not in file:
        raise SessionError("is no session of this program")
    _refuse_packed(file.zip)
    table = json.loads(bytes(file[JSON_MEMBER]))
    if table.get("format") != FORMAT:
        raise SessionError("is no session of this program")
    if table["version"] > VERSION:
        raise SessionError("was written by a newer version of this program; update it")
    pinned, measured_to = table.get("pinned"), table.get("measured_to") or {}
    base = _structure(file, "base", table["base"])
    return Session(
        start=_structure(file, "start", table["start"]),
        base=base,
        reference=_reference(file, "reference", table["reference"]),
        drawing=_drawing(table.get("drawing"), len(base)),
        page=_drawing(table.get("page"), len(base)),
        fixed=_atoms(table.get("fixed", ()), len(base)),
        noise_step=int(table["noise_step"]),
        meant=_meant(file, table, base),
        trajectories=tuple(
            _trajectory(file, f"trajectory-{k}", described)
            for k, described in enumerate(table["trajectories"])
        ),
        findings=tuple(
            _findings(file, f"trajectory-{k}", described)
            for k, described in enumerate(table.get("findings", ()))  # files before this had none
        ),
        current=int(table["current"]),
        frame_index=int(table["frame_index"]),
        pinned=None if pinned is None else _structure(file, "pinned", pinned),
        measured_to=ReferenceChoice(
            ReferenceKind(measured_to.get("kind", ReferenceKind.AUTOMATIC)),
            bool(measured_to.get("symmetric")),
            _reference(file, "loaded", measured_to.get("loaded")),
        ),
        visible=tuple(map(bool, table.get("visible", ()))),
        colours=tuple(map(int, table.get("colours", ()))),
        noise_steps=tuple(map(int, table.get("noise_steps", ()))),
        choices=dict(table["choices"]),
    )


def _meant(file: Mapping[str, Any], table: Mapping[str, Any], base: Structure) -> Structure | None:
    """Files before this one did not name it: the base, where there was noise."""
    described = table.get("meant", base if table["noise_step"] else None)
    if described is None or described is base:
        return described
    return _structure(file, "meant", described)


def _refuse_packed(archive: zipfile.ZipFile | None) -> None:
    """``save_session`` compresses nothing; what was compressed may unpack to any size."""
    members = [] if archive is None else archive.infolist()
    if any(each.compress_type != zipfile.ZIP_STORED for each in members):
        raise SessionError("is no session of this program, or broken: it is compressed")


# --- drawing and frozen atoms, which files of earlier versions lack -----------------------------


def _drawing(described: Mapping[str, Any] | None, n_atoms: int) -> Drawing | None:
    if described is None:
        return None
    atoms = tuple(int(k) for k in described["atoms"])
    _atoms((k for k in atoms if k >= 0), n_atoms)
    return Drawing(str(described["molblock"]), atoms, str(described["smiles"]))


def _atoms(numbers: Iterable[Any], n_atoms: int) -> frozenset[int]:
    found = frozenset(int(k) for k in numbers)
    if not found <= set(range(n_atoms)):
        raise SessionError("names atoms that do not exist")
    return found


def _fitting(meant: Structure | None, start: Structure) -> Structure | None:
    """The molecule before noise; None where it has other atoms than the start."""
    return meant if meant is not None and meant.same_atoms(start) else None


# --- structures ---------------------------------------------------------------------------------


def _put_structure(arrays: Arrays, name: str, structure: Structure) -> dict[str, Any]:
    for each in _STRUCTURE_ARRAYS:
        arrays[f"{name}/{each}"] = getattr(structure, each)
    return {"name": structure.name, "charge": structure.charge}


def _structure(file: Mapping[str, Any], name: str, described: Mapping[str, Any]) -> Structure:
    arrays = {each: file[f"{name}/{each}"] for each in _STRUCTURE_ARRAYS}
    return Structure(**arrays, charge=int(described["charge"]), name=str(described["name"]))


def _put_reference(arrays: Arrays, name: str, reference: Reference | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    return {**_put_structure(arrays, name, reference.structure), "label": reference.label}


def _reference(
    file: Mapping[str, Any], name: str, described: Mapping[str, Any] | None
) -> Reference | None:
    if described is None:
        return None
    return Reference(_structure(file, name, described), str(described["label"]))


# --- trajectories -------------------------------------------------------------------------------


def _put_trajectory(arrays: Arrays, name: str, trajectory: Trajectory) -> dict[str, Any]:
    frames = list(trajectory)
    shape = trajectory.start.positions.shape
    noisy = [frame.noise is not None for frame in frames]
    arrays[f"{name}/positions"] = _stacked((f.positions for f in frames), len(frames), shape)
    arrays[f"{name}/noise"] = _stacked(
        (f.noise for f in frames if f.noise is not None), sum(noisy), shape, np.float32
    )
    arrays[f"{name}/noise_known"] = np.array(noisy, dtype=bool)
    arrays[f"{name}/step"] = np.array([f.step for f in frames], dtype=np.int64)
    arrays[f"{name}/evaluations"] = np.array([f.evaluations for f in frames], dtype=np.int64)
    arrays[f"{name}/seconds"] = np.array([f.seconds for f in frames], dtype=np.float64)
    arrays[f"{name}/stage"] = np.array([f.stage for f in frames], dtype=np.int64)
    arrays[f"{name}/t"] = _known(f.t for f in frames)
    arrays[f"{name}/energy"] = _known(f.energy for f in frames)
    return {
        "start": _put_structure(arrays, f"{name}/start", trajectory.start),
        "provenance": asdict(trajectory.provenance),
        "stop_reason": trajectory.stop_reason,
    }


def _trajectory(file: Mapping[str, Any], name: str, described: Mapping[str, Any]) -> Trajectory:
    start = _structure(file, f"{name}/start", described["start"])
    trajectory = Trajectory(start, Provenance(**described["provenance"]))
    columns = (file[f"{name}/{each}"] for each in _FRAME_COLUMNS)
    noise = file[f"{name}/noise"]
    if len(noise) != np.count_nonzero(file[f"{name}/noise_known"]):
        raise SessionError("does not fit together: other noise than frames")
    rows = iter(noise)
    for step, positions, t, energy, evaluations, seconds, stage, noisy in zip(
        *columns, strict=True
    ):
        trajectory.append(
            Frame(
                int(step),
                positions,
                t=_or_none(t),
                noise=next(rows) if noisy else None,
                energy=_or_none(energy),
                evaluations=int(evaluations),
                seconds=float(seconds),
                stage=int(stage),
            )
        )
    reason = described["stop_reason"]
    trajectory.stop_reason = None if reason is None else StopReason(reason)
    return trajectory


def _put_findings(arrays: Arrays, name: str, known: Findings) -> dict[str, Any]:
    if known.course is not None:
        arrays[f"{name}/xtb_energy"] = known.course.energies
        arrays[f"{name}/xtb_force"] = known.course.max_forces
    meant = known.meant and _put_structure(arrays, f"{name}/meant", known.meant)
    return {"meant": meant, "xtb": known.course is not None}


def _findings(file: Mapping[str, Any], name: str, described: Mapping[str, Any]) -> Findings:
    meant, course = described["meant"], None
    if described["xtb"]:
        energies, forces = file[f"{name}/xtb_energy"], file[f"{name}/xtb_force"]
        if not energies.shape == forces.shape == file[f"{name}/step"].shape:
            raise SessionError("does not fit together: other energies than frames")
        course = XtbCourse(energies.astype(float), forces.astype(float))
    return Findings(None if meant is None else _structure(file, f"{name}/meant", meant), course)


def _stacked(
    rows: Iterable[np.ndarray], count: int, shape: tuple[int, ...], kind: type = np.float64
) -> np.ndarray:
    """(count, *shape). Row by row: one large copy would hold up the window's thread."""
    stacked: np.ndarray = np.empty((count, *shape), dtype=kind)
    for k, row in enumerate(rows):
        stacked[k] = row
    return stacked


def _known(values: Iterable[float | None]) -> FloatArray:
    """NaN where there is no value."""
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
