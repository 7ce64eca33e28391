"""An explanation, and the preview of a start, as lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from tuiconsole.client.plan_words import (
    headline,
    load_lines,
    nothing_words,
    place_lines,
    step_lines,
)
from tuiconsole.client.why_words import candidate_lines
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, wrapped
from tuiconsole.console.rows.marks import severity_mark
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.why import Cause, Why

_QUIET = frozenset({Cause.RUNS, Cause.ENDED, Cause.NEVER_STARTED, Cause.STOPPED_BY_PERSON, Cause.UNMANAGED})
_MOVING = frozenset({Cause.JOB, Cause.NO_MASTER})


def why_lines(why: Why, width: int, zone: tzinfo | None = None) -> tuple[Line, ...]:
    """All of an explanation, in paragraphs of at most `width` cells."""
    return _wrapped(_explained(why, zone), width)


def plan_lines(plan: Plan, width: int) -> tuple[Line, ...]:
    """What would be done: where, in which steps, why not elsewhere, and the loads."""
    return _wrapped(_planned(plan), width)


def _wrapped(paragraphs: Iterator[tuple[int, Line]], width: int) -> tuple[Line, ...]:
    lines: list[Line] = []
    for indent, paragraph in paragraphs:
        margin = (Span(" " * indent),) if indent else ()
        lines += ((*margin, *line) for line in wrapped(paragraph, max(1, width - indent), indent=2))
    return tuple(lines)


def _explained(why: Why, zone: tzinfo | None) -> Iterator[tuple[int, Line]]:
    on = f" on {', '.join(why.nodes)}" if why.nodes else ""
    tone = Tone.STRONG if why.cause in _QUIET else Tone.MOVING if why.cause in _MOVING else Tone.MAJOR
    yield 0, (Span(plain(f"{why.state}{on}: "), Tone.DIM), Span(sentence(why.text), tone))
    for one in why.because:
        yield 2, (Span(plain(one)),)
    for remedy in why.remedies:
        command = (Span(plain(remedy.command), Tone.KEY), Span(" – ", Tone.DIM)) if remedy.command else ()
        yield 0, (Span("do: ", Tone.ACCENT), *command, Span(plain(remedy.effect)))
    for line in candidate_lines(why):
        depth = len(line) - len(line.lstrip())
        yield depth, (Span(plain(line.strip()), Tone.DIM if depth else Tone.NORMAL),)
    for rule in why.rules:
        where = rule.where or "no rule names it; by default"
        yield (
            0,
            (
                Span("rule: ", Tone.ACCENT),
                Span(plain(where)),
                Span(f"  {plain(', '.join(rule.words))}", Tone.DIM),
            ),
        )
    for event in why.events:
        mark = severity_mark(event.severity)
        when = quantity.clock_time(event.at, zone)
        yield 0, (Span(f"{when} ", Tone.DIM), Span(f"{mark.text} ", mark.tone), Span(sentence(event.text)))
    for note in why.notes:
        yield 0, (Span(plain(note), Tone.MINOR),)


def _planned(plan: Plan) -> Iterator[tuple[int, Line]]:
    if plan.impossible:
        loss = plan.question is Question.LOSS
        words = plan.impossible if loss else f"not now: {plan.impossible}; otherwise:"
        yield 0, (Span(sentence(words), Tone.MAJOR if loss else Tone.MINOR),)
    for target in plan.targets:
        tone = Tone.RUNNING if target.result.good else Tone.MAJOR
        yield 0, (Span(plain(headline(target, plan.question)), tone),)
        for step in step_lines(target.moves):
            yield 2, (Span(plain(step)),)
        for place in target.places:
            for line in place_lines(place, named=len(target.places) > 1):
                yield 2, (Span(plain(line), Tone.DIM),)
    if not plan.targets:
        yield 0, (Span(plain(nothing_words(plan))),)
    for line in load_lines(plan):
        yield 0, (Span(plain(line)),)
    for note in plan.notes:
        yield 0, (Span(plain(note), Tone.MINOR),)
