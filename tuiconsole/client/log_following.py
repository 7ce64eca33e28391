"""A log as text, followed across connections that break off."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import AsyncGenerator, Callable

from tuiconsole.client.agent_line import AgentLine
from tuiconsole.timeouts import within
from tuiconsole.wire.replies import Failed, LogChunk, Reply
from tuiconsole.wire.requests import Cancel, ReadLog, Request

_TICK = 0.1
_WITHIN = 5.0
"""Seconds until the first piece of a log."""


async def followed_log(
    way: Callable[[], AgentLine | None],
    silence: Callable[[], str],
    namespec: str,
    *,
    stderr: bool,
    follow: bool,
    tail: int,
) -> AsyncGenerator[str, None]:
    """The last `tail` bytes of a process's log, then, with `follow`, what is appended.

    Args:
        way: the connection to ask now, if one lives.
        silence: why there is none.
        namespec: the process.
        stderr: its other stream.
        follow: wait for what is appended; a lost connection is waited out, then what is appended goes on.
        tail: bytes.

    Raises:
        LookupError: no such log, or nobody to ask for it at the beginning.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        line = way()
        if line is None:
            if tail:
                raise LookupError(silence() or "no agent answers")
            await asyncio.sleep(_TICK)
            continue
        request, replies = line.open(ReadLog(namespec, stderr, tail, follow))
        breaks = line.breaks
        try:
            if line.send(request):
                async for data in _chunks(line, replies, breaks, follow=follow):
                    tail = 0
                    text = decoder.decode(data)
                    if text:
                        yield text
                if line.breaks == breaks:
                    rest = decoder.decode(b"", True)
                    if rest:
                        yield rest
                    return
        finally:
            line.done(request)
            line.send(Request(request.id, Cancel()))
        await asyncio.sleep(_TICK)


async def _chunks(
    line: AgentLine, replies: asyncio.Queue[Reply], breaks: int, *, follow: bool
) -> AsyncGenerator[bytes, None]:
    """The pieces of a log until its end, or until the connection breaks off.

    Raises:
        LookupError: there is no such log; or no answer within a bounded time, when none is followed.
    """
    quiet = 0.0
    while line.breaks == breaks:
        try:
            async with within(_TICK):
                reply = await replies.get()
        except asyncio.TimeoutError:
            quiet += _TICK
            if quiet >= _WITHIN and not follow:
                raise LookupError(f"{line.name} does not send the log") from None
            continue
        quiet = 0.0
        if isinstance(reply.body, LogChunk):
            yield reply.body.data
        elif isinstance(reply.body, Failed):
            raise LookupError(reply.body.reason)
        if reply.last:
            return
