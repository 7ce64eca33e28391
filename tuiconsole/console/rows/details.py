"""The details of what is selected, as lines; and which process's log goes with it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from datetime import tzinfo

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.ends import end_words
from tuiconsole.console.rows.events import event_words
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, joined, wrapped
from tuiconsole.console.rows.marks import (
    MASTER,
    application_mark,
    major_led,
    minor_led,
    node_mark,
    process_mark,
    severity_mark,
)
from tuiconsole.console.rows.nodes import memory_share, processes_on
from tuiconsole.console.rows.progress import end_line, job_words
from tuiconsole.console.rows.rules import rules_of_application, rules_of_process
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.model.status import ApplicationStatus, NodeStatus, ProcessStatus


def title(subject: Subject, picture: Picture) -> str:
    """What the details are of, for the panel's border."""
    if subject.kind is Kind.NOTHING:
        return "Details"
    if subject.kind is Kind.EVENT:
        event = picture.event(subject.key)
        return f"event on {plain(event.node)}" if event else "event"
    return plain(subject.key)


def detail_lines(
    picture: Picture, subject: Subject, width: int, zone: tzinfo | None = None
) -> tuple[Line, ...]:
    """Facts about the subject in paragraphs of at most `width` cells."""
    paragraphs = list(_paragraphs(picture, subject, zone))
    return tuple(line for paragraph in paragraphs for line in wrapped(paragraph, width, indent=2))


def tail_of(picture: Picture, subject: Subject) -> str:
    """The namespec whose log is shown with the details; empty if none would help."""
    if subject.kind is Kind.PROCESS and picture.process(subject.key) is not None:
        return subject.key
    if subject.kind is Kind.APPLICATION:
        namespec = log_of(picture, subject.key)
        process = picture.process(namespec)
        return namespec if process is not None and process.nodes else ""
    return ""


def log_of(picture: Picture, key: str) -> str:
    """The namespec whose log is meant: the process itself; of an application, what failed, else what runs."""
    if ":" in key:
        return key
    application = picture.application(key)
    if application is None or not application.processes:
        return ""
    ranked = sorted(
        application.processes,
        key=lambda one: (not one.major_failure, not one.minor_failure, not one.state.alive, one.sequence),
    )
    return ranked[0].namespec


def empty_words(picture: Picture, namespec: str, *, stderr: bool = False, how: str = "") -> tuple[str, bool]:
    """What is said of a log in which nothing is, and whether the process has never run.

    `how`: the keys that come first, for what would fill it.
    """
    stream = "stderr" if stderr else "stdout"
    process = picture.process(namespec)
    if process is None or process.state.alive or process.ends or process.last_node or process.nodes:
        return f"nothing was written to {stream} yet", False
    return f"it has never run: no log. {how}s starts it, w says why it does not run", True


def _paragraphs(picture: Picture, subject: Subject, zone: tzinfo | None) -> Iterator[Line]:
    if subject.kind is Kind.PROCESS:
        process = picture.process(subject.key)
        application = picture.application(subject.key)
        if process is not None and application is not None:
            yield from _process(process)
            if application.grant is not None and process.nodes:
                why = f"where it is: granted to {plain(application.grant.node)}"
                since = quantity.clock_time(application.grant.since, zone)
                by = plain(application.grant.requested_by)
                yield (Span(why), Span(f" since {since}, asked by {by}", Tone.DIM))
            if process.ends:
                last = process.ends[0]
                when = quantity.clock_time(last.at, zone)
                tone = Tone.NORMAL if last.expected else Tone.MINOR
                yield (Span("last end: ", Tone.DIM), Span(f"{when} {plain(end_words(last))}", tone))
            if process.reason is None and application.reason:
                yield (Span("application: ", Tone.DIM), Span(sentence(application.reason)))
            yield from _request(picture, process.namespec)
            yield from rules_of_process(picture.rules, process.namespec)
    elif subject.kind is Kind.APPLICATION:
        found = picture.application(subject.key)
        if found is not None:
            yield from _application(found)
            yield from _request(picture, found.name)
            yield from rules_of_application(picture.rules, found.name)
    elif subject.kind is Kind.NODE:
        node = picture.node_status(subject.key)
        if node is not None:
            yield from _node(node, picture)
    elif subject.kind is Kind.EVENT:
        event = picture.event(subject.key)
        if event is not None:
            mark = severity_mark(event.severity)
            when = quantity.clock_time(event.at, zone)
            yield joined([(Span(when, Tone.DIM),), (Span(mark.text, mark.tone),), (Span(plain(event.node)),)])
            yield event_words(event)


def _process(process: ProcessStatus) -> Iterator[Line]:
    mark = process_mark(process)
    where = f" on {', '.join(map(plain, process.nodes))}" if process.nodes else ""
    parts: list[Line] = [(Span(mark.text, mark.tone), Span(where))]
    parts += _leds(process.major_failure, process.minor_failure)
    if process.pid is not None:
        parts += [
            (Span("pid ", Tone.DIM), Span(str(process.pid))),
            (Span("up ", Tone.DIM), Span(quantity.duration(process.uptime))),
            (Span("CPU ", Tone.DIM), Span(quantity.cpu(process.cpu))),
            (Span(quantity.memory(process.memory)),),
        ]
    parts += [
        (Span("load ", Tone.DIM), Span(quantity.percent(process.expected_loading))),
        (Span("required" if process.required else "not required", Tone.DIM),),
        (
            Span(
                f"sequence {process.sequence}" if process.sequence else "not in the start sequence", Tone.DIM
            ),
        ),
    ]
    if not process.expected_exit:
        parts.append((Span("exited unexpectedly", Tone.MINOR),))
    yield joined(parts)
    if process.stale:
        yield (Span("its node is silent: this is its last known state", Tone.MINOR),)
    if process.reason:
        yield (Span(sentence(process.reason)),)
    if process.disabled:
        yield (Span("disabled ", Tone.MINOR), Span(plain(process.disabled)))
    if process.arguments:
        yield (Span("arguments ", Tone.DIM), Span(plain(shlex.join(process.arguments))))


def _application(application: ApplicationStatus) -> Iterator[Line]:
    mark = application_mark(application)
    where = f" on {', '.join(map(plain, application.nodes))}" if application.nodes else ""
    alive = sum(one.state.alive for one in application.processes)
    parts: list[Line] = [
        (Span(mark.text, mark.tone), Span(where)),
        *_leds(application.major_failure, application.minor_failure),
        (Span(f"{alive} of {quantity.count(len(application.processes), 'process', 'processes')} alive"),),
    ]
    if not application.managed:
        parts.append((Span("unmanaged: named in no rules file", Tone.DIM),))
    grant = application.grant
    if grant is not None:
        parts.append(
            (
                Span("granted to ", Tone.DIM),
                Span(plain(grant.node)),
                Span(
                    f" token {grant.token[0]}.{grant.token[1]}, asked by {plain(grant.requested_by)}",
                    Tone.DIM,
                ),
            )
        )
    yield joined(parts)
    if application.job is not None:
        yield (Span(f"◐ {job_words(application)}", Tone.MOVING),)
    if application.reason:
        yield (Span(sentence(application.reason)),)
    for process in application.processes:
        if process.major_failure or process.minor_failure:
            mark = process_mark(process)
            why = process.reason or ("exited unexpectedly" if not process.expected_exit else "does not run")
            yield (Span(f"{plain(process.name)} {mark.text}", mark.tone), Span(f"  {sentence(why)}"))


def _node(node: NodeStatus, picture: Picture) -> Iterator[Line]:
    mark = node_mark(node.state, stale=node.stale)
    master = picture.status.master if picture.status else None
    parts: list[Line] = [(Span(mark.text, mark.tone),)]
    if master is not None and master.node == node.name:
        parts.append((Span(f"{MASTER} master", Tone.ACCENT), Span(f" term {master.term}", Tone.DIM)))
    parts += [
        (Span("voter" if node.core else "no voter", Tone.DIM),),
        (Span("host ", Tone.DIM), Span(plain(node.host))),
        (Span("load ", Tone.DIM), Span(quantity.percent(node.load))),
    ]
    parts += _health(node)
    parts += [
        (Span("pids ", Tone.DIM), Span(f"agent {node.pids.agent} shim {node.pids.shim}")),
        (Span(f"supervisord {node.pids.supervisord}"),),
    ]
    if node.tags:
        parts.append((Span("tags ", Tone.DIM), Span(", ".join(map(plain, node.tags)))))
    yield joined(parts)
    if node.stale:
        yield (Span("silent: its processes are shown in their last known state", Tone.MINOR),)
    if node.reason:
        yield (Span(sentence(node.reason)),)
    if node.differs:
        yield (Span(plain(node.differs), Tone.MINOR),)
    here = processes_on(picture.applications, node.name)
    parts = [(Span(f"{quantity.count(len(here), 'process', 'processes')} alive here", Tone.DIM),)]
    by_application = Counter(namespec.partition(":")[0] for namespec in here)
    parts += [(Span(f"{plain(name)} ({number})"),) for name, number in by_application.items()]
    yield joined(parts)


def _health(node: NodeStatus) -> list[Line]:
    """Its lease, how long it is up, its version, and its machine."""
    parts: list[Line] = []
    if node.lease is not None:
        parts.append((Span("lease ", Tone.DIM), Span(f"{int(node.lease)} s left, epoch {node.epoch}")))
    elif node.epoch:
        parts.append((Span(f"no lease, epoch {node.epoch}", Tone.MINOR),))
    if node.uptime is not None:
        version = f" version {plain(node.version)}" if node.version else ""
        parts.append(
            (Span("agent ", Tone.DIM), Span(f"up {quantity.duration(node.uptime)}"), Span(version, Tone.DIM))
        )
    machine = node.machine
    if machine is not None:
        parts += [
            (
                Span("machine ", Tone.DIM),
                Span(f"up {quantity.duration(node.machine_uptime)}"),
                Span(f" {quantity.count(machine.cores, 'core')}", Tone.DIM),
            ),
            (
                Span("CPU ", Tone.DIM),
                Span(f"{machine.cpu} %"),
                Span(f" load average {machine.load:.1f}", Tone.DIM),
            ),
            (
                Span("memory ", Tone.DIM),
                Span(f"{memory_share(machine):.0f} %"),
                Span(f" of {quantity.memory(machine.memory_total)}", Tone.DIM),
            ),
        ]
    return parts


def _leds(major: bool, minor: bool) -> list[Line]:
    lit: list[Line] = []
    if major:
        lit.append((major_led(True),))
    if minor:
        lit.append((minor_led(True),))
    return lit


def _request(picture: Picture, target: str) -> Iterator[Line]:
    last = picture.requests.last_of(target)
    if last is not None and last.verdict is not None:
        yield end_line(last)
