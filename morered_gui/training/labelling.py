"""Labels for a force field: disturbed training molecules with GFN2-xTB energies and forces.

Each molecule gives one structure of each kind. Only the labels cost quantum-chemical calculations:
normal modes and dynamics are those of MMFF94, whose errors are also those of the structures that
the force field will be asked to relax.
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase.calculators.calculator import CalculationFailed, InputError

from morered_gui.chem.conformers import mmff94_minimum
from morered_gui.chem.dynamics import mmff94_snapshot
from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.vibrations import thermal_displacements
from morered_gui.core import ExpectedError, Structure
from morered_gui.core.arrays import FloatArray
from morered_gui.core.configuration import claim_folder
from morered_gui.core.files import replacing
from morered_gui.core.geometry import superpose
from morered_gui.diffusion.forward import noised
from morered_gui.relaxers.calculators import atoms_of, gfn2_xtb
from morered_gui.training.chunks import Progress, RowChunk, chunks_folder, make_missing, row_chunks
from morered_gui.training.dataset import EquilibriumSet, Record, Split
from morered_gui.training.labels import Kind, Label, LabelledSet
from morered_gui.training.structures import loaded_once, structure_of

CHUNK = 100  # molecules
COLDEST, HOTTEST = 300.0, 1500.0  # K, of the dynamics; normal modes begin at 0
LARGEST_T = 200  # of Gaussian noise; small ones are drawn more often
# eV/Å; atoms on top of each other teach nothing but to be large.
LARGEST_FORCE = 100.0
LEVEL_OF_THEORY = "GFN2-xTB"


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """What to label.

    Attributes:
        source: a training file; its validation and test molecules are left alone.
        structures: how many, failures included; fewer are the beginning of more.
        seed: of the choice of molecules and of the disturbances.
    """

    source: Path
    structures: int = 104_000
    seed: int = 0


Chunk = RowChunk[Labelling]


def chunks_of(task: Labelling, output: Path) -> list[Chunk]:
    """The chunks of the work, those that are done included.

    Raises ExpectedError where the folder of chunks belongs to other work.
    """
    data = EquilibriumSet.load(task.source)
    folder = chunks_folder(output)
    source = hashlib.sha256(task.source.read_bytes()).hexdigest()
    claim_folder(folder, {"source": source, "seed": task.seed, "largest_force": LARGEST_FORCE})
    rows = np.random.default_rng(task.seed).permutation(data.members(Split.TRAIN))
    wanted = rows[: -(-task.structures // len(Kind))]
    return row_chunks(folder, wanted.tolist(), task, CHUNK)


def label_data_set(task: Labelling, output: Path, processes: int, progress: Progress) -> None:
    """Label what is not labelled yet; see ``make_missing``."""
    make_missing(chunks_of(task, output), label_chunk, processes, progress)


def label_chunk(chunk: Chunk) -> None:
    """Disturb and label the molecules of a chunk and write them."""
    began = time.process_time()
    data = loaded_once(chunk.task.source)
    failures: Counter[str] = Counter()
    labels = [x for row in chunk.rows for x in _of_molecule(data, row, chunk.task.seed, failures)]
    notes = json.dumps([dict(failures), time.process_time() - began])
    empty = np.empty((0, 3))
    with replacing(chunk.path) as part:
        np.savez(
            part,
            rows=np.array([row for row, _ in labels], dtype=np.int64),
            positions=np.concatenate([x.record.positions for _, x in labels] or [empty]),
            energy=np.array([x.energy for _, x in labels]),
            forces=np.concatenate([x.forces for _, x in labels] or [empty]),
            kind=np.array([x.kind for _, x in labels], dtype=np.uint8),
            notes=notes,
        )


def _of_molecule(
    data: EquilibriumSet, row: int, seed: int, failures: Counter[str]
) -> Iterator[tuple[int, Label]]:
    rng = np.random.default_rng([seed, row])
    for kind in Kind:
        name = kind.name.lower()
        try:
            structure = structure_of(data, row)
            disturbed = structure.with_positions(_disturbed(structure, kind, rng))
            energy, forces = _labelled(disturbed)
        except (MoleculeError, ValueError):  # no parameters, no bonds, flown apart
            failures[f"{name}: no structure"] += 1
        except (CalculationFailed, InputError):
            failures[f"{name}: GFN2-xTB failed"] += 1
        else:
            if np.abs(forces).max() > LARGEST_FORCE:
                failures[f"{name}: force too large"] += 1
                continue
            yield row, Label(_record(data, row, disturbed.positions), energy, forces, kind)


def _disturbed(structure: Structure, kind: Kind, rng: np.random.Generator) -> FloatArray:
    """Positions (n, 3) in Å; raises MoleculeError where MMFF94 does not know the molecule."""
    if kind == Kind.GAUSSIAN:
        t = int(LARGEST_T * rng.random() ** 2)
        return noised(structure, t, seed=int(rng.integers(2**31)), number=0).positions
    if kind == Kind.DYNAMICS:
        return mmff94_snapshot(structure, rng.uniform(COLDEST, HOTTEST), rng)
    minimum = mmff94_minimum(structure)
    (moved,) = thermal_displacements(minimum, rng.uniform(0.0, HOTTEST), 1, rng)
    return superpose(structure.positions, minimum.positions) + moved


def _labelled(structure: Structure) -> tuple[float, FloatArray]:
    """GFN2-xTB energy in eV and forces (n, 3) in eV/Å."""
    atoms = atoms_of(structure)
    atoms.calc = gfn2_xtb(structure)
    energy = float(atoms.get_potential_energy())  # type: ignore[no-untyped-call]
    forces: FloatArray = atoms.get_forces()  # type: ignore[no-untyped-call]
    if not (np.isfinite(energy) and np.isfinite(forces).all()):
        raise CalculationFailed("the energy or the forces are not finite")
    return energy, forces


def _record(data: EquilibriumSet, row: int, positions: FloatArray) -> Record:
    numbers, _ = data.geometry(row)
    return Record(numbers, positions, index=int(data.index[row]), charge=int(data.charge[row]))


def join_labels(task: Labelling, output: Path) -> LabelledSet:
    """Write the file of labels out of the chunks that are finished.

    Raises ExpectedError where there is no label.
    """
    data = EquilibriumSet.load(task.source)
    labels: list[Label] = []
    failures: Counter[str] = Counter()
    seconds = 0.0
    for chunk in chunks_of(task, output):
        if not chunk.path.exists():
            continue
        with np.load(chunk.path, allow_pickle=False) as file:
            arrays = dict(file)
        of_chunk, spent = json.loads(str(arrays.pop("notes")))
        failures.update(of_chunk)
        seconds += spent
        labels += _labels(data, arrays)
    if not labels:
        raise ExpectedError("no structure could be labelled")
    counts = Counter(label.kind.name.lower() for label in labels)
    meta = {
        "name": f"{data.meta.get('name', task.source.stem)}, disturbed",
        "level_of_theory": LEVEL_OF_THEORY,
        "source": f"{data.meta.get('source', task.source.name)}; training molecules only",
        "seed": task.seed,
        "kinds": dict(sorted(counts.items())),
        "failures": dict(sorted(failures.items())),
        "core_hours": round(seconds / 3600.0, 3),
    }
    joined = LabelledSet.collect(labels, meta)
    joined.save(output)
    return joined


def _labels(data: EquilibriumSet, arrays: dict[str, np.ndarray]) -> Iterator[Label]:
    ends = np.cumsum(data.n_atoms[arrays["rows"]])
    for k, (row, end) in enumerate(zip(arrays["rows"].tolist(), ends.tolist(), strict=True)):
        atoms = slice(end - int(data.n_atoms[row]), end)
        record = _record(data, row, arrays["positions"][atoms])
        kind = Kind(int(arrays["kind"][k]))
        yield Label(record, float(arrays["energy"][k]), arrays["forces"][atoms], kind)
