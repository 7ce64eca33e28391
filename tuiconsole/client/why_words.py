"""An explanation in words, line by line: the same for the command and for the console."""

from __future__ import annotations

from tuiconsole.client.plan_words import place_lines
from tuiconsole.model.plan import PlannedPlace
from tuiconsole.model.why import Why

PLACES_TOLD = 4
"""Of a distributed application so many processes are told with their candidates."""


def why_lines(why: Why) -> list[str]:
    """All of it. Nothing is cut to a width."""
    on = f" on {', '.join(why.nodes)}" if why.nodes else ""
    lines = [f"{why.name} {why.state}{on}", f"  {why.text}"]
    lines += [f"  because: {one}" for one in why.because]
    if why.grant is not None and not any("granted to" in one for one in why.because):
        lines.append(
            f"  grant: with {why.grant.node} since {why.grant.since}, asked by {why.grant.requested_by}"
        )
    lines += [f"  do: {one.command + ' – ' if one.command else ''}{one.effect}" for one in why.remedies]
    for rule in why.rules:
        lines.append(f"  rule: {rule.where or 'none names it, so by default'}: {', '.join(rule.words)}")
    lines += [f"  {line}" for line in candidate_lines(why)]
    lines += [f"  event: {event.at} {event.node}: {event.text}" for event in why.events]
    return lines + [f"  note: {note}" for note in why.notes]


def candidate_lines(why: Why) -> list[str]:
    """Where it would be started now, and why not elsewhere."""
    lines: list[str] = []
    several = len(why.places) > 1
    for place in why.places[:PLACES_TOLD]:
        who = f"{place.name} " if several else ""
        started = "restarted" if why.nodes else "started"
        lines.append(f"{who}{_would_go(place, started)}")
        lines += [f"  {line}" for line in place_lines(place)]
    if len(why.places) > PLACES_TOLD:
        lines.append(f"and {len(why.places) - PLACES_TOLD} more processes")
    return lines


def _would_go(place: PlannedPlace, started: str) -> str:
    if place.node is None:
        return f"{started} now it would have no place ({place.strategy}):"
    return f"{started} now it would go to {place.node} ({place.strategy})"
