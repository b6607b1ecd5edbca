"""torch comes in as by a plain import, and other threads go on meanwhile."""

import subprocess
import sys

COMPUTE = """
import gc
from morered_gui.diffusion.torch_loading import load_torch
load_torch()
load_torch()
import torch
assert gc.isenabled() and gc.get_freeze_count() > 0
x = torch.arange(6.0).reshape(2, 3).requires_grad_()
(x @ x.T).trace().backward()
print(torch.linalg.norm(x.grad - 2 * x).item())
"""


def test_that_torch_computes_when_its_libraries_were_loaded_ahead() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMPUTE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "0.0"), done.stderr
