"""Bonds that are perceived in each frame."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from morered_gui.app import frame_bonds
from morered_gui.app.controller import Controller
from morered_gui.app.frame_bonds import FrameBonds
from morered_gui.app.state import AppState
from morered_gui.chem import structure_from_smiles
from morered_gui.chem.perception import bonds_at
from tests.app.molecules import WATER

OWN = ((0, 1, 1.0), (0, 2, 1.0))


def far(k: float) -> np.ndarray:
    """Water without its second hydrogen."""
    x = WATER.positions.copy()
    x[2] += 5.0 + k
    return x


@pytest.fixture
def controller() -> Iterator[Controller]:
    made = Controller(AppState())
    made.state.load(WATER)
    yield made
    assert made.close()


def pump_until(controller: Controller, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        controller.pump()
        time.sleep(0.005)


def test_that_a_molecule_at_rest_keeps_its_own_bonds_and_orders() -> None:
    molecule = structure_from_smiles("OC=O")
    pairs, orders = bonds_at(molecule, molecule.positions)
    own = {*map(tuple, np.sort(molecule.bonds, axis=1).tolist())}
    assert {*map(tuple, np.sort(pairs, axis=1).tolist())} == own
    assert sorted(orders) == sorted(molecule.orders)


def test_that_a_hydrogen_that_moves_over_changes_the_orders() -> None:
    molecule = structure_from_smiles("OC=O")  # the hydrogen goes to the other oxygen
    first, second = np.flatnonzero(molecule.numbers == 8)
    bond = dict(zip(map(tuple, molecule.bonds.tolist()), molecule.orders.tolist(), strict=True))
    carbon = int(np.flatnonzero(molecule.numbers == 6)[0])
    hydrogens = np.flatnonzero(molecule.numbers == 1)
    x = molecule.positions.copy()
    acid = min(hydrogens, key=lambda h: float(np.linalg.norm(x[h] - x[first])))
    away = x[second] - x[carbon]
    x[acid] = x[second] + away / np.linalg.norm(away) * 0.97
    pairs, orders = bonds_at(molecule, x)
    found = {tuple(sorted(p)): o for p, o in zip(pairs.tolist(), orders.tolist(), strict=True)}
    old = {tuple(sorted(p)): o for p, o in bond.items()}
    here, there = tuple(sorted((carbon, int(first)))), tuple(sorted((carbon, int(second))))
    assert (old[here], old[there]) == (1.0, 2.0)
    assert (found[here], found[there]) == (2.0, 1.0)


def test_that_a_frame_is_perceived_once_in_the_task_thread(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    perceive = frame_bonds.bonds_of_frames

    def counting(molecule: object, frames: list[np.ndarray]) -> object:
        counted.append(len(frames))
        return perceive(molecule, frames)  # type: ignore[arg-type]

    monkeypatch.setattr(frame_bonds, "bonds_of_frames", counting)
    bonds, known = FrameBonds(controller), []
    bonds.known.connect(lambda: known.append(True))
    assert bonds.of(WATER.positions) is None
    assert bonds.of(far(0)) is None  # the first is under way, this one waits
    pump_until(controller, lambda: bonds.of(far(0)) is not None)
    assert bonds.of(WATER.positions) == OWN
    assert bonds.of(far(0)) == OWN[:1]
    assert counted == [1, 1]
    assert known


def test_that_all_frames_of_a_film_are_ready_before_it_begins(controller: Controller) -> None:
    bonds, ready = FrameBonds(controller), []
    frames = [far(k) for k in range(100)]
    bonds.prepare(frames, lambda: ready.append(True))
    assert not ready
    pump_until(controller, lambda: bool(ready))
    assert all(bonds.of(x) == OWN[:1] for x in frames)


def test_that_another_molecule_forgets_what_was_known(controller: Controller) -> None:
    bonds = FrameBonds(controller)
    bonds.prepare([WATER.positions], lambda: None)
    pump_until(controller, lambda: bonds.of(WATER.positions) is not None)
    controller.state.load(structure_from_smiles("C"))
    controller.state.load(WATER.with_positions(far(0)))
    assert bonds.of(WATER.positions) is None or bonds.of(WATER.positions) == OWN
    pump_until(controller, lambda: bonds.of(WATER.positions) is not None)
