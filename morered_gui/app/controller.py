"""Carries out the commands of the interface: starts jobs, and brings their results home.

Qt-free; lives in the interface's thread. ``pump`` is to be called at the rate of the display.
"""

import queue
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from morered_gui.app import operations
from morered_gui.app.events import (
    Done,
    Event,
    Failed,
    Finished,
    FrameArrived,
    LoadingModel,
    RunReady,
)
from morered_gui.app.file_run import FileRow
from morered_gui.app.jobs import Events, Job, Worker, task
from morered_gui.app.library_run import LibraryJob
from morered_gui.app.messages import Message, Severity, message_of, sentence
from morered_gui.app.operations import Loaded
from morered_gui.app.records import RunRecord, same_molecule
from morered_gui.app.references import (
    Reference,
    ReferenceChoice,
    ReferenceKind,
    matched_choice,
    waits_for_end,
)
from morered_gui.app.run_state import Activity
from morered_gui.app.runs import (
    Build,
    RelaxerShelf,
    RunRequest,
    build,
    prediction,
    relaxation,
    warming,
)
from morered_gui.app.series import RunSeries
from morered_gui.app.state import AppState
from morered_gui.app.view_options import BondsFrom
from morered_gui.core import Frame, Provenance, StopReason, Structure
from morered_gui.diffusion.schedule import NoiseSchedule
from morered_gui.relaxers.registry import RelaxerChoice

OnResult = Callable[[Any], None]
OnFailure = Callable[[Message], None]
ROUND_SECONDS = 0.008  # of events at a time; the drawing that they cause comes on top


class Controller:
    """Commands in, state out.

    Three threads: one relaxes, one reads, embeds and writes, and one checks what was relaxed.
    """

    def __init__(self, state: AppState, build: Build = build) -> None:
        self.state = state
        self._events: Events = queue.SimpleQueue()
        self._compute = Worker("compute", self._events)
        self._tasks = Worker("tasks", self._events)
        self._checks = Worker("checks", self._events)
        self._shelf = RelaxerShelf(build)
        self.failure: Message | None = None  # of the last relaxation
        self._afterwards: list[Callable[[], None]] = []
        self._handlers: dict[int, tuple[OnResult, OnFailure]] = {}
        self._run: Job | None = None
        self._after: RunRecord | None = None  # whose result the run goes on from
        self._warming: Job | None = None
        self._load: Job | None = None

    # --- commands -----------------------------------------------------------------------------

    def open_file(self, path: Path) -> None:
        """Read a molecule from a file."""
        self._submit_load(lambda: operations.open_file(path))

    def choose_from_file(self, place: int) -> None:
        """Take another molecule of the file opened last; raises IndexError."""
        molecule = self.state.file_molecules[place]
        self.cancel_run()
        self.state.say(None)
        self.state.load(molecule)

    def open_text(self, text: str, seed: int = 0, on_failure: OnFailure | None = None) -> None:
        """Build a molecule from a SMILES, InChI, mol block or an example's name.

        ``on_failure`` shows what is wrong with it.
        """
        self._submit_load(lambda: operations.from_text(text, seed), on_failure)

    def open_example(self, identifier: str) -> None:
        """Load an example."""
        self._submit_load(lambda: operations.from_example(identifier))

    def open_row(self, library: LibraryJob, row: FileRow) -> None:
        """Load a molecule of a file that was relaxed, its result as the reference.

        The file opened last stays open.
        """
        molecules, path = self.state.file_molecules, self.state.file_path

        def load() -> Loaded:
            return replace(operations.from_library(library, row), molecules=molecules, path=path)

        self._submit_load(load)

    def add_noise(self, t: int, seed: int, schedule: NoiseSchedule | None = None) -> None:
        """Diffuse the molecule as it was loaded to the time step t.

        ``schedule`` as in ``diffusion.forward.noised``.
        """
        base = self.state.base
        if base is None:
            return self._refuse("there is no molecule to add noise to; open one first")
        # A diffusion takes microseconds: not worth a thread.
        self.cancel_run()
        diffused = operations.diffused(base, t, seed, schedule)
        return self.state.set_noised(self._unfrozen(diffused, base), t)

    def start_from_noise(self, t: int, seed: int) -> None:
        """Put the molecule's atoms at random places, which is where the last time step t is."""
        base = self.state.base
        if base is None:
            return self._refuse("there is no molecule whose atoms to take; open one first")
        self.cancel_run()
        return self.state.set_noised(self._unfrozen(operations.pure_noise(base, seed), base), t)

    def _unfrozen(self, noised: Structure, base: Structure) -> Structure:
        """Noise for all atoms but the frozen ones, which stay as they are in the base."""
        fixed = self.state.fixed_mask
        if fixed is None:
            return noised
        return noised.with_positions(np.where(fixed[:, None], base.positions, noised.positions))

    def relax(
        self,
        choice: RelaxerChoice,
        *,
        seed: int,
        max_steps: int,
        after: RunRecord | None = None,
    ) -> None:
        """Relax the starting structure; a relaxation that still runs is given up.

        Where a run of the molecule is given, go on from its result.
        """
        start = self.state.structure if after is None else after.trajectory.result()
        if start is None:
            return self._refuse("there is no molecule to relax; open one first")
        self.cancel_run()
        self.state.say(None)
        self._after, self.failure = after, None
        request = RunRequest(
            start, choice, seed=seed, max_steps=max_steps, fixed=self.state.fixed_mask
        )
        self._run = self._compute.submit(relaxation(request, self._shelf))
        return self.state.set_activity(Activity.LOADING)

    def warm_up(self, choice: RelaxerChoice) -> None:
        """Import torch and load the model ahead of the first relaxation."""
        self._warming = self._compute.submit(warming(choice, self._shelf))

    def forget_models(self) -> None:
        """Models have come or gone: read them anew from now on."""
        self._compute.submit(task(self._shelf.clear))

    def predict(self, structure: Structure, choice: RelaxerChoice, on_frame: OnResult) -> None:
        """Ask the network about a structure; ``on_frame`` gets a Frame with t and noise."""
        job = self._compute.submit(task(lambda: prediction(choice, structure, self._shelf)))
        self._handlers[job.number] = (on_frame, self.state.say)

    def after_events(self, function: Callable[[], None]) -> None:
        """Call a function at the end of this round of events, or of the next."""
        self._afterwards.append(function)

    def stop(self) -> None:
        """Stop the relaxation; what it has reached is kept."""
        if self._run is not None:
            self._run.cancel()
            self.state.set_activity(Activity.STOPPING)

    def cancel_run(self) -> None:
        """Give up the relaxation; whatever it still posts is dropped."""
        if self._run is not None:
            self.stop()  # told: a row of runs ends with it
            self._end_run(StopReason.CANCELLED)

    def save_structure(self, path: Path) -> None:
        """Write the structure looked at."""
        shown = self.state.shown
        if shown is None:
            return self._refuse("there is no structure to save; open one first")
        return self._submit_save(lambda: operations.save_structure(path, shown))

    def save_trajectory(self, path: Path) -> None:
        """Write all frames so far."""
        self._save_frames(path, operations.save_trajectory)

    def export_html(self, path: Path) -> None:
        """Write all frames so far as a page, with bonds as they are drawn."""
        perceived = self.state.view.bonds == BondsFrom.FRAME
        self._save_frames(path, partial(operations.export_html, perceived=perceived))

    def save_bytes(self, path: Path, content: bytes) -> None:
        """Write a picture, say."""
        self._submit_save(lambda: operations.save_bytes(path, content))

    def measure_to(self, choice: ReferenceChoice) -> None:
        """Measure all runs to another reference, now and in the future."""
        state, start, known = self.state, self.state.structure, self.state.known_reference
        if start is None:
            return self._refuse("there is no molecule to measure; open one first")
        runs = [run for run in state.runs if len(run.trajectory)]
        copies = [(run.trajectory.copy(), run.meant) for run in runs]

        def measure() -> tuple[ReferenceChoice, list[tuple[Reference, RunSeries]]]:
            matched = matched_choice(choice, start, known)
            return matched, [
                operations.measured(matched, copy, known, meant) for copy, meant in copies
            ]

        def measured(result: tuple[ReferenceChoice, list[tuple[Reference, RunSeries]]]) -> None:
            now = state.structure
            if now is None or not same_molecule(now, start) or state.known_reference is not known:
                return  # it was chosen for what is gone
            state.reference_choice, found = result
            state.set_measured([(run, *each) for run, each in zip(runs, found, strict=True)])

        self.run_task(measure, measured)
        return None

    def _measure_end(self, run: RunRecord) -> None:
        """Only at its end a run has a final and a best frame to be measured to."""
        state, choice, copy = self.state, self.state.reference_choice, run.trajectory.copy()
        known, meant = state.known_reference, run.meant
        if len(copy):
            self.run_task(
                lambda: operations.measured(choice, copy, known, meant),
                lambda found: state.set_measured([(run, *found)]),
            )

    def load_reference(self, path: Path, *, symmetric: bool) -> None:
        """Measure to a structure from a file; its atoms may come in another order."""

        def loaded(reference: Reference) -> None:
            self.measure_to(ReferenceChoice(ReferenceKind.LOADED, symmetric, reference))

        self.run_task(lambda: operations.open_reference(path), loaded)

    def run_task(
        self,
        function: Callable[[], Any],
        on_result: OnResult,
        on_failure: OnFailure | None = None,
    ) -> Job:
        """Do something in the task thread; what it returns comes back in this one.

        ``on_failure`` gets the words for an error; without it they are shown.
        """
        return self._submit(self._tasks, function, on_result, on_failure)

    def run_check(
        self,
        function: Callable[[], Any],
        on_result: OnResult,
        on_failure: OnFailure | None = None,
    ) -> Job:
        """As ``run_task``, in the thread for checks: neither saving nor relaxing waits for it."""
        return self._submit(self._checks, function, on_result, on_failure)

    def _submit(
        self,
        worker: Worker,
        function: Callable[[], Any],
        on_result: OnResult,
        on_failure: OnFailure | None,
    ) -> Job:
        job = worker.submit(task(function))
        self._handlers[job.number] = (on_result, on_failure or self.state.say)
        return job

    def drop(self, job: Job | None) -> None:
        """Take no notice of what a task still brings."""
        if job is not None:
            job.cancel()
            self._handlers.pop(job.number, None)

    @property
    def run_number(self) -> int:
        """Number of the relaxation that is on its way, 0 where there is none."""
        return 0 if self._run is None else self._run.number

    @property
    def is_loading(self) -> bool:
        """Whether a molecule that was asked for is on its way."""
        return self._load is not None and self._load.number in self._handlers

    def close(self) -> bool:
        """Stop all threads; True where they have ended."""
        self._handlers.clear()
        ended = [worker.close() for worker in (self._compute, self._tasks, self._checks)]
        return all(ended)

    # --- events -------------------------------------------------------------------------------

    def pump(self) -> None:
        """Take in what the threads have posted; frames in one piece.

        What would hold the interface for longer than ``ROUND_SECONDS`` waits for the next call.
        """
        frames: list[Frame] = []
        end = time.perf_counter() + ROUND_SECONDS
        while time.perf_counter() < end:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                break
            if isinstance(event, FrameArrived):
                if self._is_run(event):
                    frames.append(event.frame)
                continue
            try:
                self.state.add_frames(frames)
            finally:  # a view that fails must not cost the event, which may be the run's end
                frames = []
                self._take(event)
        self.state.add_frames(frames)
        afterwards, self._afterwards = self._afterwards, []
        for function in afterwards:
            function()

    def _take(self, event: Event) -> None:
        if self._is_run(event):
            self._take_of_run(event)
        elif self._warming is not None and event.job == self._warming.number:
            self._take_of_warming(event)
        elif event.job in self._handlers:
            self._take_of_task(event)

    def _take_of_run(self, event: Event) -> None:
        match event:
            case RunReady():
                self._begin_run(event.provenance)
                if self.state.activity == Activity.LOADING:
                    self.state.set_activity(Activity.RUNNING)
            case Finished():
                self._end_run(event.reason)
                if event.reason == StopReason.DIVERGED:
                    text = "The structure flew apart. Start from less noise, or another seed."
                    self._say_failure(Message(text, Severity.ERROR))
            case Failed():
                self._end_run(None)
                self._say_failure(message_of(event))
            case _:
                pass

    def _say_failure(self, message: Message) -> None:
        self.failure = message
        self.state.say(message)

    def _begin_run(self, provenance: Provenance) -> None:
        if self._after is None:
            return self.state.begin_run(provenance)
        before = self._after.trajectory
        made = {"continues": before.provenance.method, "continues_seed": before.provenance.seed}
        provenance = replace(provenance, options={**provenance.options, **made})
        return self.state.begin_run(provenance, before.result(), self._after.meant)

    def _take_of_warming(self, event: Event) -> None:
        """A model that can't be loaded is told of now, before it is asked for."""
        match event:
            case LoadingModel() if not self.state.busy:
                self.state.set_activity(Activity.LOADING, warming=True)
            case RunReady() | Failed():
                self._warming = None
                if self._run is None:
                    self.state.set_activity(Activity.IDLE)
                if isinstance(event, Failed):
                    self.state.say(message_of(event))
            case _:
                pass

    def _take_of_task(self, event: Event) -> None:
        match event:
            case Done():
                on_result, _ = self._handlers.pop(event.job)
                on_result(event.result)
            case Failed():
                _, on_failure = self._handlers.pop(event.job)
                on_failure(message_of(event))
            case _:
                pass

    def _end_run(self, reason: StopReason | None) -> None:
        self._run = None
        self.state.set_activity(Activity.IDLE)
        self.state.end_run(reason)
        run, choice, known = self.state.run, self.state.reference_choice, self.state.known_reference
        if run is not None and waits_for_end(choice, known, run.meant):
            self._measure_end(run)

    def _is_run(self, event: Event) -> bool:
        return self._run is not None and event.job == self._run.number

    # --- tasks --------------------------------------------------------------------------------

    def _submit_load(
        self, function: Callable[[], Loaded], on_failure: OnFailure | None = None
    ) -> None:
        """A newer request replaces one that is still on its way."""
        self.drop(self._load)
        self._load = self.run_task(function, self._loaded, on_failure)

    def _loaded(self, loaded: Loaded) -> None:
        self.cancel_run()
        self.state.say(Message(loaded.note) if loaded.note else None)
        self.state.load(loaded.structure, loaded.reference, loaded.drawing)
        self.state.set_file(loaded.molecules, loaded.path)

    def _save_frames(self, path: Path, save: Callable[..., Path]) -> None:
        trajectory = self.state.trajectory
        if trajectory is None or not len(trajectory):
            return self._refuse("there is no trajectory yet; relax a molecule first")
        copy = trajectory.copy()
        return self._submit_save(lambda: save(path, copy))

    def _submit_save(self, function: Callable[[], Path]) -> None:
        self.run_task(function, lambda path: self.state.say(Message(f"Saved {path}.")))

    def _refuse(self, reason: str) -> None:
        self.state.say(Message(sentence(reason), Severity.WARNING))
