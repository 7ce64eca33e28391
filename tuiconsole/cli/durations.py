"""Options that are durations."""

from __future__ import annotations

from collections.abc import Callable

import click

from tuiconsole.client.durations import longest_words, seconds_of


def duration(longest: float) -> Callable[[click.Context, click.Parameter, str | None], float | None]:
    """A callback for an option: seconds, more than 0 and at most `longest`; None if it was not given."""

    def seconds(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
        if value is None:
            return None
        found = seconds_of(value, longest)
        if found is None:
            most = longest_words(longest)
            raise click.BadParameter(f"{value!r} is no duration; give 60s, 5m, 1h or 2d, at most {most}")
        return found

    return seconds
