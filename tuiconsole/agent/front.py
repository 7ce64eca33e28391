"""What this agent answers to front ends and to other agents, on its ROUTER."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence

import msgspec
import zmq

from tuiconsole.agent.foresight import Foresight
from tuiconsole.agent.local_node import LocalNode
from tuiconsole.agent.logs import read_log
from tuiconsole.agent.masterless import Masterless
from tuiconsole.agent.obedience import Obedience
from tuiconsole.agent.observer import Observer
from tuiconsole.agent.peers import NoAnswerError, Peers
from tuiconsole.agent.petitions import Petitions
from tuiconsole.agent.publisher import Publisher
from tuiconsole.model.requests import OF_THE_CLUSTER, Action
from tuiconsole.model.status import ClusterStatus
from tuiconsole.settings.cluster import Cluster
from tuiconsole.wire.coding import MalformedError, decode_request, encode, foreign_request, in_parts
from tuiconsole.wire.keys import Peer, Role
from tuiconsole.wire.orders import NodeOrder
from tuiconsole.wire.replies import Failed, Followed, LogChunk, Parts, Reply, ReplyBody, StatusIs
from tuiconsole.wire.requests import (
    Act,
    AskPlan,
    AskSnapshot,
    AskStatus,
    AskWhy,
    Cancel,
    Follow,
    HandOver,
    Maintain,
    ReadLog,
    Readmit,
    Request,
    StopHere,
)
from tuiconsole.wire.sockets import Sockets
from tuiconsole.wire.stream import Stream

COALESCE = 0.05
"""Seconds: changes within this time are shown together."""
ALIVE_EVERY = 1.0
"""Seconds after which followers are told even if nothing changed."""
FOLLOWERS_FOR = 5.0
"""Seconds a follower is kept without asking again."""
RELAY_WITHIN = 2.0

_log = logging.getLogger(__name__)


class _Follower(msgspec.Struct):
    """A front end that is told of everything."""

    request: str
    until: float
    events_seen: int
    """How many events of the observer it has."""


class Front:
    """Answers requests. Who asks is known by the key of the connection.

    Args:
        cluster: the cluster file.
        node: this agent's node.
        obedience: carries out what is ordered there.
        sockets: tell who sent a frame.
        status: computes the status now.
        followed: computes it as followers are told it, with uptimes in coarse steps.
        hand_over: ends this agent without stopping anything, at the word of the named one.
        maintain: begins a maintenance of so many seconds, or (0) ends it, at the word of the named one.
        readmit: takes a core node back that has lost its disk, at the word of the named one.
        masterless: stops things while there is no master.
        foresight: computes what would be.
    """

    def __init__(
        self,
        cluster: Cluster,
        node: LocalNode,
        obedience: Obedience,
        sockets: Sockets,
        observer: Observer,
        publisher: Publisher,
        peers: Peers,
        petitions: Petitions,
        status: Callable[[], ClusterStatus],
        followed: Callable[[], ClusterStatus],
        hand_over: Callable[[str], ReplyBody],
        maintain: Callable[[float, str], Awaitable[ReplyBody]],
        readmit: Callable[[str, str], Awaitable[ReplyBody]],
        masterless: Masterless,
        foresight: Foresight,
    ) -> None:
        self._cluster = cluster
        self._node = node
        self._obedience = obedience
        self._sockets = sockets
        self._observer = observer
        self._publisher = publisher
        self._peers = peers
        self._petitions = petitions
        self._status = status
        self._followed_status = followed
        self._end_agent = hand_over
        self._maintain = maintain
        self._readmit = readmit
        self._masterless = masterless
        self._foresight = foresight
        self._stream: Stream | None = None
        self._followers: dict[bytes, _Follower] = {}
        self._followed = asyncio.Event()
        self._running: dict[tuple[bytes, str], asyncio.Task[None]] = {}
        self.malformed = 0
        self.unknown_senders = 0

    def serve(self, router: zmq.Socket[bytes]) -> None:
        """Begin to answer on a bound ROUTER."""
        self._stream = Stream(router, self._on_message)

    def close(self) -> None:
        """Stop answering."""
        self._masterless.close()
        for task in self._running.values():
            task.cancel()
        if self._stream is not None:
            self._stream.close()

    async def tell_followers(self) -> None:
        """Send status and events to all who follow, for ever."""
        loop = asyncio.get_running_loop()
        version, told_at = -1, 0.0
        while True:
            await asyncio.sleep(COALESCE)
            now = loop.time()
            self._followers = {who: f for who, f in self._followers.items() if f.until > now}
            if not self._followers:
                self._followed.clear()
                await self._followed.wait()
                continue
            fresh = any(follower.events_seen < 0 for follower in self._followers.values())
            if not fresh and version == self._observer.version and now - told_at < ALIVE_EVERY:
                continue
            version, told_at = self._observer.version, now
            status = in_parts(self._followed_status())
            for who, follower in self._followers.items():
                self._tell(who, follower, status)

    def _tell(self, who: bytes, follower: _Follower, status: Parts) -> None:
        seen = self._observer.events_seen
        missing = seen - follower.events_seen if follower.events_seen >= 0 else seen
        events = tuple(self._observer.events)[-missing:] if missing else ()
        follower.events_seen = seen
        self._reply(who, follower.request, Followed(status, events), last=False)

    # -- dispatch --------------------------------------------------------------------------------------------

    def _on_message(self, frames: list[zmq.Frame]) -> None:
        sender = self._sockets.sender(frames[-1])
        if sender is None or len(frames) != 2:
            self.unknown_senders += 1
            return
        try:
            request = decode_request(frames[1].buffer)
        except MalformedError:
            self.malformed += 1
            foreign = foreign_request(frames[1].buffer)
            if foreign is not None:
                # Its own version will not understand more than that it is another one.
                self._reply(frames[0].bytes, foreign, Failed("refused", "another version of tuiconsole"))
            return
        self._answer(frames[0].bytes, sender, request)

    def _answer(self, who: bytes, sender: Peer, request: Request) -> None:
        body = request.body
        if isinstance(body, (HandOver, Maintain, Readmit)):
            self._start(who, request.id, self._administered(who, request.id, sender, body))
        elif isinstance(body, Follow):
            self._follow(who, request.id)
        elif isinstance(body, Cancel):
            task = self._running.get((who, request.id))
            if task is not None:
                task.cancel()
        elif isinstance(body, AskSnapshot):
            snapshot = self._publisher.snapshot()
            if snapshot is not None:
                self._reply(who, request.id, snapshot)
        elif isinstance(body, AskStatus):
            self._reply(who, request.id, StatusIs(self._status()))
        elif isinstance(body, Act):
            self._start(who, request.id, self._act(who, request.id, sender, body))
        elif isinstance(body, (AskPlan, AskWhy)):
            self._start(who, request.id, self._foretell(who, request.id, sender, body))
        elif isinstance(body, StopHere):
            self._start(who, request.id, self._stop_here(who, request.id, sender, body))
        elif isinstance(body, ReadLog):
            self._start(who, request.id, self._log(who, request.id, body))
        else:
            self._start(who, request.id, self._obey(who, request.id, sender, body))

    def _follow(self, who: bytes, request: str) -> None:
        until = asyncio.get_running_loop().time() + FOLLOWERS_FOR
        follower = self._followers.get(who)
        if follower is None or follower.request != request:
            self._followers[who] = _Follower(request, until, -1)
            self._followed.set()
        else:
            follower.until = until

    async def _act(self, who: bytes, request: str, sender: Peer, act: Act) -> None:
        by_node = sender.role is Role.NODE
        by = act.requested_by if by_node and act.requested_by else sender.name
        identifier = act.request_id if by_node and act.request_id else self._petitions.new_id()
        petition = msgspec.structs.replace(act, requested_by=by, request_id=identifier)
        if petition.origin not in self._cluster.nodes:
            self._reply(who, request, Failed("usage", f"no node is named {petition.origin!r}"))
            return
        if petition.action in OF_THE_CLUSTER and petition.targets != (self._cluster.name,):
            what = f"{petition.action.value} concerns the whole cluster: name it, {self._cluster.name}"
            self._reply(who, request, Failed("usage", what))
            return
        if petition.without_master and petition.action is Action.STOP and not self._petitions.has_master:
            async for reply, last in self._masterless.stop(petition):
                self._reply(who, request, reply, last=last)
            return
        async for answer, last in self._petitions.carry(petition, relayed=by_node):
            self._reply(who, request, answer, last=last)

    async def _foretell(self, who: bytes, request: str, sender: Peer, ask: AskPlan | AskWhy) -> None:
        by_node = sender.role is Role.NODE
        if isinstance(ask, AskPlan) and not (by_node and ask.requested_by):
            ask = msgspec.structs.replace(ask, requested_by=sender.name)
        self._reply(who, request, await self._foresight.answer(ask, relayed=by_node))

    async def _administered(
        self, who: bytes, request: str, sender: Peer, body: HandOver | Maintain | Readmit
    ) -> None:
        """What is asked of this very agent or of its voter."""
        if isinstance(body, Maintain):
            reply = await self._maintain(body.seconds, sender.name)
        elif sender.role is not Role.PERSON:
            what = "ends an agent" if isinstance(body, HandOver) else "vouches for a disk"
            reply = Failed("refused", f"{sender.name} is a node: only a person {what}")
        elif isinstance(body, Readmit):
            reply = await self._readmit(body.node, sender.name)
        else:
            reply = self._end_agent(sender.name)
        self._reply(who, request, reply)

    async def _stop_here(self, who: bytes, request: str, sender: Peer, order: StopHere) -> None:
        by = order.requested_by if sender.role is Role.NODE and order.requested_by else sender.name
        named = msgspec.structs.replace(order, requested_by=by)
        self._reply(who, request, await self._obedience.stop_here(named))

    async def _obey(self, who: bytes, request: str, sender: Peer, order: NodeOrder) -> None:
        core = self._cluster.nodes.get(sender.name)
        if sender.role is not Role.NODE or core is None or not core.core:
            self._reply(who, request, Failed("refused", f"{sender.name} is no core node: it orders nothing"))
            return
        self._reply(who, request, await self._obedience.obey(order))

    # -- logs ------------------------------------------------------------------------------------------------

    async def _log(self, who: bytes, request: str, ask: ReadLog) -> None:
        node = ask.node or self._where(ask.namespec)
        if node is None:
            known = sorted({spec for n in self._observer.view.nodes.values() for spec in n.processes})
            self._reply(who, request, Failed("usage", _unknown(ask.namespec, known)))
        elif node != self._node.name:
            await self._relay_log(who, request, node, ask)
        else:
            await self._local_log(who, request, ask)

    def _where(self, namespec: str) -> str | None:
        """The node where it runs; else where it ran last."""
        found = [
            (process.state.alive, process.token or (0, 0), process.changed_at, node.name)
            for node in self._observer.view.nodes.values()
            for process in (node.processes.get(namespec),)
            if process is not None
        ]
        return max(found)[-1] if found else None

    async def _local_log(self, who: bytes, request: str, ask: ReadLog) -> None:
        supervision = self._node.supervision
        path = (
            supervision.log_path(ask.namespec, "stderr" if ask.stderr else "stdout") if supervision else None
        )
        if path is None:
            what = "stderr" if ask.stderr else "stdout"
            self._reply(who, request, Failed("refused", f"{ask.namespec} writes its {what} to no log file"))
            return
        try:
            async with contextlib.aclosing(read_log(path, tail=ask.tail, follow=ask.follow)) as chunks:
                async for data in chunks:
                    if not self._reply(who, request, LogChunk(data), last=False):
                        return
        except OSError as error:
            self._reply(who, request, Failed("refused", f"{path} cannot be read: {error.strerror}"))
            return
        self._reply(who, request, LogChunk(b""))

    async def _relay_log(self, who: bytes, request: str, node: str, ask: ReadLog) -> None:
        there = msgspec.structs.replace(ask, node=node)
        try:
            replies = self._peers.stream(node, there, RELAY_WITHIN, endless=ask.follow)
            async with contextlib.aclosing(replies):
                async for reply in replies:
                    if not self._reply(who, request, reply.body, last=reply.last):
                        return
        except NoAnswerError as error:
            self._reply(who, request, Failed("no_answer", str(error)))

    # -- replies ---------------------------------------------------------------------------------------------

    def _start(self, who: bytes, request: str, work: Coroutine[None, None, None]) -> None:
        key = (who, request)
        if key in self._running:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._running[key] = task

        def ended(task: asyncio.Task[None]) -> None:
            self._running.pop(key, None)
            if not task.cancelled() and task.exception() is not None:
                _log.error("a request failed", exc_info=task.exception())
                self._reply(who, request, Failed("no_answer", "the agent failed; see its log"))

        task.add_done_callback(ended)

    def _reply(self, who: bytes, request: str, body: ReplyBody, *, last: bool = True) -> bool:
        return self._stream is not None and self._stream.send(who, encode(Reply(request, body, last)))


def _unknown(namespec: str, known: Sequence[str]) -> str:
    import difflib

    close = difflib.get_close_matches(namespec, known, n=1)
    return f"no process is named {namespec!r}" + (f"; did you mean {close[0]}?" if close else "")
