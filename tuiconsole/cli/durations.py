"""Durations as people type them: 90s, 15m, 8h, 2d."""

from __future__ import annotations

import re
from collections.abc import Callable

import click

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(s|m|h|d|)")


def duration(longest: float) -> Callable[[click.Context, click.Parameter, str | None], float | None]:
    """A callback for an option: seconds, more than 0 and at most `longest`; None if it was not given."""

    def seconds(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
        if value is None:
            return None
        match = _DURATION.fullmatch(value)
        found = float(match[1]) * _UNITS[match[2]] if match else 0.0
        if not 0 < found <= longest:
            most = f"{longest / 86400:g}d" if longest > 86400 else f"{longest / 3600:g}h"
            raise click.BadParameter(f"{value!r} is no duration; give 60s, 5m, 1h or 2d, at most {most}")
        return found

    return seconds
