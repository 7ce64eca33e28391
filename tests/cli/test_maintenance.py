"""`tuiconsole maintenance`: how long, of which node, and what is said."""

from __future__ import annotations

import pytest

from tests.client.fake_agent import Town, shows_status
from tuiconsole.cli.main import run
from tuiconsole.model.requests import ALL, Action, Outcome, Verdict
from tuiconsole.wire.replies import Acted, Failed, Maintained, ReplyBody
from tuiconsole.wire.requests import Act, Maintain, Request

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


@pytest.mark.parametrize(
    ("words", "target", "seconds"),
    [
        (["scen2_srv_01", "--for", "2d", "--reason", "new disk"], "scen2_srv_01", 172_800),
        (["--all", "--for", "30m", "--reason", "new disk"], ALL, 1_800),
        (["--all", "--end", "--reason", "new disk"], ALL, 0),
    ],
)
def test_that_of_an_application_or_of_all_is_the_masters_matter(
    town: Town, capsys: Captured, words: list[str], target: str, seconds: float
) -> None:
    def answer(request: Request) -> list[tuple[ReplyBody, bool]] | None:
        done = Outcome(target, Verdict.DONE, "in maintenance")
        return [(Acted(done), True)] if isinstance(request.body, Act) else None

    agent = town.agent("server_1", answer)
    assert run(["maintenance", "--node", "server_1", *words]) == 0
    assert capsys.readouterr().out == f"{target} in maintenance\n"
    [act] = [request.body for request in agent.requests if isinstance(request.body, Act)]
    assert (act.action, act.targets, act.seconds, act.reason) == (
        Action.MAINTAIN,
        (target,),
        seconds,
        "new disk",
    )


@pytest.mark.parametrize("words", [["--for", "1h"], ["app", "--all", "--for", "1h"], ["app", "--for", "31d"]])
def test_it_is_of_one_thing_and_ends_some_day(town: Town, words: list[str]) -> None:
    assert run(["maintenance", "--node", "server_1", *words]) == 2
