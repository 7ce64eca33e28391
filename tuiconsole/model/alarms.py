"""Alarms: what asks for somebody's action, and what people have said about it.

After ISA-18.2 (IEC 62682): an alarm has one stable identity, a cause, a remedy and a priority, and it goes
through states. An identity is `KIND/NAME` (`node/server_2`, `major/scen2_srv_01`), or `quorum`, `master`.
"""

from __future__ import annotations

from enum import Enum

import msgspec

LONGEST_SHELF = 24 * 3600.0
"""Seconds for which an alarm may be shelved at most; for longer it is taken out of service, with a reason."""
LONGEST_REASON = 500
"""Letters of a reason."""


class Priority(str, Enum):
    """How soon somebody must act, from the gravest."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class AlarmKind(str, Enum):
    """What went wrong: the first part of an alarm's identity."""

    QUORUM = "quorum"
    """No majority of the core nodes."""
    MASTER = "master"
    """No master, though there is a majority."""
    NODE = "node"
    """A node is lost, or isolated."""
    FILES = "files"
    """A node's cluster file or rules differ."""
    CONFLICT = "conflict"
    """Something runs more than once."""
    MAJOR = "major"
    """An application has failed."""
    MINOR = "minor"
    """An application is impaired."""
    FLAPPING = "flapping"
    """A process ends again and again."""
    LINK = "link"
    """A console's own: no agent answers it. No agent has such an alarm."""

    def id_of(self, name: str) -> str:
        """The identity of the alarm of this kind about `name`; empty: about the cluster."""
        return f"{self.value}/{name}" if name else self.value


class AlarmState(str, Enum):
    """Where an alarm stands, after ISA-18.2."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    """Its cause has gone by itself, and nobody has acknowledged it."""
    SHELVED = "shelved"
    """Put aside by a person until a time."""
    OUT_OF_SERVICE = "out-of-service"
    """Put aside by a person, with a reason, until a person returns it to service."""

    @property
    def open(self) -> bool:
        """True while somebody has to look at it."""
        return self in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)

    @property
    def aside(self) -> bool:
        """True if a person has put it aside."""
        return self in (AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE)


class Alarm(msgspec.Struct, frozen=True):
    """A condition that stands now. Its texts do not change while it lasts: they tell no ages."""

    kind: AlarmKind
    subject: str
    """The node, application, namespec or conflict that it is about; empty for the cluster."""
    priority: Priority
    title: str
    cause: str
    remedy: str
    failing: tuple[str, ...] = ()
    """What fails for this cause: applications and nodes."""

    @property
    def id(self) -> str:
        """Its identity."""
        return self.kind.id_of(self.subject)


class SeenAlarm(msgspec.Struct, frozen=True):
    """What one agent has seen of a condition: since when (UTC, ISO 8601), and whether it stands now."""

    alarm: Alarm
    since: str
    standing: bool = True


class AlarmMark(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person has said about an alarm."""

    by: str
    origin: str
    """The node it was said on."""
    at: str
    """UTC, ISO 8601 with milliseconds."""
    until: str = ""
    """Of a shelved one: UTC, ISO 8601."""
    reason: str = ""
    """Of one out of service."""


class AlarmRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the ledger remembers of an alarm, so that a new master and all consoles know it."""

    kind: AlarmKind
    subject: str
    priority: Priority
    title: str
    cause: str
    since: str
    """When it was raised last; UTC, ISO 8601."""
    times: int = 1
    """How often it was raised before anybody acknowledged it."""
    returned: str = ""
    """When its cause went; empty while it stands."""
    consequences: tuple[str, ...] = ()
    """All that failed for it since it was raised."""
    acknowledged: AlarmMark | None = None
    shelved: AlarmMark | None = None
    out_of_service: AlarmMark | None = None


class AlarmStatus(msgspec.Struct, frozen=True):
    """An alarm as front ends show it."""

    id: str
    kind: AlarmKind
    subject: str
    """The node, application, namespec or conflict that it is about; empty for the cluster."""
    priority: Priority
    state: AlarmState
    standing: bool
    """False once its cause has gone."""
    title: str
    cause: str
    remedy: str
    since: str
    """When it was raised; UTC, ISO 8601."""
    times: int = 1
    """How often it was raised before anybody acknowledged it."""
    returned: str | None = None
    """When its cause went; null while it stands."""
    consequences: tuple[str, ...] = ()
    """Applications and nodes that failed for it since it was raised; they raise no alarms of their own."""
    failing: tuple[str, ...] = ()
    """Those of them that fail now."""
    mark: AlarmMark | None = None
    """Who acknowledged or shelved it, or took it out of service; null if nobody did."""
