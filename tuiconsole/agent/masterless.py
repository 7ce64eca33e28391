"""A stop that waits for no master: the agent that is asked has the nodes that it reaches stop it.

To stop is always safe, to start never is. Grants stay where they are until a master can release them, so that
nothing starts elsewhere meanwhile; and as soon as there is one it is asked to stop the same, so that it does
not start again what a person has stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

import msgspec

from tuiconsole.agent.observer import Observer
from tuiconsole.agent.petitions import Petitions
from tuiconsole.model.process import Token
from tuiconsole.model.requests import Outcome, Progress, Verdict
from tuiconsole.planning.catalogue import Application, Rulebook, catalogue
from tuiconsole.planning.sequences import Steps, stop_steps
from tuiconsole.wire.replies import Acted, Obeyed
from tuiconsole.wire.requests import Act, StopHere

AGAIN = 0.5
"""Seconds between two looks for a master that can be told."""
TELL_FOR = 24 * 3600.0
"""Seconds for which a master is looked for."""

Send = Callable[[str, StopHere], Awaitable[Obeyed]]
"""(node, order): its answer; `unknown` if none came within the order's time."""


class Masterless:
    """Stops without a master.

    Args:
        rulebook: says in which order programs stop.
        observer: where they run, as far as this agent knows.
        petitions: the way to a master, once there is one.
        send: carries an order to a node.
    """

    def __init__(self, rulebook: Rulebook, observer: Observer, petitions: Petitions, send: Send) -> None:
        self._rulebook = rulebook
        self._observer = observer
        self._petitions = petitions
        self._send = send
        self._telling: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Look for a master no more."""
        for task in self._telling:
            task.cancel()

    async def stop(self, act: Act) -> AsyncGenerator[tuple[Acted, bool], None]:
        """Replies as `Petitions.carry` gives them: each target with one outcome, in time."""
        until = asyncio.get_running_loop().time() + act.timeout
        for number, target in enumerate(dict.fromkeys(act.targets), 1):
            yield Acted(Progress(target, "no master: stopping it on the nodes that are reached")), False
            outcome = await self._stop_one(target, act.requested_by, until)
            if outcome.verdict is not Verdict.REFUSED:
                self._tell_the_next_master(act, target)
            yield Acted(outcome), number == len(set(act.targets))

    async def _stop_one(self, target: str, by: str, until: float) -> Outcome:
        name, _, program = target.partition(":")
        application = catalogue(self._observer.view.nodes.values(), self._rulebook).get(name)
        if application is None or (program and target not in application.programs):
            return Outcome(target, Verdict.REFUSED, f"nothing that is named {target} is known here")
        if not application.managed:
            words = f"{name} is unmanaged: use supervisorctl on its node"
            return Outcome(target, Verdict.REFUSED, words)
        stopped: dict[str, None] = {}
        failed: dict[str, str] = {}
        for step in _steps(application, target if program else ""):
            left = max(0.2, until - asyncio.get_running_loop().time())
            answers = await self._stop_step(step, by, left, without=failed)
            for node, answer in answers.items():
                if answer.answer == "ok":
                    stopped[node] = None
                else:
                    failed[node] = answer.reason or answer.answer
        return _outcome(target, [node for node in stopped if node not in failed], failed)

    async def _stop_step(
        self, step: Sequence[str], by: str, within: float, *, without: Mapping[str, str]
    ) -> dict[str, Obeyed]:
        where: dict[str, tuple[str, ...]] = {}
        for name, node in self._observer.view.nodes.items():
            alive = tuple(n for n in step if n in node.processes and node.processes[n].state.alive)
            if alive and name not in without:
                where[name] = alive
        answers = await asyncio.gather(
            *(self._send(node, StopHere(namespecs, by, within)) for node, namespecs in where.items())
        )
        return dict(zip(where, answers, strict=True))

    def _tell_the_next_master(self, act: Act, target: str) -> None:
        task = asyncio.get_running_loop().create_task(self._tell(act, target, self._token(target)))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, act: Act, target: str, token: Token | None) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + TELL_FOR
        again = msgspec.structs.replace(act, targets=(target,), without_master=False, timeout=60.0)
        while loop.time() < until:
            await asyncio.sleep(AGAIN)
            if not self._petitions.has_master:
                continue
            if self._token(target) != token:
                return  # Somebody has started it anew: that is another run than the one that was stopped.
            async with contextlib.aclosing(self._petitions.carry(again, relayed=False)) as replies:
                async for reply, _ in replies:
                    body = reply.body if isinstance(reply, Acted) else None
                    if isinstance(body, Outcome) and body.verdict is not Verdict.NO_ANSWER:
                        return

    def _token(self, target: str) -> Token | None:
        """Of the grant under which it ran, as the last master that was heard has reported it."""
        report = self._observer.report
        grants = report.grants if report is not None else {}
        grant = grants.get(target) or grants.get(target.partition(":")[0])
        return grant.token if grant is not None else None


def _steps(application: Application, one: str) -> Steps:
    return ((one,),) if one else stop_steps(application.programs.values())


def _outcome(target: str, stopped: Sequence[str], failed: Mapping[str, str]) -> Outcome:
    later = "the grant goes back when there is a master"
    if failed:
        reasons = "; ".join(f"{node}: {reason}" for node, reason in failed.items())
        done = f"; stopped on {', '.join(stopped)}" if stopped else ""
        return Outcome(target, Verdict.FAILED, f"not everywhere: {reasons}{done}; {later}", tuple(stopped))
    if not stopped:
        text = f"stopped (nothing of it was seen running; {later})"
    else:
        text = f"stopped (on {', '.join(stopped)}, without a master; {later})"
    return Outcome(target, Verdict.DONE, text, tuple(stopped))
