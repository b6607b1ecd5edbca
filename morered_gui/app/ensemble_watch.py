"""Keeps the state's ensemble that of the run looked at."""

from morered_gui.app.controller import Controller
from morered_gui.app.ensembles import LEAST_MEMBERS, ensemble_of, members_of
from morered_gui.app.jobs import Job


class EnsembleWatch:
    """Computes an ensemble in the task thread whenever its members change."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._wanted: tuple[int, ...] = ()
        self._job: Job | None = None
        state = controller.state
        for signal in (state.structure_changed, state.trajectory_changed, state.runs_changed):
            signal.connect(self._follow)

    def _follow(self) -> None:
        state = self._controller.state
        members = members_of(state.runs, state.run)
        wanted = tuple(m.number for m in members) if len(members) >= LEAST_MEMBERS else ()
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._controller.drop(self._job)
        if not wanted:
            state.set_ensemble(None)
            return
        copies = [(m.number, m.trajectory.copy()) for m in members]
        self._job = self._controller.run_task(lambda: ensemble_of(copies), state.set_ensemble)
