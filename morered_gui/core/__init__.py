"""The domain in plain numpy: structures, frames, trajectories, relaxers, geometry."""

from morered_gui.core.errors import ExpectedError
from morered_gui.core.geometry import rmsd, rmsds, superpose
from morered_gui.core.relaxer import (
    BatchFrame,
    BatchRun,
    Capabilities,
    Relaxer,
    UnsupportedMoleculeError,
)
from morered_gui.core.structure import PaddedBatch, Structure
from morered_gui.core.trajectory import Frame, Provenance, StopReason, Trajectory

__all__ = [
    "BatchFrame",
    "BatchRun",
    "Capabilities",
    "ExpectedError",
    "Frame",
    "PaddedBatch",
    "Provenance",
    "Relaxer",
    "StopReason",
    "Structure",
    "Trajectory",
    "UnsupportedMoleculeError",
    "rmsd",
    "rmsds",
    "superpose",
]
