"""`tuiconsole confirm-dead`: nobody says so by accident."""

from __future__ import annotations

import pytest

from tests.client.fake_agent import Town, shows_status
from tuiconsole.cli.main import run
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.wire.replies import Acted, ReplyBody
from tuiconsole.wire.requests import Act, Request

Captured = pytest.CaptureFixture[str]
LINE = ["--node", "console_1", "confirm-dead", "server_1", "--reason", "burnt"]


@pytest.fixture(autouse=True)
def _here(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUICONSOLE_NODE", "TUICONSOLE_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))


def believes(request: Request) -> list[tuple[ReplyBody, bool]] | None:
    if isinstance(request.body, Act):
        return [(Acted(Outcome(request.body.targets[0], Verdict.DONE, "confirmed dead")), True)]
    return list(shows_status("console_1")(request) or ())


def test_the_word_goes_to_the_master_with_its_reason(town: Town, capsys: Captured) -> None:
    agent = town.agent("console_1", believes)
    assert run([*LINE, "--yes", "server_1"]) == 0
    assert capsys.readouterr().out == "server_1 confirmed dead\n"
    (act,) = (request.body for request in agent.requests if isinstance(request.body, Act))
    assert (act.action, act.targets, act.reason) == (Action.CONFIRM_DEAD, ("server_1",), "burnt")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--yes", "server_2"], "'server_2' is not 'server_1': nothing was done"),
        ([], "confirm with --yes server_1"),
    ],
)
def test_without_the_name_typed_once_more_nothing_is_asked(
    town: Town, capsys: Captured, words: list[str], complaint: str
) -> None:
    agent = town.agent("console_1", believes)
    assert run([*LINE, *words]) == 2
    assert complaint in capsys.readouterr().err
    assert agent.requests == []


def test_an_unknown_node_is_a_usage_error_with_a_suggestion(capsys: Captured) -> None:
    assert run(["confirm-dead", "server_l", "--reason", "x", "--yes", "server_l"]) == 2
    assert "did you mean" in capsys.readouterr().err
