"""Shows something of the status again whenever it changes: in place on a terminal, else line after line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from tuiconsole.cli import complaints, output
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.frames import Frames
from tuiconsole.client.oneshot import Lines, follow
from tuiconsole.client.unanswered import NoAnswerError
from tuiconsole.model.status import ClusterStatus
from tuiconsole.settings.cluster import ClusterNode


def watch(
    lines: Lines,
    nodes: Sequence[ClusterNode],
    *,
    text: Callable[[ClusterStatus], list[str]],
    data: Callable[[ClusterStatus], object] | None = None,
    same: Callable[[object], object] = lambda value: value,
) -> int:
    """Until Ctrl-C; when agents die it goes on with another one, and says so.

    Args:
        lines: the connections.
        nodes: whom to ask, in that order.
        text: what is shown, in lines; a terminal gets the first ones if it is small.
        data: what is printed as JSON instead, one object a line.
        same: of data: what has to differ for it to be printed again.

    Raises:
        NoAnswerError: nobody answered the first time.
    """
    last: object = None
    shown: list[str] = []
    with ExitStack() as stack:
        frames: Frames | None = None
        for news in follow(lines, nodes):
            if isinstance(news, NoAnswerError):
                last = None
                if frames is None:
                    complaints.say(f"what was shown last is old: {news}")
                else:
                    frames.show([f"OLD: {news}; trying again", *shown])
            elif data is not None:
                found = data(news.status)
                if last != (last := same(found)):
                    output.json_line(found)
            else:
                shown = text(news.status)
                if shown == last:
                    continue
                if not output.to_terminal():
                    output.lines([*([""] if last else []), *shown])
                else:
                    if frames is None:
                        frames = Frames()
                        stack.callback(frames.end)
                        frames.begin()
                    frames.show(shown)
                last = shown
    return ExitCode.DONE
