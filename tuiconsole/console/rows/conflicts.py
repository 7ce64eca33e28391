"""What runs more than once: the rows, the instances, and each remedy with what it would do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

import msgspec

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, cell, wrapped
from tuiconsole.console.rows.marks import MAJOR
from tuiconsole.model.status import ConflictStatus


class ConflictRow(msgspec.Struct, frozen=True):
    """One conflict."""

    key: str
    conflict: ConflictStatus


class Remedy(msgspec.Struct, frozen=True):
    """One way out: a strategy, or the node whose instance stays."""

    label: str
    does: str
    """In words."""
    strategy: str | None = None
    keep: str = ""


def conflict_rows(picture: Picture) -> tuple[ConflictRow, ...]:
    """All conflicts."""
    conflicts = picture.status.conflicts if picture.status else ()
    return tuple(ConflictRow(one.name, one) for one in conflicts)


def conflict_line(row: ConflictRow, width: int, zone: tzinfo | None) -> Line:
    """One conflict: what, where, since when, and its strategy."""
    conflict = row.conflict
    return (
        Span(f"{MAJOR} ", Tone.MAJOR),
        cell(plain(conflict.name), min(40, max(12, width // 3)), Tone.STRONG),
        Span(" on "),
        Span(" and ".join(map(plain, conflict.nodes)), Tone.MAJOR),
        Span(f"  since {quantity.clock_time(conflict.since, zone)}", Tone.DIM),
        Span(f"  {plain(conflict.strategy)}", Tone.ACCENT),
    )


def remedies(conflict: ConflictStatus) -> tuple[Remedy, ...]:
    """All ways out: what to keep first, then the strategies."""
    keeping = [
        Remedy(
            f"keep {node}",
            f"{node} keeps it, {' and '.join(one for one in conflict.nodes if one != node)} stops it",
            keep=node,
        )
        for node in conflict.nodes
    ]
    strategies = [
        Remedy(name, does, strategy=name) for name, does in conflict.options.items() if name != "USER"
    ]
    return (*keeping, *strategies)


def conflict_lines(conflict: ConflictStatus | None, width: int, zone: tzinfo | None) -> tuple[Line, ...]:
    """All about one conflict, in lines of at most `width` cells."""
    if conflict is None:
        return ((Span("Nothing runs more than once.", Tone.DIM),),)
    return tuple(
        line for paragraph in _paragraphs(conflict, zone) for line in wrapped(paragraph, width, indent=2)
    )


def _paragraphs(conflict: ConflictStatus, zone: tzinfo | None) -> Iterator[Line]:
    yield (Span(plain(conflict.name), Tone.STRONG), Span(f"  strategy {plain(conflict.strategy)}", Tone.DIM))
    if conflict.waits:
        yield (Span(plain(conflict.waits), Tone.MOVING),)
    for one in conflict.instances:
        token = f"token {one.token[0]}.{one.token[1]}" if one.token else "started past the lock: no token"
        since = quantity.clock_time(one.since, zone)
        yield (
            Span(plain(one.node), Tone.STRONG),
            Span(f"  since {since}, {token}, {quantity.count(len(one.processes), 'process', 'processes')}"),
        )
    yield ()
    yield (Span("Remedies (m chooses one)", Tone.STRONG),)
    for remedy in remedies(conflict):
        yield (Span(f"{plain(remedy.label)}: ", Tone.ACCENT), Span(plain(remedy.does)))
