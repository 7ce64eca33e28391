"""The thin way to etcd: one request at a time, of one endpoint or more, in bounded time.

Nothing else imports aetcd. A request without an answer may have been carried out, or still be. A connection
that has left a request without an answer is given up: after a cut, the kernel would send what was lost again
only after tens of seconds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import aetcd
import aetcd.transactions as ops

from tuiconsole.coordination.etcd.asking import first_answer
from tuiconsole.coordination.etcd.observation import Entry

ATTEMPT = 1.5
"""Seconds for one request, whoever is asked: a node's lease outlasts one that fails."""
PATIENCE = 0.2
"""Seconds without an answer, after which the next endpoint is asked as well: a short lease outlasts that."""
OPTIONS = {
    "grpc.use_local_subchannel_pool": 1,  # a new connection is new, not the one that hangs
    "grpc.min_reconnect_backoff_ms": int(ATTEMPT * 1000),  # what it may take to connect
}
LED = (("hasleader", "true"),)
"""With it a member that knows no leader of etcd refuses at once, and has done nothing (what etcd's own client
calls WithRequireLeader). Without, it keeps a request until it has a leader: so does the member of a host that
is cut off, or has just come back, and it is the nearest one there."""
NO_LEADER = "no leader"
"""In the words of such a refusal."""

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
        """The first is the one that has answered last."""
        self._client: Any = None
        self.trouble: str | None = None
        """Why the last request had no answer; None if it had one."""
        self.repeated = False
        """Whether the last request was asked more than once: if its compares did not hold, it may have been
        carried out before."""

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
            await _closed(client)

    async def _ask(self, call: Any) -> Any:
        order = list(self._endpoints)
        kept, self._client = self._client, None
        opened = [] if kept is None else [kept]
        refusing: set[str] = set()

        async def ask(number: int) -> tuple[str, Any, Any]:
            where = order[number % len(order)]
            client = None if number else kept
            if client is None:
                host, _, port = where.rpartition(":")
                client = aetcd.Client(host, int(port), timeout=ATTEMPT, options=OPTIONS)
                opened.append(client)
            # If all others know no leader, this one may keep the request until it does.
            client.metadata = LED if len(refusing - {where}) < len(order) - 1 else None
            try:
                return where, client, await call(client)
            except aetcd.ClientError as error:
                if NO_LEADER in str(error):
                    refusing.add(where)
                raise

        try:
            (where, client, answer), self.repeated = await first_answer(ask, len(order), PATIENCE, ATTEMPT)
        except Exception as error:  # noqa: BLE001 (whatever the client stumbles over: nobody knows what was done)
            reason = " ".join(str(error).split()) or "no answer in time"
            self.trouble = f"etcd does not answer at {', '.join(order)}: {reason}"
            raise NoAnswer(self.trouble) from None
        else:
            self.trouble = None
            self._client = client
            self._endpoints.remove(where)
            self._endpoints.insert(0, where)
            return answer
        finally:
            for one in opened:
                if one is not self._client:
                    await _closed(one)


async def _closed(client: Any) -> None:
    with contextlib.suppress(Exception):
        await client.close()
