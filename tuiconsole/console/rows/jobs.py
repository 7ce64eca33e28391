"""The starts and stops that go on, step by step, and what this console has asked for."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tuiconsole.console.picture import Picture
from tuiconsole.console.requests import Request
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, cell, wrapped
from tuiconsole.console.rows.marks import application_mark, process_mark
from tuiconsole.console.rows.progress import end_line, job_words
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.model.status import ApplicationStatus

_BAR = 10


class JobRow(msgspec.Struct, frozen=True):
    """A job of the cluster, or a request of this console."""

    key: str
    target: str
    """The application or namespec."""
    application: ApplicationStatus | None = None
    """Of a job of the cluster."""
    request: Request | None = None


def job_rows(picture: Picture) -> tuple[JobRow, ...]:
    """What goes on in the cluster, then this console's requests, the newest first."""
    jobs = [JobRow(f"job {one.name}", one.name, one) for one in picture.applications if one.job is not None]
    requests = [
        JobRow(f"request {one.number} {one.target}", one.target, request=one)
        for one in reversed(picture.requests.entries)
    ]
    return (*jobs, *requests)


def job_line(row: JobRow, width: int) -> Line:
    """One row in `width` cells."""
    if row.application is not None and row.application.job is not None:
        job = row.application.job
        done = round(_BAR * (job.step - 1) / job.steps) if job.steps else 0
        bar = "█" * done + "░" * (_BAR - done)
        return (
            Span("◐ ", Tone.MOVING),
            cell(plain(row.target), min(40, max(12, width // 3)), Tone.STRONG),
            Span(f" {bar} ", Tone.MOVING),
            Span(job_words(row.application)),
        )
    if row.request is None:
        return ()
    if row.request.verdict is None:
        return (Span("◐ ", Tone.MOVING), Span(sentence(row.request.sentence)))
    return end_line(row.request)


def job_lines(picture: Picture, row: JobRow | None, width: int) -> tuple[Line, ...]:
    """The job's application, sequence by sequence, in lines of at most `width` cells."""
    if row is None:
        return ((Span("Nothing is being started or stopped.", Tone.DIM),),)
    application = picture.application(row.target)
    if application is None:
        return ()
    return tuple(
        line for paragraph in _sequences(application) for line in wrapped(paragraph, width, indent=2)
    )


def _sequences(application: ApplicationStatus) -> Iterator[Line]:
    mark = application_mark(application)
    yield (Span(plain(application.name), Tone.STRONG), Span("  "), Span(mark.text, mark.tone))
    steps = sorted({process.sequence for process in application.processes if process.sequence})
    now = application.job.step if application.job else 0
    for number, sequence in enumerate(steps, 1):
        sign = "›" if number == now else " "
        spans: list[Span] = [Span(f"{sign} sequence {sequence}:", Tone.ACCENT if number == now else Tone.DIM)]
        for process in application.processes:
            if process.sequence == sequence:
                state = process_mark(process)
                spans += [Span(f" {plain(process.name)} "), Span(state.text, state.tone)]
        yield tuple(spans)
    if application.reason:
        yield (Span(sentence(application.reason)),)
