"""Bonds perceived frame by frame, in the task thread, each frame once."""

from collections.abc import Callable, Iterable
from hashlib import blake2b

import numpy as np
from psygnal import Signal

from morered_gui.app.controller import Controller, OnFailure
from morered_gui.app.records import same_molecule
from morered_gui.chem.perception import bonds_at
from morered_gui.core import Structure
from morered_gui.core.arrays import FloatArray

AT_ONCE = 32  # frames a task, a millisecond or some each: other tasks get their turn
AHEAD = 256  # frames after the one looked at
Bonds = tuple[tuple[int, int, float], ...]  # first atom, second atom, order


def bonds_of_frames(molecule: Structure, frames: Iterable[FloatArray]) -> list[Bonds]:
    """The bonds of a molecule at several places of its atoms, (n, 3) Å each."""
    return [_triples(*bonds_at(molecule, positions)) for positions in frames]


class FrameBonds:
    """Knows the bonds of the frames that were asked for, and of those that follow them.

    Signals:
        known: bonds that were asked for are there.
    """

    known = Signal()

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._molecule: Structure | None = None
        self._bonds: dict[bytes, Bonds] = {}  # by a digest of the positions
        self._shared: dict[Bonds, Bonds] = {}  # most frames have the same: kept once
        self._asked: FloatArray | None = None
        self._at_work = False

    def of(self, positions: FloatArray) -> Bonds | None:
        """Bonds at these positions (n, 3) Å, or None where they are now being perceived."""
        self._follow_molecule()
        found = self._bonds.get(_key(positions))
        if found is None:
            self._asked = positions
            self._go_on()
        return found

    def prepare(
        self,
        frames: list[FloatArray],
        then: Callable[[], None],
        on_failure: OnFailure | None = None,
    ) -> None:
        """Perceive all of these frames, then call back; see ``Controller.run_task``."""
        self._follow_molecule()
        molecule = self._molecule
        missing = [x for x in frames if _key(x) not in self._bonds]
        if molecule is None or not missing:
            then()
            return

        def take(found: list[Bonds]) -> None:
            self._take(missing, found)
            then()

        self._controller.run_task(lambda: bonds_of_frames(molecule, missing), take, on_failure)

    # --- inside ---------------------------------------------------------------------------------

    def _follow_molecule(self) -> None:
        """What is known belongs to one molecule."""
        molecule = self._controller.state.structure
        old = self._molecule
        if molecule is not None and (old is None or not same_molecule(molecule, old)):
            self._bonds, self._shared = {}, {}
            self._molecule, self._asked = molecule, None

    def _go_on(self) -> None:
        """Perceive what was asked for, and some frames behind it."""
        molecule = self._molecule
        if self._at_work or molecule is None:
            return
        wanted = self._wanted()
        if not wanted:
            return

        def take(found: list[Bonds]) -> None:
            self._at_work = False
            asked = self._asked is not None
            if molecule is self._molecule:
                self._take(wanted, found)
            if asked:
                self.known.emit()
            self._go_on()

        self._at_work = True
        self._controller.run_task(
            lambda: bonds_of_frames(molecule, wanted), take, lambda _: self._give_up()
        )

    def _give_up(self) -> None:
        self._at_work, self._asked = False, None

    def _wanted(self) -> list[FloatArray]:
        """The frame asked for, then those that follow the one looked at."""
        wanted = {} if self._asked is None else {_key(self._asked): self._asked}
        trajectory, index = self._controller.state.trajectory, self._controller.state.frame_index
        count = 0 if trajectory is None else len(trajectory)
        for k in range(index, min(index + AHEAD, count)):
            if trajectory is None or len(wanted) == AT_ONCE:
                break
            key = _key(trajectory[k].positions)
            if key not in self._bonds:
                wanted[key] = trajectory[k].positions
        return list(wanted.values())

    def _take(self, frames: list[FloatArray], found: list[Bonds]) -> None:
        for positions, bonds in zip(frames, found, strict=True):
            self._bonds[_key(positions)] = self._shared.setdefault(bonds, bonds)
            if self._asked is not None and np.array_equal(positions, self._asked):
                self._asked = None


def _key(positions: FloatArray) -> bytes:
    return blake2b(positions.tobytes(), digest_size=16).digest()


def _triples(pairs: np.ndarray, orders: np.ndarray) -> Bonds:
    return tuple(
        (int(i), int(j), float(order))
        for (i, j), order in zip(pairs.tolist(), orders.tolist(), strict=True)
    )
