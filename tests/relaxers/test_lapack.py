"""tblite with its own LAPACK, and with the one that it is lent."""

import json
import os
import subprocess
import sys

import pytest

from morered_gui.relaxers.lapack import torch_library

pytest.importorskip("tblite")
POINT = """
import json, sys
if sys.argv[1] == "lent":
    from morered_gui.relaxers.lapack import lend_lapack
    assert lend_lapack()
from ase.build import molecule
from tblite.ase import TBLite
atoms = molecule("C6H6")
atoms.rattle(0.05, seed=1)
atoms.calc = TBLite(method="GFN2-xTB", verbosity=0)
energy, forces = atoms.get_potential_energy(), atoms.get_forces()
with open("/proc/self/maps") as maps:
    lent = "libtorch_cpu" in maps.read()
print(json.dumps([energy, forces.ravel().tolist(), lent]))
"""


def point(how: str) -> tuple[float, list[float], bool]:
    command = [sys.executable, "-c", POINT, how]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, env=one_thread
    )
    energy, forces, lent = json.loads(done.stdout.splitlines()[-1])
    return energy, forces, lent


@pytest.mark.skipif(torch_library() is None, reason="torch lends no LAPACK on this system")
def test_that_a_lent_lapack_changes_no_result() -> None:
    own, borrowed = point("own"), point("lent")
    assert (own[2], borrowed[2]) == (False, True)
    assert borrowed[0] == pytest.approx(own[0], abs=1e-8)
    assert borrowed[1] == pytest.approx(own[1], abs=1e-6)
