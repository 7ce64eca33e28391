"""The header: the cluster at a glance, and how true it is."""

from __future__ import annotations

import math

from tuiconsole.console.picture import STALE_AFTER, Picture
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.alarms import alarm_counts
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, joined, spread, width_of
from tuiconsole.console.rows.marks import (
    MAJOR,
    MAJOR_DARK,
    MASTER,
    MINOR,
    MINOR_DARK,
    cluster_mark,
    node_mark,
)
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.model.states import NodeState
from tuiconsole.model.status import ClusterStatus


def header_lines(picture: Picture, width: int, *, height: int = 3, lit: bool = True) -> tuple[Line, ...]:
    """Three lines: name, state, failures; master, quorum, nodes; what is wrong with the whole, and alarms.

    With `height` 1 only the first, which then gives way to a lost connection. `lit` is the bright half of the
    blinking of what nobody has acknowledged.
    """
    notice = notice_line(picture)
    if height == 1:
        return (notice or _title(picture, width),)
    counts = alarm_counts(picture, lit=lit, words=width >= 76 and width_of(notice) < width // 2)
    # That nothing here is known to be true any more comes before what was true last.
    room = picture.link.connected or width_of(notice) + width_of(counts) < width
    last = spread(notice, counts, width) if counts and room else notice
    return (_title(picture, width), spread(_facts(picture), _link(picture), width), last)


def _title(picture: Picture, width: int) -> Line:
    status = picture.status
    name = plain(status.cluster if status else picture.cluster) or "tuiconsole"
    left: list[Span] = [Span(name, Tone.STRONG)]
    if status is not None:
        mark = cluster_mark(status.state)
        left += [Span("  "), Span(mark.text, Tone.STALE if picture.stale else mark.tone)]
    right: list[Span] = []
    if status is not None:
        right += _counts(status, words=width >= 44)
    if picture.read_only:
        right += [Span("  "), Span(" READ-ONLY ", Tone.BADGE)]
    return spread(tuple(left), tuple(right), width)


def _counts(status: ClusterStatus, *, words: bool) -> tuple[Span, ...]:
    major = sum(one.major_failure for one in status.applications)
    minor = sum(one.minor_failure for one in status.applications)
    return (
        _count(major, MAJOR if major else MAJOR_DARK, "MAJOR" if major else "major", words, Tone.MAJOR_BADGE),
        Span(" "),
        _count(minor, MINOR if minor else MINOR_DARK, "minor", words, Tone.MINOR_BADGE),
    )


def _count(number: int, glyph: str, word: str, words: bool, lit: Tone) -> Span:
    text = f" {glyph} {number} {word} " if words else f" {glyph} {number} "
    return Span(text, lit if number else Tone.DIM)


def _facts(picture: Picture) -> Line:
    status = picture.status
    here = (Span("here ", Tone.DIM), Span(plain(picture.node))) if picture.node else ()
    if status is None:
        return joined([here])
    if status.master is None:
        master: Line = (Span(f"{MASTER} no master", Tone.MINOR),)
    else:
        master = (
            Span(f"{MASTER} ", Tone.ACCENT),
            Span(plain(status.master.node)),
            Span(f" term {status.master.term}", Tone.DIM),
        )
    quorum = status.quorum
    held = f"quorum {quorum.present}/{quorum.voters}"
    votes: Line = (Span(held),) if quorum.held else (Span(f"{held} LOST, needs {quorum.needed}", Tone.MAJOR),)
    return joined([master, votes, _nodes(status), here])


def _nodes(status: ClusterStatus) -> Line:
    total = len(status.nodes)
    up = sum(node.state is NodeState.RUNNING for node in status.nodes)
    spans: list[Span] = [Span(f"nodes {up}/{total}")]
    for state in (NodeState.FAILED, NodeState.ISOLATED):
        number = sum(node.state is state for node in status.nodes)
        if number:
            mark = node_mark(state)
            spans.append(Span(f" {mark.glyph} {number} {mark.word}", mark.tone))
    return tuple(spans)


def _link(picture: Picture) -> Line:
    if picture.status is None and not picture.link.connected:
        return (Span("◌ connecting", Tone.MOVING),)
    if not picture.link.connected:
        return (Span("◌ offline", Tone.MINOR),)
    if picture.age >= STALE_AFTER:
        return (Span(f"◌ data {quantity.duration(picture.age)} old", Tone.MINOR),)
    return (Span("● live", Tone.RUNNING),)


def notice_line(picture: Picture) -> Line:
    """What is wrong with the whole: no connection, old data, no operation, conflicts; empty if nothing is."""
    status, link = picture.status, picture.link
    if not link.connected:
        why = f"  {sentence(link.reason)}" if link.reason else ""
        if status is None:
            return (Span(" NOT CONNECTED ", Tone.MINOR_BADGE), Span(f" trying again{why}", Tone.MINOR))
        age = f"{quantity.duration(picture.age)} ago" if math.isfinite(picture.age) else ""
        return (
            Span(" CONNECTION LOST ", Tone.MINOR_BADGE),
            Span(f" {age} – last known state", Tone.MINOR),
            Span(why, Tone.DIM),
        )
    if status is None:
        return (Span("waiting for the first status", Tone.MOVING),)
    if picture.age >= STALE_AFTER:
        old = quantity.duration(picture.age)
        return (
            Span(" SILENT ", Tone.MINOR_BADGE),
            Span(f" nothing heard for {old} – last known state", Tone.MINOR),
        )
    if status.conflicts:
        names = ", ".join(
            f"{plain(one.name)} on {' and '.join(map(plain, one.nodes))}" for one in status.conflicts
        )
        return (Span(" CONFLICT ", Tone.MAJOR_BADGE), Span(f" runs twice: {names}", Tone.MAJOR))
    if status.reason:
        return (Span(sentence(status.reason), Tone.MINOR),)
    return ()
