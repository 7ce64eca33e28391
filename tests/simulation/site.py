"""One seed: a whole cluster of real agents on virtual time, operators, faults, and the promises checked."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import pkgutil
import random
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec

from tests.planning.scenario import HCI, SRV
from tests.simulation import engine, host, network
from tests.simulation.faults import EXTRA, Faults
from tests.simulation.loop import Loop
from tests.simulation.upkeep import Upkeep
from tests.timeline import Broken, Timeline
from tuiconsole import agent
from tuiconsole.model.process import Process
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState
from tuiconsole.model.status import ClusterStatus
from tuiconsole.model.synchronization import Synchronization, SynchroOption
from tuiconsole.rulebook.rulebook import load_rules
from tuiconsole.rulebook.rules import ConciliationStrategy, Isolation
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.timing import PROFILES
from tuiconsole.wire.replies import Acted
from tuiconsole.wire.requests import Act

SCENARIO = Path(__file__).parents[2] / "rules" / "scenario_2"
ITEMS = 2
MORE = Path(__file__).with_name("more.toml")
TEAM = ("team:first", "team:second")
SPREAD = ("spread:worker_1", "spread:worker_2", "spread:worker_3")
UTC0 = 1_800_000_000.0
FAULTS_FROM, FAULTS_UNTIL = 4.0, 22.0
HEALS_WITHIN = 20.0
"""Seconds after the last fault within which everything is as the rules want it."""
UP_WITHIN = 8.0
CUT_FOR = 1.2
"""Seconds without power."""
RECHECKED_WITHIN = 0.06
"""Seconds after a machine is resumed within which its timers have looked at the deadline again."""
COMMANDS_LIVE = 4.0
"""Seconds in which a command to start may be obeyed after it was made, and some."""


class Manner(NamedTuple):
    """What becomes of isolated nodes and of doubles, in one sort of seeds; and if there is more to run."""

    isolation: tuple[tuple[str, Isolation], ...] = ()
    conciliation: ConciliationStrategy = ConciliationStrategy.USER
    more: bool = False
    """Applications with other rules than those of Scenario 2, and a synchronization at boot."""


MANNERS = (
    Manner(),
    Manner(more=True),
    Manner(),
    Manner(more=True),
    Manner((("", Isolation.KEEP),), more=True),
    Manner((("hci", Isolation.KEEP), ("srv_01", Isolation.ALLOW)), ConciliationStrategy.SENICIDE),
    Manner((("", Isolation.ALLOW),), ConciliationStrategy.INFANTICIDE),
    Manner((("srv_02", Isolation.KEEP), ("01", Isolation.ALLOW)), ConciliationStrategy.RESTART),
)
"""By turns, seed after seed. Half of them are all STOP, as Scenario 2 is shipped."""


@functools.cache
def scenario(manner: Manner, profile: str = "default") -> tuple[Any, Any]:
    """Cluster file and rules of Scenario 2, with isolation and conciliation in this manner."""
    cluster = load_cluster(SCENARIO / "tuiconsole.toml")
    cluster = msgspec.structs.replace(cluster, timing=PROFILES[profile])
    if manner.more:
        synchronization = Synchronization((SynchroOption.STRICT, SynchroOption.TIMEOUT), 3.0)
        cluster = msgspec.structs.replace(
            cluster, rules=(*cluster.rules, str(MORE)), synchronization=synchronization
        )
    return cluster, load_rules(cluster.rules, isolation=manner.isolation, conciliation=manner.conciliation)


def programs_of(node: str, *, more: bool) -> tuple[str, ...]:
    """What the supervisord of a node knows."""
    kind, names = ("srv", SRV) if node.startswith("server") else ("hci", HCI)
    known = tuple(f"scen2_{kind}_{item:02d}:{name}" for item in range(1, ITEMS + 1) for name in names)
    return (*known, *TEAM, *SPREAD) if more and kind == "srv" else known


class Site(Timeline):
    """The cluster and what is done to it."""

    def __init__(self, seed: int, manner: Manner | None = None, profile: str = "default") -> None:
        """`manner`: by turns if none is given. `profile`: of the timings."""
        super().__init__(random.Random(seed))
        self.seed = seed
        self.manner = MANNERS[seed % len(MANNERS)] if manner is None else manner
        self.cluster, self.rulebook = scenario(self.manner, profile)
        self.drift = self.chance.choice((0.0, 0.0002, 0.02))
        self.in_step = self.chance.random() < 0.5
        self.stubborn = self.chance.choice((0.0, 0.1, 0.5))
        self.failing = self.chance.choice((0.0, 0.0, 0.05))
        self.began = float("inf")
        """When the faults begin."""
        self.hanging = self.chance.choice((0.0, 0.0, 0.1))
        """How often what others wait for hangs until the faults have an end."""
        self._pids = 100
        self.network = network.Network(self)
        self.hosts = {
            name: host.Host(self, name, programs_of(name, more=self.manner.more))
            for name in self.cluster.nodes
        }
        self.copies: list[host.Host] = []
        """Machines that bear the name of another one."""
        self.faults = Faults(self)
        self.upkeep = Upkeep(self)
        self.disk_operations = 0
        self.cut_power_at = 0
        """At which of them a host's power is cut; 0 for none."""
        self.power_was_cut = ""
        """At which operation, in words."""
        self.spawned = 0
        self.doubled = 0
        """Starts of ALLOW applications that ran elsewhere as well."""
        self.spared = 0
        """Processes that went on when the lease of their node was over."""
        self.touched: list[str] = []
        """Processes that ended though nobody asked for it and they did not fail by themselves."""
        self.asked: dict[str, list[Outcome]] = {}
        """By request: its outcomes."""
        self._targets: dict[str, str] = {}
        self.tokens: dict[str, tuple[int, int]] = {}
        self.disabled: dict[str, float] = {}
        """By application or namespec: since when an operator knows that it is disabled."""

    # -- chance ----------------------------------------------------------------------------------------------

    def new_pid(self) -> int:
        self._pids += 1
        return self._pids

    def fate(self, process: Process) -> tuple[str, float]:
        """What becomes of a program, and after how many seconds."""
        if "check" in process.name:
            if self.began <= self.now < FAULTS_UNTIL and self.chance.random() < self.hanging:
                return "exit", FAULTS_UNTIL - self.now + self.chance.uniform(0.1, 2.0)
            return "exit", self.chance.uniform(0.02, 0.3)
        if self.now < FAULTS_UNTIL and self.chance.random() < self.failing:
            return "crash", self.chance.expovariate(0.3)
        return "run", 0.0

    def end_takes(self, process: Process) -> float:
        """Seconds from the stop signal to the end; stubborn programs wait to be killed."""
        return self.chance.uniform(0.5, 2.0) if self.chance.random() < self.stubborn else 0.01

    def is_cut(self, on: host.Host, what: str) -> bool:
        """A disk operation begins or ends: true if the power of its host is cut at that."""
        self.disk_operations += 1
        if self.disk_operations != self.cut_power_at:
            return False
        self.power_was_cut = f"{on.name}: {what}"
        self.tell(f"the power of {on.name} is cut: {what}")
        self.at(self.now + CUT_FOR, on.start_agent)
        return True

    def machines(self) -> list[host.Host]:
        """All hosts, and the copies of some; whoever has the address, each of them once."""
        originals = [one.original or one for one in self.hosts.values()]
        return [*originals, *self.copies]

    # -- promises --------------------------------------------------------------------------------------------

    def check_spawn(self, on: host.Host, process: Process) -> None:
        """P1: one instance of each application, on one node. ALLOW may run twice, and ends so as well.

        Of what is not SINGLE_INSTANCE each process has a grant of its own, and one instance.
        """
        self.spawned += 1
        grant = self._grant(process)
        self.tell(f"{on.name}: {process.namespec} begins under {process.token}")
        allowed = self.isolation(process.group) is Isolation.ALLOW
        for other in self.machines():
            supervisord = other.shim.supervisord
            if other is on or supervisord is None or self._stands_still(other, process):
                continue
            for alive in supervisord.alive():
                if self._grant(alive) != grant:
                    continue
                if other.name == on.name and self.isolation(process.group) is Isolation.KEEP:
                    # Not promised: a second machine is given the node's name while the first still runs it.
                    continue
                if allowed:
                    self.doubled += 1
                else:
                    raise Broken(
                        f"{process.namespec} begins on {on.name} while {alive.namespec} of "
                        f"{alive.token} is {alive.state.value} on {other.name}"
                    )
        record = on.read_deadline()
        # Without an agent, or cut off, its guard cannot be told of anything, and people go on there.
        told = on.agency is not None and record is not None and on.clock() < record.stop_at
        for name in (process.group, process.namespec):
            # What was commanded before may still be obeyed so long after it.
            if told and self.now > self.disabled.get(name, self.now) + COMMANDS_LIVE:
                raise Broken(f"{process.namespec} begins on {on.name} though {name} is disabled")
        token = process.token or (0, 0)
        if token < self.tokens.get(grant, (0, 0)) and not allowed:
            raise Broken(f"{process.namespec} begins under {token} after {self.tokens[grant]}")
        self.tokens[grant] = token

    def _stands_still(self, other: host.Host, process: Process) -> bool:
        """What a suspended machine ran begins to run with its first instants after it: then it is ended."""
        if self.isolation(process.group) is not Isolation.STOP:
            return False
        return other.suspended_at is not None or self.now < other.resumed_at + RECHECKED_WITHIN

    def check_resumed(self, on: host.Host) -> None:
        """What ran on a machine when it was suspended has ended, if it runs elsewhere by now."""
        supervisord = on.shim.supervisord
        if on.suspended_at is not None or supervisord is None or self.now < on.resumed_at + RECHECKED_WITHIN:
            return
        for alive in supervisord.alive():
            for other in self.machines():
                rival = other.shim.supervisord
                if other is on or rival is None or self._stands_still(other, alive):
                    continue
                for one in rival.alive():
                    if self._grant(one) == self._grant(alive) and self.isolation(one.group) is Isolation.STOP:
                        raise Broken(
                            f"{on.name} goes on with {alive.namespec} of {alive.token} after it was resumed, "
                            f"though {one.token} is {one.state.value} on {other.name}"
                        )

    def _grant(self, process: Process) -> str:
        return process.namespec if process.group in EXTRA else process.group

    def check_proof(self, on: host.Host, pid: int) -> None:
        """Who proves that nothing of a supervisord (0: of any) runs has nothing of it running."""
        supervisord = on.shim.supervisord
        if supervisord is None or pid not in (0, supervisord.pid):
            return
        for process in supervisord.alive():
            raise Broken(f"{on.name} proves that nothing runs there while {process.namespec} does")

    def check_isolation(self, on: host.Host, process: Process) -> None:
        """The second hand on the deadman, the agent, ends only what the deadman would."""
        if self.isolation(process.group) is not Isolation.STOP:
            raise Broken(f"{process.namespec} on {on.name} is stopped because the lease ran out")

    def check_boot(self, on: host.Host, record: host.Deadline | None) -> None:
        """Seconds of CLOCK_BOOTTIME say nothing in another boot."""
        if record is not None and record.boot != on.boot:
            raise Broken(f"{on.name} goes by a deadline of boot {record.boot} in boot {on.boot}")

    def isolation(self, application: str) -> Isolation:
        """What the rules say of it."""
        rules = self.rulebook.application(application)
        return rules.isolation if rules is not None else Isolation.STOP

    def status(self, name: str) -> ClusterStatus | None:
        """As the agent of a node sees it."""
        agency = self.hosts[name].agency
        if agency is None or not hasattr(agency.agent, "_front"):
            return None
        before, Loop.current = Loop.current, self.hosts[name]
        try:
            return agency.agent._status()
        finally:
            Loop.current = before

    def trouble(self) -> str:
        """What is not as the rules want it, in the eyes of any agent; empty if all is well."""
        for name in self.hosts:
            status = self.status(name)
            if status is None:
                return f"{name} has no agent"
            if status.state is not ClusterState.OPERATION:
                return f"{name} sees {status.state.value}: {status.reason}"
            for node in status.nodes:
                if node.state is not NodeState.RUNNING:
                    return f"{name} sees {node.name} {node.state.value}: {node.reason}"
            if status.conflicts:
                return f"{name} sees {status.conflicts}"
            for item in status.applications:
                if item.managed and len(item.nodes) > 1 and item.name != "spread":
                    return f"{name} sees {item.name} on {item.nodes}"
                if item.job is not None:
                    return f"{name} sees a job of {item.name}: {item.job}"
                places = {"spread": 3}.get(item.name, 1)
                if (
                    item.name.startswith(("scen2_srv", *EXTRA))
                    and not self.is_held(item.name)
                    and (item.state is not ApplicationState.RUNNING or len(item.nodes) != places)
                ):
                    return f"{name} sees {item.name} {item.state.value} on {item.nodes}: {item.reason}"
        return ""

    def is_held(self, name: str) -> bool:
        """An operator has stopped it, or a start that he asked for was rolled back; or programs fail."""
        unsure = any(
            target == name
            and not any(one.verdict in (Verdict.DONE, Verdict.REFUSED) for one in self.asked[request])
            for request, target in self._targets.items()
        )
        return unsure or name in self.faults.stopped | self.faults.meddled or self.failing > 0

    # -- operators -------------------------------------------------------------------------------------------

    def ask(self, name: str, action: Action, target: str, seconds: float = 0.0, number: int = 0) -> None:
        """An operator at a node asks for something."""
        agency = self.hosts[name].agency
        if agency is None or not hasattr(agency.agent, "_front"):
            return
        act = Act(
            action,
            (target,),
            name,
            15.0,
            None,
            "operator",
            f"{name}/{self.events}/{len(self.asked)}",
            seconds=seconds,
            number=number,
        )
        answers = self.asked.setdefault(act.request_id, [])
        self._targets[act.request_id] = target
        self.tell(f"{name}: asks to {action.value} {target}")

        async def carry() -> None:
            petitions = agency.agent._front._petitions
            async for reply, _ in petitions.carry(act, relayed=False):
                if isinstance(reply, Acted) and isinstance(reply.body, Outcome):
                    answers.append(reply.body)
                    self._note_disabled(action, target, reply.body)
                    self.tell(
                        f"{name}: {action.value} {target}: {reply.body.verdict.value} {reply.body.text}"
                    )

        agency.loop.call_soon(lambda: agency.loop.create_task(carry()))

    def _note_disabled(self, action: Action, target: str, outcome: Outcome) -> None:
        if action is Action.DISABLE and outcome.verdict is Verdict.DONE:
            self.disabled.setdefault(target, self.now)

    # -- one seed --------------------------------------------------------------------------------------------

    def play(self) -> Site:
        """From the first boot to the end; `Broken` if a promise is."""
        with virtual(self):
            for name in self.hosts:
                self.at(self.chance.uniform(0.0, 1.0), self.hosts[name].start_agent)
            self.until_well(UP_WITHIN)
            begin = self.began = max(FAULTS_FROM, self.now)
            self.faults.plan(begin, FAULTS_UNTIL)
            self.upkeep.plan(begin, FAULTS_UNTIL)
            if self.manner.isolation:
                self.faults.part_long(begin, FAULTS_UNTIL)
            self.run_until(FAULTS_UNTIL)
            self.upkeep.mend()
            self.faults.mend()
            self.until_well(HEALS_WITHIN)
            self.run_until(self.now + 16.0)
            self._all_core_nodes_vote()
        for request, answers in self.asked.items():
            if len(answers) > 1:
                raise Broken(f"{request} was answered {len(answers)} times: {answers}")
        return self

    def _all_core_nodes_vote(self) -> None:
        """Whoever lost its disk is a member again, in everybody's eyes."""
        for name in self.hosts:
            status = self.status(name)
            if status is not None and status.quorum.missing:
                raise Broken(f"{name} misses voters: {', '.join(status.quorum.missing)}")

    def until_well(self, within: float) -> None:
        end = self.now + within
        while trouble := self.trouble():
            if self.now >= end:
                raise Broken(f"not well within {within:g} s: {trouble}")
            self.run_until(self.now + 0.1)
        self.tell("all is well")


@contextlib.contextmanager
def virtual(site: Site) -> Iterator[None]:
    """Within the block the product's modules have the site's time, network, threads and disks."""

    def clock() -> float:
        assert Loop.current is not None
        return Loop.current.clock()

    def wall() -> float:
        return UTC0 + site.now

    def wall_offset() -> float:
        assert Loop.current is not None
        return Loop.current.offset_of_wall

    def chosen(size: int) -> str:
        return site.chance.randbytes(size).hex()

    daemon = "tuiconsole.agent.daemon."
    fakes = {
        **_wherever("boottime", clock),
        **_wherever("wall_offset", wall_offset),
        **_wherever("Stream", network.Stream),
        daemon + "time": SimpleNamespace(time=wall),
        "tuiconsole.agent.upkeep.time": SimpleNamespace(time=wall),
        daemon + "secrets": SimpleNamespace(token_hex=chosen),
        daemon + "load_keyring": lambda keys: None,
        daemon + "load_pair": lambda path: None,
        daemon + "run_dir_of": lambda cluster, name: Path("/nowhere"),
        daemon + "Sockets": network.Sockets,
        daemon + "Publications": host.Publications,
        daemon + "DeadlineWriter": host.DeadlineWriter,
        "tuiconsole.agent.local_node.USAGE_INTERVAL": 1e6,
        "tuiconsole.coordination.embedded.boottime": clock,
        "tuiconsole.coordination.membership.boottime": clock,
        "tuiconsole.coordination.embedded.Engine": engine.Engine,
        "tuiconsole.coordination.embedded.VoterDisk": engine.Disk,
    }
    with contextlib.ExitStack() as stack:
        for name, fake in fakes.items():
            stack.enter_context(patch(name, fake))
        # What a killed agent was doing is thrown away in the middle, which Python complains of.
        stack.enter_context(patch.object(sys, "unraisablehook", lambda _: None))
        try:
            yield
        finally:
            for one in site.machines():
                one.kill_agent()
                one.shim.supervisord = None
            site.forget()
            gc.collect()


def _wherever(name: str, fake: Any) -> dict[str, Any]:
    """What to patch so that no part of the agent has the real one."""
    parts = (f"{agent.__name__}.{part.name}" for part in pkgutil.iter_modules(agent.__path__))
    return {f"{part}.{name}": fake for part in parts if hasattr(importlib.import_module(part), name)}


def play(seed: int) -> Site:
    """One seed.

    Raises:
        Broken: with the story of what happened, and how to see it again.
    """
    site = Site(seed)
    try:
        return site.play()
    except Exception as error:  # noqa: BLE001 (told with its story below)
        story = "\n".join(f"{at:7.3f}  {what}" for at, what in site.story)
        where = "" if isinstance(error, Broken) else f"\n{traceback.format_exc()}"
        words = f"seed {seed}: {error} at {site.now:.3f}\n{story}{where}"
    # Not from within: the error's frames hold what its agents were doing, and that must not end in the midst
    # of whatever comes next.
    with patch.object(sys, "unraisablehook", lambda _: None):
        gc.collect()
    raise Broken(f"{words}\nreplay: python -m tests.simulation {seed}")
