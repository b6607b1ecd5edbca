"""What the provenance of a run tells of its curves: whose energies, which time, which process."""

from morered_gui.core import Provenance
from morered_gui.diffusion.checkpoint import MAX_STEPS
from morered_gui.diffusion.schedule import SCHEDULES, USUAL, NoiseSchedule, named_schedule
from morered_gui.relaxers.methods import METHODS, TimeSource

# What the time step of a frame is called, and the same in short.
TIME_TITLES = {
    TimeSource.PREDICTED: ("Predicted time step t", "Predicted t"),
    TimeSource.COUNTED: ("Time step t, predicted once", "Counted t"),
    TimeSource.GIVEN: ("Given time step t", "Given t"),
}


def title_of(made: Provenance) -> str:
    """The method, and its model where that is not its own."""
    method = METHODS.get(made.method)
    title = method.title if method else made.method
    own = not made.model or (method is not None and made.model == method.model)
    return title if own else f"{title}, {made.model}"


def energy_name(made: Provenance) -> str:
    """Whose energies the frames have; empty for none.

    Only energies of one name have one zero, and can be compared.
    """
    method = METHODS.get(made.method)
    if method is None:  # a plug-in
        return made.level_of_theory or made.method
    if method.stages:
        return energy_name(Provenance(method.stages[-1], made.model))
    if not method.baseline:
        return ""
    return method.title if method.kind is None else title_of(made)


def time_source(made: Provenance) -> TimeSource:
    """Where the time steps of the frames come from, if there are any."""
    method = METHODS.get(made.method)
    return method.time if method else TimeSource.PREDICTED


def schedule_of(made: Provenance) -> NoiseSchedule:
    """The noise schedule of the model; the usual one where nothing else is told."""
    name = made.options.get("schedule", USUAL[0])
    n_steps = made.options.get("n_steps", USUAL[1])
    # A session may be anybody's.
    known = isinstance(name, str) and name in SCHEDULES
    if known and isinstance(n_steps, int) and 2 <= n_steps <= MAX_STEPS:
        return named_schedule(str(name), n_steps)
    return named_schedule(*USUAL)
