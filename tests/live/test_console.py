"""The console on a live cluster: what operators do most, from the first key to what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from tests.processes import frozen
from tuiconsole.client.live import connect
from tuiconsole.client.session import Session
from tuiconsole.clock import boottime
from tuiconsole.console.app import ConsoleApp
from tuiconsole.model.states import ApplicationState
from tuiconsole.settings.cluster_file import load_cluster

from .cluster import COMMAND, SERVERS, Cluster, calm
from .terminal import terminal

pytestmark = pytest.mark.live


@asynccontextmanager
async def console_of(cluster: Cluster, node: str) -> AsyncIterator[Pilot[int]]:
    config = load_cluster(cluster.config)

    async def session() -> Session:
        return await connect(config, node, config.keys / "private" / "operator.key_secret")

    app = ConsoleApp(session, cluster=config.name, item=config.item)
    async with app.run_test(size=(120, 35), notifications=True) as pilot:
        await sees(pilot, "● live")
        yield pilot


def screen(pilot: Pilot[int]) -> str:
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in pilot.app.screen._compositor.render_strips()
    )


async def sees(pilot: Pilot[int], *words: str, within: float = 20.0) -> None:
    await until(pilot, lambda: all(word in screen(pilot) for word in words), f"{words}", within)


async def until(pilot: Pilot[int], true: Callable[[], bool], what: str, within: float = 20.0) -> None:
    for _ in range(int(within / 0.05)):
        if true():
            return
        await pilot.pause(0.05)
    pytest.fail(f"never came: {what}\n{screen(pilot)}")


def agent_of(pilot: Pilot[int]) -> str:
    """The agent that is listened to; empty if none answers."""
    assert isinstance(pilot.app, ConsoleApp)
    session = pilot.app.feed.session
    return session.link.agent if session is not None and session.link.connected else ""


async def test_two_keys_start_an_items_hci_here_and_a_second_console_is_told_where_it_runs(
    cluster: Cluster,
) -> None:
    async with console_of(cluster, "console_1") as first, console_of(cluster, "console_2") as second:
        await first.press("2", "s")
        await sees(first, "✓ scen2_hci_02 started", "► RUNNING on console_1")
        await second.press("2", "s")
        await sees(second, "start scen2_hci_02 refused", "runs on console_1 already")
        await first.press("l")
        await sees(first, "listens at", "● following")
        await first.press("escape", "x", "y")
        await sees(first, "✓ scen2_hci_02 stopped")
    assert cluster.application("scen2_hci_02").state is ApplicationState.STOPPED


async def test_a_console_whose_agent_dies_goes_on_showing_and_is_back_by_itself(cluster: Cluster) -> None:
    async with console_of(cluster, "console_3") as pilot:
        with cluster.launcher_held():
            cluster.kill("console_3", "agent")
            await until(pilot, lambda: agent_of(pilot) not in ("", "console_3"), "another agent's word")
            await sees(pilot, "scenario_2", "server_1", "● live")
        await until(pilot, lambda: agent_of(pilot) == "console_3", "the own agent's word again")
        # Its agent answers the console at once; the master has to hear of it before anything starts there.
        for server in SERVERS:
            await asyncio.to_thread(cluster.wait_until, calm, "console_3 heard again", node=server)
        await pilot.press("3", "s")
        await sees(pilot, "✓ scen2_hci_03 started", "on console_3", within=30.0)
        await pilot.press("x", "y")
        await sees(pilot, "✓ scen2_hci_03 stopped")


BACK_WITHIN = 2.0
"""Seconds from the agents' return to a live screen."""


async def test_when_all_agents_hang_the_console_says_how_old_it_is_and_is_back_at_once_when_they_are(
    cluster: Cluster,
) -> None:
    async with console_of(cluster, "console_2") as pilot:
        await until(pilot, lambda: agent_of(pilot) == "console_2", "the own agent's word")
        agents = [node.pids.agent for node in cluster.status().nodes]
        with frozen(agents):
            await sees(pilot, "CONNECTION LOST", "server_1", within=8.0)
            await pilot.press("n")
            await sees(pilot, "server_1", "CONNECTION LOST")
        began = boottime()
        await sees(pilot, "● live", within=BACK_WITHIN)
        assert boottime() - began < BACK_WITHIN
        await until(pilot, lambda: agent_of(pilot) == "console_2", "the own agent's word again")


def test_in_a_real_terminal_two_keys_start_an_item_and_two_stop_it(cluster: Cluster) -> None:
    with terminal(COMMAND, "-c", str(cluster.config), "--node", "console_1") as screen:
        screen.until(b"OPERATION")
        screen.press(b"1s")
        screen.until(b"scen2_hci_01 started")
        screen.press(b"x")
        screen.until(b"Cancel")
        screen.press(b"y")
        screen.until(b"scen2_hci_01 stopped")
    assert cluster.application("scen2_hci_01").state is ApplicationState.STOPPED


@pytest.mark.parametrize(("term", "lang"), [("vt100", "C"), ("linux", "C.UTF-8"), ("xterm-256color", "C")])
def test_on_a_terminal_or_in_a_locale_without_unicode_it_draws_ascii_by_itself(
    cluster: Cluster, term: str, lang: str
) -> None:
    """As over ssh from an old terminal: nobody has set anything."""
    command = (COMMAND, "-c", str(cluster.config), "--node", "console_1")
    with terminal(*command, TERM=term, LANG=lang, LC_ALL=lang, COLORTERM="") as screen:
        screen.until(b"OPERATION")
        screen.press(b"a")
        screen.until(b"Applications 7")
        screen.press(b"?")
        screen.until(b"Keys of Applications")
        screen.press(b"\x1b")
        screen.until(b"Applications 7")
        assert screen.drawn.isascii()
    with terminal(*command) as screen:
        screen.until("► OPERATION".encode())
        assert not screen.drawn.isascii(), "elsewhere it does not"
