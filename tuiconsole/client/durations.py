"""Durations as people type them: 90s, 15m, 8h, 2d."""

from __future__ import annotations

import re

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(s|m|h|d|)")


def seconds_of(text: str, longest: float) -> float | None:
    """Seconds, more than 0 and at most `longest`; None if the text says no such duration."""
    match = _DURATION.fullmatch(text.strip())
    found = float(match[1]) * _UNITS[match[2]] if match else 0.0
    return found if 0 < found <= longest else None


def longest_words(longest: float) -> str:
    """The longest duration as people type it."""
    return f"{longest / 86400:g}d" if longest > 86400 else f"{longest / 3600:g}h"
