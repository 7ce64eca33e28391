"""Figures as an operator reads them: short, with a unit, and quiet when they change a little."""

from __future__ import annotations

import math
from datetime import datetime, tzinfo


def duration(seconds: float | None) -> str:
    """A time in its largest sensible unit: `0.2 s`, `45 s`, `12 min`, `5 h`, `3 d`; a dash if not known."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds // 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds // 3_600:.0f} h"
    return f"{seconds // 86_400:.0f} d"


def percent(value: float | None) -> str:
    """Whole percent; a dash if not known."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.0f} %"


def cpu(value: float | None) -> str:
    """Percent of a core: a decimal below ten."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.1f} %" if value < 9.95 else f"{value:.0f} %"


def memory(size: float | None) -> str:
    """Bytes in the unit that leaves at most four figures."""
    if size is None:
        return "–"
    amount = float(max(0, size))
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.0f} {unit}" if amount >= 9.95 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1_000
    return f"{amount:.1f} TB"


def clock_time(at: str, zone: tzinfo | None = None) -> str:
    """The time of day of a UTC ISO 8601 time in `zone` (None: this machine's); dashes if it is none."""
    try:
        moment = datetime.fromisoformat(at.replace("Z", "+00:00"))
    except ValueError:
        return "--:--:--"
    return moment.astimezone(zone).strftime("%H:%M:%S")


def moment(at: str, zone: tzinfo | None = None) -> str:
    """Date and time of day of a UTC ISO 8601 time in `zone` (None: this machine's); dashes if it is none."""
    try:
        found = datetime.fromisoformat(at.replace("Z", "+00:00"))
    except ValueError:
        return "--"
    return found.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def count(number: int, one: str, many: str = "") -> str:
    """`1 node`, `3 nodes`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
