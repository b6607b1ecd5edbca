"""Array types, and the one way to make an array that nobody can write to."""

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def frozen_array(values: Any, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """A read-only copy of ``values``, so that frozen dataclasses are frozen to the bottom."""
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array
