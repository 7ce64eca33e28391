"""The thin way to etcd: one request at a time, at one endpoint after the other, each in bounded time.

Nothing else imports aetcd. A request without an answer may have been carried out, or still be.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import aetcd
import aetcd.transactions as ops

from tuiconsole.coordination.etcd.observation import Entry
from tuiconsole.timeouts import within

ATTEMPT = 0.6
"""Seconds for one request at one endpoint; a lease outlasts several."""
OPTIONS = {
    "grpc.use_local_subchannel_pool": 1,  # a new connection is new, not the one that hangs
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 300,
    "grpc.max_reconnect_backoff_ms": 500,
}

Compare = Any
Operation = Any


class NoAnswer(Exception):  # noqa: N818 (says what is so, not that it is an error)
    """No answer in time: what was asked may or may not have been done."""


def created(key: bytes, revision: int) -> Compare:
    """The key was created at this revision; 0: it does not exist."""
    return ops.Create(key) == revision


def unchanged(key: bytes, revision: int) -> Compare:
    """The key was changed last at this revision; 0: it does not exist."""
    return ops.Mod(key) == revision


def put(key: bytes, value: bytes, lease: int | None = None) -> Operation:
    """Write a key."""
    return ops.Put(key, value, lease)


def get(key: bytes, end: bytes | None = None) -> Operation:
    """Read a key, or all from it to before `end`."""
    return ops.Get(key, end)


def delete(key: bytes) -> Operation:
    """Remove a key."""
    return ops.Delete(key)


class Store:
    """One line to etcd. Its user makes one request at a time."""

    def __init__(self, endpoints: Sequence[str]) -> None:
        self._endpoints = list(endpoints)
        self._client: Any = None
        self.trouble: str | None = None
        """Why the last request had no answer; None if it had one."""

    async def transact(
        self, compare: Sequence[Compare], then: Sequence[Operation], otherwise: Sequence[Operation] = ()
    ) -> tuple[bool, list[list[Entry]]]:
        """Carry out `then` if all compares hold, else `otherwise`: whether they held, and what was read.

        Raises:
            NoAnswer: it may or may not have been done.
        """
        held, answers = await self._ask(
            lambda client: client.transaction(list(compare), list(then), list(otherwise))
        )
        read = [
            [Entry(one.key, one.value, one.create_revision, one.mod_revision) for _, one in answer]
            for answer in answers
            if isinstance(answer, list)
        ]
        return bool(held), read

    async def grant(self, seconds: int) -> tuple[int, float]:
        """A new etcd lease: its id, and the seconds that etcd granted, which may be more than asked for."""
        lease = await self._ask(lambda client: client.lease(seconds))
        return int(lease.id), float(lease.ttl)

    async def keep(self, lease: int) -> bool:
        """Keep an etcd lease alive; False if it is gone."""
        answer = await self._ask(lambda client: client.refresh_lease(lease))
        return bool(answer.TTL > 0)

    async def alive(self) -> bool:
        """Whether this endpoint answers at all."""
        try:
            await self._ask(lambda client: client.status())
        except NoAnswer:
            return False
        return True

    async def close(self) -> None:
        """End the connection."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                await client.close()

    async def _ask(self, call: Any) -> Any:
        where = self._endpoints[0]
        try:
            async with within(ATTEMPT):
                if self._client is None:
                    host, _, port = where.rpartition(":")
                    self._client = aetcd.Client(host, int(port), timeout=ATTEMPT, options=OPTIONS)
                answer = await call(self._client)
        except Exception as error:  # noqa: BLE001 (whatever the client stumbles over: nobody knows what was done)
            self.trouble = (
                f"etcd does not answer at {where}: {' '.join(str(error).split()) or 'no answer in time'}"
            )
            self._endpoints.append(self._endpoints.pop(0))
            await self.close()
            raise NoAnswer(self.trouble) from None
        self.trouble = None
        return answer
