"""The event log, as rows: the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import msgspec

from tuiconsole.console.picture import event_key
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, cell
from tuiconsole.console.rows.marks import severity_mark
from tuiconsole.console.rows.quantity import clock_time
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.model.events import Event


class EventRow(msgspec.Struct, frozen=True):
    """One event."""

    key: str
    event: Event


def event_rows(events: Sequence[Event], wanted: Filter | None = None) -> tuple[EventRow, ...]:
    """The events that the filter lets pass, the newest first."""
    return tuple(
        EventRow(event_key(event), event) for event in reversed(events) if not wanted or wanted.event(event)
    )


def event_line(row: EventRow, width: int, zone: tzinfo | None, about: str = "") -> Line:
    """One event: time, severity, node where there is room, subject (unless it is `about`) and words."""
    event = row.event
    mark = severity_mark(event.severity)
    spans: list[Span] = [
        Span(clock_time(event.at, zone), Tone.DIM),
        Span(" "),
        Span(mark.glyph, mark.tone),
        Span(" "),
    ]
    if width >= 90:
        spans += [cell(plain(event.node), 10, Tone.DIM), Span(" ")]
    spans += event_words(event, about)
    return tuple(spans)


def event_words(event: Event, about: str = "") -> Line:
    """What an event says; its subject comes first unless the words name it."""
    mark = severity_mark(event.severity)
    tone = Tone.NORMAL if mark.tone is Tone.DIM else mark.tone
    words = sentence(event.text)
    if event.subject in ("", about) or event.subject in event.text:
        return (Span(words, tone),)
    return (Span(f"{plain(event.subject)}: ", Tone.STRONG), Span(words, tone))


def jump_target(event: Event) -> str:
    """The key of the tree that an event is about; empty if it is about none."""
    return event.subject if event.kind in ("process", "application", "request") else ""
