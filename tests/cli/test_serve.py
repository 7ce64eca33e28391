"""The console in a browser: on loopback, for who was given the address, read-only unless asked."""

from __future__ import annotations

import asyncio
import shlex
import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.client.fake_agent import Town
from tuiconsole.cli import web
from tuiconsole.cli.main import run
from tuiconsole.console.run import in_browser

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def here(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))
    monkeypatch.setenv("TUICONSOLE_NODE", "console_1")
    return town


@pytest.mark.parametrize(("more", "read_only"), [((), True), (("--allow-changes",), False)])
def test_the_browser_only_looks_unless_changes_are_asked_for(
    here: Town, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], read_only: bool
) -> None:
    served: list[tuple[str, int, str]] = []

    def serve(command: str, port: int, title: str, told: Callable[[str], None]) -> None:
        served.append((command, port, title))

    monkeypatch.setattr(web, "serve", serve)
    assert run(["serve", "--port", "8123", *more]) == 0
    command, port, title = served[0]
    words = shlex.split(command)
    assert words[:3] == [sys.executable, "-m", "tuiconsole"]
    assert words[words.index("--node") + 1] == "console_1"
    assert ("--read-only" in words) is read_only
    assert port == 8123
    assert "console_1" in title


def test_without_the_extra_the_remedy_is_named(
    here: Town, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert run(["serve"]) == 1
    error = capsys.readouterr().err
    assert "pip install 'tuiconsole[serve]'" in error
    assert error.count("\n") == 1


@pytest.mark.serve
def test_a_port_in_use_is_named_with_the_remedy(here: Town, capsys: Captured) -> None:
    with socket.create_server((web.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 1
    assert f"port {port} of 127.0.0.1 is in use: choose another with --port" in capsys.readouterr().err


def test_a_console_knows_that_it_draws_for_a_browser() -> None:
    assert in_browser({"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"})
    assert not in_browser({})


@pytest.mark.serve
def test_nobody_comes_in_without_the_key_from_another_page_or_under_another_name() -> None:
    from aiohttp import ClientSession, CookieJar
    from aiohttp import web as http

    async def hello(_request: Any) -> Any:
        return http.Response(text="the console")

    async def story() -> None:
        with socket.create_server((web.HOST, 0)) as listening:
            address = f"http://{web.HOST}:{listening.getsockname()[1]}"
            application = http.Application(middlewares=[web.gate(address, "secret")])
            application.add_routes([http.get("/", hello)])
            runner = http.AppRunner(application)
            await runner.setup()
            await http.SockSite(runner, listening).start()

            async def status(path: str = "/", **headers: str) -> int:
                async with person.get(address + path, headers=headers) as answer:
                    await answer.read()
                    return int(answer.status)

            async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as person:
                assert await status() == 403
                assert await status("/?key=guess") == 403
                assert await status("/?key=secret") == 200
                assert await status() == 200
                assert await status(Origin=address) == 200
                assert await status(Origin="http://evil.example") == 403
                assert await status(Host="evil.example") == 403
            await runner.cleanup()

    asyncio.run(story())
