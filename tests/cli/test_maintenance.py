"""`tuiconsole maintenance`: how long, of which node, and what is said."""

from __future__ import annotations

import pytest
from client.fake_agent import Town, shows_status

from tuiconsole.cli.main import run
from tuiconsole.wire.messages import Failed, Maintain, Maintained, ReplyBody, Request

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUICONSOLE_NODE", "TUICONSOLE_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))


def agrees(request: Request) -> list[tuple[ReplyBody, bool]] | None:
    if isinstance(request.body, Maintain):
        return [(Maintained(request.body.seconds), True)]
    return list(shows_status("server_2")(request) or ())


@pytest.mark.parametrize(("words", "seconds"), [("60s", 60), ("90", 90), ("1.5m", 90), ("4h", 14400)])
def test_times_have_units(town: Town, capsys: Captured, words: str, seconds: float) -> None:
    agent = town.agent("server_2", agrees)
    assert run(["maintenance", "server_2", "--for", words]) == 0
    assert capsys.readouterr().out == f"server_2 is in maintenance for {seconds} s: its agent may be down\n"
    assert [request.body for request in agent.requests] == [Maintain(seconds)]


@pytest.mark.parametrize(
    "words", [["--for", "soon"], ["--for", "5h"], ["--for", "0s"], [], ["--end", "--for", "60s"]]
)
def test_what_is_not_clear_is_not_asked(town: Town, words: list[str]) -> None:
    agent = town.agent("server_2", agrees)
    assert run(["maintenance", "server_2", *words]) == 2
    assert agent.requests == []


def test_without_a_majority_nothing_is_promised(town: Town, capsys: Captured) -> None:
    town.agent("server_2", lambda _: [(Failed("no_answer", "no majority of the voters agreed"), True)])
    assert run(["maintenance", "server_2", "--end"]) == 3
    assert "no majority" in capsys.readouterr().err
