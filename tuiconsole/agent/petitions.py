"""Requests of front ends on their way to the master, whoever that is, until each target has its outcome."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Iterator

import msgspec

from tuiconsole.agent.peers import NoAnswerError, Peers
from tuiconsole.agent.throne import Throne
from tuiconsole.coordination.coordinator import Coordinator
from tuiconsole.model.alarms import LONGEST_REASON, LONGEST_SHELF
from tuiconsole.model.requests import ALARM_ACTIONS, Action, Outcome, Verdict
from tuiconsole.model.status import no_quorum
from tuiconsole.planning.engine.messages import Request
from tuiconsole.rulebook.rules import ConciliationStrategy, StartingStrategy
from tuiconsole.timeouts import within
from tuiconsole.wire.replies import Acted, Failed, ReplyBody
from tuiconsole.wire.requests import Act

LOOK_AGAIN = 0.05
"""Seconds between looks for a master while there is none."""
MASTER_WITHIN = 5.0
"""Seconds to find a master before «no answer» is said: two elections and some."""
MAX_TIMEOUT = 24 * 3600.0
MAX_REASON = 500
MAX_ARGUMENTS = 64
MAX_ARGUMENTS_LENGTH = 4096
"""They are kept in the ledger, which has its bounds."""


class Petitions:
    """Carries requests to the master, and to its successor if it dies meanwhile."""

    def __init__(self, node: str, run: str, throne: Throne, coordinator: Coordinator, peers: Peers) -> None:
        self._node = node
        self._run = run
        self._throne = throne
        self._coordinator = coordinator
        self._peers = peers
        self._numbers = itertools.count(1)

    @property
    def has_master(self) -> bool:
        """Whether somebody is known that requests can be carried to."""
        if self._throne.reign is not None:
            return True
        leader = self._coordinator.leader
        return self._coordinator.quorum.held and leader is not None and leader[0] != self._node

    def new_id(self) -> str:
        """An id no other request has."""
        return f"{self._node}/{self._run}/{next(self._numbers)}"

    async def carry(self, act: Act, *, relayed: bool) -> AsyncGenerator[tuple[ReplyBody, bool], None]:
        """Replies, each with whether it is the last. Ends in time, whatever happens.

        Args:
            act: with its request id.
            relayed: it comes from another agent, and is not passed on once more.
        """
        wrong = _wrong(act)
        if wrong:
            yield Failed("usage", wrong), True
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + act.timeout
        no_master_after = loop.time() + min(MASTER_WITHIN, act.timeout)
        missing = dict.fromkeys(act.targets)
        reason = "no master is elected"
        sent = False
        while loop.time() < until:
            if not sent and loop.time() > no_master_after:
                break
            try:
                async with contextlib.aclosing(self._once(act, until, relayed=relayed)) as replies:
                    async for reply in replies:
                        if isinstance(reply, Failed):
                            yield reply, True
                            return
                        sent = True
                        if isinstance(reply.body, Outcome):
                            if reply.body.target not in missing:
                                continue
                            del missing[reply.body.target]
                        yield reply, not missing
                        if not missing:
                            return
            except NoAnswerError as error:
                reason = str(error)
                sent = sent or error.sent
            if relayed:
                # Whoever asked looks for the next master; waiting here for one would keep it from that.
                break
            await asyncio.sleep(LOOK_AGAIN)
        for answer in self._unanswered(act, list(missing), reason, sent=sent):
            yield answer

    def _unanswered(
        self, act: Act, targets: list[str], reason: str, *, sent: bool
    ) -> Iterator[tuple[ReplyBody, bool]]:
        """What is said of the targets that nobody answered for."""
        quorum = self._coordinator.quorum
        if not quorum.held:
            reason = no_quorum(quorum.present, quorum.voters, quorum.needed, quorum.missing)
            if act.action is Action.STOP:
                reason += "; `stop --without-master` stops it on the nodes that are reached"
        verdict = Verdict.UNKNOWN if sent else Verdict.NO_ANSWER
        text = f"no outcome within {act.timeout:g} s: {reason}; ask the status" if sent else reason
        for number, target in enumerate(targets, 1):
            yield Acted(Outcome(target, verdict, text)), number == len(targets)

    async def _once(self, act: Act, until: float, *, relayed: bool) -> AsyncGenerator[Acted | Failed, None]:
        """One try with the master of this moment."""
        loop = asyncio.get_running_loop()
        reign = self._throne.reign
        if reign is not None:
            request = _request(act, max(0.1, until - loop.time()))
            if act.action is Action.CONFIRM_DEAD:
                queue = reign.confirm_dead(request, act.reason)
            else:
                queue = reign.ask(request)
            try:
                while self._throne.reign is reign and loop.time() < until:
                    with contextlib.suppress(asyncio.TimeoutError):
                        async with within(0.5):
                            news = await queue.get()
                        yield Acted(news)
            finally:
                reign.forget(request.id, queue)
            raise NoAnswerError("this node is no longer master", sent=True)
        leader = self._coordinator.leader

        def still_leads() -> bool:
            return self._coordinator.leader == leader

        if leader is None or leader[0] == self._node or relayed:
            raise NoAnswerError("no master is elected", sent=False)
        left = max(0.1, until - loop.time())
        there = msgspec.structs.replace(act, timeout=left)
        stream = self._peers.stream(leader[0], there, left, worth_waiting=still_leads)
        async with contextlib.aclosing(stream) as replies:
            async for reply in replies:
                body = reply.body
                if not isinstance(body, (Acted, Failed)):
                    continue
                ended = body.body if isinstance(body, Acted) else None
                if isinstance(ended, Outcome) and ended.verdict in (Verdict.NO_ANSWER, Verdict.UNKNOWN):
                    raise NoAnswerError(ended.text, sent=ended.verdict is Verdict.UNKNOWN)
                yield body


def _wrong(act: Act) -> str:
    if not act.targets:
        return "nothing is named"
    if not 0 < act.timeout <= MAX_TIMEOUT:
        return f"the timeout must be more than 0 and at most {MAX_TIMEOUT:g} s"
    if len(act.reason) > MAX_REASON:
        return f"a reason has at most {MAX_REASON} letters"
    if act.action is Action.CONFIRM_DEAD and not 0 < len(act.reason.strip()) <= MAX_REASON:
        return f"a reason of 1 to {MAX_REASON} letters is needed: it is recorded"
    if act.action in ALARM_ACTIONS and (wrong := _wrong_of_alarms(act)):
        return wrong
    if not 0 <= act.seconds < float("inf"):
        return "a maintenance lasts 0 s (its end) or longer"
    if act.dry_run and act.action is not Action.DRAIN:
        return f"only a drain can be planned so, no {act.action.value}"
    if act.arguments and (wrong := _wrong_arguments(act)):
        return wrong
    if act.without_master and act.action is not Action.STOP:
        return f"without a master nothing but a stop is possible, no {act.action.value}"
    if act.action is Action.CONCILIATE and (act.strategy is None) is not bool(act.keep):
        return "to conciliate needs either a strategy or the node whose instance stays"
    known = (ConciliationStrategy if act.action is Action.CONCILIATE else StartingStrategy).__members__
    if act.strategy is not None and act.strategy not in known:
        return f"no strategy is named {act.strategy!r}; known: {', '.join(known)}"
    return ""


def _wrong_arguments(act: Act) -> str:
    if act.action is not Action.START or len(act.targets) != 1:
        return "arguments are for the start of one process"
    if len(act.arguments) > MAX_ARGUMENTS or sum(map(len, act.arguments)) > MAX_ARGUMENTS_LENGTH:
        return f"at most {MAX_ARGUMENTS} arguments of {MAX_ARGUMENTS_LENGTH} letters together are passed"
    if any("\0" in argument for argument in act.arguments):
        return "an argument cannot hold a NUL character"
    return ""


def _wrong_of_alarms(act: Act) -> str:
    if act.action is Action.OUT_OF_SERVICE and not 0 < len(act.reason.strip()) <= LONGEST_REASON:
        return f"a reason of 1 to {LONGEST_REASON} letters is needed: it is shown with the alarm"
    if act.action is Action.SHELVE and not 0 < act.seconds <= LONGEST_SHELF:
        hours = LONGEST_SHELF / 3600
        return f"an alarm is shelved for more than 0 s and at most {hours:g} h; for longer: out of service"
    return ""


def _request(act: Act, timeout: float) -> Request:
    conciliates = act.action is Action.CONCILIATE
    return Request(
        id=act.request_id,
        action=act.action,
        targets=tuple(dict.fromkeys(act.targets)),
        origin=act.origin,
        requested_by=act.requested_by,
        timeout=timeout,
        strategy=StartingStrategy(act.strategy) if act.strategy is not None and not conciliates else None,
        conciliation=ConciliationStrategy(act.strategy) if act.strategy is not None and conciliates else None,
        keep=act.keep,
        reason=act.reason.strip(),
        seconds=act.seconds,
        dry_run=act.dry_run,
        arguments=act.arguments,
        number=act.number,
    )
