"""A node as its agent knows it: real supervision and a real lease, in one process."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.coordination.loopback import Cluster
from tests.processes import alive
from tests.supervision.supervision_house import House
from tests.waiting import soon
from tuiconsole.agent.lease_keeping import LeaseKeeping
from tuiconsole.agent.local_node import LocalNode
from tuiconsole.agent.obedience import Obedience
from tuiconsole.agent.publisher import Publisher
from tuiconsole.clock import boottime
from tuiconsole.model.agreement import Agreement
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.supervision.events import Event, Snapshot
from tuiconsole.supervision.node import OwnRules
from tuiconsole.wire.orders import CommandManage, CommandStart, ManagedName
from tuiconsole.wire.published import Published, SupervisordDied


class Node:
    """The node «a», alone in its cluster. Its deadline record is written by the test, not by the lease."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.cluster = Cluster(folder, "a")
        self.snapshots = 0
        """How often supervisord has told all that there is."""
        self.published: list[Published] = []
        self.publisher = Publisher("a", "run", Agreement({}, {}), self.published.append)
        self.local = LocalNode("a", self.publisher, time.time)
        self.lease_keeping = LeaseKeeping(self.local)
        self.obedience = Obedience(self.local, OwnRules(), lambda _restart, _after: None)

    def heard(self, event: Event) -> None:
        self.snapshots += isinstance(event, Snapshot)
        self.local.on_supervision(event)

    async def begin(self) -> None:
        self.house.heard = self.heard
        supervision = self.local.supervision = self.house.agent()
        await supervision.start()
        self.house.shims.add(supervision.pids.shim or 0)
        coordinator = self.local.coordinator = self.cluster.start("a")
        coordinator.on_lease_gained(self.lease_keeping.on_lease_gained)
        coordinator.on_lease_lapsing(self.lease_keeping.on_lease_lapsing)
        await supervision.wait_up()
        self.keeping = asyncio.create_task(self.lease_keeping.keep_under_lease())

    async def end(self) -> None:
        self.keeping.cancel()
        self.lease_keeping.close()
        await self.local.leave()
        await self.cluster.stop_all()

    @property
    def proofs(self) -> list[SupervisordDied]:
        """That nothing of its supervisord was left, as it was told to all."""
        return [one.body for one in self.published if isinstance(one.body, SupervisordDied)]

    async def reaches(self, state: NodeState) -> None:
        await soon(lambda: self.local.state[0] is state, f"{state}: it is {self.local.state}")

    async def start(
        self,
        namespec: str,
        number: int,
        within: float = 5.0,
        isolation: str = "STOP",
        before: int = 0,
        life: str | None = None,
    ) -> str:
        """`before`: so many epochs ago is what the master has heard of; `life`: of supervisord."""
        _, supervisord = self.local.pids
        order = CommandStart(
            command_id=f"r{number}",
            incarnation=self.local.incarnation,
            supervisord=supervisord,
            life=self.local.life if life is None else life,
            term=1,
            epoch=self.local.epoch - before,
            deadline=boottime() + within,
            namespec=namespec,
            grant=namespec,
            token=(1, number),
            isolation=isolation,
        )
        return (await self.obedience.obey(order)).answer


@asynccontextmanager
async def running(house: House, folder: Path, lease: float | None = None) -> AsyncIterator[Node]:
    """A node that is RUNNING; it leaves at the end of the block. `lease`: seconds that its record says."""
    node = Node(house, folder)
    try:
        await node.begin()
        await node.reaches(NodeState.RUNNING)
        if lease is not None:
            house.lease(lease)
        yield node
    finally:
        await node.end()


async def test_a_node_whose_deadman_acts_while_it_holds_its_lease_begins_anew(
    house: House, tmp_path: Path
) -> None:
    """The plugin's timer and the agent's clock may disagree about the instant of a late renewal."""
    house.configure()
    async with running(house, tmp_path) as node:
        epoch = node.local.epoch
        house.lease(1.6)
        assert await node.start("a:a", 1) == "ok"
        # The record runs out, though the voters renew the lease all the time.
        await soon(lambda: node.local.epoch > epoch, "a new epoch")
        await node.reaches(NodeState.RUNNING)
        assert node.publisher.processes["a:a"].state is ProcessState.STOPPED
        assert node.publisher.processes["b:b"].state is ProcessState.RUNNING, "nobody manages it"
        house.lease(30)
        assert await node.start("a:a", 2) == "ok", "and it obeys again"


async def test_an_order_that_the_node_cannot_obey_now_is_no_failure_of_the_program(
    house: House, tmp_path: Path
) -> None:
    """A start that comes too late, under a former epoch or without a lease is tried again, not given up."""
    house.configure()
    async with running(house, tmp_path) as node:
        assert await node.start("a:a", 1) == "unknown", "no record says that the lease is held"
        house.lease(30)
        assert await node.start("a:a", 2, within=-0.1) == "unknown"
        assert await node.start("a:a", 5, before=1) == "unknown"
        assert await node.start("none:none", 3) == "refused"
        assert await node.start("a:a", 4) == "ok"


async def test_a_node_that_loses_its_lease_comes_back_with_what_isolation_spares(
    house: House, tmp_path: Path
) -> None:
    """KEEP and ALLOW go on, under their tokens, with the same pids; only what is STOP must end first."""
    sleeper = "[program:{}]\ncommand=sleep 1000\nautostart=false\nstartsecs=0\n"
    house.configure("".join(map(sleeper.format, ("stop", "keep", "allow"))))
    async with running(house, tmp_path, lease=60) as node:
        for number, name in enumerate(("stop", "keep", "allow"), 1):
            assert await node.start(f"{name}:{name}", number, isolation=name.upper()) == "ok"
        processes = node.publisher.processes
        await soon(lambda: all(p.state is ProcessState.RUNNING for p in processes.values()), "all of them")
        before, epoch = dict(processes), node.local.epoch
        assert node.local.coordinator is not None
        node.local.coordinator.lapse(epoch)
        await soon(lambda: node.local.epoch > epoch, "a new epoch")
        await node.reaches(NodeState.RUNNING)
        assert processes["stop:stop"].state is ProcessState.STOPPED
        assert processes["keep:keep"] == before["keep:keep"]
        assert processes["allow:allow"] == before["allow:allow"]
        assert await node.start("stop:stop", 4) == "ok", "and it obeys under the new one"
        assert await node.start("keep:keep", 2, isolation="KEEP") == "ok", "it runs under this token already"
        assert processes["keep:keep"].pid == before["keep:keep"].pid


async def test_a_plugin_older_than_the_agent_keeps_no_node_out(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handover upgrades the agent alone: supervisord goes on with the plugin that it has."""
    house.configure()
    async with running(house, tmp_path, lease=60) as node:
        assert await node.start("a:a", 1) == "ok"
        await soon(lambda: node.publisher.processes["a:a"].state is ProcessState.RUNNING, "its start")
        supervision, epoch = node.local.supervision, node.local.epoch
        assert supervision is not None

        async def unknown_to_it() -> tuple[str, ...]:
            return tuple((await supervision._request("covered by nothing"))["alive"])

        monkeypatch.setattr(supervision, "covered", unknown_to_it)
        assert node.local.coordinator is not None
        node.local.coordinator.lapse(epoch)
        await soon(lambda: node.local.epoch > epoch, "a new epoch")
        await node.reaches(NodeState.RUNNING)
        assert node.publisher.processes["a:a"].state is ProcessState.STOPPED


async def test_a_program_is_scaled_by_the_masters_list_and_all_are_told(house: House, tmp_path: Path) -> None:
    house.configure(
        "[program:worker]\ncommand=sleep 1000\nprocess_name=worker_%(process_num)d\nautostart=false\n"
    )
    async with running(house, tmp_path, lease=60) as node:
        names = (ManagedName("worker:worker_0", "worker", "STOP"),)
        assert (await node.obedience.obey(CommandManage(1, names, {"worker:worker": 3}))).answer == "ok"
        await soon(
            lambda: sorted(node.publisher.processes) == [f"worker:worker_{n}" for n in range(3)],
            "three of them",
        )
        assert [one.index for _, one in sorted(node.publisher.processes.items())] == [0, 1, 2]
        assert await node.start("worker:worker_2", 1) == "ok"
        assert (await node.obedience.obey(CommandManage(1, names))).answer == "ok"
        await soon(lambda: len(node.publisher.processes) == 2, "all but what runs has gone")
        assert node.local.supervision is not None
        await node.local.supervision.stop_process("worker:worker_2")
        await soon(lambda: sorted(node.publisher.processes) == ["worker:worker_0"], "as its file says")


async def test_a_node_that_leaves_proves_it_of_its_own_incarnation_only(house: House, tmp_path: Path) -> None:
    """A copied machine that bears its name may leave: what the original runs goes on, under its grants."""
    house.configure()
    async with running(house, tmp_path) as node:
        incarnation = node.local.incarnation
    assert {proof.incarnation for proof in node.proofs} == {incarnation}


async def test_a_supervisord_that_still_ends_is_no_proof_of_death(house: House, tmp_path: Path) -> None:
    """A surplus process goes while the others are being stopped, and what there is is told anew."""
    deaf = house.folder / "deaf"
    house.configure(
        "[program:worker]\ncommand=sleep 1000\nprocess_name=worker_%(process_num)d\nautostart=false\n"
        "startsecs=0\npriority=2\n"
        f"[program:stubborn]\ncommand=sh -c 'trap \"\" TERM; touch {deaf}; while :; do sleep 0.1; done'\n"
        "autostart=false\nstartsecs=0\nstopwaitsecs=5\npriority=1\n"
    )
    async with running(house, tmp_path, lease=60) as node:
        names = (ManagedName("worker:worker_0", "worker", "STOP"),)
        assert (await node.obedience.obey(CommandManage(1, names, {"worker:worker": 2}))).answer == "ok"
        await soon(lambda: "worker:worker_1" in node.publisher.processes, "the second one")
        assert await node.start("worker:worker_1", 1) == "ok"
        assert await node.start("stubborn:stubborn", 2) == "ok"
        await soon(deaf.exists, "it hears no SIGTERM")
        snapshots = node.snapshots
        assert (await node.obedience.obey(CommandManage(1, names))).answer == "ok"
        await soon(lambda: node.snapshots > snapshots, "it is surplus")
        pid = node.publisher.processes["stubborn:stubborn"].pid
        supervision = node.local.supervision
        assert supervision is not None
        snapshots = node.snapshots
        await supervision._request("shutdown")
        await soon(lambda: node.snapshots > snapshots, "the surplus process has gone")
        assert alive(pid)
        assert node.proofs == []
        await soon(lambda: bool(node.proofs), "the proof")
        assert not alive(pid)


async def test_an_order_for_a_supervisord_before_its_reload_is_refused(house: House, tmp_path: Path) -> None:
    """A reload keeps the pid, and its proof of death frees what the order was given for."""
    house.configure()
    async with running(house, tmp_path, lease=60) as node:
        before, (_, pid) = node.local.life, node.local.pids
        assert before
        os.kill(pid, signal.SIGHUP)
        await soon(lambda: bool(node.proofs), "the proof of the reload")
        await node.reaches(NodeState.RUNNING)
        assert node.local.pids[1] == pid
        assert await node.start("a:a", 1, life=before) == "unknown"
        assert await node.start("a:a", 2) == "ok"
        assert await node.start("a:a", 2, life="") == "ok", "as a master of an earlier version words it"
