"""A tiny data set, and relaxers that the workers can build."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from morered_gui.bench.protocol import Entry, Protocol
from morered_gui.bench.run import Places
from morered_gui.chem.smiles import structure_from_smiles
from morered_gui.core import BatchRun, Relaxer, Structure, UnsupportedMoleculeError
from morered_gui.core.arrays import BoolArray
from morered_gui.relaxers.registry import RelaxerChoice
from morered_gui.training.dataset import EquilibriumSet, Record, Split
from tests.app.spring import SpringRelaxer

SMILES = ("O", "C", "CO", "CCO", "C=O", "CC(=O)N", "c1ccoc1", "CCCO", "N", "C#N", "CF", "CNC")
VALIDATION_RESIDUE = 8


def write_data(path: Path) -> Path:
    """All molecules in the validation part."""
    structures = [structure_from_smiles(s, optimise=True) for s in SMILES]
    records = [
        Record(s.numbers, s.positions, index=50 * k + VALIDATION_RESIDUE)
        for k, s in enumerate(structures)
    ]
    meta = {"name": "tiny", "level_of_theory": "MMFF94"}
    EquilibriumSet.collect(records, meta).save(path)
    return path


def protocol(data: Path, **options: object) -> Protocol:
    """Springs (by the name of a method) on the validation part of the tiny set."""
    small = Protocol(
        data=data,
        entries=(Entry(method="fast"),),
        starts=("t50", "mmff94"),
        molecules=len(SMILES),
        split=Split.VALIDATION,
        max_steps=5,
    )
    return replace(small, **options)  # type: ignore[arg-type]


def places(folder: Path, name: str = "results") -> Places:
    return Places(results=folder / name, starts=folder / "starts")


def spring(choice: RelaxerChoice, threads: int | None) -> Relaxer:
    return SpringRelaxer()


@dataclass(frozen=True)
class Picky(SpringRelaxer):
    """Refuses water, and takes the whole process along at methanol."""

    deadly: bool = False

    def relax(
        self,
        starts: Sequence[Structure],
        *,
        max_steps: int,
        seed: int,
        fixed: Sequence[BoolArray | None] | None = None,
    ) -> BatchRun:
        if starts[0].formula == "H2O":
            raise UnsupportedMoleculeError("no water")
        if self.deadly and starts[0].formula == "CH4O":
            os._exit(7)
        return super().relax(starts, max_steps=max_steps, seed=seed, fixed=fixed)


def picky(choice: RelaxerChoice, threads: int | None) -> Relaxer:
    return Picky()


def deadly(choice: RelaxerChoice, threads: int | None) -> Relaxer:
    return Picky(deadly=True)


def defective(choice: RelaxerChoice, threads: int | None) -> Relaxer:
    return SpringRelaxer(fails_at=2)
