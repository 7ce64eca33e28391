"""What goes on, in words: the jobs of the cluster, the requests of this console, and how they ended."""

from __future__ import annotations

from tuiconsole.client.session import Verdict
from tuiconsole.console.picture import Picture
from tuiconsole.console.requests import Request
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.rows.marks import severity_mark
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.model.events import Severity
from tuiconsole.model.status import ApplicationStatus

_GERUND = {"start": "starting", "stop": "stopping", "restart": "restarting", "conciliate": "conciliating"}


def job_words(application: ApplicationStatus) -> str:
    """`starting 2/4: waits for scen2_check_internal_data_bus`; empty if no job goes on."""
    job = application.job
    if job is None:
        return ""
    words = f"{_GERUND.get(job.kind, plain(job.kind))} {job.step}/{job.steps}"
    if not job.waits_for:
        return words
    own = f"{application.name}:"
    return f"{words}: waits for {', '.join(plain(one.removeprefix(own)) for one in job.waits_for)}"


def activity_line(picture: Picture, key: str) -> Line:
    """The status line: what this console asked for last, else what the selected subject is about to say.

    A request that goes on comes first, then the last end that was not dismissed, then the job or the reason
    of the selected application or process.
    """
    running = picture.requests.running
    if running:
        more = f"  (+{len(running) - 1} more)" if len(running) > 1 else ""
        return (Span(f"◐ {plain(_lively(running[-1], picture))}", Tone.MOVING), Span(more, Tone.DIM))
    last = picture.requests.last_unseen
    if last is not None:
        return end_line(last)
    application = picture.application(key)
    if application is None:
        return ()
    if application.job is not None:
        return (Span(f"◐ {plain(application.name)}: {job_words(application)}", Tone.MOVING),)
    process = picture.process(key)
    reason = (process.reason if process else None) or application.reason
    return (Span(sentence(reason), Tone.NORMAL),) if reason else ()


def end_line(request: Request) -> Line:
    """How a request ended: a glyph, and the sentence with its reason."""
    if request.verdict is Verdict.DONE:
        return (Span(f"✓ {sentence(request.sentence)}", Tone.RUNNING),)
    mark = severity_mark(request.severity)
    tone = Tone.MAJOR if request.severity is Severity.MAJOR else Tone.MINOR
    return (Span(f"{mark.glyph} {sentence(request.sentence)}", tone),)


def _lively(request: Request, picture: Picture) -> str:
    """The request's own last word, or, while it has none, the job that the cluster reports for it."""
    application = picture.application(request.target)
    if request.steps == 0 and application is not None and application.job is not None:
        return f"{request.action.value} {request.target}: {job_words(application)}"
    return request.sentence
