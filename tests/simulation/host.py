"""A host: its clock, its disk, its shim with supervisord, and the agent of this moment."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tests.simulation.loop import Loop
from tests.simulation.network import Endpoint, Frame
from tests.simulation.supervisord import Orders, Shim
from tuiconsole.agent import publications
from tuiconsole.agent.daemon import Agent
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.model.node import HANDED_OVER
from tuiconsole.supervision.commands import PluginCommands
from tuiconsole.supervision.events import Event, Refused, SupervisordStopping, Unavailable
from tuiconsole.supervision.plugin.local_rules import local_rules
from tuiconsole.wire.orders import CommandProbe
from tuiconsole.wire.published import Published, SupervisordDied
from tuiconsole.wire.replies import Obeyed

if TYPE_CHECKING:
    from tests.simulation.engine import Engine
    from tests.simulation.site import Site

COMMAND_WITHIN = 5.0
"""As the real follower of the plugin waits."""
RECHECKED = 0.07
"""Seconds after its resumption when a machine must have looked at its deadline again."""
SHIM_LOOKS = 0.25
"""Seconds between two looks of a shim at the deadline."""
READY_AFTER = 0.3
"""Seconds."""


class Deadline(NamedTuple):
    """The deadline record, of one boot."""

    boot: int
    epoch: int
    incarnation: str
    deadline: float
    stop_at: float
    kill_at: float
    shim_kill_at: float


class DeadlineWriter:
    """In place of the one that writes to tmpfs."""

    def __init__(self, run_dir: str, node: str, incarnation: str) -> None:
        assert Loop.current is not None
        self._host = Loop.current
        self._incarnation = incarnation

    @property
    def last(self) -> Deadline | None:
        return self._host.deadline

    def write(self, **fields: Any) -> None:
        host = self._host
        record = host.stored_deadline = Deadline(host.boot, incarnation=self._incarnation, **fields)
        for at in (record.stop_at, record.kill_at):
            host.site.at(host.when(at) + 1e-6, host.plugin_looks)
        host.site.at(host.when(record.shim_kill_at) + 1e-6, host.shim_looks)


class ShimPids(msgspec.Struct, frozen=True):
    """As `Supervision.pids`."""

    shim: int | None
    supervisord: int | None


class Supervision(PluginCommands):
    """The agent's end of shim and plugin, in place of the one with sockets."""

    def __init__(self, host: Host, on_event: Any) -> None:
        self._host = host
        self._on_event = on_event
        self._ended = False
        self.ending = ""
        self.programs: dict[str, Any] = {}

    @property
    def incarnation(self) -> str:
        return "" if self._ended else self._host.shim.incarnation

    @property
    def pids(self) -> ShimPids:
        supervisord = self._host.shim.supervisord
        return ShimPids(self._host.shim.pid, supervisord.pid if supervisord else None)

    def hear(self, *events: Event) -> None:
        for event in events:
            self._on_event(event)

    def start(self) -> None:
        shim = self._host.shim
        if shim.supervisord is None:
            shim.start()
        else:
            self._host.emit(*shim.greeting())

    async def shutdown(self) -> None:
        shim = self._host.shim
        supervisord = shim.supervisord
        shim.up = False
        if supervisord is not None:
            self._host.emit(SupervisordStopping())
            supervisord.ending, supervisord.reloads = True, False
            for process in list(supervisord.alive()):
                supervisord.terminate(process, "supervisord ends")
            while supervisord.frozen or any(supervisord.alive()):  # noqa: ASYNC110 (virtual time costs nothing)
                await asyncio.sleep(0.02)
            supervisord.up = False
            shim.supervisord = None
        self._ended = True

    async def close(self) -> None:
        pass

    def log_path(self, namespec: str, stream: str = "stdout") -> None:
        return None

    async def _request(self, op: str, **fields: object) -> dict[str, Any]:
        supervisord = self._host.shim.supervisord
        if supervisord is None:
            raise Unavailable("supervisord is not up")
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Any] = loop.create_future()

        def answer(result: dict[str, Any] | None, refused: Refused | None) -> None:
            loop.call_soon(lambda: answered.done() or answered.set_result((result, refused)))

        site = self._host.site
        site.at(site.now + 0.0003, supervisord.ask, op, fields, answer)
        try:
            result, refused = await asyncio.wait_for(answered, COMMAND_WITHIN)
        except asyncio.TimeoutError:
            raise Unavailable(f"supervisord did not answer {op}") from None
        if refused is not None:
            raise refused
        return result or {}


class Looks:
    """In place of the looks at ports, files and commands: a program is ready soon after it runs."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def look(self, probe: CommandProbe) -> Obeyed:
        supervisord = self._host.shim.supervisord
        process = supervisord.processes.get(probe.namespec) if supervisord is not None else None
        if process is None or self._host.clock() < process.started_at + READY_AFTER:
            return Obeyed("refused", "nobody answers")
        return Obeyed("ok")

    def close(self) -> None:
        pass


class Publications(publications.Publications):
    """The real ones; each proof that is published is checked."""

    def send(self, published: Published) -> None:
        if isinstance(published.body, SupervisordDied):
            host = Loop.current
            assert host is not None
            host.site.check_proof(host, published.body.supervisord)
        super().send(published)


class SimulatedAgent(Agent):
    """The real agent, but for what it supervises."""

    async def _supervise(self) -> Any:
        host = Loop.current
        assert host is not None
        assert host.agency is not None
        supervision = Supervision(host, self._local.on_supervision)
        own = self._own_rules
        host.orders.local = local_rules(list(own.names), list(own.patterns))
        host.orders.guard = own.guard
        self._local.supervision = supervision  # type: ignore[assignment]
        self._obedience.readiness = Looks(host)  # type: ignore[assignment]
        host.agency.supervision = supervision
        supervision.start()
        return supervision


class Agency:
    """One life of the agent."""

    def __init__(self, host: Host, life: int) -> None:
        self.host = host
        self.life = life
        # Abstract for type checkers only: the simulation has all that asyncio asks of it.
        self.loop = Loop(host)  # type: ignore[abstract]
        self.engine: Engine | None = None
        self.supervision: Supervision | None = None
        self.bound: dict[str, Endpoint] = {}
        self.dealers: dict[int, Endpoint] = {}
        self._numbers = itertools.count(1)
        site = host.site
        # It asks what time it is before its loop runs.
        before, Loop.current = Loop.current, host
        try:
            self.agent = SimulatedAgent(host.cluster, host.cluster.nodes[host.name], site.rulebook)
        finally:
            Loop.current = before

    def new_number(self) -> int:
        return next(self._numbers)

    def bind(self, kind: str) -> Any:
        return self.bound.setdefault(kind, Endpoint(kind, self))

    def take(self, endpoint: Endpoint, frames: list[Frame]) -> None:
        if endpoint.take is not None and not endpoint.closed:
            self.loop.call_soon(endpoint.take, frames)


class Host:
    """One node's machine."""

    def __init__(
        self, site: Site, name: str, namespecs: tuple[str, ...], original: Host | None = None
    ) -> None:
        """`original`: the machine that this one is a copy of."""
        self.site = site
        self.original = original
        self.cluster = site.cluster
        """The cluster file on this host: an agent that starts reads it."""
        self.name = name
        self.namespecs = namespecs
        chance = site.chance
        self.rate = 1.0 + chance.uniform(-site.drift, site.drift)
        self.offset = chance.uniform(10.0, 1000.0)
        self.offset_of_wall = -self.offset if site.in_step else chance.uniform(0.0, 10.0)
        self.disk_delay = 0.002
        self.record: VoterRecord | None = None
        self.writing: VoterRecord | None = None
        self.boot = 1
        self.stored_deadline: Deadline | None = None
        """As its file holds it, also after a boot: a run directory may be on a disk."""
        self.orders = Orders()
        self._lives: Iterator[int] = original._lives if original is not None else itertools.count(1)
        self._shims: Iterator[int] = original._shims if original is not None else itertools.count(1)
        self.shim = Shim(self, next(self._shims))
        self.agency: Agency | None = None
        self.retired = False
        """Nobody switches it on again."""
        self.suspended_at: float | None = None
        """Since when the whole machine stands still; None if it does not."""
        self.resumed_at = float("-inf")
        self.slept = 0.0
        """Seconds that it has stood still: CLOCK_BOOTTIME counts them, the timers of asyncio do not."""
        self._until_resumed: list[tuple[Callable[..., None], tuple[object, ...]]] = []
        self._again = False
        """Its launcher waits for the end of an agent that leaves."""

    # -- its clock -------------------------------------------------------------------------------------------

    def clock(self) -> float:
        return self.offset + self.site.now * self.rate

    @property
    def deadline(self) -> Deadline | None:
        """The deadline record; that of another boot says nothing."""
        record = self.stored_deadline
        return record if record is not None and record.boot == self.boot else None

    def read_deadline(self) -> Deadline | None:
        """As plugin and shim read it."""
        record = self.deadline
        self.site.check_boot(self, record)
        return record

    def when(self, at: float) -> float:
        """The site's time at which this host's clock shows `at`."""
        return (at - self.offset) / self.rate

    def later(self, delay: float, handle: Callable[..., None], *given: object) -> None:
        """Have something happen here after so many seconds, or once this machine is resumed."""
        self.site.at(self.site.now + delay, self._now_or_once_resumed, handle, given)

    def _now_or_once_resumed(self, handle: Callable[..., None], given: tuple[object, ...]) -> None:
        if self.suspended_at is None:
            handle(*given)
        else:
            self._until_resumed.append((handle, given))

    # -- its parts -------------------------------------------------------------------------------------------

    def emit(self, *events: Event) -> None:
        """Tell the agent, if one listens."""
        agency = self.agency
        if agency is not None and agency.supervision is not None:
            agency.loop.call_soon(agency.supervision.hear, *events)

    def plugin_looks(self) -> None:
        if self.shim.supervisord is not None:
            self.shim.supervisord.look()

    def shim_looks(self) -> None:
        if self.suspended_at is not None:
            return
        record, supervisord = self.deadline, self.shim.supervisord
        if record is not None and supervisord is not None and self.clock() >= record.shim_kill_at:
            doomed = {process.namespec for process in supervisord.doomed()}
            self.site.spared += sum(process.namespec not in doomed for process in supervisord.alive())
        self.shim.look()

    def start_agent(self) -> None:
        """As its launcher does."""
        if self.retired:
            return
        if self.suspended_at is not None:
            self.later(0.0, self.start_agent)
            return
        if self.agency is not None:
            self._again = True
            return
        self._again = False
        if not self.shim.up:
            self.shim = Shim(self, next(self._shims))
        agency = self.agency = Agency(self, next(self._lives))
        self.site.tell(f"{self.name}: its agent starts")
        before, Loop.current = Loop.current, self
        try:
            agency.loop.create_task(self._live(agency))
        finally:
            Loop.current = before

    async def _live(self, agency: Agency) -> None:
        handed_over = await agency.agent.run() == HANDED_OVER
        if self.agency is agency:
            self.agency = None
            self.shim.up = handed_over
            if self._again or handed_over:
                self.site.at(self.site.now + 0.1, self.start_agent)

    def kill_agent(self, kept: bool | None = None) -> None:
        """`kept`: whether what was being written is there; by chance if None."""
        agency, self.agency = self.agency, None
        if agency is not None:
            agency.loop.kill()
        if kept is None:
            kept = self.site.chance.random() < 0.5
        if self.writing is not None and kept:
            self.record = self.writing
        self.writing = None

    def leave(self) -> None:
        """SIGTERM to the agent."""
        if self.agency is not None and not self.agency.loop.frozen:
            self.agency.loop.call_soon(self.agency.loop.on_signal)

    def freeze_agent(self) -> None:
        if self.agency is not None:
            self.agency.loop.frozen = True

    def thaw_agent(self, agency: Agency) -> None:
        if self.agency is agency and self.suspended_at is None:
            agency.loop.frozen = False
            if agency.engine is not None:
                agency.engine.thaw()
            agency.loop.thaw()

    def suspend(self) -> None:
        """The whole machine stands still, but for its clock."""
        if self.suspended_at is not None:
            return
        self.suspended_at = self.site.now
        self.freeze_agent()
        if self.shim.supervisord is not None:
            self.shim.supervisord.frozen = True

    def resume(self) -> None:
        """Timers on CLOCK_BOOTTIME fire at once, those of asyncio as much later as it has slept."""
        if self.suspended_at is None:
            return
        self.slept += self.site.now - self.suspended_at
        self.suspended_at, self.resumed_at = None, self.site.now
        if self.shim.supervisord is not None:
            self.shim.supervisord.thaw()
        self.later(SHIM_LOOKS * self.site.chance.random(), self.shim_looks)
        missed, self._until_resumed = self._until_resumed, []
        for handle, given in missed:
            handle(*given)
        if self.agency is not None:
            self.thaw_agent(self.agency)
        self.later(RECHECKED, self.site.check_resumed, self)

    def power_off(self, kept: bool | None = None) -> None:
        """Everything dies at once; disks stay. The clock of the next boot begins anew."""
        self.suspended_at = None
        self._until_resumed.clear()
        self.kill_agent(kept)
        self.shim.up = False
        supervisord = self.shim.supervisord
        if supervisord is not None:
            supervisord.up = False
            supervisord.kill(list(supervisord.alive()))
            self.shim.supervisord = None
        self.boot += 1
        former = self.clock()
        self.offset += self.site.chance.uniform(1.0, 30.0) - former
        self.offset_of_wall += former - self.clock()
