"""The last ends of a process: in words, and as lines of the event log."""

from __future__ import annotations

from tuiconsole.console.rows import quantity
from tuiconsole.model.events import Event, Severity
from tuiconsole.model.process import End
from tuiconsole.model.status import ProcessStatus


def end_words(end: End) -> str:
    """`exited with status 1, unexpectedly, after 12 min`."""
    if end.status is None:
        words = "ended"
    elif end.status < 0:
        words = f"was killed by signal {-end.status}"
    else:
        words = f"exited with status {end.status}"
    after = "" if end.ran is None else f" after {quantity.duration(end.ran)}"
    if end.expected:
        return f"{words}{after}"
    return f"{words}, unexpectedly{',' if after else ''}{after}"


def end_events(process: ProcessStatus) -> tuple[Event, ...]:
    """A line of the event log for each end, the oldest first."""
    return tuple(
        Event(
            at=end.at,
            node=end.node,
            kind="process",
            subject=process.namespec,
            text=f"{end_words(end)} on {end.node}",
            severity=Severity.INFO if end.expected else Severity.MINOR,
            id=f"end/{process.namespec}/{end.node}/{end.at}",
        )
        for end in reversed(process.ends)
    )
