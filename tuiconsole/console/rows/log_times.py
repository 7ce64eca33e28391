"""When the lines of a log were written, and which of them an operator means by a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone, tzinfo

from tuiconsole.source.pattern import PatternError

_REACH = 120
"""Characters of a line in which its time is looked for: who writes one writes it near the beginning."""
_SLACK = timedelta(minutes=1)
"""By so much lines may be out of order, and clocks ahead, before another day is assumed."""
_DATED = re.compile(
    r"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?"
)
_OF_DAY = re.compile(r"(?<![\d:])([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?!\d)")
_AGO = re.compile(r"-?(\d{1,4})\s*([smhd])\Z")
_CLOCK = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d)[T ])?(\d{1,2}):(\d\d)(?::(\d\d))?\Z")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def wanted_time(text: str, now: datetime) -> datetime:
    """The moment that a person typed: `14:30`, `14:30:05`, `2026-11-23 14:30`, or `5m` for five minutes ago.

    Args:
        text: what was typed. A time of day is the last one that has been.
        now: the present, in the person's zone.

    Raises:
        PatternError: it is none of these.
    """
    text = text.strip()
    ago = _AGO.match(text)
    if ago:
        return now - timedelta(**{_UNIT[ago[2]]: int(ago[1])})
    clock = _CLOCK.match(text)
    if clock:
        try:
            day = date(int(clock[1]), int(clock[2]), int(clock[3])) if clock[1] else now.date()
            found = datetime.combine(
                day, time(int(clock[4]), int(clock[5]), int(clock[6] or 0)), tzinfo=now.tzinfo
            )
        except ValueError:
            pass
        else:
            return found - timedelta(days=1) if not clock[1] and found > now else found
    raise PatternError(
        f"{text!r} is no time", "type 14:30, 14:30:05, 2026-11-23 14:30, or 5m for so long ago"
    )


def times_of(lines: Sequence[str], arrived: Sequence[float | None], now: datetime) -> list[datetime | None]:
    """When each line was written: as it says itself, else when it came, else as the line before it.

    Args:
        lines: of a log, the oldest first. Times without a zone are of the zone of `now`.
        arrived: for each, when it came, seconds since 1970; None if it was there before.
        now: the present; a time of day without a date lies before it, and before the line that follows.
    """
    zone = now.tzinfo
    found: list[datetime | None] = [None] * len(lines)
    later = now
    for number in range(len(lines) - 1, -1, -1):
        said = _said(lines[number], later, zone)
        came = arrived[number]
        if said is None and came is not None:
            said = datetime.fromtimestamp(came, zone)
        if said is not None:
            found[number] = said
            later = min(later, said)
    last: datetime | None = None
    for number, moment in enumerate(found):
        last = found[number] = moment or last
    return found


def line_at(times: Sequence[datetime | None], wanted: datetime) -> int | None:
    """The first line that was written at that time or after it; the last line if none was. None: no times."""
    known = [(moment, number) for number, moment in enumerate(times) if moment is not None]
    if not known:
        return None
    return next((number for moment, number in known if moment >= wanted), known[-1][1])


def _said(line: str, later: datetime, zone: tzinfo | None) -> datetime | None:
    dated = _DATED.search(line, 0, _REACH)
    try:
        if dated:
            year, month, day, hour, minute = (int(dated[group]) for group in range(1, 6))
            told = datetime(year, month, day, hour, minute, int(dated[6] or 0), tzinfo=_zone(dated[7], zone))
            return told.astimezone(zone)
        clock = _OF_DAY.search(line, 0, _REACH)
        if clock:
            of_day = time(int(clock[1]), int(clock[2]), int(clock[3]))
            told = datetime.combine(later.date(), of_day, tzinfo=zone)
            return told if told <= later + _SLACK else told - timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return None


def _zone(text: str | None, zone: tzinfo | None) -> tzinfo | None:
    if text is None:
        return zone
    if text == "Z":
        return timezone.utc
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
