"""A managed program runs only under a grant, whoever asks supervisord for it."""

from __future__ import annotations

import asyncio
import os
import signal
import xmlrpc.client

import pytest
from supervisor.xmlrpc import SupervisorTransport

from tests.supervision.supervision_house import House
from tests.supervision.test_configuration import supervisorctl
from tuiconsole.clock import boottime
from tuiconsole.supervision.events import Snapshot, SupervisordUp, Unguarded
from tuiconsole.supervision.node import OwnRules

PROGRAMS = """
[program:managed]
command=sleep 1000
autostart=true
autorestart=true
startsecs=0
[program:free]
command=sleep 1000
autostart=false
startsecs=0
"""
MANAGED = [{"namespec": "managed:managed", "grant": "managed"}]


def proxy(house: House) -> xmlrpc.client.ServerProxy:
    transport = SupervisorTransport(None, None, f"unix://{house.folder}/http.sock")
    return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)


def is_up(house: House, pid: int) -> bool:
    process = house.snapshot()["managed:managed"]
    return process.pid == pid and process.state == "RUNNING"


async def managed_house(house: House, guard: str = "deny") -> None:
    """A node whose managed program was stopped before it was put on the list."""
    house.configure(PROGRAMS)
    await house.up()
    assert "stopped" in await supervisorctl(house, "stop", "managed")
    await house.state("managed:managed", "STOPPED")
    wire = house.wire()
    assert wire.ask("manage", programs=MANAGED, guard=guard)["ok"]
    wire.close()


async def test_supervisorctl_and_xml_rpc_cannot_start_it_and_are_told_what_to_do(house: House) -> None:
    await managed_house(house)
    house.lease(30)
    assert "ERROR (spawn error)" in await supervisorctl(house, "start", "managed")
    with pytest.raises(xmlrpc.client.Fault, match="has no grant: tuiconsole start managed"):
        await asyncio.to_thread(proxy(house).supervisor.startProcess, "managed")
    assert house.snapshot()["managed:managed"].state == "STOPPED"
    assert "started" in await supervisorctl(house, "start", "free"), "nobody manages it"


async def test_autostart_waits_for_a_grant_also_before_any_agent_has_spoken(house: House) -> None:
    """The list is on disk: a new supervisord knows it at its first breath."""
    await managed_house(house)
    house.lease(60)
    before = len(house.events)
    supervisord = house.supervisions[0].pids.supervisord
    assert supervisord
    os.kill(supervisord, signal.SIGKILL)
    await house.hear_of(SupervisordUp, before)
    await house.hear_of(Snapshot, before)
    wire = house.wire()
    state = wire.ask("snapshot")["result"]["processes"]
    assert {one["name"]: one["state"] for one in state}["managed"] == "STOPPED"
    assert wire.start("managed:managed", grant="managed")["ok"]
    wire.close()


@pytest.mark.parametrize("own", [OwnRules(("managed",)), OwnRules(patterns=("^man", "nobody"))])
async def test_what_the_nodes_own_rules_name_is_guarded_before_a_master_was_ever_heard(
    house: House, own: OwnRules
) -> None:
    house.configure(PROGRAMS.replace("autostart=false", "autostart=true"))
    await house.up(own)
    house.lease(30)
    assert "RUNNING" in await supervisorctl(house, "status", "free"), "nobody manages it"
    words = await supervisorctl(house, "start", "managed")
    assert "spawn error" in words, words
    assert house.snapshot()["managed:managed"].pid == 0, "autostart must not have run it either"
    wire = house.wire()
    assert wire.start("managed:managed", grant="managed")["ok"]
    wire.close()


async def test_a_report_guard_reports_also_before_a_master_was_ever_heard(house: House) -> None:
    house.configure(PROGRAMS.replace("autostart=true", "autostart=false"))
    await house.up(OwnRules(("managed",), guard="report"))
    assert "started" in await supervisorctl(house, "start", "managed")
    assert (await house.hear_of(Unguarded)).namespec == "managed:managed"


async def test_a_masters_list_comes_with_the_rules_of_the_node_as_they_are_now(house: House) -> None:
    """An agent may have come back with other rules, while supervisord went on."""
    house.configure(PROGRAMS.replace("autostart=true", "autostart=false"))
    await house.up(OwnRules(("managed",)))
    house.lease(30)
    wire = house.wire()
    assert wire.ask("manage", programs=[], names=["free"], patterns=[])["ok"]
    assert "started" in await supervisorctl(house, "start", "managed")
    assert "spawn error" in await supervisorctl(house, "start", "free")
    assert not wire.ask("manage", programs=[], names=["free"], patterns=["("])["ok"]
    wire.close()


async def test_autorestart_goes_on_under_a_grant_and_ends_with_it(house: House) -> None:
    await managed_house(house)
    house.lease(30)
    wire = house.wire()
    pid = wire.start("managed:managed", grant="managed")["result"]["pid"]
    await house.hear(lambda _: is_up(house, pid))
    before = len(house.events)
    os.kill(pid, signal.SIGKILL)
    again = await house.state("managed:managed", "RUNNING", after=before)
    assert again.pid not in (0, pid)
    wire.ask("release", grant="managed", namespecs=[], floor=[1, 1], term=1, epoch=1)
    before = len(house.events)
    os.kill(again.pid, signal.SIGKILL)
    await house.state("managed:managed", "EXITED", after=before)
    assert not await house.hears(
        lambda event: (
            getattr(getattr(event, "process", None), "state", "") == "STARTING"
            and house.events.index(event) >= before
        ),
        within=1.5,
    )
    wire.close()


async def test_report_lets_it_run_and_says_so(house: House) -> None:
    await managed_house(house, "report")
    assert "started" in await supervisorctl(house, "start", "managed")
    told = await house.hear_of(Unguarded)
    assert told.namespec == "managed:managed"


@pytest.mark.parametrize(("isolation", "goes_on"), [("STOP", False), ("ALLOW", False), ("KEEP", True)])
async def test_what_ended_under_an_epoch_that_is_over_cannot_be_started_by_hand_under_its_token(
    house: House, isolation: str, goes_on: bool
) -> None:
    """It may run elsewhere by now, but for KEEP: its grant is still here."""
    house.configure(PROGRAMS.replace("autorestart=true", "autorestart=false"))
    await house.up()
    house.lease(60)
    wire = house.wire()
    await supervisorctl(house, "stop", "managed")
    pid = wire.start("managed:managed", grant="managed", isolation=isolation)["result"]["pid"]
    await house.hear(lambda _: is_up(house, pid))
    before = len(house.events)
    os.kill(pid, signal.SIGKILL)
    await house.state("managed:managed", "EXITED", after=before)
    assert wire.ask("rejoin", epoch=2)["ok"]
    words = await supervisorctl(house, "start", "managed")
    assert ("started" in words) is goes_on, words
    wire.close()


async def test_what_is_disabled_nobody_starts_even_where_the_guard_only_reports(house: House) -> None:
    await managed_house(house)
    house.lease(30)
    wire = house.wire()
    entry = {**MANAGED[0], "disabled": "ada at noon: noisy"}
    assert wire.ask("manage", programs=[entry], guard="report")["ok"]
    remedy = "managed:managed is disabled by ada at noon: noisy: tuiconsole enable managed:managed"
    with pytest.raises(xmlrpc.client.Fault, match=remedy):
        await asyncio.to_thread(proxy(house).supervisor.startProcess, "managed")
    start = {"namespec": "managed:managed", "grant": "managed", "token": [1, 1], "term": 1, "epoch": 1}
    refused = wire.ask("start", **start, deadline=boottime() + 10)
    assert (refused["error"], refused["reason"]) == ("disabled", remedy)
    assert wire.ask("manage", programs=MANAGED, guard="report")["ok"]
    assert wire.ask("start", **start, deadline=boottime() + 10)["ok"]
    wire.close()


async def test_what_is_disabled_while_it_runs_goes_on_and_is_not_restarted(house: House) -> None:
    await managed_house(house)
    house.lease(30)
    wire = house.wire()
    start = {"namespec": "managed:managed", "grant": "managed", "token": [1, 1], "term": 1, "epoch": 1}
    assert wire.ask("start", **start, deadline=boottime() + 10)["ok"]
    await house.state("managed:managed", "RUNNING")
    entry = {**MANAGED[0], "disabled": "ada at noon"}
    assert wire.ask("manage", programs=[entry])["ok"]
    pid = house.snapshot()["managed:managed"].pid
    os.kill(pid, signal.SIGKILL)
    await house.state("managed:managed", "EXITED")
    with pytest.raises(xmlrpc.client.Fault, match="is disabled by ada"):
        await asyncio.to_thread(proxy(house).supervisor.startProcess, "managed")
    assert house.snapshot()["managed:managed"].state == "EXITED"
    wire.close()
