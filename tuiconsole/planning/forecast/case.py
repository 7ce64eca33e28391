"""One application or process, with all that is known of it; and the verdict on it."""

from __future__ import annotations

from dataclasses import dataclass

from tuiconsole.model.events import Event
from tuiconsole.model.ledger import Failure, Wish
from tuiconsole.model.status import ApplicationStatus, ProcessStatus
from tuiconsole.model.why import Cause, Remedy
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.forecast.standing import Standing
from tuiconsole.planning.report import EngineReport, JobReport


@dataclass(frozen=True)
class Case:
    """All that is known of one application or process."""

    standing: Standing
    application: Application
    status: ApplicationStatus
    process: ProcessStatus | None
    """Where only a process is asked about."""
    report: EngineReport | None
    events: tuple[Event, ...]
    """About it, oldest first."""
    origin: str

    @property
    def name(self) -> str:
        """What is asked about."""
        return self.process.namespec if self.process else self.application.name

    @property
    def job(self) -> JobReport | None:
        """What goes on about it."""
        return self.report.jobs.get(self.application.name) if self.report else None

    @property
    def processes(self) -> tuple[ProcessStatus, ...]:
        """The processes it is about."""
        return (self.process,) if self.process else self.status.processes

    @property
    def wish(self) -> Wish | None:
        """What is wanted of the application; None if nobody wanted anything yet."""
        return self.report.wishes.get(self.application.name) if self.report else None

    @property
    def failures(self) -> dict[str, Failure]:
        """What became of the last starts, where it was not well."""
        known = self.report.failures if self.report else {}
        return {one.namespec: known[one.namespec] for one in self.processes if one.namespec in known}

    @property
    def alive(self) -> bool:
        """True if any of it runs, or is just starting or stopping."""
        return any(one.state.alive for one in self.processes)


@dataclass(frozen=True)
class Verdict:
    """The cause, in a sentence, what led to it, and its own remedies."""

    cause: Cause
    text: str
    because: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
