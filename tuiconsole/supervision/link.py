"""The agent's connection to the plugin: answers matched to requests, events in their order."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import msgspec

from tuiconsole.supervision.events import Refused, Unavailable
from tuiconsole.timeouts import within

LINE_MAX = 64 << 20
"""Bytes: more than the snapshot of a hundred thousand programs."""


class PluginLink:
    """One connection. `on_line` gets each event; answers go to whoever asked."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_line: Callable[[dict[str, Any]], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_line = on_line
        self._ids = itertools.count(1)
        self._asked: dict[int, Callable[[dict[str, Any] | None], None]] = {}
        self.malformed = 0
        """Lines that were no JSON object: there should be none."""

    @classmethod
    async def connect(cls, path: str, on_line: Callable[[dict[str, Any]], None]) -> PluginLink:
        """Connect to a plugin's socket.

        Raises:
            OSError: nobody listens there.
        """
        reader, writer = await asyncio.open_unix_connection(path, limit=LINE_MAX)
        return cls(reader, writer, on_line)

    def send(self, op: str, on_answer: Callable[[dict[str, Any] | None], None], **fields: object) -> int:
        """Send a request. `on_answer` is called in the order of all lines; with None if the link is lost."""
        identity = next(self._ids)
        self._asked[identity] = on_answer
        self._writer.write(msgspec.json.encode({"id": identity, "op": op, **fields}) + b"\n")
        return identity

    async def request(self, op: str, timeout: float, **fields: object) -> dict[str, Any]:
        """Send a request and wait for its result, at most `timeout` seconds.

        Raises:
            Refused: the plugin does not obey.
            Unavailable: no answer came.
        """
        answered: asyncio.Future[dict[str, Any] | None] = asyncio.get_running_loop().create_future()

        def on_answer(answer: dict[str, Any] | None) -> None:
            if not answered.done():
                answered.set_result(answer)

        identity = self.send(op, on_answer, **fields)
        try:
            async with within(timeout):
                answer = await answered
        except asyncio.TimeoutError:
            raise Unavailable(f"supervisord did not answer {op} within {timeout:g} s") from None
        finally:
            self._asked.pop(identity, None)
        if answer is None:
            raise Unavailable(f"supervisord was lost before it answered {op}")
        return result_of(answer)

    async def follow(self) -> None:
        """Read until the plugin closes the connection, or cannot be understood any more."""
        try:
            while line := await self._reader.readline():
                self._take(line)
        except (OSError, ValueError):  # ValueError: a line beyond LINE_MAX
            return
        finally:
            self.close()

    def close(self) -> None:
        """Part with the plugin; who still waits is told."""
        self._writer.close()
        asked, self._asked = self._asked, {}
        for on_answer in asked.values():
            on_answer(None)

    async def closed(self) -> None:
        """Wait until the socket is really closed."""
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _take(self, line: bytes) -> None:
        try:
            message = msgspec.json.decode(line)
        except msgspec.DecodeError:
            message = None
        if not isinstance(message, dict):
            self.malformed += 1
        elif "ok" in message:
            on_answer = self._asked.pop(message.get("id", 0), None)
            if on_answer is not None:
                on_answer(message)
        else:
            self._on_line(message)


def result_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The result of an answer.

    Raises:
        Refused: it is a refusal.
    """
    if not answer["ok"]:
        raise Refused(str(answer.get("error")), str(answer.get("reason")))
    result = answer.get("result")
    return result if isinstance(result, dict) else {}
