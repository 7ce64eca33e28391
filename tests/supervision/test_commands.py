"""Commands obey terms, epochs, tokens, floors and deadlines, also over a restart of supervisord."""

from __future__ import annotations

import asyncio
import json
import os
import signal

import pytest

from tests.supervision.supervision_house import House
from tuiconsole.clock import boottime
from tuiconsole.supervision.events import Refused, Snapshot, Unavailable
from tuiconsole.supervision.node import Managed


async def test_start_and_stop_are_told_by_events(house: House) -> None:
    house.configure()
    supervision = await house.up()
    house.lease(30)
    result = await supervision.start_process(
        "a:a", grant="a", token=(1, 1), term=1, epoch=1, deadline=boottime() + 5, request_id="r1"
    )
    running = await house.state("a:a", "RUNNING")
    assert (running.pid, running.token) == (result["pid"], (1, 1))
    assert 0 < running.started_at <= running.changed_at <= boottime()
    again = await supervision.start_process(
        "a:a", grant="a", token=(1, 1), term=1, epoch=1, deadline=boottime() + 5, request_id="r1"
    )
    assert again["pid"] == result["pid"]
    assert again["repeated"]
    await supervision.stop_process("a:a", term=1, epoch=1, request_id="r2")
    stopped = await house.state("a:a", "STOPPED")
    assert (stopped.expected_exit, stopped.pid, stopped.reason) == (True, 0, "stopped on request")


async def test_every_refusal_has_a_code_and_words(house: House) -> None:
    house.configure(
        "[program:slow]\ncommand=sh -c 'trap \"\" TERM; echo >%(here)s/trap; while :; do sleep 1; done'\n"
        "autostart=false\nstartsecs=0\nstopwaitsecs=30\n"
        "[program:a]\ncommand=sleep 100\nautostart=false\nstartsecs=0\n"
    )
    await house.up()
    wire = house.wire()
    assert wire.start("a:a")["error"] == "no_lease", "a missing record holds nothing"
    house.lease(0.5)
    assert wire.start("a:a")["error"] == "no_lease", "its stop time has come"
    house.lease(30)
    assert wire.start("no:such")["error"] == "unknown"
    assert wire.start("a:a", deadline=boottime() - 1)["error"] == "expired"
    assert wire.start("a:a", term=5, epoch=5, number=9)["ok"]
    assert wire.start("a:a", term=5, epoch=5, number=9)["result"]["already"]
    running = wire.start("a:a", term=5, epoch=5, number=10)
    assert running["error"] == "running"
    assert "token 1-9" in running["reason"]
    assert wire.start("a:a", term=4, epoch=5)["error"] == "stale_term"
    assert wire.start("a:a", term=5, epoch=4)["error"] == "stale_epoch"
    assert wire.stop("a:a", term=4, epoch=5)["error"] == "stale_term"
    assert wire.ask("stop", namespec="a:a", grant="a:a", floor=[1, 1])["error"] == "bad_request", "no term"
    assert wire.ask("stop", namespec="a:a")["ok"], "a person's word, where there is no master, is never stale"
    await house.state("a:a", "STOPPED")
    assert wire.start("a:a", 8, term=5, epoch=5)["error"] == "stale_token", "older than one obeyed"
    os.mkfifo(house.folder / "trap")
    assert wire.start("slow:slow", term=5, epoch=5)["ok"]
    await asyncio.to_thread((house.folder / "trap").read_text)  # its shell has set the trap
    assert wire.stop("slow:slow", term=5, epoch=5)["result"]["state"] == "STOPPING"
    stopping = wire.start("slow:slow", 2, term=5, epoch=5)
    assert (stopping["error"], stopping["reason"]) == ("stopping", "slow:slow is stopping")
    wire.close()


async def test_terms_epochs_and_floors_outlive_supervisord(house: House) -> None:
    house.configure()
    supervision = await house.up()
    house.lease(60)
    wire = house.wire()
    assert wire.start("a:a", 4, grant="app", term=3, epoch=2)["ok"]
    assert wire.ask("manage", programs=[{"namespec": "a:a", "grant": "app"}])["ok"]
    fields = {"grant": "app", "namespecs": ["a:a"], "floor": [1, 4], "term": 3, "epoch": 2}
    assert wire.ask("release", **fields)["result"] == {"clear": False, "running": ["a:a"], "floor": [1, 4]}
    assert wire.stop("a:a", term=3, epoch=2)["ok"]
    await house.state("a:a", "STOPPED")
    assert wire.ask("release", **fields)["result"]["clear"]
    wire.close()
    before = len(house.events)
    assert supervision.pids.supervisord
    os.kill(supervision.pids.supervisord, signal.SIGKILL)
    await house.hear_of(Snapshot, before)
    wire = house.wire()
    assert wire.start("a:a", 5, grant="app", term=2, epoch=2)["error"] == "stale_term"
    assert wire.start("a:a", 5, grant="app", term=3, epoch=1)["error"] == "stale_epoch"
    assert wire.start("a:a", 4, grant="app", term=3, epoch=2)["error"] == "stale_token"
    assert wire.start("a:a", 5, grant="app", term=3, epoch=2)["ok"]
    wire.close()


async def test_a_token_older_than_one_obeyed_is_refused_by_the_next_supervisord_and_to_the_next_agent(
    house: House,
) -> None:
    """No release has voided it: that a newer one was obeyed is enough, and is not forgotten."""
    house.configure()
    first = await house.up()
    house.lease(60)
    wire = house.wire()
    assert wire.start("a:a", 4, grant="app", term=3, epoch=2)["ok"]
    wire.close()
    await first.close()
    second = await house.up()
    assert second.pids == first.pids, "the next agent finds the same shim and supervisord"

    async def refused(number: int, term: int, epoch: int) -> str:
        with pytest.raises(Refused) as refusal:
            await second.start_process(
                "a:a",
                grant="app",
                token=(1, number),
                term=term,
                epoch=epoch,
                deadline=boottime() + 5,
                request_id=f"{number}-{term}-{epoch}",
            )
        return refusal.value.code

    assert await refused(3, 3, 2) == "stale_token"
    assert await refused(4, 2, 2) == "stale_term"
    assert await refused(4, 3, 1) == "stale_epoch"
    before = len(house.events)
    assert second.pids.supervisord
    os.kill(second.pids.supervisord, signal.SIGKILL)
    await house.hear_of(Snapshot, before)
    assert await refused(3, 3, 2) == "stale_token"
    assert await refused(4, 2, 2) == "stale_term"
    assert await refused(4, 3, 1) == "stale_epoch"
    # What was obeyed is still current: the same token starts its other processes, and this one again.
    await second.start_process(
        "a:a", grant="app", token=(1, 4), term=3, epoch=2, deadline=boottime() + 5, request_id="again"
    )


async def test_a_floor_keeps_autorestart_from_bringing_a_released_program_back(house: House) -> None:
    house.configure("[program:a]\ncommand=sleep 100\nautostart=false\nstartsecs=0\nautorestart=true\n")
    await house.up()
    house.lease(60)
    wire = house.wire()
    pid = wire.start("a:a", 1)["result"]["pid"]
    os.kill(pid, signal.SIGKILL)
    await house.state("a:a", "EXITED")
    restarted = await house.state("a:a", "RUNNING", after=len(house.events) - 1)
    assert (restarted.token, restarted.pid == pid) == ((1, 1), False)
    wire.ask("release", grant="a:a", namespecs=["a:a"], floor=[1, 1], term=1, epoch=1)
    os.kill(restarted.pid, signal.SIGKILL)
    await house.state("a:a", "EXITED", after=len(house.events))
    answer = wire.ask("release", grant="a:a", namespecs=["a:a"], floor=[1, 1], term=1, epoch=1)
    assert answer["result"]["clear"]
    assert "void" in {p["namespec"] if "namespec" in p else p["group"]: p for p in
                      wire.ask("snapshot")["result"]["processes"]}["a"]["reason"]  # fmt: skip
    wire.close()


async def test_start_then_stop_at_once_never_loses_the_signal(house: House) -> None:
    house.configure("[program:a]\ncommand=sleep 100\nautostart=false\nstartsecs=0\nstopwaitsecs=20\n")
    await house.up()
    house.lease(120)
    wire = house.wire()
    for number in range(1, 41):
        before = len(house.events)
        assert wire.start("a:a", number)["ok"]
        assert wire.stop("a:a")["ok"]
        stopped = await house.state("a:a", "STOPPED", after=before)
        assert stopped.exit_status == -signal.SIGTERM, "SIGKILL would mean that TERM was lost"
    wire.close()


async def test_a_stop_ends_a_backoff(house: House) -> None:
    house.configure("[program:a]\ncommand=false\nautostart=false\nstartsecs=1\nstartretries=50\n")
    await house.up()
    house.lease(60)
    wire = house.wire()
    assert wire.start("a:a")["ok"]
    backoff = await house.state("a:a", "BACKOFF")
    assert (backoff.exit_status, backoff.expected_exit) == (1, False)
    assert wire.stop("a:a")["result"]["state"] == "STOPPED"
    wire.close()


async def test_bad_input_is_counted_and_answered(house: House) -> None:
    house.configure()
    await house.up()
    wire = house.wire()
    for raw in (b"not json", b"[1]", b'{"id": 1}', b'{"id": 1, "op": "start"}', b"[" * 100_000, b"\xff\xfe"):
        wire.send(raw)
        answer = wire.read()
        assert (answer["ok"], answer["error"]) == (False, "bad_request")
    for fields in ({"token": [1]}, {"token": "x"}, {"term": -1}, {"deadline": "soon"}, {"grant": ""}):
        assert wire.start("a:a", **fields)["error"] == "bad_request"
    wire.send(b"x" * 1_100_000)
    assert wire.read()["reason"].startswith("a line may have")
    counters = wire.ask("hello")["result"]["counters"]
    assert (counters["malformed"], counters["oversized"], counters["faults"]) == (11, 1, 0)
    wire.close()


async def test_a_client_that_comes_back_gets_what_it_missed_or_a_gap(house: House) -> None:
    house.configure()
    await house.up()
    house.lease(60)
    wire = house.wire()
    hello = wire.ask("hello")["result"]
    assert hello["gap"]
    assert {process["name"] for process in hello["snapshot"]["processes"]} == {"a", "b"}
    wire.close()
    wire = house.wire()
    assert wire.start("a:a")["ok"]
    await house.state("a:a", "RUNNING")
    again = wire.ask("hello", since=hello["seq"], stream=hello["stream"])["result"]
    assert (again["gap"], again["snapshot"]) == (False, None)
    missed = [wire.read() for _ in range(again["seq"] - hello["seq"])]
    assert [event["seq"] for event in missed] == list(range(hello["seq"] + 1, again["seq"] + 1))
    assert [event["state"] for event in missed][-2:] == ["STARTING", "RUNNING"]
    for since, stream in (
        (again["seq"] + 1, hello["stream"]),
        (hello["seq"], "another"),
        (-1, hello["stream"]),
    ):
        assert wire.ask("hello", since=since, stream=stream)["result"]["gap"]
    wire.close()


async def test_commands_without_a_supervisord_say_so(house: House) -> None:
    house.configure()
    supervision = await house.up()
    with pytest.raises(Refused) as refused:
        await supervision.stop_process("no:such", term=1, epoch=1)
    assert (refused.value.code, str(refused.value)) == ("unknown", "supervisord has no program no:such")
    await supervision.manage([Managed("a:a", "a")], term=1)
    saved = json.loads(json.loads((house.state_dir / "plugin" / "plugin.json").read_text())["body"])
    assert saved["managed"] == {"a:a": ["a", "STOP"]}
    await supervision.kill_everything()
    with pytest.raises(Unavailable):
        await supervision.release("a", ["a:a"], floor=(1, 1), term=1, epoch=1)


async def test_damaged_standing_orders_are_reported_and_never_ignored(house: House) -> None:
    house.configure()
    (house.state_dir / "plugin").mkdir(parents=True)
    (house.state_dir / "plugin" / "plugin.json").write_text('{"crc": 1, "body": "{}"}')
    supervision = house.agent()
    await supervision.start()
    assert supervision.pids.shim
    house.shims.add(supervision.pids.shim)
    failure = await house.hear(lambda event: hasattr(event, "reason"))
    assert "plugin.json is damaged" in failure.reason  # type: ignore[union-attr]
