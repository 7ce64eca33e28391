"""The session of a console that lives for days: follows, asks, and repairs its connection by itself.

`client.lookout` decides which agents are listened to. What may place an application on this node is only
asked of the own one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from tuiconsole.client.agent_line import AgentLine
from tuiconsole.client.carrying import carried
from tuiconsole.client.latest import LatestStatus
from tuiconsole.client.log_following import followed_log
from tuiconsole.client.lookout import Lookout, Turn
from tuiconsole.client.seen import SeenEvents
from tuiconsole.client.session import Link
from tuiconsole.client.whose import reading_order
from tuiconsole.model.events import Event
from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.requests import Action, Outcome, Progress, Verdict
from tuiconsole.model.status import ClusterStatus
from tuiconsole.model.why import Why
from tuiconsole.settings.cluster import Cluster
from tuiconsole.timeouts import within
from tuiconsole.wire.coding import MalformedError
from tuiconsole.wire.keys import load_keyring, load_pair
from tuiconsole.wire.replies import Explained, Failed, Followed, Maintained, Planned, Reply
from tuiconsole.wire.requests import Act, AskPlan, AskWhy, Maintain
from tuiconsole.wire.sockets import Sockets

_SEND_EVERY = 0.05
"""Seconds between two tries to send while a connection is being made."""
_TICK = 0.1
_ANSWER_WITHIN = 8.0
"""Seconds until a question is given up: the agent may wait for the master first."""
_PLACES = frozenset({Action.START, Action.RESTART})
"""What only the own agent is asked for: LOCAL means its node."""


class LiveSession:
    """See client.session.Session. Made by `connect`, within the loop that will use it."""

    def __init__(self, cluster: Cluster, node: str, sockets: Sockets) -> None:
        self._cluster = cluster
        self._node = cluster.nodes[node]
        self._sockets = sockets
        self._loop = asyncio.get_running_loop()
        others = [one.name for one in reading_order(cluster, (self._node,))[1:]]
        self._lookout = Lookout(node, others, self._loop.time())
        self._opened = 0
        self._lines = {node: self._line(node)}
        self._latest = LatestStatus()
        self._teller = node
        """Whose status is the latest."""
        self._understood: set[str] = set()
        """Whose statuses have been looked at: what others send is looked at as soon as it comes."""
        self._seen = SeenEvents()
        self._changed = asyncio.Event()
        self._closed = False
        self._keeper = self._loop.create_task(self._keep(), name="session")

    @property
    def node(self) -> str:
        return self._node.name

    @property
    def link(self) -> Link:
        return self._lookout.link

    @property
    def status(self) -> ClusterStatus | None:
        try:
            return self._latest.look()
        except MalformedError:
            self._understood.discard(self._teller)
            self._lookout.disbelieve(self._teller)
            return self._latest.look()

    @property
    def age(self) -> float:
        return max(0.0, self._loop.time() - self._latest.at)

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
        """See Session."""
        if action is Action.MAINTAIN and all(target in self._cluster.nodes for target in targets):
            for target in targets:
                yield await self._maintain(target, seconds)
            return
        act = Act(
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
        line = self._way(anywhere=action not in _PLACES)
        if line is None:
            silent = f"the agent of {self.node} does not answer, and only it may be asked to {action.value}"
            for target in act.targets:
                yield Outcome(target, Verdict.NO_ANSWER, self.link.reason or silent)
            return
        async with contextlib.aclosing(carried(line, act)) as steps:
            async for step in steps:
                yield step

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
        answer = (await self._answer(ask)).body
        if isinstance(answer, Planned):
            return answer.plan
        raise LookupError(answer.reason if isinstance(answer, Failed) else _OTHER_VERSION)

    async def why(self, name: str) -> Why:
        """See Session."""
        answer = (await self._answer(AskWhy(name, self.node))).body
        if isinstance(answer, Explained):
            return answer.why
        raise LookupError(answer.reason if isinstance(answer, Failed) else _OTHER_VERSION)

    async def logs(
        self, namespec: str, *, stderr: bool = False, follow: bool = True, tail: int = 65536
    ) -> AsyncGenerator[str, None]:
        """See Session. While it follows, a lost connection is waited out; then what is appended goes on."""
        pieces = followed_log(
            lambda: self._way(anywhere=True),
            lambda: self.link.reason,
            namespec,
            stderr=stderr,
            follow=follow,
            tail=tail,
        )
        async with contextlib.aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        """See Session."""
        if self._closed:
            return
        self._closed = True
        self._keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeper
        for line in self._lines.values():
            line.close()
        self._sockets.close()

    async def _maintain(self, node: str, seconds: float) -> Outcome:
        """Ask the node's own agent for a maintenance of the node: only it knows its voters' answers."""
        mark = f"{os.urandom(6).hex()}-maintenance"
        line = AgentLine(
            self._cluster.nodes[node], self._sockets, mark, lambda _node, _news: None, lambda _node: None
        )
        request, replies = line.open(Maintain(seconds))
        try:
            async with within(_ANSWER_WITHIN):
                while True:
                    if line.send(request):
                        break
                    await asyncio.sleep(_SEND_EVERY)
                body = (await replies.get()).body
        except asyncio.TimeoutError:
            text = f"the agent of {node} does not answer: only it can ask for it"
            return Outcome(node, Verdict.NO_ANSWER, text)
        finally:
            line.close()
        if isinstance(body, Maintained):
            ended = "is in no maintenance any more"
            begun = f"is in maintenance for {body.seconds:.0f} s: its agent may be down"
            return Outcome(node, Verdict.DONE, begun if seconds else ended)
        return Outcome(node, Verdict.REFUSED, body.reason if isinstance(body, Failed) else _OTHER_VERSION)

    async def _answer(self, ask: AskPlan | AskWhy) -> Reply:
        """The one reply to a question that changes nothing. Raises LookupError if none comes."""
        line = self._way(anywhere=True)
        if line is None:
            raise LookupError(self.link.reason or "no agent answers")
        request, replies = line.open(ask)
        try:
            if line.send(request):
                async with within(_ANSWER_WITHIN):
                    return await replies.get()
        except asyncio.TimeoutError:
            pass
        finally:
            line.done(request)
        raise LookupError(f"the agent of {line.name} does not answer")

    def _way(self, *, anywhere: bool) -> AgentLine | None:
        """The connection that may carry a request, if one lives."""
        return self._lines.get(self._lookout.way(self._loop.time(), anywhere=anywhere))

    def _line(self, node: str) -> AgentLine:
        self._opened += 1
        mark = f"{os.urandom(6).hex()}-{self._opened}"
        return AgentLine(
            self._cluster.nodes[node], self._sockets, mark, self._on_news, self._lookout.misunderstand
        )

    def _on_news(self, node: str, news: Followed | None) -> None:
        now = self._loop.time()
        if news is None:
            self._lookout.hear(node, now, news=False)
            return
        self._latest.take(news.status, now)
        if node not in self._understood:
            try:
                self._latest.look()
            except MalformedError:
                self._lookout.misunderstand(node)
                return
            self._understood.add(node)
        self._teller = node
        self._seen.new(news.events)
        self._take_turn(self._lookout.hear(node, now))
        self._changed.set()

    async def _keep(self) -> None:
        """Keep all that are listened to aware of it, and do what the time asks for."""
        while True:
            self._take_turn(self._lookout.turn(self._loop.time()))
            for line in self._lines.values():
                line.keep_following()
            connected = self._way(anywhere=True) is not None
            await asyncio.sleep(_TICK if connected else _SEND_EVERY)

    def _take_turn(self, turn: Turn) -> None:
        for node in turn.close:
            self._lines.pop(node).close()
            self._understood.discard(node)
        for node in turn.open:
            self._lines[node] = self._line(node)
        if turn.lost:
            self._lines[self.node].breaks += 1
        if turn.told:
            self._changed.set()


_OTHER_VERSION = "the agent is of another version"


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
