"""The parts of a session as arrays and plain data, and back; see ``session_file``.

What is put becomes arrays under a name, and the description that is returned; what is read comes
from both. Reading raises SessionError, or any of ``session_file.BROKEN``, where they do not fit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from morered_gui.app.references import Reference
from morered_gui.app.session import Findings, SessionError
from morered_gui.chem.drawing import Drawing
from morered_gui.core import Frame, Provenance, StopReason, Structure, Trajectory
from morered_gui.core.arrays import FloatArray
from morered_gui.relaxers.xtb import XtbCourse

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


def put_structure(arrays: Arrays, name: str, structure: Structure) -> dict[str, Any]:
    """Its arrays, its name and its charge."""
    for each in _STRUCTURE_ARRAYS:
        arrays[f"{name}/{each}"] = getattr(structure, each)
    return {"name": structure.name, "charge": structure.charge}


def read_structure(file: Mapping[str, Any], name: str, described: Mapping[str, Any]) -> Structure:
    """What ``put_structure`` has put."""
    arrays = {each: file[f"{name}/{each}"] for each in _STRUCTURE_ARRAYS}
    return Structure(**arrays, charge=int(described["charge"]), name=str(described["name"]))


def put_reference(arrays: Arrays, name: str, reference: Reference | None) -> dict[str, Any] | None:
    """The structure and its label; None for none."""
    if reference is None:
        return None
    return {**put_structure(arrays, name, reference.structure), "label": reference.label}


def read_reference(
    file: Mapping[str, Any], name: str, described: Mapping[str, Any] | None
) -> Reference | None:
    """What ``put_reference`` has put."""
    if described is None:
        return None
    return Reference(read_structure(file, name, described), str(described["label"]))


def put_trajectory(arrays: Arrays, name: str, trajectory: Trajectory) -> dict[str, Any]:
    """The start, and all frames column by column."""
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
        "start": put_structure(arrays, f"{name}/start", trajectory.start),
        "provenance": asdict(trajectory.provenance),
        "stop_reason": trajectory.stop_reason,
    }


def read_trajectory(file: Mapping[str, Any], name: str, described: Mapping[str, Any]) -> Trajectory:
    """What ``put_trajectory`` has put."""
    start = read_structure(file, f"{name}/start", described["start"])
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


def put_findings(arrays: Arrays, name: str, known: Findings) -> dict[str, Any]:
    """Those of the trajectory of the same name."""
    if known.course is not None:
        arrays[f"{name}/xtb_energy"] = known.course.energies
        arrays[f"{name}/xtb_force"] = known.course.max_forces
    meant = known.meant and put_structure(arrays, f"{name}/meant", known.meant)
    return {"meant": meant, "xtb": known.course is not None}


def read_findings(file: Mapping[str, Any], name: str, described: Mapping[str, Any]) -> Findings:
    """What ``put_findings`` has put."""
    meant, course = described["meant"], None
    if described["xtb"]:
        energies, forces = file[f"{name}/xtb_energy"], file[f"{name}/xtb_force"]
        if not energies.shape == forces.shape == file[f"{name}/step"].shape:
            raise SessionError("does not fit together: other energies than frames")
        course = XtbCourse(energies.astype(float), forces.astype(float))
    return Findings(None if meant is None else read_structure(file, f"{name}/meant", meant), course)


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


def read_drawing(described: Mapping[str, Any] | None, n_atoms: int) -> Drawing | None:
    """A drawing of so many atoms, which files of earlier versions lack."""
    if described is None:
        return None
    atoms = tuple(int(k) for k in described["atoms"])
    read_atoms((k for k in atoms if k >= 0), n_atoms)
    return Drawing(str(described["molblock"]), atoms, str(described["smiles"]))


def read_atoms(numbers: Iterable[Any], n_atoms: int) -> frozenset[int]:
    """Their places; raises SessionError where one does not exist."""
    found = frozenset(int(k) for k in numbers)
    if not found <= set(range(n_atoms)):
        raise SessionError("names atoms that do not exist")
    return found
