"""What the agent hears from its node, and the ways in which a command can fail."""

from __future__ import annotations

import msgspec

from tuiconsole.model.process import Process


class Refused(Exception):  # noqa: N818 (an answer of the plugin, not a malfunction)
    """The plugin does not obey a command. `code` is one of `tuiconsole.supervision.plugin.commands`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Unavailable(Exception):  # noqa: N818 (a state of the node, not a malfunction)
    """No answer: supervisord is not up, or was lost before it answered.

    The outcome is unknown; ask again with the same request id.
    """


class SupervisionError(Exception):
    """The node cannot be supervised at all; `str()` names the cause and the remedy."""


class ProgramSettings(msgspec.Struct, frozen=True):
    """What a program's section in supervisord.conf says, as far as others need it."""

    namespec: str
    stdout_logfile: str | None
    """None if its output goes to no file."""
    stderr_logfile: str | None
    startsecs: float
    stopwaitsecs: float
    autostart: bool


class SupervisordUp(msgspec.Struct, frozen=True):
    """Supervisord answers; a Snapshot follows."""

    pid: int


class Snapshot(msgspec.Struct, frozen=True):
    """All processes and programs: replaces what was known."""

    processes: tuple[Process, ...]
    programs: dict[str, ProgramSettings]
    """By namespec."""
    seq: int
    life: str = ""
    """Names the life of supervisord that it is of: a reload begins another one, with the same pid."""


class ProcessChanged(msgspec.Struct, frozen=True):
    """A process has another state (or the same once more: repeats do no harm)."""

    process: Process


class ProcessRemoved(msgspec.Struct, frozen=True):
    """Its group was removed from supervisord."""

    namespec: str


class SupervisordStopping(msgspec.Struct, frozen=True):
    """Supervisord has begun its orderly shutdown or reload."""


class SupervisordDown(msgspec.Struct, frozen=True):
    """Supervisord has ended; what it has left is being killed, and NodeEmpty will prove it."""

    status: int | None
    """Its exit status, negative for a signal; None if it is not known, because the shim is lost."""
    reason: str = ""


class NodeEmpty(msgspec.Struct, frozen=True):
    """The proof of death: the uninterrupted shim of this incarnation has no child left."""


class SupervisionFailed(msgspec.Struct, frozen=True):
    """Supervisord cannot be started, in words. Tries go on."""

    reason: str


class DeadlineEnforced(msgspec.Struct, frozen=True):
    """The lease ended while supervisord stood still: the shim has killed what must not outlive it."""

    signals: int


class Unguarded(msgspec.Struct, frozen=True):
    """A managed program was started without a grant, and the guard only reports it."""

    namespec: str


class Isolated(msgspec.Struct, frozen=True):
    """The deadman acts: stage `stop`, `kill`, then `done` when nothing managed is left."""

    stage: str
    epoch: int
    """The epoch in force when it began to act: a lease under this one or an older one is over."""


Event = (
    SupervisordUp
    | Snapshot
    | ProcessChanged
    | ProcessRemoved
    | SupervisordStopping
    | SupervisordDown
    | NodeEmpty
    | SupervisionFailed
    | Isolated
    | DeadlineEnforced
    | Unguarded
)
