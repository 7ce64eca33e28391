"""A job: what is being done to one application, step by step, until it ends with an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tuiconsole.clock import BootTime
from tuiconsole.model.ledger import JobKind, JobPhase, JobRecord, Waiter
from tuiconsole.model.process import Process
from tuiconsole.planning.engine.messages import Now
from tuiconsole.planning.sequences import Steps

OWN_JOB_LASTS = 600.0
"""Seconds that a start of the engine's own may take."""
LONGEST_PAUSE = 30.0
"""Seconds between two restarts in quick succession, at most."""


@dataclass
class Mark:
    """One process of a start job, from its command on."""

    node: str
    since: BootTime
    baseline: Process | None
    """As it was before the command: what comes later counts only if it differs. None: it was up already."""
    seen_alive: bool = False
    running_at: BootTime | None = None
    done: bool = False
    failed: str = ""
    unready: str = ""
    """Why it is RUNNING and not ready yet, in words; empty if it is not being looked at."""
    look_at: BootTime = 0.0
    """When it is looked at again."""
    ready_until: BootTime = 0.0
    """When it has failed if it is not ready by then; 0 if it need not be."""
    nowhere: str = ""
    """Why no node could be found for it."""

    @property
    def over(self) -> bool:
        """True once nothing more is waited for."""
        return self.done or bool(self.failed)


@dataclass
class Job:
    """One job of one application; there is never a second one for it."""

    application: str
    kind: JobKind
    phase: JobPhase
    expires: BootTime
    """On this master's clock."""
    expires_utc: float
    lasts: float
    requested_by: str
    cause: str
    processes: tuple[str, ...] = ()
    strategy: str = ""
    origin: str = ""
    waiters: tuple[Waiter, ...] = ()
    failing: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)
    """Of a conciliation: by name granted, the node whose instance stays."""
    begun: BootTime = 0.0
    not_before: BootTime = 0.0
    not_before_utc: float = 0.0
    steps: Steps = ()
    index: int = 0
    marks: dict[str, Mark] = field(default_factory=dict)
    resumed: bool = False
    """Taken over from another master: what runs under its token was started by it."""
    told: str = ""
    """The last progress told."""
    awaited: str = ""
    """The only node that may host it and why it cannot just now, in words; empty if none is waited for."""

    @classmethod
    def new(
        cls,
        application: str,
        kind: JobKind,
        phase: JobPhase,
        now: Now,
        *,
        lasts: float = OWN_JOB_LASTS,
        requested_by: str,
        cause: str,
        processes: tuple[str, ...] = (),
        strategy: str = "",
        origin: str = "",
        waiters: tuple[Waiter, ...] = (),
        pause: float = 0.0,
    ) -> Job:
        """A job that begins now; what it stops it starts again after `pause` seconds at the earliest."""
        job = cls(
            application,
            kind,
            phase,
            now.boot + lasts,
            now.utc + lasts,
            lasts,
            requested_by,
            cause,
            processes,
            strategy,
            origin,
            waiters,
            begun=now.boot,
        )
        job.pause(pause, now)
        return job

    @classmethod
    def resume(cls, record: JobRecord, now: Now) -> Job:
        """A job of another master, as the ledger tells it."""
        # Two machines' times of day may differ: never wait longer than the job could have lasted.
        left = min(record.expires - now.utc, record.lasts)
        job = cls(
            record.application,
            record.kind,
            record.phase,
            now.boot + left,
            record.expires,
            record.lasts,
            record.requested_by,
            record.cause,
            record.processes,
            record.strategy,
            record.origin,
            record.waiters,
            record.failing,
            record.keep,
            begun=now.boot,
            resumed=True,
        )
        if record.not_before:
            job.pause(min(record.not_before - now.utc, LONGEST_PAUSE), now)
        return job

    def record(self) -> JobRecord:
        """What another master would need to go on."""
        return JobRecord(
            self.application,
            self.kind,
            self.phase,
            self.expires_utc,
            self.lasts,
            self.requested_by,
            self.cause,
            self.processes,
            self.strategy,
            self.origin,
            self.waiters,
            self.failing,
            dict(self.keep),
            self.not_before_utc,
        )

    @property
    def whole(self) -> bool:
        """True if it is about the application, not about single processes."""
        return not self.processes

    @property
    def starting(self) -> bool:
        """True while it starts processes."""
        return self.phase is JobPhase.STARTING

    def will_start(self, namespec: str) -> bool:
        """True if this process is still to be started, or to become alive, by this job."""
        if not self.starting:
            return False
        mark = self.marks.get(namespec)
        if mark is not None:
            return not mark.over and not mark.seen_alive
        return any(namespec in step for step in self.steps[self.index :])

    def to_come(self) -> tuple[str, ...]:
        """What this job has not got to yet."""
        return tuple(namespec for step in self.steps[self.index + 1 :] for namespec in step)

    def pause(self, seconds: float, now: Now) -> None:
        """Start what it is to start no earlier than so many seconds from now."""
        if seconds > 0:
            self.not_before, self.not_before_utc = now.boot + seconds, now.utc + seconds

    def enter(self, phase: JobPhase) -> None:
        """Go over to another phase, from its first step."""
        self.phase = phase
        self.steps = ()
        self.index = 0
        self.marks = {}
        self.told = ""

    def turn_to_stop(self, why: str) -> None:
        """Give the start up: stop what was started, release, and end with this reason."""
        self.kind = JobKind.STOP
        self.failing = why
        self.enter(JobPhase.STOPPING)
