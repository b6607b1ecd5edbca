"""What the worker threads tell the interface: frozen data, each with the number of its job."""

from dataclasses import dataclass

from morered_gui.core import Frame, Provenance, StopReason


@dataclass(frozen=True)
class Started:
    """The job's turn has come."""

    job: int


@dataclass(frozen=True)
class LoadingModel:
    """The relaxer is being built: torch is imported, weights are read."""

    job: int
    model: str


@dataclass(frozen=True)
class RunReady:
    """The relaxer stands and the first frame is being computed."""

    job: int
    provenance: Provenance


@dataclass(frozen=True, eq=False)
class FrameArrived:
    """One more frame of a relaxation."""

    job: int
    frame: Frame


@dataclass(frozen=True)
class Finished:
    """A relaxation has ended, for this reason."""

    job: int
    reason: StopReason


@dataclass(frozen=True, eq=False)
class Done:
    """A task has ended with this result."""

    job: int
    result: object


@dataclass(frozen=True, eq=False)
class Progressed:
    """A long task has come further: something of what it has made so far."""

    job: int
    part: object


@dataclass(frozen=True)
class Failed:
    """A job has failed.

    Attributes:
        message: one line for people.
        expected: False for a defect of the program.
        details: the traceback, for a report; empty where expected.
    """

    job: int
    message: str
    expected: bool
    details: str = ""


Event = Started | LoadingModel | RunReady | FrameArrived | Finished | Done | Progressed | Failed
