"""What people do to hosts, rightly or wrongly: other cluster files, upgrades, lost disks, clocks, copies."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import msgspec

from tests.simulation.supervisord import Orders
from tuiconsole.model.requests import Action
from tuiconsole.model.states import ProcessState

if TYPE_CHECKING:
    from tests.simulation.host import Host
    from tests.simulation.site import Site

DEEDS = (
    "file",
    "file",
    "upgrade",
    "wipe",
    "clock",
    "copy",
    "copy",
    "leases cut",
    "overtake",
    "overtake",
    "late",
    "late",
)
"""Another file on one host; hand over each agent in turn; lose a disk; set the wall clock; run a copy of a
host; cut a host's way to the voters, and nothing else; stop what is just being started, and start it
elsewhere; have an order come when its node has lost one lease and got the next."""
BY_HAND = (0, 0, 4, 20)
"""How often people start something past tuiconsole in one seed: `supervisorctl start`."""
HCI = ("scen2_hci_01", "scen2_hci_02")
ASKED_AGAIN = 1.0
"""Seconds after which a person asks again for a voter that has lost its disk."""


def other_file(cluster: Any, chance: random.Random) -> Any:
    """A cluster file as somebody has changed it on one host."""
    agreement = cluster.agreement
    kind = chance.choice(("longer lease", "shorter lease", "one core node", "two core nodes", "rules"))
    if kind == "rules":
        rest = {**agreement.rest, "[kinds]": "others"}
        return msgspec.structs.replace(cluster, agreement=msgspec.structs.replace(agreement, rest=rest))
    if kind.endswith("lease"):
        lease = 8.0 if kind == "longer lease" else 2.0
        timing = msgspec.structs.replace(cluster.timing, node_lease=lease)
        safety = {**agreement.safety, "node_lease": f"{lease:g}"}
        agreed = msgspec.structs.replace(agreement, safety=safety)
        return msgspec.structs.replace(cluster, timing=timing, agreement=agreed)
    left = agreement.cores[: 1 if kind == "one core node" else 2]
    nodes = {name: msgspec.structs.replace(node, core=name in left) for name, node in cluster.nodes.items()}
    agreed = msgspec.structs.replace(
        agreement, safety={**agreement.safety, "core nodes": ", ".join(left)}, cores=left
    )
    return msgspec.structs.replace(cluster, nodes=nodes, agreement=agreed)


class Upkeep:
    """The deeds of one seed."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._chance = random.Random(f"upkeep {site.seed}")
        self._wiped = False
        self._overtaken: tuple[Host, str, str] | None = None
        """(where it is started, application, where it is started next)."""
        self.done: list[str] = []
        """Which deeds there were."""

    def plan(self, begin: float, end: float) -> None:
        """Draw what happens between two instants."""
        for _ in range(self._chance.choice(BY_HAND)):
            self._site.at(self._chance.uniform(begin, end), self.start_by_hand)
        if self._chance.random() < 0.4:
            return
        for _ in range(self._chance.randint(1, 3)):
            deed = self._chance.choice(DEEDS)
            self._site.at(self._chance.uniform(begin, end), self.do, deed)

    def do(self, deed: str, name: str = "") -> None:
        """Do one thing now, to a host of that name or to any."""
        site, chance = self._site, self._chance
        host = site.hosts[name or chance.choice(list(site.hosts))]
        lasting = chance.uniform(1.0, 9.0)
        site.tell(f"upkeep: {deed}, {host.name}, {lasting:.2f} s")
        self.done.append(deed)
        if deed == "file":
            self._give_file(host, other_file(site.cluster, chance))
            site.at(site.now + lasting, self._give_file, host, site.cluster)
        elif deed == "upgrade":
            for number, one in enumerate(site.hosts.values()):
                site.at(site.now + number * chance.uniform(0.3, 1.5), self._hand_over, one)
        elif deed == "wipe" and not self._wiped:
            self._wiped = True
            self._wipe(host, lasting)
        elif deed == "clock":
            host.offset_of_wall += chance.choice((-1e5, -1.0, 0.3, 3600.0, 1e6)) * chance.random()
        elif deed == "copy":
            self._copy(host, lasting)
        elif deed == "overtake":
            self.overtake(chance.choice(HCI))
        elif deed == "late":
            self.order_late(chance.choice(HCI))
        elif deed == "leases cut":
            site.network.cut_leases.add(host.name)
            site.at(site.now + lasting, site.network.cut_leases.discard, host.name)

    def start_by_hand(self) -> None:
        """Start one program of any host, past tuiconsole; often one that has ended by itself."""
        host = self._chance.choice(list(self._site.hosts.values()))
        supervisord = host.shim.supervisord
        if supervisord is not None:
            ended = [p.namespec for p in supervisord.processes.values() if p.state is ProcessState.EXITED]
            any_of = ended if ended and self._chance.random() < 0.7 else host.namespecs
            supervisord.by_hand(self._chance.choice(any_of))

    def overtake(self, application: str) -> None:
        """An operator starts it; `spring` does the rest."""
        consoles = [name for name in self._site.hosts if name.startswith("console")]
        here, there = self._chance.sample(consoles, 2)
        self._overtaken = self._site.hosts[here], application, there
        self._site.ask(here, Action.START, application)

    def order_late(self, application: str) -> None:
        """A start is ordered under its node's lease, and comes when the next one has begun.

        Meanwhile the node's epoch was raised, and somebody starts the same elsewhere.
        """
        site, chance = self._site, self._chance
        here, there = chance.sample([name for name in site.hosts if name.startswith("console")], 2)
        timing = site.cluster.timing
        site.tell(f"upkeep: an order to {here} comes late")
        site.network.cut_leases.add(here)
        over = site.now + timing.node_lease + timing.margin
        site.at(over + chance.uniform(-0.3, 0.3), site.network.cut_leases.discard, here)
        asked = site.now + chance.uniform(0.3, 0.9)
        site.at(asked, site.network.late.__setitem__, here, over + chance.uniform(0.0, 1.5) - asked)
        site.at(asked + 0.005, site.ask, here, Action.START, application)
        site.at(asked + 0.3, site.network.late.pop, here, None)
        site.at(over + chance.uniform(0.1, 0.5), site.ask, there, Action.START, application)

    def spring(self, host: Host) -> None:
        """Its supervisord stands still when the start comes; that is stopped, and started elsewhere."""
        site, chance = self._site, self._chance
        supervisord, overtaken = host.shim.supervisord, self._overtaken
        if overtaken is None or overtaken[0] is not host or supervisord is None or supervisord.frozen:
            return
        _, application, there = overtaken
        self._overtaken = None
        site.tell(f"upkeep: the start on {host.name} is overtaken by a stop")
        supervisord.frozen = True
        site.at(site.now + chance.uniform(0.3, 3.0), supervisord.thaw)
        stopped = site.now + chance.uniform(0.01, 0.3)
        site.at(stopped, site.ask, there, Action.STOP, application)
        site.at(stopped + chance.uniform(0.05, 0.5), site.ask, there, Action.START, application)

    def mend(self) -> None:
        """The right file everywhere, no copies, and the way to the voters."""
        self._site.network.cut_leases.clear()
        self._site.network.late.clear()
        for copy in list(self._site.copies):
            self._end_copy(copy)
        for host in self._site.hosts.values():
            if host.cluster is not self._site.cluster:
                self._give_file(host, self._site.cluster)

    # -- one -------------------------------------------------------------------------------------------------

    def _give_file(self, host: Host, cluster: Any) -> None:
        if host.cluster is cluster:
            return
        host.cluster = cluster
        if host.agency is not None:
            host.kill_agent()
            self._site.at(self._site.now + 0.2, host.start_agent)

    def _hand_over(self, host: Host) -> None:
        agency = host.agency
        if agency is not None and not agency.loop.frozen and hasattr(agency.agent, "_front"):
            self._site.tell(f"{host.name}: its agent is to hand over")
            agency.loop.call_soon(agency.agent._hand_over, "operator")

    def _wipe(self, host: Host, lasting: float) -> None:
        host.power_off()
        host.record = None
        host.orders = Orders()
        self._site.at(self._site.now + lasting, host.start_agent)
        if host.name in self._site.cluster.agreement.cores:
            self._site.at(self._site.now + lasting + ASKED_AGAIN, self._readmit, host)

    def _readmit(self, host: Host) -> None:
        """A person asks for its voter, at any of the others, until it belongs to them."""
        site = self._site
        others = [site.hosts[name] for name in site.cluster.agreement.cores if name != host.name]
        members = host.record.members if host.record is not None else {}
        if members and all(one.record is not None and one.record.members == members for one in others):
            return
        if not members:
            agency = self._chance.choice(others).agency
            if agency is not None and not agency.loop.frozen and hasattr(agency.agent, "_front"):
                agency.loop.create_task(agency.agent._upkeep.readmit(host.name, "operator"))
        site.at(site.now + ASKED_AGAIN, self._readmit, host)

    def _copy(self, host: Host, lasting: float, *, ends: bool = True) -> None:
        """Another machine with this one's name and keys, and an empty disk. It may take the address over.

        `ends`: sometimes its supervisord dies, or its agent leaves, before it is switched off.
        """
        from tests.simulation.host import Host

        site = self._site
        if any(copy.name == host.name for copy in site.copies):
            return
        copy = Host(site, host.name, host.namespecs, host)
        site.copies.append(copy)
        if self._chance.random() < 0.5:
            site.tell(f"the copy of {host.name} has its address")
            site.hosts[host.name] = copy
        copy.start_agent()
        end = self._chance.choice((copy.shim.lose_supervisord, copy.leave, None, None))
        if ends and end is not None:
            site.at(site.now + lasting * self._chance.random(), end)
        site.at(site.now + lasting, self._end_copy, copy)

    def _end_copy(self, copy: Host) -> None:
        site = self._site
        if copy not in site.copies:
            return
        site.tell(f"the copy of {copy.name} ends")
        copy.power_off()
        copy.retired = True
        site.copies.remove(copy)
        assert copy.original is not None
        site.hosts[copy.name] = copy.original
