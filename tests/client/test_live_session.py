"""The console's session: it follows, asks, and repairs its connection; a lost agent is never raised."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
import pytest_asyncio

from tests.client.fake_agent import Answer, Replies, Town, event, shows_status, status
from tuiconsole.client import agent_line, carrying, lookout
from tuiconsole.client.live import LiveSession, connect
from tuiconsole.client.lookout import FIRST_PATIENCE
from tuiconsole.model.requests import Action, Outcome, Progress, Verdict
from tuiconsole.wire.coding import encode, in_parts
from tuiconsole.wire.replies import Acted, Failed, Followed, LogChunk, Maintained, Reply
from tuiconsole.wire.requests import Act, Cancel, Follow, Maintain, ReadLog, Request
from tuiconsole.wire.version import VERSION

PATIENCE = 8.0


@pytest_asyncio.fixture
async def session(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveSession]:
    monkeypatch.setattr(lookout, "LOST_AFTER", 0.5)
    monkeypatch.setattr(agent_line, "FOLLOW_EVERY", 0.1)
    found = await connect(town.cluster, "console_1", town.key)
    yield found
    await found.close()


async def until(session: LiveSession, true: Callable[[], bool]) -> None:
    """Follow the session until something is true."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while not true():
        await asyncio.wait_for(session.changed(), end - asyncio.get_running_loop().time())


def with_status(answer: Answer) -> Answer:
    """An agent that shows a status, and answers the rest as told."""
    plain = shows_status("console_1")

    def both(request: Request) -> Replies | None:
        return plain(request) or answer(request)

    return both


async def test_it_shows_status_events_and_link(town: Town, session: LiveSession) -> None:
    status, link = session.status, session.link
    assert status is None
    assert session.age == float("inf")
    assert not link.connected
    town.agent("console_1")
    await until(session, lambda: session.link.agent == "console_1")
    assert session.link.connected
    assert session.status is not None
    assert session.age < PATIENCE
    assert session.events == (event(1),)


async def test_another_agent_stands_in_until_the_own_one_is_back(town: Town, session: LiveSession) -> None:
    town.agent("server_1")
    own = town.agent("console_1")
    await until(session, lambda: session.link.agent == "console_1")
    town.die(own)
    await until(session, lambda: session.link.agent == "server_1")
    assert session.link.connected
    assert "console_1" in session.link.reason
    town.agent("console_1")
    await until(session, lambda: session.link.agent == "console_1")
    assert session.events == (event(1),), "each agent repeats its past, the operator reads it once"


async def test_when_all_are_lost_it_says_so_and_keeps_what_it_knew(town: Town, session: LiveSession) -> None:
    own = town.agent("console_1")
    await until(session, lambda: session.link.connected)
    town.die(own)
    await until(session, lambda: not session.link.connected)
    assert session.status is not None
    assert session.link.reason


async def test_while_another_agent_answers_it_never_says_that_none_does(
    town: Town, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "LOST_AFTER", 3.0)
    monkeypatch.setattr(lookout, "UNEASY_AFTER", 0.5)
    town.agent("server_1")
    own = town.agent("console_1")
    await until(session, lambda: session.link.agent == "console_1")
    town.die(own)
    said: list[bool] = []

    def replaced() -> bool:
        said.append(session.link.connected)
        return session.link.agent == "server_1"

    await until(session, replaced)
    assert all(said)


async def test_an_agent_of_another_version_is_told_as_such_with_the_remedy(
    town: Town, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_its_own_version(reply: Reply) -> bytes:
        return encode(msgspec.structs.replace(reply, version=VERSION + 1))

    monkeypatch.setattr("tests.client.fake_agent.encode", in_its_own_version)
    town.agent("console_1")
    await until(session, lambda: "speaks another version" in session.link.reason)
    assert "install the same" in session.link.reason
    assert not session.link.connected


async def test_a_status_that_is_no_longer_understood_is_as_good_as_silence(
    town: Town, session: LiveSession
) -> None:
    seen = status("console_1")

    def answer(request: Request) -> Replies | None:
        return [(Followed(in_parts(seen), (event(1),)), False)] if isinstance(request.body, Follow) else None

    town.agent("console_1", answer)
    await until(session, lambda: session.link.connected and session.status == seen)
    # A status of another version: its name is no word.
    seen = msgspec.structs.replace(seen, cluster=7)
    await until(session, lambda: session.status is not None and "another version" in session.link.reason)
    assert not session.link.connected
    assert session.age > 0.0
    assert session.status is not None
    assert session.status.cluster == "tale", "what was known stays"
    town.agent("server_1")
    await until(session, lambda: session.link.agent == "server_1")


@pytest.mark.parametrize("node", ["console_1", "server_1"])
async def test_an_agent_that_is_slow_to_answer_is_waited_for(
    town: Town, session: LiveSession, node: str
) -> None:
    plain = shows_status(node)
    slow = threading.Event()

    def answer(request: Request) -> Replies | None:
        slow.wait(FIRST_PATIENCE + 1.0)
        return plain(request)

    town.agent(node, answer)
    await until(session, lambda: session.link.agent == node)
    slow.set()


async def test_a_request_tells_progress_then_the_outcome(town: Town, session: LiveSession) -> None:
    town.agent(
        "console_1",
        with_status(
            lambda _request: [
                (Acted(Progress("a", "starts", 1, 2)), False),
                (Acted(Outcome("a", Verdict.DONE, "started")), True),
            ]
        ),
    )
    await until(session, lambda: session.link.connected)
    steps = [step async for step in session.request(Action.START, ["a"])]
    assert steps == [Progress("a", "starts", 1, 2), Outcome("a", Verdict.DONE, "started")]


async def test_a_maintenance_of_a_node_is_asked_of_that_very_node(town: Town, session: LiveSession) -> None:
    town.agent("console_1")
    other = town.agent(
        "server_2",
        lambda request: [(Maintained(60.0), True)] if isinstance(request.body, Maintain) else None,
    )
    await until(session, lambda: session.link.connected)
    [step] = [step async for step in session.request(Action.MAINTAIN, ["server_2"], seconds=60.0)]
    assert step == Outcome("server_2", Verdict.DONE, "is in maintenance for 60 s: its agent may be down")
    assert [request.body for request in other.requests] == [Maintain(60.0)]


async def test_what_places_nothing_is_carried_by_any_agent_with_all_that_was_said(
    town: Town, session: LiveSession
) -> None:
    other = town.agent(
        "server_1",
        with_status(lambda _request: [(Acted(Outcome("a:p", Verdict.DONE, "scaled to 3")), True)]),
    )
    await until(session, lambda: session.link.agent == "server_1")
    [step] = [step async for step in session.request(Action.SCALE, ["a:p"], number=3, reason="busy")]
    assert isinstance(step, Outcome)
    assert step.verdict is Verdict.DONE
    [act] = [request.body for request in other.requests if isinstance(request.body, Act)]
    assert (act.number, act.reason, act.origin) == (3, "busy", "console_1")


async def test_without_a_link_a_request_was_not_carried_out(session: LiveSession) -> None:
    steps = [step async for step in session.request(Action.START, ["a", "b"])]
    assert [step.verdict for step in steps if isinstance(step, Outcome)] == [Verdict.NO_ANSWER] * 2


async def test_a_start_is_not_carried_by_the_agent_of_another_node(town: Town, session: LiveSession) -> None:
    other = town.agent("server_1")
    await until(session, lambda: session.link.agent == "server_1")
    steps = [step async for step in session.request(Action.START, ["a"])]
    assert [step.verdict for step in steps if isinstance(step, Outcome)] == [Verdict.NO_ANSWER]
    assert not [request for request in other.requests if request.body.__class__.__name__ == "Act"]


async def test_a_request_without_an_answer_ends_as_unknown(
    town: Town, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "OUTCOME_GRACE", 0.1)
    town.agent("console_1", with_status(lambda _request: None))
    await until(session, lambda: session.link.connected)
    steps = [step async for step in session.request(Action.START, ["a"], timeout=0.2)]
    assert [step.verdict for step in steps if isinstance(step, Outcome)] == [Verdict.UNKNOWN]


async def test_a_request_whose_agent_dies_ends_as_unknown(town: Town, session: LiveSession) -> None:
    own = town.agent("console_1", with_status(lambda _request: [(Acted(Progress("a", "asked")), False)]))
    await until(session, lambda: session.link.connected)
    steps = session.request(Action.START, ["a"])
    assert isinstance(await steps.__anext__(), Progress)
    town.die(own)
    last = await steps.__anext__()
    assert isinstance(last, Outcome)
    assert last.verdict is Verdict.UNKNOWN


async def test_letters_cut_between_two_pieces_of_a_log_come_whole(town: Town, session: LiveSession) -> None:
    whole = "höher\n".encode()
    town.agent(
        "console_1", with_status(lambda _r: [(LogChunk(whole[:2]), False), (LogChunk(whole[2:]), True)])
    )
    await until(session, lambda: session.link.connected)
    pieces = [piece async for piece in session.logs("a:b", follow=False)]
    assert "".join(pieces) == "höher\n"


async def test_a_log_that_does_not_exist_is_a_lookup_error(town: Town, session: LiveSession) -> None:
    town.agent(
        "console_1", with_status(lambda _request: [(Failed("usage", "no process is named 'a:b'"), True)])
    )
    await until(session, lambda: session.link.connected)
    with pytest.raises(LookupError, match="no process is named"):
        async for _piece in session.logs("a:b"):
            pass


async def test_leaving_a_followed_log_tells_the_agent(town: Town, session: LiveSession) -> None:
    cancelled = asyncio.Event()
    loop = asyncio.get_running_loop()

    def answer(request: Request) -> Replies | None:
        if isinstance(request.body, Cancel):
            loop.call_soon_threadsafe(cancelled.set)
        return [(LogChunk(b"one\n"), False)] if isinstance(request.body, ReadLog) else None

    town.agent("console_1", with_status(answer))
    await until(session, lambda: session.link.connected)
    log = session.logs("a:b")
    assert await log.__anext__() == "one\n"
    await log.aclose()
    await asyncio.wait_for(cancelled.wait(), PATIENCE)
