"""Curves of several runs in one plot: which of them share an axis, and what it is called."""

from collections.abc import Sequence
from dataclasses import replace

from morered_gui.app.made_by import (
    TIME_TITLES,
    energy_name,
    schedule_of,
    time_source,
    title_of,
)
from morered_gui.app.records import RunRecord
from morered_gui.app.series import QUANTITIES
from morered_gui.diffusion.schedule import NoiseSchedule
from morered_gui.relaxers.methods import TimeSource

ENERGY, XTB, TIME, RMSD = "energy", "xtb", "t", "rmsd"
TIME_WORDS = ("Time step t", "t")  # where some are predicted and some are not
ASK_ALL_FRAMES = "All frames, below the molecule, computes GFN2-xTB."


def drawn(run: RunRecord | None, others: Sequence[RunRecord]) -> list[RunRecord]:
    """The run looked at, where there is one, before the others."""
    return [*others] if run is None else [run, *others]


def level_of(run: RunRecord | None, others: Sequence[RunRecord]) -> str:
    """Whose energies are drawn: those of the run looked at, else of the newest that has some.

    Empty where no run has energies.
    """
    names = (energy_name(each.made) for each in drawn(run, others[::-1]))
    return next((name for name in names if name), "")


def shares_axis(name: str, run: RunRecord, level: str) -> bool:
    """Whether the quantity of a run is drawn; energies of another zero are not."""
    return name != ENERGY or energy_name(run.made) == level != ""


def axis_labels(name: str, runs: Sequence[RunRecord], level: str) -> tuple[str, str]:
    """What an axis with these runs is called, and the same in short."""
    if name == TIME:
        return time_words(runs)
    quantity = QUANTITIES[name]
    if name == ENERGY and level:
        quantity = replace(quantity, title=f"{level} energy", short=level)
    return quantity.axis_labels


def time_words(runs: Sequence[RunRecord]) -> tuple[str, str]:
    """What the time steps of these runs are called, and the same in short."""
    timed = [run for run in runs if run.series.knows(TIME)]
    titles = {TIME_TITLES[time_source(run.made)] for run in timed or runs}
    if not titles:
        return TIME_TITLES[TimeSource.PREDICTED]
    return titles.pop() if len(titles) == 1 else TIME_WORDS


def schedule_drawn(run: RunRecord | None) -> NoiseSchedule | None:
    """The process whose t the run's points have; None where it has none."""
    return schedule_of(run.made) if run is not None and run.series.knows(TIME) else None


def of_one_process(run: RunRecord | None, others: Sequence[RunRecord]) -> list[RunRecord]:
    """The others with a t of the run's process; where it has none, of the newest one's."""
    timed = [each for each in others if each.series.knows(TIME)]
    schedule = schedule_drawn(run) or schedule_drawn(timed[-1] if timed else None)
    return [each for each in timed if schedule_drawn(each) is schedule]


def may_be_diffused(run: RunRecord | None) -> bool:
    """Whether its RMSD may be that to what was diffused; that to the run's own start can't be."""
    return run is not None and run.reference.structure is not run.trajectory.start


def titles_of(run: RunRecord) -> dict[str, str]:
    """Headings of columns that depend on what made the run, by quantity."""
    made = run.made
    energies = f"{energy_name(made)} energy ({QUANTITIES[ENERGY].unit})"
    return {TIME: TIME_TITLES[time_source(made)][0], ENERGY: energies}


def note_on(name: str, run: RunRecord | None, others: Sequence[RunRecord]) -> tuple[str, ...]:
    """What is to be said of curves that are missing, longer and shorter; mostly nothing."""
    runs = drawn(run, others)
    if name == XTB:
        return _note_on_xtb(runs)
    if name == RMSD:
        return _note_on_references(runs)
    if name != ENERGY or not runs:
        return ()
    level = level_of(run, others)
    if not level:
        return f"No energies here: {ASK_ALL_FRAMES}", "No energies here."
    names = dict.fromkeys(energy_name(each.made) for each in runs)
    left = [each for each in names if each not in {level, ""}]
    own = "" if run is None or energy_name(run.made) else f"{title_of(run.made)} gives no energies"
    if not left:
        return (f"{own}.",) if own else ()
    verb = "have" if len(left) > 1 else "has"
    zero = f"{level} alone: {_listed(left)} {verb} another zero"
    whole = f"{zero}; {own}." if own else f"{zero}."
    return whole, f"{zero}.", f"{level} alone: others have another zero.", f"{level} alone"


def _note_on_xtb(runs: Sequence[RunRecord]) -> tuple[str, ...]:
    lacking = dict.fromkeys(title_of(run.made) for run in runs if not run.series.knows(XTB))
    if not lacking:
        return ()
    if all(not run.series.knows(XTB) for run in runs):
        return f"No GFN2-xTB energies yet: {ASK_ALL_FRAMES}", "No GFN2-xTB energies yet."
    return f"No GFN2-xTB energies yet of {_listed([*lacking])}.", "Not yet of all runs."


def _note_on_references(runs: Sequence[RunRecord]) -> tuple[str, ...]:
    labels = {run.reference.label for run in runs}
    if len(labels) > 1:
        return ("RMSD: not all runs are measured to the same structure.", "Several references")
    if len(runs) > 1 and all(run.reference.own for run in runs):
        return (f"RMSD: each run to its own {labels.pop()}.", "Each to its own end")
    return ()


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
