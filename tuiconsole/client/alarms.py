"""The alarms of a status: those that somebody has to look at, and those that were put aside."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from tuiconsole.model.alarms import AlarmState, AlarmStatus, Priority
from tuiconsole.model.status import ClusterStatus, QuorumStatus

SCHEMA = "tuiconsole.alarms/1"


class AlarmsShown(msgspec.Struct, frozen=True):
    """What `alarms --json` prints."""

    cluster: str
    observed_at: str
    """UTC, ISO 8601 with milliseconds."""
    observer: str
    """The node whose agent says so."""
    quorum: QuorumStatus
    """Without it nothing can be acknowledged or put aside."""
    alarms: tuple[AlarmStatus, ...]
    """The gravest first."""
    aside: int
    """How many are shelved or out of service, shown or not."""
    schema: str = SCHEMA


def shown_alarms(status: ClusterStatus, states: Collection[AlarmState] = ()) -> AlarmsShown:
    """The alarms in these states; without any, all that are not put aside."""
    wanted = states or [state for state in AlarmState if not state.aside]
    return AlarmsShown(
        status.cluster,
        status.observed_at,
        status.observer,
        status.quorum,
        tuple(one for one in status.alarms if one.state in wanted),
        sum(one.state.aside for one in status.alarms),
    )


def by_priority(alarms: Collection[AlarmStatus]) -> dict[Priority, int]:
    """How many there are of each priority, those that were put aside not counted."""
    return {
        priority: sum(one.priority is priority and not one.state.aside for one in alarms)
        for priority in Priority
    }
