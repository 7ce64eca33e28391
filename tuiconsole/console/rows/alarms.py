"""The alarms as rows: how grave, whether somebody has seen it, what, why; and all about one of them.

They come with the status. Only the loss of the connection itself this console tells by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from enum import Enum

import msgspec

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, cell, wrapped
from tuiconsole.console.rows.marks import Mark, alarm_state_word, badge, priority_mark
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.model.alarms import AlarmKind, AlarmMark, AlarmState, AlarmStatus, Priority

NO_LINK = "link"
"""The identity of this console's own alarm."""

_KINDS = {
    AlarmKind.NODE: Kind.NODE,
    AlarmKind.FILES: Kind.NODE,
    AlarmKind.CONFLICT: Kind.CONFLICT,
    AlarmKind.MAJOR: Kind.APPLICATION,
    AlarmKind.MINOR: Kind.APPLICATION,
    AlarmKind.FLAPPING: Kind.PROCESS,
}


class AlarmView(str, Enum):
    """Which alarms the list shows."""

    CURRENT = "current"
    """All but those that were put aside."""
    NEW = "new"
    """Those that nobody has acknowledged."""
    ASIDE = "aside"
    """Those that are shelved or out of service."""
    ALL = "all"

    def shows(self, state: AlarmState) -> bool:
        """True if alarms in this state are shown."""
        if self is AlarmView.NEW:
            return state.open
        if self is AlarmView.ALL:
            return True
        return state.aside is (self is AlarmView.ASIDE)


class AlarmRow(msgspec.Struct, frozen=True):
    """One alarm."""

    key: str
    alarm: AlarmStatus

    @property
    def subject(self) -> Subject:
        """What it is about, where to go."""
        kind = _KINDS.get(self.alarm.kind)
        return Subject(kind, self.alarm.subject) if kind is not None else Subject()


def known_alarms(picture: Picture) -> tuple[AlarmStatus, ...]:
    """All alarms, this console's own first. While data is old they are the last known ones."""
    known = picture.status.alarms if picture.status else ()
    return (*_of_link(picture), *known)


def alarm_rows(
    picture: Picture, view: AlarmView = AlarmView.ALL, wanted: Filter | None = None
) -> tuple[AlarmRow, ...]:
    """The alarms of a view that the filter lets pass, the gravest first."""
    return tuple(
        AlarmRow(one.id, one)
        for one in known_alarms(picture)
        if view.shows(one.state) and (not wanted or wanted.alarm(one))
    )


def list_title(picture: Picture, view: AlarmView) -> str:
    """What the list shows, and how many it does not."""
    aside = sum(one.state.aside for one in known_alarms(picture))
    shown = "" if view is AlarmView.CURRENT else f": {view.value}"
    hidden = f", {aside} put aside" if aside and view in (AlarmView.CURRENT, AlarmView.NEW) else ""
    return f"Alarms{shown}{hidden}"


def _of_link(picture: Picture) -> Iterator[AlarmStatus]:
    if not picture.link.connected:
        yield AlarmStatus(
            NO_LINK,
            AlarmKind.LINK,
            "",
            Priority.HIGH,
            AlarmState.UNACKNOWLEDGED,
            True,
            "no agent answers",
            picture.link.reason or "the connection is lost",
            f"see whether the agent of {picture.node or 'this node'} runs; the console tries again by itself",
            "",
        )


def alarm_line(row: AlarmRow, width: int, zone: tzinfo | None, *, lit: bool) -> Line:
    """One alarm; `lit` is the bright half of its blinking, while nobody has acknowledged it."""
    alarm = row.alarm
    mark = priority_mark(alarm.priority)
    tone = _tone(alarm, mark, lit=lit)
    more = f" +{len(alarm.consequences)}" if alarm.consequences else ""
    since = quantity.clock_time(alarm.since, zone) if alarm.since else ""
    return (
        cell(f" {mark.text}", 9, tone),
        cell(f"{alarm_state_word(alarm.state)} ", 8, tone),
        Span(" "),
        *((cell(since, 9, Tone.DIM),) if width >= 70 else ()),
        cell(plain(alarm.title), min(44, max(16, width // 3)), Tone.STRONG),
        Span(more, Tone.MAJOR if alarm.failing else Tone.DIM),
        Span(f"  {plain(alarm.cause)}"),
    )


def _tone(alarm: AlarmStatus, mark: Mark, *, lit: bool) -> Tone:
    if alarm.state.aside:
        return Tone.DIM
    return badge(alarm.priority) if alarm.state.open and lit else mark.tone


def alarm_lines(row: AlarmRow | None, width: int, zone: tzinfo | None = None) -> tuple[Line, ...]:
    """All about one alarm, in lines of at most `width` cells."""
    if row is None:
        return ((Span("Nothing asks for anybody's action.", Tone.RUNNING),),)
    alarm = row.alarm
    mark = priority_mark(alarm.priority)
    paragraphs: list[Line] = [
        (
            Span(f"{mark.text}  ", mark.tone),
            Span(plain(alarm.title), Tone.STRONG),
            Span(f"  {plain(alarm.id)}", Tone.DIM),
        ),
        (Span("state: ", Tone.DIM), *_state(alarm, zone)),
        (Span("cause: ", Tone.DIM), Span(plain(alarm.cause))),
        (Span("remedy: ", Tone.DIM), Span(plain(alarm.remedy), Tone.ACCENT)),
    ]
    if alarm.consequences:
        paragraphs.append(_consequences(alarm))
    return tuple(line for paragraph in paragraphs for line in wrapped(paragraph, width, indent=2))


def _state(alarm: AlarmStatus, zone: tzinfo | None) -> Iterator[Span]:
    yield Span(alarm.state.value.replace("-", " "), Tone.STRONG)
    if alarm.mark is not None:
        yield Span(_said(alarm.mark, zone))
    if alarm.since:
        yield Span(f"; since {quantity.moment(alarm.since, zone)}", Tone.DIM)
    if alarm.times > 1:
        yield Span(f", raised {alarm.times} times")
    if alarm.returned:
        yield Span(f"; its cause went at {quantity.moment(alarm.returned, zone)}")


def _said(mark: AlarmMark, zone: tzinfo | None) -> str:
    until = f" until {quantity.moment(mark.until, zone)}" if mark.until else ""
    why = f" ({plain(mark.reason)})" if mark.reason else ""
    return f"{until} by {plain(mark.by)} on {plain(mark.origin)} at {quantity.moment(mark.at, zone)}{why}"


def _consequences(alarm: AlarmStatus) -> Line:
    failing = set(alarm.failing)
    now = f", {len(failing)} still fail" if failing else ", none fails now"
    spans = [Span(f"{quantity.count(len(alarm.consequences), 'consequence')}{now}: ", Tone.DIM)]
    for number, name in enumerate(alarm.consequences):
        comma = ", " if number + 1 < len(alarm.consequences) else ""
        over = "" if name in failing else " (over)"
        spans.append(Span(f"{plain(name)}{over}{comma}", Tone.MAJOR if name in failing else Tone.NORMAL))
    return tuple(spans)


def alarm_counts(picture: Picture, *, lit: bool, words: bool) -> Line:
    """How many alarms there are of each priority, and how many nobody has acknowledged; empty without any."""
    known = picture.status.alarms if picture.status else ()
    current = [one for one in known if not one.state.aside]
    if not current:
        return ()
    spans: list[Span] = [Span("alarms", Tone.DIM)]
    for priority in Priority:
        of_it = [one for one in current if one.priority is priority]
        if not of_it:
            continue
        mark = priority_mark(priority)
        text = f" {mark.glyph} {len(of_it)} {mark.word} " if words else f" {mark.glyph} {len(of_it)} "
        fresh = any(one.state.open for one in of_it)
        spans += [Span(" "), Span(text, badge(priority) if fresh and lit else mark.tone)]
    new = sum(one.state.open for one in current)
    if new:
        spans.append(Span(f" {new} new" if words else f" {new}!", Tone.STRONG))
    return tuple(spans)
