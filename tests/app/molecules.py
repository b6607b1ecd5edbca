"""Molecules for tests."""

import numpy as np

from morered_gui.core import Structure

WATER = Structure(
    numbers=np.array([8, 1, 1]),
    positions=np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]]),
    bonds=np.array([[0, 1], [0, 2]]),
    orders=np.ones(2),
    name="water",
)
IRON_OXIDE = Structure(
    numbers=np.array([26, 8]),
    positions=np.array([[0.0, 0.0, 0.0], [1.6, 0.0, 0.0]]),
    bonds=np.array([[0, 1]]),
    orders=np.array([2.0]),
    name="iron oxide",
)
