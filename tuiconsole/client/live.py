"""The session of a console that lives for days: follows, asks, and repairs its connection by itself.

The own node's agent is always tried. While it is silent any other agent shows the status, one after the
other; what may place an application on this node is only asked of the own one.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import math
import os
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from tuiconsole.client import live_line
from tuiconsole.client.live_line import TICK, LiveLine, log_pieces
from tuiconsole.client.seen import SeenEvents
from tuiconsole.client.session import Link
from tuiconsole.client.tally import Tally
from tuiconsole.client.whose import reading_order
from tuiconsole.model.events import Event
from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.requests import Action, Outcome, Progress, Verdict
from tuiconsole.model.status import ClusterStatus
from tuiconsole.model.why import Why
from tuiconsole.settings.cluster_file import Cluster, ClusterNode
from tuiconsole.timeouts import within
from tuiconsole.wire.keys import load_keyring, load_pair
from tuiconsole.wire.messages import (
    Act,
    AskPlan,
    AskWhy,
    Cancel,
    Explained,
    Failed,
    Followed,
    Maintain,
    Maintained,
    Planned,
    ReadLog,
    Reply,
    ReplyBody,
    Request,
)
from tuiconsole.wire.sockets import Sockets

FIRST_PATIENCE = 0.6
"""Seconds the own agent has to answer at the very beginning before another one is asked."""
_SEND_EVERY = 0.05
"""Seconds between two tries to send while a connection is being made."""
_ANSWER_WITHIN = 8.0
"""Seconds until a question is given up: the agent may wait for the master first."""
_OUTCOME_GRACE = 2.0
"""Seconds an agent may be late with the outcome of a request that has run out of time."""
_PLACES = frozenset({Action.START, Action.RESTART})
"""What only the own agent is asked for: LOCAL means its node."""


class LiveSession:
    """See client.session.Session. Made by `connect`, within the loop that will use it."""

    def __init__(self, cluster: Cluster, node: str, sockets: Sockets) -> None:
        self._node = cluster.nodes[node]
        self._nodes = cluster.nodes
        self._others = deque(reading_order(cluster, (self._node,))[1:])
        self._sockets = sockets
        self._loop = asyncio.get_running_loop()
        self._lines = 0
        self._own = self._line(self._node)
        self._stand_in: LiveLine | None = None
        self._status: ClusterStatus | None = None
        self._heard = -math.inf
        self._seen = SeenEvents()
        self._link = Link(connected=False, reason=f"connecting to the agent of {node}")
        self._changed = asyncio.Event()
        self._closed = False
        self._keeper = self._loop.create_task(self._keep(), name="session")

    @property
    def node(self) -> str:
        return self._node.name

    @property
    def link(self) -> Link:
        return self._link

    @property
    def status(self) -> ClusterStatus | None:
        return self._status

    @property
    def age(self) -> float:
        return max(0.0, self._loop.time() - self._heard)

    @property
    def events(self) -> Sequence[Event]:
        return tuple(self._seen.last)

    async def changed(self) -> None:
        """See Session."""
        await self._changed.wait()
        self._changed.clear()

    async def request(
        self,
        action: Action,
        targets: Sequence[str],
        *,
        strategy: str | None = None,
        origin: str = "",
        keep: str = "",
        reason: str = "",
        seconds: float = 0.0,
        arguments: Sequence[str] = (),
        number: int = 0,
        without_master: bool = False,
        timeout: float = 60.0,
    ) -> AsyncGenerator[Progress | Outcome, None]:
        """See Session. It is sent once: whether a silent agent passed it on cannot be known."""
        if action is Action.MAINTAIN and all(target in self._nodes for target in targets):
            for target in targets:
                yield await self._maintain(target, seconds)
            return
        tally = Tally(targets)
        line = self._way(anywhere=action not in _PLACES)
        body = Act(
            action,
            tuple(dict.fromkeys(targets)),
            origin or self.node,
            timeout,
            strategy,
            reason=reason,
            keep=keep,
            seconds=seconds,
            arguments=tuple(arguments),
            number=number,
            without_master=without_master,
        )
        if line is None:
            silent = f"the agent of {self.node} does not answer, and only it may be asked to {action.value}"
            for outcome in tally.end(Verdict.NO_ANSWER, self._link.reason or silent):
                yield outcome
            return
        request, replies = line.open(body)
        breaks = line.breaks
        until = self._loop.time() + timeout + _OUTCOME_GRACE
        try:
            if not line.send(request):
                text = f"the agent of {line.node.name} cannot be reached"
                for outcome in tally.end(Verdict.NO_ANSWER, text):
                    yield outcome
            while not tally.complete:
                for step in await self._steps(tally, replies):
                    yield step
                for outcome in self._ended(tally, line, breaks, until, timeout):
                    yield outcome
        finally:
            line.done(request)

    async def _maintain(self, node: str, seconds: float) -> Outcome:
        """Ask the node's own agent for a maintenance of the node: only it knows its voters' answers."""
        line = self._own if node == self.node else self._line(self._nodes[node])
        request, replies = line.open(Maintain(seconds))
        try:
            body = await self._first(line, request, replies)
        except asyncio.TimeoutError:
            text = f"the agent of {node} does not answer: only it can ask for it"
            return Outcome(node, Verdict.NO_ANSWER, text)
        finally:
            line.done(request)
            if line is not self._own:
                line.close()
        if isinstance(body, Maintained):
            ended = "is in no maintenance any more"
            begun = f"is in maintenance for {body.seconds:.0f} s: its agent may be down"
            return Outcome(node, Verdict.DONE, begun if seconds else ended)
        return Outcome(node, Verdict.REFUSED, _no_such_answer(body))

    async def _first(self, line: LiveLine, request: Request, replies: asyncio.Queue[Reply]) -> ReplyBody:
        """Send as soon as the connection is up; the first reply. Raises asyncio.TimeoutError."""
        async with within(_ANSWER_WITHIN):
            while True:
                if line.send(request):
                    return (await replies.get()).body
                await asyncio.sleep(_SEND_EVERY)

    async def plan(
        self,
        question: Question,
        names: Sequence[str],
        *,
        strategy: str | None = None,
        origin: str = "",
        number: int = 0,
    ) -> Plan:
        """See Session."""
        ask = AskPlan(question, tuple(dict.fromkeys(names)), origin or self.node, strategy, number=number)
        answer = await self._answer(ask)
        if isinstance(answer, Planned):
            return answer.plan
        raise LookupError(_no_such_answer(answer))

    async def why(self, name: str) -> Why:
        """See Session."""
        answer = await self._answer(AskWhy(name, self.node))
        if isinstance(answer, Explained):
            return answer.why
        raise LookupError(_no_such_answer(answer))

    async def _answer(self, ask: AskPlan | AskWhy) -> ReplyBody:
        """The one reply to a question that changes nothing. Raises LookupError if none comes."""
        line = self._way(anywhere=True)
        if line is None:
            raise LookupError(self._link.reason or "no agent answers")
        request, replies = line.open(ask)
        try:
            if line.send(request):
                async with within(_ANSWER_WITHIN):
                    return (await replies.get()).body
        except asyncio.TimeoutError:
            pass
        finally:
            line.done(request)
        raise LookupError(f"the agent of {line.node.name} does not answer")

    async def logs(
        self, namespec: str, *, stderr: bool = False, follow: bool = True, tail: int = 65536
    ) -> AsyncGenerator[str, None]:
        """See Session. While it follows, a lost connection is waited out; then what is appended goes on."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            line = self._way(anywhere=True)
            if line is None:
                if tail:
                    raise LookupError(self._link.reason or "no agent answers")
                await asyncio.sleep(TICK)
                continue
            request, replies = line.open(ReadLog(namespec, stderr, tail, follow))
            breaks = line.breaks
            try:
                if line.send(request):
                    async for data in log_pieces(line, replies, breaks, follow=follow):
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
            await asyncio.sleep(TICK)

    async def close(self) -> None:
        """See Session."""
        if self._closed:
            return
        self._closed = True
        self._keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeper
        for line in (self._own, self._stand_in):
            if line is not None:
                line.close()
        self._sockets.close()

    def take(self, line: LiveLine, followed: Followed) -> None:
        """News from an agent. The own one's are better: the stand-in goes when they come."""
        if line is self._own and self._stand_in is not None:
            self._stand_in.close()
            self._stand_in = None
        self._heard = line.heard
        if followed.status is not None:
            self._status = followed.status
        self._seen.new(followed.events)
        reason = "" if line is self._own else f"the agent of {self.node} does not answer"
        self._link = Link(connected=True, agent=line.node.name, reason=reason)
        self._changed.set()

    def _line(self, node: ClusterNode) -> LiveLine:
        self._lines += 1
        return LiveLine(node, self._sockets, f"{os.urandom(6).hex()}-{self._lines}", self.take)

    def _way(self, *, anywhere: bool) -> LiveLine | None:
        """The connection that may carry a request, if one lives."""
        if self._own.alive:
            return self._own
        if anywhere and self._stand_in is not None and self._stand_in.alive:
            return self._stand_in
        return None

    async def _steps(self, tally: Tally, replies: asyncio.Queue[Reply]) -> list[Progress | Outcome]:
        """What the next reply tells; nothing if none comes soon."""
        try:
            async with within(TICK):
                reply = await replies.get()
        except asyncio.TimeoutError:
            return []
        return list(tally.take(reply.body, last=reply.last))

    def _ended(
        self, tally: Tally, line: LiveLine, breaks: int, until: float, timeout: float
    ) -> Sequence[Outcome]:
        """The unknown outcomes of what can no longer be heard of."""
        if line.breaks != breaks or self._closed:
            text = f"the connection to {line.node.name} broke off; look at the status"
            return tuple(tally.end(Verdict.UNKNOWN, text))
        if self._loop.time() >= until:
            return tuple(tally.end(Verdict.UNKNOWN, f"no outcome within {timeout:g} s; look at the status"))
        return ()

    async def _keep(self) -> None:
        """Keep the own connection asked, and a stand-in while it is silent."""
        was_alive = False
        while True:
            self._own.keep_following()
            if was_alive and not self._own.alive:
                self._own.breaks += 1
            was_alive = self._own.alive
            if not was_alive or self._own.uneasy:
                self._substitute()
            quiet = not was_alive and (self._stand_in is None or not self._stand_in.alive)
            if quiet:
                self._tell_silence()
            await asyncio.sleep(
                _SEND_EVERY if self._loop.time() - self._own.opened < live_line.LOST_AFTER else TICK
            )

    def _tell_silence(self) -> None:
        """Say that nobody is heard, and why, unless that is said already."""
        odd = [line for line in (self._own, self._stand_in) if line is not None and line.odd]
        if odd:
            name = odd[0].node.name
            reason = f"the agent of {name} speaks another version of tuiconsole: install the same"
        elif self._link.connected:
            reason = f"no agent answers, not even that of {self.node}"
        else:
            return
        told = Link(connected=False, reason=reason)
        if told != self._link:
            self._link = told
            self._changed.set()

    def _substitute(self) -> None:
        """See to it that another agent is followed; the next one if this one is silent."""
        now = self._loop.time()
        if self._stand_in is None:
            if now - max(self._own.opened, self._own.heard) < FIRST_PATIENCE:
                return
        elif self._stand_in.alive or now - self._stand_in.opened < FIRST_PATIENCE:
            self._stand_in.keep_following()
            return
        else:
            self._stand_in.breaks += 1
            self._stand_in.close()
            self._stand_in = None
        if self._others:
            self._stand_in = self._line(self._others[0])
            self._others.rotate(-1)
            self._stand_in.keep_following()


def _no_such_answer(answer: ReplyBody) -> str:
    return answer.reason if isinstance(answer, Failed) else "the agent is of another version"


async def connect(cluster: Cluster, node: str, key: Path) -> LiveSession:
    """A session on behalf of a node, under a person's key. It connects in the background.

    Raises:
        SourceError: a key is missing or malformed.
        LookupError: the cluster has no such node, or the key folder no key of it.
    """
    keyring = load_keyring(cluster.keys)
    sockets = Sockets(load_pair(key), keyring)
    try:
        return LiveSession(cluster, node, sockets)
    except LookupError:
        sockets.close()
        raise
