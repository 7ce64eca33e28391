"""What only the etcd engine has, against a real etcd: its seat, its beats, and etcd's own losses."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from tests.coordination.etcd_members import TTL, EtcdMembers
from tests.coordination.etcd_server import EtcdServer
from tests.waiting import soon
from tuiconsole.clock import boottime
from tuiconsole.coordination.coordinator import LostLeadership, OutcomeUnknown, Versioned
from tuiconsole.model.agreement import Agreement
from tuiconsole.settings.timing import Timing

pytestmark = pytest.mark.etcd

OTHERWISE = Agreement({"node_lease": "8"}, {})


@pytest.fixture(params=[1, 3], ids=["one member", "three members"], scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[EtcdServer]:
    made = EtcdServer(tmp_path_factory.mktemp("etcd"), request.param)
    made.start()
    yield made
    made.kill()


@pytest_asyncio.fixture
async def nodes(server: EtcdServer) -> AsyncIterator[EtcdMembers]:
    made = EtcdMembers(server)
    server.start()
    try:
        for name in "abc":
            made.start(name)
        await made.a_leader()
        yield made
    finally:
        await made.stop_all()


@pytest.mark.alone
async def test_a_leader_that_dies_without_a_word_is_followed_within_its_ttl(nodes: EtcdMembers) -> None:
    leader = await nodes.a_leader()
    written = await leader.replace(b"grants", await leader.read())

    async def dead() -> None:
        """What kill -9 leaves: a seat whose beats have ended."""

    leader._engine.seat.resign = dead
    await nodes.stop(nodes.name_of(leader))
    stopped = boottime()
    following = await nodes.a_leader()
    took = boottime() - stopped
    print(f"followed within {took:.2f} s")
    assert took < TTL + 1.5
    assert took > 1.0, "somebody has taken the seat of a leader that may still act"
    read = await following.read()
    assert read.value == b"grants"
    assert read.term > written.term
    assert read.version == written.version


async def test_a_leader_that_was_deposed_writes_nothing_however_sure_it_is(nodes: EtcdMembers) -> None:
    leader = await nodes.a_leader()
    value = await leader.read()
    # Its beats are lost, and it believes that it leads: what a paused process believes.
    seat = leader._engine.seat

    async def silent() -> None:
        seat.held_until = boottime() + 100

    seat._beat = silent
    await nodes.when(lambda: len(nodes.leaders()) == 2)
    assert leader in nodes.leaders()
    with pytest.raises(LostLeadership):
        await leader.replace(b"stale", value)
    with pytest.raises(LostLeadership):
        await leader.read()
    with pytest.raises(LostLeadership):
        await leader.raise_epoch("x")


async def test_a_leader_that_resigns_late_takes_nothing_from_the_next_one(nodes: EtcdMembers) -> None:
    leader = await nodes.a_leader()
    seat = leader._engine.seat
    held: list[object] = []
    beat = seat._beat

    async def silent() -> None:
        held.append(None)

    seat._beat = silent
    await nodes.when(lambda: bool([one for one in nodes.leaders() if one is not leader]))
    (following,) = [one for one in nodes.leaders() if one is not leader]
    lost: list[object] = []
    following.on_leadership(lost.append)
    seat._beat = beat
    await nodes.stop(nodes.name_of(leader))
    value = await following.replace(b"goes on", await following.read())
    assert value.term == following.leadership.term
    assert not lost


async def test_a_seat_whose_taking_was_not_answered_is_sat_on_and_not_waited_for(nodes: EtcdMembers) -> None:
    from tuiconsole.coordination.etcd.store import NoAnswer

    leader = await nodes.a_leader()
    taken: list[int] = []

    def losing(transact: Callable[..., Any]) -> Callable[..., Any]:
        async def lost(*asked: Any) -> Any:
            held, read = await transact(*asked)
            if held and read and not taken:
                taken.append(read[0][0].create)
                raise NoAnswer("it was lost on its way")
            return held, read

        return lost

    for member in nodes.members.values():
        if member is not leader:
            store = member._engine.seat._store
            store.transact = losing(store.transact)
    await nodes.stop(nodes.name_of(leader))
    following = await nodes.a_leader()
    assert [following.leadership.term] == taken


async def test_a_write_whose_second_try_is_answered_first_is_known_to_be_done(nodes: EtcdMembers) -> None:
    leader = await nodes.a_leader()
    value = await leader.read()
    store = leader._engine._register._store
    transact = store.transact

    async def twice(*asked: Any) -> Any:
        await transact(*asked)
        answer = await transact(*asked)
        store.repeated = True
        return answer

    store.transact = twice
    written = await leader.replace(b"once", value)
    store.transact = transact
    assert written.value == b"once"
    assert await leader.read() == written


async def test_a_write_that_etcd_answers_late_is_tried_again_until_its_outcome_is_known(
    nodes: EtcdMembers, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A try is given up long before the seat is lost: the two end together otherwise.
    monkeypatch.setattr("tuiconsole.coordination.etcd.store.ATTEMPT", 0.3)

    async def written(late: bytes) -> bool:
        """Whether a write that was not answered at first was known to be done in the end."""
        leader = await nodes.a_leader()
        before = await leader.read()
        store = leader._engine._register._store
        with nodes.server.frozen():
            writing = asyncio.get_running_loop().create_task(leader.replace(late, before))
            await soon(lambda: store.trouble is not None or writing.done(), "a try without an answer")
        try:
            after = await writing
            assert await leader.read() == after
            assert after.value == late
        except (OutcomeUnknown, LostLeadership):  # this machine was busy for longer than a seat holds
            read = await (await nodes.a_leader()).read()
            assert read.value in (before.value, late)
            return False
        return True

    assert await written(b"one") or await written(b"two") or await written(b"three")


async def test_whatever_is_asked_while_the_engine_ends_is_answered_with_its_end(nodes: EtcdMembers) -> None:
    leader = await nodes.a_leader()
    engine, asked = leader._engine, list[Future[Versioned]]()

    def ask_until_it_has_ended() -> None:
        with contextlib.suppress(LostLeadership):
            while True:
                asked.append(engine.ask(lambda register: register.read()))
                # Not after the answer: some shall be on their way to the thread at any moment.
                time.sleep(0.0002)

    asking = threading.Thread(target=ask_until_it_has_ended)
    asking.start()
    await soon(lambda: asked and asked[0].done())
    await asyncio.to_thread(engine.stop)
    await asyncio.to_thread(asking.join)
    for one in asked:
        # Not cancelled: whoever asked would take that for an end of its own.
        assert isinstance(one.exception(timeout=0), (LostLeadership, type(None)))


async def test_no_two_lead_while_etcd_comes_and_goes(nodes: EtcdMembers) -> None:
    at_once: list[int] = []

    async def watch() -> None:
        # Looked at all the time: that two lead at once would be an event of neither.
        while True:
            at_once.append(len(nodes.leaders()))
            await asyncio.sleep(0.002)

    watching = asyncio.get_running_loop().create_task(watch())
    for _ in range(2):
        nodes.server.kill()
        await nodes.when(lambda: not nodes.leaders())
        assert "start etcd" in nodes.members["a"].trouble
        nodes.server.start()
        await nodes.a_leader()
    watching.cancel()
    assert max(at_once) == 1


def more_than(count: int, things: Sequence[object]) -> bool:
    return len(things) > count


@pytest.mark.alone
@pytest.mark.parametrize("server", [3], ids=["three members"], indirect=True)
async def test_the_loss_of_one_member_costs_no_lease(nodes: EtcdMembers) -> None:
    nodes.timing = Timing()  # a lease as operators have it, not one of two seconds
    node = await nodes.held("x")
    lost: list[object] = []
    node.on_lease_lapsing(lost.append)
    deadlines = nodes.deadlines["x"]
    for number in range(3):
        nodes.server.kill(number)
        for _ in range(3):
            await nodes.when(partial(more_than, len(deadlines), deadlines))
        nodes.server.start(number)
        await soon(lambda: node.quorum.present == 3)
    assert not lost
    leader = await nodes.a_leader()
    await leader.replace(b"goes on", await leader.read())


@pytest.mark.parametrize("server", [1], ids=["one member"], indirect=True)
async def test_a_node_with_another_file_gets_no_lease_and_knows_in_what_it_differs(
    nodes: EtcdMembers,
) -> None:
    odd = nodes.start("x", agreement=OTHERWISE)
    await odd.join()
    await soon(lambda: odd.kept_out is not None)
    assert odd.kept_out == (
        "it is kept out: its cluster file differs from the one in force in node_lease (8, not 2); "
        "give it that one and start its agent again"
    )
    assert odd.lease is None
    await nodes.stop("x")
    mended = await nodes.held("x")
    assert mended.kept_out is None


async def counted(counts: dict[str, int], name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    await work()
    counts[name] += 1


@pytest.mark.parametrize("server", [1], ids=["one member"], indirect=True)
async def test_an_odd_core_node_never_leads_and_a_majority_puts_its_file_in_force(nodes: EtcdMembers) -> None:
    """The file is changed on one core node after the other; the last one leads on until it is, too."""
    node = await nodes.held("x")
    lapsing: list[object] = []
    node.on_lease_lapsing(lapsing.append)
    first = await nodes.a_leader()
    await first.replace(b"grants", await first.read())
    (old, *others) = sorted("abc", key=lambda name: nodes.members[name] is not first)
    await nodes.stop(others[0])
    odd = nodes.start(others[0], agreement=OTHERWISE)
    await nodes.stop(old)
    assert await nodes.a_leader() is nodes.members[others[1]]
    assert not lapsing
    nodes.start(old, agreement=OTHERWISE)
    # Two of three go by the new file; it is in force when the last leader under the former one is gone. Both
    # stand for the seat again and again, and must not take it.
    stood = {others[0]: 0, old: 0}
    for name in stood:
        seat = nodes.members[name]._engine.seat
        seat._stand = partial(counted, stood, name, seat._stand)
    await soon(lambda: min(stood.values()) >= 4, "that both have stood")
    assert nodes.leaders() == [nodes.members[others[1]]]
    await nodes.stop(others[1])
    leader = await nodes.a_leader()
    assert leader in (odd, nodes.members[old])
    assert (await leader.read()).value == b"grants"
    await soon(lambda: bool(lapsing), "the end of a lease under the former file")
    assert "node_lease (2, not 8)" in (node.kept_out or "")
