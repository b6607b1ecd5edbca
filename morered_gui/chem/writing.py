"""Structures and trajectories to files; a file appears whole or not at all."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdkit import Chem

from morered_gui.chem.conversion import kekulised
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.chem.reading_ase import encoded_bonds
from morered_gui.chem.reading_xyz import CHARGE
from morered_gui.chem.smiles import molblock_of
from morered_gui.core.files import replacing
from morered_gui.core.structure import Structure
from morered_gui.core.trajectory import Frame, Trajectory

if TYPE_CHECKING:
    from ase import Atoms

PDB_WITHOUT_CONNECTIVITY = 2  # RDKit's flavours of pdb
ELECTRON_VOLT = "eV"
MAX_PDB_ATOMS = 99_999

Info = dict[str, Any]
Writer = Callable[[Path, Sequence[Structure], Sequence[Info]], None]


def write_structures(path: Path | str, structures: Sequence[Structure]) -> None:
    """Write molecules in the format of the suffix: xyz, extxyz, mol, sdf, pdb or traj.

    xyz has no place for bonds, and names its charge in the comment; extxyz, sdf and mol keep
    everything (sdf to four decimals), pdb three decimals.

    Raises:
        MoleculeError: unknown suffix, no structure, more than one for mol, or the disk refuses.
    """
    _write(Path(path), structures, [{} for _ in structures])


def write_trajectory(path: Path | str, trajectory: Trajectory) -> None:
    """Write all frames of one molecule, see ``write_trajectories``."""
    write_trajectories(path, [trajectory])


def write_trajectories(path: Path | str, trajectories: Sequence[Trajectory]) -> None:
    """Write all frames, molecule by molecule, in the formats of ``write_structures`` but mol.

    step, t, energy (eV), evaluations, seconds and the stage (the later ones of a pipeline, from
    1) go with each frame, in extxyz, sdf and traj;
    the first frame of a molecule also has the provenance, its last one the reason why the
    relaxation stopped.

    Raises:
        MoleculeError: as for ``write_structures``, or a trajectory has no frame.
    """
    structures: list[Structure] = []
    infos: list[Info] = []
    for trajectory in trajectories:
        structures += [trajectory.structure(k) for k in range(len(trajectory))]
        infos += _trajectory_infos(trajectory)
    _write(Path(path), structures, infos)


def _trajectory_infos(trajectory: Trajectory) -> list[Info]:
    if len(trajectory) == 0:
        raise MoleculeError("the trajectory has no frames to write")
    infos = [frame_info(frame) for frame in trajectory]
    infos[0]["provenance"] = provenance_info(trajectory)
    if trajectory.stop_reason is not None:
        infos[-1]["stop_reason"] = trajectory.stop_reason.value
    return infos


def frame_info(frame: Frame) -> Info:
    """What a frame records beside its positions; values that are unknown are left out."""
    values = {
        "step": frame.step,
        "t": frame.t,
        "energy": frame.energy,
        "evaluations": frame.evaluations,
        "seconds": round(frame.seconds, 6),
        "stage": frame.stage or None,
    }
    return {key: value for key, value in values.items() if value is not None}


def provenance_info(trajectory: Trajectory) -> Info:
    """The provenance as JSON keeps it."""
    source = trajectory.provenance
    return {
        "method": source.method,
        "model": source.model,
        "model_hash": source.model_hash,
        "level_of_theory": source.level_of_theory,
        "seed": source.seed,
        "options": dict(source.options),
        "versions": dict(source.versions),
    }


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write beside the file, then rename; MoleculeError where the disk refuses."""

    def fill(part: Path) -> None:
        part.write_bytes(content.encode() if isinstance(content, str) else content)

    _replace(path, fill)


def one_line(text: str) -> str:
    """A name as file formats take it: printable, on one line, no record separator."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(clean.replace("$$$$", "$").split())


def check_target(path: Path) -> None:
    """Raise MoleculeError where a file can't be written there: before hours of computing."""
    check_folder(path)
    _writer(path)


def check_folder(path: Path) -> None:
    """The same for a file of another kind."""
    if path.is_dir():
        raise MoleculeError(f"{path} is a folder; name a file in it")
    if not path.absolute().parent.is_dir():
        raise MoleculeError(f"{path} can't be written: there is no folder {path.parent}")


def _writer(path: Path) -> Writer:
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise MoleculeError(
            f"'{path.suffix}' files can't be written; choose one of {', '.join(_WRITERS)}"
        )
    return writer


def _write(path: Path, structures: Sequence[Structure], infos: Sequence[Info]) -> None:
    writer = _writer(path)
    if not structures:
        raise MoleculeError("there is no structure to write")
    named = [s.with_name(one_line(s.name)) for s in structures]
    _replace(path, lambda part: writer(part, named, infos))


def _replace(path: Path, fill: Callable[[Path], None]) -> None:
    """Let ``fill`` write a file beside the target, then put it in the target's place."""
    try:
        with replacing(path) as part:
            fill(part)
    except OSError as error:
        raise MoleculeError(f"{path} can't be written: {error.strerror}") from error


def _write_xyz(path: Path, structures: Sequence[Structure], infos: Sequence[Info]) -> None:
    blocks = []
    for structure, info in zip(structures, infos, strict=True):
        told = structure.charge or CHARGE.search(structure.name)  # a name that would be read as one
        charge = [f"charge={structure.charge}"] if told else []
        plain = [f"{k}={v}" for k, v in info.items() if isinstance(v, int | float | str)]
        comment = " ".join(filter(None, [structure.name, *charge, *plain]))
        rows = zip(structure.symbols, structure.positions.tolist(), strict=True)
        lines = [f"{symbol:<2} {x:15.8f} {y:15.8f} {z:15.8f}" for symbol, (x, y, z) in rows]
        blocks.append("\n".join([str(len(structure)), comment, *lines, ""]))
    path.write_text("".join(blocks), encoding="utf-8")


def _write_extxyz(path: Path, structures: Sequence[Structure], infos: Sequence[Info]) -> None:
    from ase.io.extxyz import write_xyz

    with path.open("w", encoding="utf-8") as file:
        for structure, info in zip(structures, infos, strict=True):
            # ASE escapes quotation marks but not the backslashes of SMILES.
            escaped = structure.with_name(structure.name.replace("\\", "\\\\"))
            write_xyz(file, [_atoms(escaped, info)])


def _write_traj(path: Path, structures: Sequence[Structure], infos: Sequence[Info]) -> None:
    from ase.io.trajectory import TrajectoryWriter

    with TrajectoryWriter(str(path)) as file:  # type: ignore[no-untyped-call]
        for structure, info in zip(structures, infos, strict=True):
            file.write(_atoms(structure, info))


def _write_mol(path: Path, structures: Sequence[Structure], _: Sequence[Info]) -> None:
    if len(structures) > 1:
        raise MoleculeError("a mol file holds one molecule; choose sdf for several")
    path.write_text(molblock_of(structures[0]), encoding="utf-8")


def _write_sdf(path: Path, structures: Sequence[Structure], infos: Sequence[Info]) -> None:
    records = [sdf_record(s, info) for s, info in zip(structures, infos, strict=True)]
    path.write_text("".join(records), encoding="utf-8")


def sdf_record(structure: Structure, info: Info, fields: str = "") -> str:
    """One record of an sdf file; ``fields`` are data fields as they stand in another one."""
    properties = dict(info)
    if structure.charge and not structure.formal_charges.any():  # type: ignore[union-attr]
        properties["total_charge"] = structure.charge
    own = "".join(f">  <{key}>\n{one_line(str(value))}\n\n" for key, value in properties.items())
    return molblock_of(structure) + own + fields + "$$$$\n"


def _write_pdb(path: Path, structures: Sequence[Structure], _: Sequence[Info]) -> None:
    """Frames of one molecule as models with one connectivity; else one molecule only."""
    first = structures[0]
    if any(not _same_bonds(first, other) for other in structures):
        raise MoleculeError("a pdb file holds one molecule; choose sdf for several")
    if len(first) > MAX_PDB_ATOMS:
        raise MoleculeError("the molecule has too many atoms for a pdb file; choose sdf")
    head, atoms, connectivity = _pdb_parts(first)
    if len(structures) == 1:
        path.write_text(head + atoms + connectivity + "END\n", encoding="utf-8")
        return
    models = [
        f"MODEL     {k:4d}\n{_pdb_parts(s)[1]}ENDMDL\n" for k, s in enumerate(structures, start=1)
    ]
    path.write_text(head + "".join(models) + connectivity + "END\n", encoding="utf-8")


def _pdb_parts(structure: Structure) -> tuple[str, str, str]:
    """Name, atoms and connectivity, each as lines."""
    mol = kekulised(structure)
    with rdkit_messages():
        lines = Chem.MolToPDBBlock(mol).splitlines(keepends=True)
    atoms = [line for line in lines if line.startswith(("ATOM", "HETATM"))]
    bonds = [line for line in lines if line.startswith("CONECT")]
    name = f"COMPND    {structure.name}\n" if structure.name else ""
    return name, "".join(atoms), "".join(bonds)


def _same_bonds(a: Structure, b: Structure) -> bool:
    same = a.same_atoms(b) and a.bonds.tolist() == b.bonds.tolist()
    return same and a.orders.tolist() == b.orders.tolist()


def _atoms(structure: Structure, info: Info) -> "Atoms":
    from ase import Atoms
    from ase.calculators.singlepoint import SinglePointCalculator

    atoms = Atoms(structure.numbers, structure.positions)
    atoms.info = {"charge": structure.charge, **encoded_bonds(structure), **info}
    if structure.name:
        atoms.info["name"] = structure.name
    energy = atoms.info.pop("energy", None)
    if energy is not None:  # where ASE and its friends look for it
        single = SinglePointCalculator(atoms, energy=energy)  # type: ignore[no-untyped-call]
        atoms.calc = single
    return atoms


_WRITERS: dict[str, Writer] = {
    ".xyz": _write_xyz,
    ".extxyz": _write_extxyz,
    ".mol": _write_mol,
    ".sdf": _write_sdf,
    ".pdb": _write_pdb,
    ".traj": _write_traj,
}
