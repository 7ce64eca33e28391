"""What a confirmation says: the question, and each target with what will be taken away."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tuiconsole.client.session import Action
from tuiconsole.console.actions import ConsoleAction, Danger
from tuiconsole.console.picture import Picture
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.rows.marks import application_mark, node_mark, priority_mark, process_mark
from tuiconsole.model.alarms import AlarmStatus

MANY = 10
"""Targets of an interruption from which on a word has to be typed."""

_VERB = {
    Action.STOP: "Stop",
    Action.RESTART: "Restart",
    Action.START: "Start",
    Action.CANCEL: "Cancel",
    Action.CLEAR: "Clear",
    Action.CONCILIATE: "Conciliate",
    Action.CONFIRM_DEAD: "Confirm dead",
    Action.ACKNOWLEDGE: "Acknowledge",
    Action.SHELVE: "Shelve",
    Action.UNSHELVE: "Unshelve",
    Action.OUT_OF_SERVICE: "Out of service",
    Action.RETURN_TO_SERVICE: "Return to service",
    Action.DISABLE: "Disable",
    Action.ENABLE: "Enable",
    Action.DRAIN: "Drain",
    Action.UNDRAIN: "Undrain",
    Action.SCALE: "Scale",
    Action.MAINTAIN: "Hands off",
    Action.SHUTDOWN: "Shut down",
    Action.RELOAD: "Reload",
    Action.END_SYNC: "End synchronization",
}


_MASTERLESS = (
    "There is no master: the nodes that are reached stop it.",
    "Nothing starts it elsewhere meanwhile, nor the next master.",
)


class Question(msgspec.Struct, frozen=True):
    """All that a confirmation shows."""

    text: str
    targets: tuple[Line, ...]
    verb: str
    """Of the button."""
    word: str = ""
    """What has to be typed; empty if nothing."""
    wants_reason: bool = False
    """A reason has to be typed."""
    offers_reason: bool = False
    """A reason may be typed."""
    mild: bool = False
    """It takes nothing away: it rests on the reason, and Enter there confirms it."""


def needs_confirmation(action: ConsoleAction, targets: Sequence[str]) -> bool:
    """True if it must be asked: what takes something away, and what changes several things at once."""
    return action.danger in (Danger.INTERRUPTS, Danger.SWEEPS) or len(targets) > 1


def asked(picture: Picture, action: ConsoleAction, targets: Sequence[str]) -> Question:
    """The confirmation of a request for these targets; a great many want the cluster's name typed."""
    verb = _VERB[action.asks] if action.asks else action.label
    wide = len(targets) >= MANY and action.danger is Danger.INTERRUPTS
    cluster = picture.status.cluster if picture.status else picture.cluster
    lines = target_lines(picture, targets)
    if action.asks is Action.STOP and picture.status is not None and picture.status.master is None:
        lines += tuple((Span(words, Tone.MINOR),) for words in _MASTERLESS)
    return Question(
        f"{verb} {_what(targets)}?",
        lines,
        verb,
        word=plain(cluster) if wide else "",
    )


def asked_of_node(picture: Picture, node: str, targets: Sequence[str], spared: Sequence[str]) -> Question:
    """The confirmation of stopping all that runs on a node; `spared` is what is left alone, and told so."""
    lines = list(target_lines(picture, targets))
    why = Span("  stays: runs elsewhere too", Tone.DIM)
    lines += [(Span(plain(name), Tone.DIM), why) for name in spared]
    text = f"Stop all that runs on {plain(node)}: {quantity.count(len(targets), 'target')}?"
    return Question(text, tuple(lines), "Stop", word=plain(node))


def asked_of_death(picture: Picture, name: str) -> Question:
    """The confirmation that a node is dead."""
    node = picture.node_status(name)
    lines: list[Line] = []
    if node is not None:
        mark = node_mark(node.state, stale=node.stale)
        heard = "never heard" if node.age is None else f"heard {quantity.duration(node.age)} ago"
        lines.append(
            (Span(plain(name), Tone.STRONG), Span("  "), Span(mark.text, mark.tone), Span(f"  {heard}"))
        )
    held = [one for one in picture.applications if one.grant is not None and one.grant.node == name]
    free = Span("  becomes free to start elsewhere", Tone.MINOR)
    lines += [(Span(plain(one.name)), free) for one in held]
    lines.append((Span("If anything of it still runs, it may then run twice.", Tone.MAJOR),))
    return Question(
        f"Confirm that {plain(name)} is dead?",
        tuple(lines),
        "Confirm dead",
        word=plain(name),
        wants_reason=True,
    )


def asked_of_disabling(picture: Picture, targets: Sequence[str]) -> Question:
    """The question before things are disabled: mostly for the reason."""
    lines = target_lines(picture, targets)
    words = "Nothing and nobody starts it then; what runs goes on until it ends."
    return Question(
        f"Disable {_what(targets)}?",
        (*lines, (Span(words, Tone.DIM),)),
        "Disable",
        offers_reason=True,
        mild=len(targets) == 1,
    )


def asked_of_drain(name: str) -> Question:
    """The confirmation of a drain; what it would move is foretold beside it."""
    line: Line = (Span("Nothing new is started there until it is undrained.", Tone.DIM),)
    return Question(f"Drain {plain(name)}?", (line,), "Drain", offers_reason=True)


def asked_of_the_end(cluster: str, action: Action) -> Question:
    """The confirmation of a shutdown or reload; its order is foretold beside it."""
    stays = "This stops everything on all nodes, and it stays so until somebody starts the agents."
    begins = "This stops everything on all nodes; then what starts by itself is started again."
    text, words, verb = (
        (f"Shut down {plain(cluster)}?", stays, "Shut down")
        if action is Action.SHUTDOWN
        else (f"Reload {plain(cluster)}?", begins, "Reload")
    )
    return Question(text, ((Span(words, Tone.MAJOR),),), verb, word=plain(cluster))


def asked_of_service(alarm: AlarmStatus) -> Question:
    """The confirmation of taking an alarm out of service."""
    mark = priority_mark(alarm.priority)
    lines: tuple[Line, ...] = (
        (Span(plain(alarm.id), Tone.STRONG), Span("  "), Span(mark.text, mark.tone)),
        (Span("Nobody is told of it until somebody returns it to service.", Tone.MINOR),),
    )
    return Question(
        f"Take «{plain(alarm.title)}» out of service?", lines, "Out of service", wants_reason=True
    )


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


def _what(targets: Sequence[str]) -> str:
    return plain(targets[0]) if len(targets) == 1 else quantity.count(len(targets), "target")
