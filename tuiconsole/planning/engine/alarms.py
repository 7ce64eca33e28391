"""Alarms in the ledger: raised, gone, put aside and back; and what people ask of them.

The states are those of ISA-18.2. Records are few and small: the ledger must hold them all.
"""

from __future__ import annotations

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.alarms import LONGEST_REASON, Alarm, AlarmMark, AlarmRecord, AlarmState, SeenAlarm
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.planning.alarms.listing import FORGET_AFTER, state_of
from tuiconsole.planning.engine.messages import Reply, Request
from tuiconsole.planning.engine.situation import Situation, iso
from tuiconsole.source.text import did_you_mean

KEPT = 500
"""So many alarms are recorded. Beyond, those are forgotten first whose cause has gone; what is not recorded
is shown all the same, and cannot be acknowledged."""
CONSEQUENCES_KEPT = 32
_TITLE, _CAUSE = 160, 300
"""Letters kept."""


def settle_alarms(s: Situation) -> None:
    """Bring the records up to what is seen, and to the time."""
    at = iso(s.now.utc)
    if s.alarms_seen is not None:
        standing = {one.alarm.id: one for one in s.alarms_seen if one.standing}
        for name, seen in standing.items():
            s.alarms_gone.pop(name, None)
            _stands(s, name, seen)
        _note_past(s, s.alarms_seen, at)
        for name, record in list(s.draft.alarms.items()):
            if name not in standing and not record.returned:
                gone = s.alarms_gone.setdefault(name, s.now.boot)
                if s.now.boot - gone >= FORGET_AFTER:
                    del s.alarms_gone[name]
                    s.draft.alarms[name] = msgspec.structs.replace(record, returned=at)
    for name, record in list(s.draft.alarms.items()):
        if record.shelved is not None and at >= record.shelved.until:
            record = s.draft.alarms[name] = msgspec.structs.replace(record, shelved=None, acknowledged=None)
            s.event("alarm", name, f"{record.title}: the time on the shelf is over")
            if record.returned:
                # Who shelved it has seen it, and there is nothing left of it.
                del s.draft.alarms[name]
                continue
        if record.returned and record.acknowledged and not _aside(record):
            del s.draft.alarms[name]


def next_alarm_at(s: Situation) -> BootTime | None:
    """When something of the records is due without anything being seen."""
    return min((gone + FORGET_AFTER for gone in s.alarms_gone.values()), default=None)


def receive_alarm_request(s: Situation, request: Request) -> None:
    """Carry it out at once. It may come twice: what was said already is said again."""
    for target in dict.fromkeys(request.targets):
        outcome = _admit(s, request, target)
        s.answers.append(Reply(request.id, outcome))
        if outcome.verdict is Verdict.DONE:
            why = f": {request.reason}" if request.action is Action.OUT_OF_SERVICE else ""
            text = f"{target} {outcome.text}, says {request.requested_by} on {request.origin}{why}"
            s.event("alarm", target, text)


def _stands(s: Situation, name: str, seen: SeenAlarm) -> None:
    record = s.draft.alarms.get(name)
    alarm = seen.alarm
    if record is None:
        if _make_room(s):
            s.draft.alarms[name] = _recorded(alarm, seen.since)
        return
    consequences = tuple(dict.fromkeys((*record.consequences, *alarm.failing)))[:CONSEQUENCES_KEPT]
    changed = msgspec.structs.replace(record, consequences=consequences)
    if record.returned:
        again = _recorded(alarm, iso(s.now.utc))
        changed = msgspec.structs.replace(
            again, times=record.times + 1, shelved=record.shelved, out_of_service=record.out_of_service
        )
    if changed != record:
        s.draft.alarms[name] = changed


def _note_past(s: Situation, alarms: tuple[SeenAlarm, ...], at: str) -> None:
    for one in alarms:
        if not one.standing and one.alarm.id not in s.draft.alarms and _make_room(s):
            record = _recorded(one.alarm, one.since)
            s.draft.alarms[one.alarm.id] = msgspec.structs.replace(record, returned=at)
    # Once is enough: when it is acknowledged it must not come back.
    s.alarms_seen = tuple(one for one in alarms if one.standing)


def _recorded(alarm: Alarm, since: str) -> AlarmRecord:
    return AlarmRecord(
        alarm.kind,
        alarm.subject,
        alarm.priority,
        alarm.title[:_TITLE],
        alarm.cause[:_CAUSE],
        since,
        consequences=alarm.failing[:CONSEQUENCES_KEPT],
    )


def _make_room(s: Situation) -> bool:
    """See to it that one more can be recorded; False if all of them still matter."""
    alarms = s.draft.alarms
    if len(alarms) < KEPT:
        return True
    gone = [(one.returned, name) for name, one in alarms.items() if one.returned and not _aside(one)]
    if not gone:
        return False
    del alarms[min(gone)[1]]
    return True


def _aside(record: AlarmRecord) -> bool:
    return record.shelved is not None or record.out_of_service is not None


def _admit(s: Situation, request: Request, name: str) -> Outcome:
    record = s.draft.alarms.get(name)
    if record is None:
        return Outcome(name, Verdict.REFUSED, _unknown(s, name))
    at = iso(s.now.utc)
    state = state_of(record, at)
    mark = AlarmMark(request.requested_by, request.origin, at)
    if request.action is Action.ACKNOWLEDGE:
        return _acknowledge(s, name, record, state, mark)
    if request.action is Action.SHELVE:
        until = iso(s.now.utc + request.seconds)
        shelf = msgspec.structs.replace(mark, until=until)
        return _put_aside(
            s, name, state, msgspec.structs.replace(record, shelved=shelf), f"shelved until {until}"
        )
    if request.action is Action.OUT_OF_SERVICE:
        told = msgspec.structs.replace(mark, reason=request.reason.strip()[:LONGEST_REASON])
        changed = msgspec.structs.replace(record, out_of_service=told, shelved=None)
        return _put_aside(s, name, state, changed, "is out of service")
    wanted = AlarmState.SHELVED if request.action is Action.UNSHELVE else AlarmState.OUT_OF_SERVICE
    if state is not wanted:
        word = "shelved" if wanted is AlarmState.SHELVED else "out of service"
        return Outcome(name, Verdict.REFUSED, f"it is not {word}, it is {state.value}")
    return _take_back(s, name, record)


def _acknowledge(s: Situation, name: str, record: AlarmRecord, state: AlarmState, mark: AlarmMark) -> Outcome:
    if state.aside:
        way = "unshelve" if state is AlarmState.SHELVED else "return-to-service"
        text = f"it is {state.value.replace('-', ' ')}: `tuiconsole alarms {way} {name}` first"
        return Outcome(name, Verdict.REFUSED, text)
    if record.acknowledged is not None:
        known = record.acknowledged
        return Outcome(
            name, Verdict.DONE, f"acknowledged already, by {known.by} on {known.origin} at {known.at}"
        )
    if record.returned:
        del s.draft.alarms[name]
    else:
        s.draft.alarms[name] = msgspec.structs.replace(record, acknowledged=mark, times=1)
    return Outcome(name, Verdict.DONE, "acknowledged")


def _put_aside(s: Situation, name: str, state: AlarmState, changed: AlarmRecord, words: str) -> Outcome:
    if state is AlarmState.OUT_OF_SERVICE:
        text = f"it is out of service already: `tuiconsole alarms return-to-service {name}` first"
        return Outcome(name, Verdict.REFUSED, text)
    s.draft.alarms[name] = msgspec.structs.replace(changed, acknowledged=None, times=1)
    return Outcome(name, Verdict.DONE, words)


def _take_back(s: Situation, name: str, record: AlarmRecord) -> Outcome:
    words = "unshelved" if record.shelved is not None else "back in service"
    if record.returned:
        del s.draft.alarms[name]
        return Outcome(name, Verdict.DONE, f"{words}; its cause has gone")
    s.draft.alarms[name] = msgspec.structs.replace(record, shelved=None, out_of_service=None)
    return Outcome(name, Verdict.DONE, words)


def _unknown(s: Situation, name: str) -> str:
    if any(one.alarm.id == name for one in s.alarms_seen or ()):
        return f"{KEPT} alarms are recorded, no more can be: acknowledge those whose cause has gone"
    if not s.draft.alarms:
        return f"no alarm is named {name!r}, and there is none"
    return f"no alarm is named {name!r}; {did_you_mean(name, s.draft.alarms)}"
