"""A session as one file.

The file is a zip archive that ``numpy.load`` reads: ``session.json`` beside one ``.npy`` per
array. Nothing in it is pickled, and nothing that is read from it is run.
"""

import json
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from morered_gui.app.references import ReferenceChoice, ReferenceKind
from morered_gui.app.session import Session, SessionError
from morered_gui.app.session_parts import (
    Arrays,
    put_findings,
    put_reference,
    put_structure,
    put_trajectory,
    read_atoms,
    read_drawing,
    read_findings,
    read_reference,
    read_structure,
    read_trajectory,
)
from morered_gui.core import Structure
from morered_gui.core.files import replacing

SUFFIX = ".morered"
FORMAT, VERSION = "morered-gui session", 1
JSON_MEMBER = "session.json"


def save_session(path: Path, session: Session) -> None:
    """Write the file whole or not at all; raises OSError."""
    arrays: Arrays = {}
    table = {
        "format": FORMAT,
        "version": VERSION,
        "start": put_structure(arrays, "start", session.start),
        "base": put_structure(arrays, "base", session.base),
        "reference": put_reference(arrays, "reference", session.reference),
        "drawing": None if session.drawing is None else asdict(session.drawing),
        "page": None if session.page is None else asdict(session.page),
        "fixed": sorted(session.fixed),
        "noise_step": session.noise_step,
        "meant": session.meant and put_structure(arrays, "meant", session.meant),
        "trajectories": [
            put_trajectory(arrays, f"trajectory-{k}", t) for k, t in enumerate(session.trajectories)
        ],
        "findings": [
            put_findings(arrays, f"trajectory-{k}", known)
            for k, known in enumerate(session.findings)
        ],
        "current": session.current,
        "frame_index": session.frame_index,
        "pinned": session.pinned and put_structure(arrays, "pinned", session.pinned),
        "measured_to": {
            "kind": session.measured_to.kind,
            "symmetric": session.measured_to.symmetric,
            "loaded": put_reference(arrays, "loaded", session.measured_to.loaded),
        },
        "visible": session.visible,
        "colours": session.colours,
        "noise_steps": session.noise_steps,
        "choices": dict(session.choices),
    }
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
    except BROKEN as error:
        raise SessionError(f"{path.name} is no session of this program, or broken: {error}") from (
            error
        )


# What reading a damaged or forged file may raise; pickled content is a ValueError, a member under
# a password a RuntimeError, and numpy reads headers as Python.
BROKEN = (
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
    base = read_structure(file, "base", table["base"])
    return Session(
        start=read_structure(file, "start", table["start"]),
        base=base,
        reference=read_reference(file, "reference", table["reference"]),
        drawing=read_drawing(table.get("drawing"), len(base)),
        page=read_drawing(table.get("page"), len(base)),
        fixed=read_atoms(table.get("fixed", ()), len(base)),
        noise_step=int(table["noise_step"]),
        meant=_meant(file, table, base),
        trajectories=tuple(
            read_trajectory(file, f"trajectory-{k}", described)
            for k, described in enumerate(table["trajectories"])
        ),
        findings=tuple(
            read_findings(file, f"trajectory-{k}", described)
            for k, described in enumerate(table.get("findings", ()))  # files before this had none
        ),
        current=int(table["current"]),
        frame_index=int(table["frame_index"]),
        pinned=None if pinned is None else read_structure(file, "pinned", pinned),
        measured_to=ReferenceChoice(
            ReferenceKind(measured_to.get("kind", ReferenceKind.AUTOMATIC)),
            bool(measured_to.get("symmetric")),
            read_reference(file, "loaded", measured_to.get("loaded")),
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
    return read_structure(file, "meant", described)


def _refuse_packed(archive: zipfile.ZipFile | None) -> None:
    """``save_session`` compresses nothing; what was compressed may unpack to any size."""
    members = [] if archive is None else archive.infolist()
    if any(each.compress_type != zipfile.ZIP_STORED for each in members):
        raise SessionError("is no session of this program, or broken: it is compressed")
