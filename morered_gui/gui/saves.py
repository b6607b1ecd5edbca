"""Files on their way to the disk, and the runs that are in one."""

from collections.abc import Callable, Iterable

from morered_gui.app.controller import Controller
from morered_gui.app.messages import Severity
from morered_gui.app.records import RunRecord


class Saves:
    """What the window writes: it is not to be closed on a file that is half there."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._under_way = 0
        self._kept: dict[int, int] = {}  # frames that are in a file, by the number of the run

    @property
    def under_way(self) -> bool:
        """Whether a file is not written yet."""
        return self._under_way > 0

    def has(self, run: RunRecord) -> bool:
        """Whether all frames of a run are in a file."""
        return len(run.trajectory) <= self._kept.get(run.number, 0)

    def keep(self, runs: Iterable[RunRecord]) -> None:
        """These runs are in a file as they are now."""
        self._kept |= _lengths(runs)

    def follow(self, save: Callable[[], object], runs: Iterable[RunRecord] = ()) -> None:
        """Queue a save, which is to bring these runs into a file.

        The task thread does one thing after another: the save has ended when the next task has.
        """
        kept = _lengths(runs)
        save()
        self.begin()
        self._controller.run_task(_nothing, lambda _: self._follow_end(kept))

    def begin(self) -> None:
        """A file is being written from now on, until ``end``."""
        self._under_way += 1

    def end(self) -> None:
        """It is written, or it never will be."""
        self._under_way -= 1

    def _follow_end(self, kept: dict[int, int]) -> None:
        self.end()
        message = self._controller.state.message  # "Saved ...", or why not
        if message is None or message.severity != Severity.ERROR:
            self._kept |= kept


def _lengths(runs: Iterable[RunRecord]) -> dict[int, int]:
    return {run.number: len(run.trajectory) for run in runs}


def _nothing() -> None:
    pass
