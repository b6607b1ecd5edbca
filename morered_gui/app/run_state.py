"""The runs on a molecule, and which frame of which is looked at.

Qt-free; belongs to the interface's thread, which alone writes to it.
"""

from collections.abc import Sequence
from enum import StrEnum

from psygnal import Signal

from morered_gui.app.ensembles import Ensemble
from morered_gui.app.records import RunRecord
from morered_gui.app.references import Reference
from morered_gui.app.series import RunSeries
from morered_gui.core import Frame, StopReason, Trajectory

MOST_RUNS = 50  # kept for comparison; the oldest goes first


class Activity(StrEnum):
    """What the compute thread does."""

    IDLE = "idle"
    LOADING = "loading model"
    RUNNING = "relaxing"
    STOPPING = "stopping"


class RunState:
    """What was computed, what is being computed, and what of it is looked at.

    Signals:
        trajectory_changed: a trajectory has begun, ended, or gone; or its reference changed.
        frames_added: the index of the first new frame.
        frame_selected: the index of the frame looked at.
        frame_hovered: the index of the frame pointed at, or None.
        run_checked: the check or the energies of a run are there, or have come further.
        runs_changed: a run has come, gone, been renamed, shown or hidden.
        ensemble_changed: the runs that differ from the one looked at by their seed alone.
        activity_changed: what the compute thread does.
    """

    trajectory_changed = Signal()
    frames_added = Signal(int)
    frame_selected = Signal(int)
    frame_hovered = Signal(object)
    run_checked = Signal(object)
    runs_changed = Signal()
    ensemble_changed = Signal()
    activity_changed = Signal(object)

    def __init__(self) -> None:
        self.runs: list[RunRecord] = []  # on this molecule, oldest first
        self.run: RunRecord | None = None  # the one looked at
        self.ensemble: Ensemble | None = None
        self.frame_index = 0
        self.hovered: int | None = None
        self.live = True  # the newest frame is looked at
        self.activity = Activity.IDLE
        self.warming = False  # a model is loaded ahead: nothing relaxes yet

    def open_run(self, run: RunRecord) -> None:
        """A run begins whose frames are to come; it is looked at."""
        self.run = run
        self.runs = [*self.runs, run][-MOST_RUNS:]
        self.frame_index, self.hovered, self.live = 0, None, True
        self.trajectory_changed.emit()
        self.runs_changed.emit()

    def add_frames(self, frames: list[Frame]) -> None:
        """Append frames of the current run; in live mode the last one is looked at."""
        if self.trajectory is None or self.series is None or not frames:
            return
        first = len(self.trajectory)
        for frame in frames:
            self.trajectory.append(frame)
        self.series.extend(frames)
        if self.live:
            self.frame_index = len(self.trajectory) - 1
        self.frames_added.emit(first)
        if self.live:
            self.frame_selected.emit(self.frame_index)

    def end_run(self, reason: StopReason | None) -> None:
        """Close the trajectory.

        ``reason`` is None where the run broke off by an error. A trajectory that has ended
        before stays as it is.
        """
        if self.trajectory is None or self.trajectory.stop_reason is not None:
            return
        self.trajectory.stop_reason = reason
        self.live = False
        self.trajectory_changed.emit()
        self.runs_changed.emit()

    def set_measured(self, measured: Sequence[tuple[RunRecord, Reference, RunSeries]]) -> None:
        """Measure runs to other references; frames that a series lacks are added to it."""
        for run, reference, series in measured:
            run.measure(reference, series)
        self.runs_changed.emit()
        if any(run is self.run for run, _, _ in measured):
            self.trajectory_changed.emit()

    def look_at_run(self, run: RunRecord) -> None:
        """Look at another run that was kept; not while one is computed."""
        if run is self.run or self.relaxing:
            return
        self.run, self.hovered, self.live = run, None, False
        self.frame_index = max(len(run.trajectory) - 1, 0)
        self.trajectory_changed.emit()
        self.frame_selected.emit(self.frame_index)

    def show_run(self, run: RunRecord, visible: bool) -> None:
        """Draw the curves of a run beside those of the one looked at, or not."""
        run.visible = visible
        self.runs_changed.emit()

    def set_ensemble(self, ensemble: Ensemble | None) -> None:
        """What the runs with other seeds have in common; None where there are none."""
        if ensemble is not self.ensemble:
            self.ensemble = ensemble
            self.ensemble_changed.emit()

    def select_frame(self, index: int) -> None:
        """Look at a frame, clipped to what is there; looking back leaves the live mode."""
        if self.trajectory is None or not len(self.trajectory):
            return
        last = len(self.trajectory) - 1
        index = min(max(index, 0), last)
        self.live = self.live and index == last
        if index != self.frame_index:
            self.frame_index = index
            self.frame_selected.emit(index)

    def go_live(self) -> None:
        """Look at the newest frame, and follow the run while there is one."""
        self.live = self.activity != Activity.IDLE
        if self.trajectory is not None:
            self.select_frame(len(self.trajectory) - 1)

    def hover(self, index: int | None) -> None:
        """Point at a frame without going there; None where nothing is pointed at."""
        if index != self.hovered:
            self.hovered = index
            self.frame_hovered.emit(index)

    def set_activity(self, activity: Activity, *, warming: bool = False) -> None:
        """Tell what the compute thread does; ``warming``: ahead of any relaxation."""
        self.warming = warming
        if activity != self.activity:
            self.activity = activity
            self.activity_changed.emit(activity)

    def keep_run(self, run: RunRecord) -> None:
        """Add a run that was computed before, and look at it."""
        self.runs = [*self.runs, run][-MOST_RUNS:]
        self.look_at_run(run)
        self.runs_changed.emit()

    def remove_run(self, run: RunRecord) -> None:
        """Forget a run; not the one that is computed."""
        if run is self.run and self.relaxing:
            return
        self.runs = [other for other in self.runs if other is not run]
        if run is self.run:
            self.look_at_no_run()
            self.trajectory_changed.emit()
        self.runs_changed.emit()

    def look_at_no_run(self) -> None:
        """Silently: what is seen instead has to be told of as well."""
        self.run, self.frame_index, self.hovered = None, 0, None

    @property
    def trajectory(self) -> Trajectory | None:
        """Of the run looked at."""
        return None if self.run is None else self.run.trajectory

    @property
    def series(self) -> RunSeries | None:
        """Of the run looked at."""
        return None if self.run is None else self.run.series

    @property
    def reference(self) -> Reference | None:
        """What the series is measured to."""
        return None if self.run is None else self.run.reference

    @property
    def busy(self) -> bool:
        """Whether a relaxation is on its way, or a model is loaded ahead of one."""
        return self.activity != Activity.IDLE

    @property
    def relaxing(self) -> bool:
        """Whether a relaxation is on its way."""
        return self.busy and not self.warming
