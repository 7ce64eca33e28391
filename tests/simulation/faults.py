"""What is done to a whole cluster: drawn by chance, told in the story, mended at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.planning.scenario import HCI, SRV
from tests.shapes import bridge, ring
from tests.simulation.supervisord import MOST_SCALED, SCALED
from tuiconsole.model.requests import Action
from tuiconsole.rulebook.rules import Isolation

if TYPE_CHECKING:
    from tests.simulation.host import Host
    from tests.simulation.site import Site

FAULTS = (
    "agent",
    "agent",
    "power",
    "supervisord",
    "reload",
    "shutdown",
    "pause",
    "stop",
    "both",
    "leave",
    "disk",
    "isolate",
    "one-way",
    "pair",
    "split",
    "split",
    "bridge",
    "ring",
    "suspend",
)
"""Kill the agent, a whole host, supervisord; have that reload, or end in order; pause the agent, supervisord,
both; leave; and so on."""
ITEMS = ("scen2_srv_01", "scen2_srv_02", "scen2_hci_01", "scen2_hci_02")
EXTRA = ("team", "spread")
"""What some seeds have beside them."""
NAMESPECS = tuple(f"{item}:{SRV[3] if 'srv' in item else HCI[2]}" for item in ITEMS)
"""Of each, a program that nothing waits for."""


class Faults:
    """Faults and operators of one seed."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.stopped: set[str] = set()
        """What an operator has asked to stop: it need not run in the end."""
        self.meddled: set[str] = set()
        """What an operator has disabled: it may not come back by itself."""
        self._kept: set[tuple[Action, str]] = set()
        """What an operator has to end what he has begun."""
        self._ambushes = 0
        self._until = 0.0

    def plan(self, begin: float, end: float) -> None:
        """Draw what happens between two instants."""
        site = self._site
        chance = site.chance
        if chance.random() < 0.4:
            site.network.lossy = chance.choice((0.0, 0.05, 0.2))
            site.network.slow = chance.choice((0.0, 0.1, 0.4))
        self._ambushes = chance.choice((0, 0, 0, 1, 2))
        self._until = end
        for _ in range(chance.randint(2, 8)):
            site.at(chance.uniform(begin, end), self._fault)
        for _ in range(chance.randint(0, 8)):
            site.at(chance.uniform(begin, end), self._operator)
        for _ in range(chance.choice((0, 0, 1, 3))):
            site.at(chance.uniform(begin, end), self._caretaker)

    def part_long(self, begin: float, end: float) -> None:
        """Cut one server off for longer than its lease, so that KEEP and ALLOW have what to go on with."""
        site = self._site
        until = site.chance.uniform(end - 6.0, end)
        site.at(site.chance.uniform(begin, until - 6.0), self._part_long, until)

    def _part_long(self, until: float) -> None:
        site = self._site
        spared = [name for name, host in site.hosts.items() if self._spares(host)] or list(site.hosts)
        name = site.chance.choice(spared)
        site.tell(f"fault: {name} is cut off for long")
        self._cut("isolate", name, until)

    def _spares(self, host: Host) -> bool:
        supervisord = host.shim.supervisord
        alive = supervisord.alive() if supervisord is not None and host.name.startswith("server") else ()
        return any(self._site.isolation(process.group) is not Isolation.STOP for process in alive)

    def spring(self, host: Host) -> None:
        """An ambush: a host stops just when it is told to start something, and is given up meanwhile."""
        self._site.upkeep.spring(host)
        if self._ambushes and self._site.now < self._until:
            self._ambushes -= 1
            later = self._site.now + self._site.chance.uniform(3.0, 9.0)
            self._site.tell(f"ambush: {host.name} stops when it is told to start")
            self._freeze_supervisord(host, later)
            self._freeze_agent(host, later)

    def mend(self) -> None:
        """The end of all faults."""
        site = self._site
        site.tell("all is mended")
        site.network.cut.clear()
        site.network.lossy = site.network.slow = 0.0
        for host in site.hosts.values():
            host.disk_delay = 0.002
            host.resume()
            supervisord = host.shim.supervisord
            if supervisord is not None and supervisord.frozen:
                supervisord.thaw()
            if host.agency is not None and host.agency.loop.frozen:
                host.thaw_agent(host.agency)
            host.start_agent()
        for later in (1.0, 5.0, 9.0):
            site.at(site.now + later, self._give_back)

    # -- one -------------------------------------------------------------------------------------------------

    def _fault(self) -> None:
        site = self._site
        chance = site.chance
        host = self._victim()
        lasting = chance.choice((0.1, 0.5, 2.0, 5.0, 8.0)) * chance.uniform(0.6, 1.4)
        kind = chance.choice(FAULTS)
        site.tell(f"fault: {kind}, {host.name}, {lasting:.2f} s")
        later = site.now + lasting
        if kind == "agent":
            host.kill_agent()
            site.at(later, host.start_agent)
        elif kind == "power":
            host.power_off()
            site.at(later, host.start_agent)
        elif kind == "supervisord":
            host.shim.lose_supervisord()
        elif kind == "suspend":
            host.suspend()
            site.at(later, host.resume)
        elif kind in ("reload", "shutdown"):
            host.shim.end(reloads=kind == "reload")
        elif kind in ("pause", "both", "stop"):
            if kind != "stop":
                self._freeze_agent(host, later)
            if kind != "pause":
                self._freeze_supervisord(host, later)
        elif kind == "leave":
            if host.agency is not None and not host.agency.loop.frozen:
                host.leave()
                site.at(later, host.start_agent)
        elif kind == "disk":
            host.disk_delay = chance.choice((0.05, 0.5))
            site.at(later, setattr, host, "disk_delay", 0.002)
        else:
            self._cut(kind, host.name, later)

    def _victim(self) -> Host:
        """Masters more often."""
        site = self._site
        masters = [
            host
            for host in site.hosts.values()
            if host.agency is not None
            and host.agency.engine is not None
            and host.agency.engine.voter is not None
            and host.agency.engine.voter.leader is not None
        ]
        if masters and site.chance.random() < 0.3:
            return site.chance.choice(masters)
        return site.chance.choice(list(site.hosts.values()))

    def _freeze_agent(self, host: Host, until: float) -> None:
        if host.agency is not None and not host.agency.loop.frozen:
            host.freeze_agent()
            self._site.at(until, host.thaw_agent, host.agency)

    def _freeze_supervisord(self, host: Host, until: float) -> None:
        supervisord = host.shim.supervisord
        if supervisord is not None and not supervisord.frozen:
            supervisord.frozen = True
            self._site.at(until, supervisord.thaw)

    def _cut(self, kind: str, name: str, until: float) -> None:
        chance, hosts = self._site.chance, list(self._site.hosts)
        others = [other for other in hosts if other != name]
        if kind == "isolate":
            cut = {(name, other) for other in others} | {(other, name) for other in others}
        elif kind == "pair":
            other = chance.choice(others)
            cut = {(name, other), (other, name)}
        elif kind == "one-way":
            some = chance.sample(others, chance.randint(1, len(others)))
            outward = chance.random() < 0.5
            cut = {(name, other) if outward else (other, name) for other in some}
        elif kind == "bridge":
            cut = bridge(chance, hosts, name)
        elif kind == "ring":
            cut = ring(chance, hosts)
        else:
            here = {name, *(other for other in others if chance.random() < 0.4)}
            there = set(hosts) - here
            cut = {(a, b) for a in here for b in there} | {(b, a) for a in here for b in there}
        self._site.network.cut |= cut
        self._site.at(until, self._heal, cut)

    def _heal(self, cut: set[tuple[str, str]]) -> None:
        self._site.tell("the network heals")
        self._site.network.cut -= cut

    def _operator(self) -> None:
        site = self._site
        action = site.chance.choice((Action.START, Action.START, Action.STOP, Action.RESTART))
        target = site.chance.choice((*ITEMS, *EXTRA) if site.manner.more else ITEMS)
        asked_at = site.chance.choice(list(site.hosts))
        if not target.startswith("scen2_hci") and action is Action.STOP:
            self.stopped.add(target)
        site.ask(asked_at, action, target)

    def _caretaker(self) -> None:
        """Somebody who drains nodes, disables programs, and keeps hands off others."""
        site = self._site
        chance = site.chance
        action = chance.choice(
            (Action.DRAIN, Action.DRAIN, Action.UNDRAIN, Action.DISABLE, Action.MAINTAIN, Action.SCALE)
        )
        where = chance.choice(list(site.hosts))
        if action in (Action.DRAIN, Action.UNDRAIN):
            target = chance.choice(list(site.hosts))
        elif action is Action.SCALE:
            target = chance.choice(sorted(SCALED))
        elif action is Action.DISABLE:
            target = chance.choice((chance.choice(ITEMS), chance.choice(NAMESPECS)))
            self.meddled.add(target.partition(":")[0])
        else:
            target = chance.choice(ITEMS)
        back = {Action.DRAIN: Action.UNDRAIN, Action.MAINTAIN: Action.MAINTAIN}.get(action)
        if back is not None:
            self._kept.add((back, target))
        site.ask(
            where,
            action,
            target,
            seconds=chance.uniform(1.0, 10.0),
            number=chance.randint(1, MOST_SCALED),
        )

    def _give_back(self) -> None:
        """All nodes take applications again, and the rules are in force for all of them."""
        for action, target in sorted(self._kept):
            asked_at = self._site.chance.choice(list(self._site.hosts))
            self._site.ask(asked_at, action, target)
