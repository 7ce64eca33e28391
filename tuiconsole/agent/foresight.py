"""What would happen if, as any agent answers it: by the master if there is one, else as far as is known here.

The master computes from its own state and the rules in force. Where there is none, or it does not answer,
this agent takes over in thought, with the last report that it heard and its own rules, and says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tuiconsole.agent.failure_detector import SILENT_AFTER
from tuiconsole.agent.observer import Observer
from tuiconsole.agent.peers import NoAnswerError, Peers
from tuiconsole.agent.throne import Throne
from tuiconsole.clock import boottime
from tuiconsole.coordination.coordinator import Coordinator
from tuiconsole.model.plan import Basis, Plan, Question
from tuiconsole.model.status import ClusterStatus, QuorumStatus
from tuiconsole.planning.catalogue import Rulebook
from tuiconsole.planning.engine.messages import Now
from tuiconsole.planning.forecast.plan import plan_loss, plan_request
from tuiconsole.planning.forecast.standing import Standing, engine_from_report
from tuiconsole.planning.forecast.sweeping import plan_drain, plan_end, plan_scale
from tuiconsole.planning.forecast.why import UnknownNameError, why
from tuiconsole.rulebook.rules import StartingStrategy
from tuiconsole.settings.cluster import Cluster, Engine
from tuiconsole.source.text import did_you_mean
from tuiconsole.wire.replies import Explained, Failed, Planned, ReplyBody
from tuiconsole.wire.requests import AskPlan, AskWhy

MASTER_WITHIN = 4.0
"""Seconds the master has to answer before this agent answers by itself."""
MOST_NAMES = 1000


class Foresight:
    """Computes what would be. Changes nothing, and needs neither quorum nor master.

    Args:
        node: the own one.
        cluster: the cluster file.
        rulebook: the own rules.
        observer: what is seen of all nodes.
        throne: whether this node is master.
        coordinator: who is.
        peers: the way to it.
        quorum: of the core nodes, now.
        status: all that is shown, now.
    """

    def __init__(
        self,
        node: str,
        cluster: Cluster,
        rulebook: Rulebook,
        observer: Observer,
        throne: Throne,
        coordinator: Coordinator,
        peers: Peers,
        quorum: Callable[[], QuorumStatus],
        status: Callable[[], ClusterStatus],
    ) -> None:
        self._node = node
        self._cluster = cluster
        self._rulebook = rulebook
        self._observer = observer
        self._throne = throne
        self._coordinator = coordinator
        self._peers = peers
        self._quorum = quorum
        self._status = status

    async def answer(self, ask: AskPlan | AskWhy, *, relayed: bool) -> ReplyBody:
        """A plan or an explanation, from the best that is known.

        Args:
            ask: the question.
            relayed: another agent asks, which expects no further detour.
        """
        wrong = self._wrong(ask)
        if wrong:
            return Failed("usage", wrong)
        master = self._master
        if not relayed and master not in ("", self._node):
            try:
                reply = await self._peers.call(master, ask, MASTER_WITHIN)
            except NoAnswerError:
                pass
            else:
                if isinstance(reply, Planned | Explained | Failed):
                    return reply
        standing = self.standing()
        # A great cluster takes a while, and others ask this agent meanwhile.
        if isinstance(ask, AskPlan):
            return Planned(await asyncio.to_thread(_plan, standing, ask))
        status, events = self._status(), tuple(self._observer.events)
        try:
            found = await asyncio.to_thread(why, standing, status, events, ask.name, origin=ask.origin)
        except UnknownNameError as error:
            what = "process" if ":" in error.name else "application"
            return Failed(
                "usage", f"no {what} is named {error.name!r}; {did_you_mean(error.name, error.known)}"
            )
        return Explained(found)

    def standing(self) -> Standing:
        """The cluster now, as far as this agent can compute from it."""
        now = Now(boottime(), time.time())
        reign = self._throne.reign
        engine = reign.fork() if reign is not None else None
        basis = Basis.MASTER
        if engine is None:
            view, report = self._observer.view, self._observer.report
            basis = Basis.VIEW if report is None else Basis.REPORT
            silent = [
                name
                for name, node in view.nodes.items()
                if name != self._node and node.seen_at and now.boot - node.seen_at > SILENT_AFTER
            ]
            engine = engine_from_report(
                report,
                view,
                self._rulebook,
                self._cluster.timing,
                self._node,
                silent,
                now,
                quorum=self._quorum().held,
            )
        return Standing(
            engine,
            now,
            self._node,
            basis,
            self._quorum(),
            self._master,
            self._observer.report,
            voters_are_nodes=self._cluster.coordinator is not Engine.ETCD,
        )

    @property
    def _master(self) -> str:
        if self._throne.reign is not None:
            return self._node
        leader = self._coordinator.leader
        return leader[0] if leader is not None and self._coordinator.quorum.held else ""

    def _wrong(self, ask: AskPlan | AskWhy) -> str:
        if ask.origin not in self._cluster.nodes:
            return f"no node is named {ask.origin!r}"
        if isinstance(ask, AskWhy):
            return ""
        if not 0 < len(ask.names) <= MOST_NAMES:
            return f"1 to {MOST_NAMES} names are needed"
        if ask.question in (Question.SHUTDOWN, Question.RELOAD) and ask.names != (self._cluster.name,):
            return f"{ask.question.value} concerns the whole cluster: name it, {self._cluster.name}"
        if ask.question is Question.SCALE and len(ask.names) != 1:
            return "one program is scaled at a time: name one APP:PROGRAM"
        if ask.question in (Question.LOSS, Question.DRAIN):
            for name in ask.names:
                if name not in self._cluster.nodes:
                    return f"no node is named {name!r}; {did_you_mean(name, self._cluster.nodes)}"
        if ask.strategy is not None and ask.strategy not in StartingStrategy.__members__:
            return f"no strategy is named {ask.strategy!r}; known: {', '.join(StartingStrategy.__members__)}"
        return ""


def _plan(standing: Standing, ask: AskPlan) -> Plan:
    if ask.question is Question.LOSS:
        return plan_loss(standing, ask.names, origin=ask.origin)
    asker = {"origin": ask.origin, "requested_by": ask.requested_by}
    if ask.question is Question.DRAIN:
        return plan_drain(standing, ask.names, **asker)
    if ask.question is Question.SCALE:
        return plan_scale(standing, ask.names[0], ask.number, **asker)
    if ask.question in (Question.SHUTDOWN, Question.RELOAD):
        return plan_end(standing, ask.question, ask.names[0], **asker)
    return plan_request(
        standing,
        ask.question,
        ask.names,
        origin=ask.origin,
        requested_by=ask.requested_by,
        strategy=StartingStrategy(ask.strategy) if ask.strategy is not None else None,
    )
