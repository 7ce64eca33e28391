"""What goes on: the starts and stops of a status, sequence by sequence."""

from __future__ import annotations

import msgspec

from tuiconsole.model.states import ProcessState
from tuiconsole.model.status import ApplicationStatus, ClusterStatus

SCHEMA = "tuiconsole.jobs/1"


class JobProcess(msgspec.Struct, frozen=True):
    """One process of a job's application."""

    namespec: str
    state: ProcessState
    nodes: tuple[str, ...]
    reason: str | None


class JobSequence(msgspec.Struct, frozen=True):
    """The processes of one number of the start sequence."""

    sequence: int
    processes: tuple[JobProcess, ...]


class JobShown(msgspec.Struct, frozen=True):
    """A start or stop that goes on: at which step of how many, and what it waits for."""

    application: str
    kind: str
    """`start`, `stop`, `restart` or `conciliate`."""
    step: int
    steps: int
    waits_for: tuple[str, ...]
    """In words."""
    nodes: tuple[str, ...]
    sequences: tuple[JobSequence, ...]
    """In the order in which they start; stops go the other way."""


class JobsShown(msgspec.Struct, frozen=True):
    """What `jobs --json` prints."""

    cluster: str
    observed_at: str
    """UTC, ISO 8601 with milliseconds."""
    observer: str
    """The node whose agent says so."""
    jobs: tuple[JobShown, ...]
    schema: str = SCHEMA


def shown_jobs(status: ClusterStatus) -> JobsShown:
    """The jobs of a status."""
    jobs = tuple(found for one in status.applications if (found := _job(one)) is not None)
    return JobsShown(status.cluster, status.observed_at, status.observer, jobs)


def _job(application: ApplicationStatus) -> JobShown | None:
    job = application.job
    if job is None:
        return None
    numbers = sorted({process.sequence for process in application.processes if process.sequence})
    sequences = tuple(
        JobSequence(
            number,
            tuple(
                JobProcess(one.namespec, one.state, one.nodes, one.reason)
                for one in application.processes
                if one.sequence == number
            ),
        )
        for number in numbers
    )
    return JobShown(
        application.name, job.kind, job.step, job.steps, job.waits_for, application.nodes, sequences
    )
