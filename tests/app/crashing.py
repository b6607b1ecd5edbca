"""A program without a window that relaxes, keeps its session, and ends only when it is killed.

    python -m tests.app.crashing

Prints "kept" when the session has been written with frames of the run in it.
"""

import sys
import time
from collections.abc import Callable

import numpy as np

from morered_gui.app.autosave import Autosave
from morered_gui.app.controller import Controller
from morered_gui.app.references import Reference
from morered_gui.app.state import AppState
from morered_gui.relaxers.registry import RelaxerChoice
from tests.app.molecules import WATER
from tests.app.spring import Pace, SpringRelaxer

FRAMES = 20
LONGEST = 30.0  # s; nobody has to wait for a program whose test has failed


def main() -> None:
    controller = Controller(AppState(), build=lambda _: SpringRelaxer(Pace(0.002)))
    autosave = Autosave(controller, lambda: {"method": "fast", "seed": 11})
    state = controller.state
    state.load(WATER)
    autosave.begin()
    state.load(WATER.with_name("my water"), Reference(WATER, "DFT geometry"))
    state.set_noised(WATER.with_positions(WATER.positions + np.eye(3) / 8), 60)
    controller.relax(RelaxerChoice(method="spring", model="test"), seed=3, max_steps=100_000)
    pump(controller, lambda: state.trajectory is not None and len(state.trajectory) >= FRAMES)
    autosave.touch()
    autosave.tick()
    pump(controller, lambda: not autosave.writing)
    sys.stdout.write("kept\n")
    sys.stdout.flush()
    pump(controller, lambda: False)


def pump(controller: Controller, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not condition() and time.monotonic() < deadline:
        controller.pump()
        time.sleep(0.001)


if __name__ == "__main__":
    main()
