"""The list of alarms: what stands, put together with what the ledger remembers of it.

Every agent makes it for itself, so that it is there without a master as well: what people said comes from the
last report, and what nobody has recorded yet stands unacknowledged since this agent saw it first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.alarms import (
    Alarm,
    AlarmKind,
    AlarmMark,
    AlarmRecord,
    AlarmState,
    AlarmStatus,
    Priority,
    SeenAlarm,
)

FORGET_AFTER = 3.0
"""Seconds without its condition until an alarm has returned to normal: what flickers stays one alarm."""
WORTH_TELLING = 10.0
"""Seconds that something must have stood while no master could record it, to be told of when it is over."""

_RANK = tuple(Priority)
_ORDER = tuple(AlarmState)
_UNRECORDABLE = (AlarmKind.QUORUM, AlarmKind.MASTER)


def listed(
    alarms: Sequence[SeenAlarm], records: Mapping[str, AlarmRecord], at: str
) -> tuple[AlarmStatus, ...]:
    """All alarms, the gravest first, of one priority those that nobody has acknowledged, then the oldest.

    Args:
        alarms: what the observer sees stand.
        records: what the ledger remembers, as the last master has reported it.
        at: UTC, ISO 8601 with milliseconds: a shelved alarm is back after its time.
    """
    seen = {one.alarm.id: one for one in alarms if one.standing}
    found = [_status(seen.get(name), record, at) for name, record in records.items()]
    found += [_fresh(one) for name, one in seen.items() if name not in records]
    return tuple(
        sorted(found, key=lambda one: (_RANK.index(one.priority), _ORDER.index(one.state), one.since))
    )


def state_of(record: AlarmRecord, at: str) -> AlarmState:
    """Where an alarm stands at a time (UTC, ISO 8601) by what is recorded of it."""
    if record.out_of_service is not None:
        return AlarmState.OUT_OF_SERVICE
    if record.shelved is not None and at < record.shelved.until:
        return AlarmState.SHELVED
    if record.returned:
        return AlarmState.RETURNED
    return AlarmState.UNACKNOWLEDGED if record.acknowledged is None else AlarmState.ACKNOWLEDGED


def _fresh(seen: SeenAlarm) -> AlarmStatus:
    alarm = seen.alarm
    return AlarmStatus(
        alarm.id,
        alarm.kind,
        alarm.subject,
        alarm.priority,
        AlarmState.UNACKNOWLEDGED,
        True,
        alarm.title,
        alarm.cause,
        alarm.remedy,
        seen.since,
        consequences=alarm.failing,
        failing=alarm.failing,
    )


def _status(seen: SeenAlarm | None, record: AlarmRecord, at: str) -> AlarmStatus:
    alarm = seen.alarm if seen is not None else None
    state = state_of(record, at)
    if state is AlarmState.RETURNED and alarm is not None:
        # It stands again, and the master is about to say so.
        state = AlarmState.UNACKNOWLEDGED
    failing = alarm.failing if alarm is not None else ()
    return AlarmStatus(
        record.kind.id_of(record.subject),
        record.kind,
        record.subject,
        min(record.priority, alarm.priority, key=_RANK.index) if alarm else record.priority,
        state,
        alarm is not None or not record.returned,
        alarm.title if alarm else record.title,
        alarm.cause if alarm else record.cause,
        alarm.remedy if alarm else _remedy(record),
        record.since,
        record.times,
        (record.returned or None) if alarm is None else None,
        tuple(dict.fromkeys((*record.consequences, *failing))),
        failing,
        _mark(record, state),
    )


def _remedy(record: AlarmRecord) -> str:
    return "its cause has gone: acknowledge it" if record.returned else "its cause seems to have gone"


def _mark(record: AlarmRecord, state: AlarmState) -> AlarmMark | None:
    if state is AlarmState.OUT_OF_SERVICE:
        return record.out_of_service
    if state is AlarmState.SHELVED:
        return record.shelved
    return record.acknowledged if state is AlarmState.ACKNOWLEDGED else None


class _Watched(msgspec.Struct):
    alarm: Alarm
    since: str
    began: BootTime
    last: BootTime


class AlarmWatch:
    """One agent's memory of what stands: since when, and what stood while no master could record it."""

    def __init__(self) -> None:
        self._known: dict[str, _Watched] = {}
        self._past: dict[str, SeenAlarm] = {}
        self.seen: tuple[SeenAlarm, ...] = ()
        """What the last look gave."""

    def look(
        self, alarms: Sequence[Alarm], records: Mapping[str, AlarmRecord], now: BootTime, at: str
    ) -> tuple[SeenAlarm, ...]:
        """What has been seen up to now.

        Args:
            alarms: the conditions that stand.
            records: of the last master.
            now: CLOCK_BOOTTIME, seconds.
            at: the same instant in UTC, ISO 8601.
        """
        for alarm in alarms:
            known = self._known.get(alarm.id)
            if known is None:
                self._known[alarm.id] = _Watched(alarm, at, now, now)
            else:
                known.alarm, known.last = alarm, now
        standing = {alarm.id for alarm in alarms}
        for name, known in list(self._known.items()):
            if name not in standing and now - known.last >= FORGET_AFTER:
                del self._known[name]
                unheard = known.alarm.kind in _UNRECORDABLE and name not in records
                if unheard and known.last - known.began >= WORTH_TELLING:
                    self._past[name] = SeenAlarm(known.alarm, known.since, standing=False)
        self._past = {name: one for name, one in self._past.items() if name not in records}
        current = tuple(SeenAlarm(alarm, self._known[alarm.id].since) for alarm in dict.fromkeys(alarms))
        past = (one for name, one in self._past.items() if name not in standing)
        self.seen = (*current, *past)
        return self.seen
