"""What the interface does with molecules, as plain functions for the task thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from morered_gui.app.file_run import FileRow
from morered_gui.app.library_run import LibraryJob
from morered_gui.app.references import Reference, ReferenceChoice, chosen_reference
from morered_gui.app.series import RunSeries
from morered_gui.chem.drawing import Drawing, drawing_of_mol
from morered_gui.core import Structure, Trajectory
from morered_gui.diffusion.schedule import NoiseSchedule

STRUCTURE_SUFFIXES = (".sdf", ".mol", ".xyz", ".extxyz", ".pdb", ".traj")
TRAJECTORY_SUFFIXES = (".extxyz", ".xyz", ".sdf", ".pdb", ".traj")

MOST_MOLECULES = 2000  # of a file are listed
MOST_ATOMS = 2000  # of a molecule: the window's thread draws and measures them frame by frame


@dataclass(frozen=True, eq=False)
class Loaded:
    """A molecule to start from, with reference and drawing if known, and a remark for people.

    ``molecules`` are all of the file that it came from, itself among them, and ``path`` is where
    that is; empty and None where there is no file.
    """

    structure: Structure
    reference: Reference | None = None
    note: str = ""
    drawing: Drawing | None = None
    molecules: tuple[Structure, ...] = ()
    path: Path | None = None


def open_file(path: Path) -> Loaded:
    """The molecules of a file; those that can't be used are left out and counted.

    Raises MoleculeError where none can be used.
    """
    from morered_gui.chem.errors import MoleculeError
    from morered_gui.chem.reading import iter_structures, read_structures

    broken: list[MoleculeError] = []

    def fits(structure: Structure) -> bool:
        if len(structure) > MOST_ATOMS:
            broken.append(MoleculeError(_too_large(len(structure))))
        return len(structure) <= MOST_ATOMS

    readable = iter_structures(path, lambda _, error: broken.append(error))
    found = list(islice(filter(fits, readable), MOST_MOLECULES + 1))
    if not found:
        read_structures(path)  # says what is wrong
        raise MoleculeError(f"{path.name}: {broken[0]}")
    named = tuple(_named(s, path, k, len(found)) for k, s in enumerate(found[:MOST_MOLECULES]))
    remarks = []
    if len(found) > MOST_MOLECULES:
        remarks.append(f"{path.name} has more molecules; the first {MOST_MOLECULES} are listed.")
    if broken:
        remarks.append(
            f"{path.name}: left out what can't be used ({len(broken)}), the first: {broken[0]}."
        )
    return Loaded(named[0], note=" ".join(remarks), molecules=named, path=path)


def _too_large(n_atoms: int) -> str:
    return (
        f"a molecule has {n_atoms} atoms, and the window takes up to {MOST_ATOMS}; "
        "'morered relax' on the command line takes more"
    )


def _named(structure: Structure, path: Path, place: int, count: int) -> Structure:
    if structure.name:
        return structure
    return structure.with_name(f"{path.stem} {place + 1}" if count > 1 else path.stem)


def pictures(
    molecules: Sequence[Structure | str], width: int, height: int, *, dark: bool
) -> list[bytes]:
    """Structural formulae of structures or SMILES as PNG."""
    from morered_gui.chem.depiction import picture_png

    return [picture_png(molecule, width, height, dark=dark) for molecule in molecules]


def from_text(text: str, seed: int) -> Loaded:
    """A conformer of a SMILES, InChI, mol block, or the name of an example; MMFF94 clean-up.

    Raises MoleculeError.
    """
    from morered_gui.chem.errors import MoleculeError
    from morered_gui.chem.identifiers import mol_of_text, name_of_smiles, name_of_text
    from morered_gui.chem.smiles import structure_of_mol

    mol = mol_of_text(text)
    if mol.GetNumAtoms() > MOST_ATOMS:
        raise MoleculeError(_too_large(mol.GetNumAtoms()))
    drawing = drawing_of_mol(mol)
    name = name_of_smiles(drawing.smiles) or name_of_text(text)
    structure = structure_of_mol(mol, seed=seed, optimise=True, name=name)
    return Loaded(structure, drawing=drawing)


def from_example(identifier: str) -> Loaded:
    """An example that comes with the program, with its reference."""
    from morered_gui.chem.examples import load_example

    start, reference = load_example(identifier)
    if reference is None or not reference.same_atoms(start):
        return Loaded(start)
    return Loaded(start, Reference(reference, "DFT geometry"))


def from_library(library: LibraryJob, row: FileRow) -> Loaded:
    """A molecule of a file that was relaxed, as it was there; its result is the reference.

    Raises MoleculeError where it can't be built, or the files have changed.
    """
    from morered_gui.chem.errors import MoleculeError
    from morered_gui.chem.library import record_at

    record = record_at(library.source, row.number)
    start = record.build(library.seed)
    if len(start) > MOST_ATOMS:
        raise MoleculeError(_too_large(len(start)))
    start = start.with_name(row.name)
    if row.place is None:
        return Loaded(start)
    result = record_at(library.output, row.place).build()
    if not result.same_atoms(start):
        raise MoleculeError(f"{library.output.name} has changed since; relax the file again")
    return Loaded(start, Reference(result, f"result in {library.output.name}"))


def open_reference(path: Path) -> Reference:
    """The first structure of a file as something to measure to; raises MoleculeError."""
    from morered_gui.chem.reading import read_structures

    return Reference(read_structures(path)[0], path.name)


def measured(
    choice: ReferenceChoice,
    trajectory: Trajectory,
    known: Reference | None,
    meant: Structure | None = None,
) -> tuple[Reference, RunSeries]:
    """The reference chosen, and the trajectory measured to it; raises MoleculeError.

    ``meant`` as in ``chosen_reference``.
    """
    reference = chosen_reference(choice, trajectory, known, meant)
    series = reference.series()
    series.extend(list(trajectory))
    return reference, series


def diffused(
    structure: Structure, t: int, seed: int, schedule: NoiseSchedule | None = None
) -> Structure:
    """The structure diffused to the time step t; ``schedule`` as in ``forward.noised``."""
    from morered_gui.diffusion.forward import noised

    return noised(structure, t, seed=seed, schedule=schedule)


def pure_noise(structure: Structure, seed: int) -> Structure:
    """The structure's atoms at random places."""
    from morered_gui.diffusion.forward import pure_noise

    return pure_noise(structure, seed=seed)


def save_structure(path: Path, structure: Structure) -> Path:
    """Write one structure; raises MoleculeError."""
    from morered_gui.chem.writing import write_structures

    write_structures(path, [structure])
    return path


def save_trajectory(path: Path, trajectory: Trajectory) -> Path:
    """Write all frames; raises MoleculeError."""
    from morered_gui.chem.writing import write_trajectory

    write_trajectory(path, trajectory)
    return path


def export_html(path: Path, trajectory: Trajectory, *, perceived: bool = False) -> Path:
    """Write a page that plays the trajectory offline; raises MoleculeError."""
    from morered_gui.app.html_export import write_html

    write_html(path, trajectory, perceived=perceived)
    return path


def save_bytes(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all; raises MoleculeError."""
    from morered_gui.chem.writing import write_atomically

    write_atomically(path, content)
    return path
