"""What a confirmation says: the question, and each target with what will be taken away."""

from __future__ import annotations

from collections.abc import Sequence

from tuiconsole.client.session import Action
from tuiconsole.console.picture import Picture
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.rows.marks import application_mark, process_mark

_QUESTION = {Action.STOP: "Stop", Action.RESTART: "Restart", Action.START: "Start", Action.CLEAR: "Clear"}


def question(action: Action, targets: Sequence[str]) -> str:
    """`Stop scen2_hci_02?`, `Stop 3 targets?`."""
    what = plain(targets[0]) if len(targets) == 1 else quantity.count(len(targets), "target")
    return f"{_QUESTION[action]} {what}?"


def target_lines(picture: Picture, targets: Sequence[str]) -> tuple[Line, ...]:
    """Two lines for each target: its name and state; where it runs and how many processes that concerns."""
    lines: list[Line] = []
    for key in targets:
        application, process = picture.application(key), picture.process(key)
        if process is not None:
            mark, nodes, note = process_mark(process), process.nodes, ""
        elif application is not None:
            mark, nodes = application_mark(application), application.nodes
            alive = sum(one.state.alive for one in application.processes)
            note = f", {quantity.count(alive, 'process', 'processes')} alive"
        else:
            lines.append((Span(plain(key), Tone.STRONG), Span("  no longer known", Tone.MINOR)))
            continue
        where = f"on {', '.join(map(plain, nodes))}" if nodes else "on no node"
        lines.append((Span(plain(key), Tone.STRONG), Span("  "), Span(mark.text, mark.tone)))
        lines.append((Span(f"  {where}{note}", Tone.DIM),))
    if picture.stale:
        lines.append((Span("This is the last known state.", Tone.MINOR),))
    return tuple(lines)
