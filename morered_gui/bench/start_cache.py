"""Starts on disk: made once, the same for every method and every later run."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from morered_gui.bench.starts import Start, Started, make_start
from morered_gui.core import ExpectedError, Structure
from morered_gui.core.files import replacing

# Part of the folder's name: raised when starts are made in another way.
VERSION = 2


@dataclass(frozen=True)
class StartCache:
    """One .npz file per molecule, start and seed in ``folder/data set/start/seed``."""

    folder: Path
    data_hash: str

    def path(self, start: Start, seed: int, index: int) -> Path:
        """The file; starts that do not differ from seed to seed have one for all seeds."""
        draw = f"seed{seed}" if start.seeded else "any-seed"
        name = f"{self.data_hash[:16]}-v{VERSION}"
        return self.folder / name / start.name / draw / f"{index}.npz"

    def make(self, reference: Structure, start: Start, *, seed: int, index: int) -> None:
        """Make a start and keep it, if it is not there yet."""
        path = self.path(start, seed, index)
        if path.exists():
            return
        made = make_start(reference, start, seed=seed, index=index)
        path.parent.mkdir(parents=True, exist_ok=True)
        x = np.empty((0, 3)) if made.structure is None else made.structure.positions
        with replacing(path) as part:
            np.savez(
                part, positions=x, reason=made.reason, energies=json.dumps(dict(made.energies))
            )

    def load(self, reference: Structure, start: Start, *, seed: int, index: int) -> Started:
        """The start that was made; raises ExpectedError where the file is broken."""
        path = self.path(start, seed, index)
        try:
            with np.load(path, allow_pickle=False) as file:
                x, reason = file["positions"], str(file["reason"])
                energies = json.loads(str(file["energies"]))
            structure = reference.with_positions(x) if len(x) else None
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise ExpectedError(
                f"the start in {path} can't be read ({error}); delete it"
            ) from error
        return Started(structure=structure, reason=reason, energies=energies)
