"""Where a relaxation begins: the reference, disturbed in a named way."""

from morered_gui.chem.conformers import mmff94_minimum
from morered_gui.core import ExpectedError, Structure
from morered_gui.diffusion.forward import noised

# The protocol's time steps, see docs/benchmark.md.
DIFFUSED = ("t25", "t50", "t100", "t200", "t400")
STARTS = (*DIFFUSED, "mmff94")


def disturbed(reference: Structure, start: str, *, seed: int, number: int) -> Structure:
    """A start for one molecule.

    Args:
        reference: the equilibrium structure.
        start: ``mmff94``, the minimum nearest to the reference, or ``t`` and a time step,
            the reference diffused to it.
        seed: of the noise.
        number: the molecule's place in the test set.

    Raises:
        ExpectedError: there is no such start, or MMFF94 can't treat the molecule.
    """
    if start == "mmff94":
        return mmff94_minimum(reference)
    if start.startswith("t") and start[1:].isdigit():
        return noised(reference, int(start[1:]), seed=seed, number=number)
    raise ExpectedError(f"there is no start '{start}'; there are: {', '.join(STARTS)}")
