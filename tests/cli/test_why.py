"""`tuiconsole why`: what is asked, and what is printed."""

from __future__ import annotations

import msgspec
import pytest

from tests.client.fake_agent import Town
from tuiconsole.cli.main import run
from tuiconsole.model.events import Event
from tuiconsole.model.plan import Basis, Candidate, PlannedPlace
from tuiconsole.model.why import Cause, Remedy, RuleInForce, Why
from tuiconsole.wire.replies import Explained, Failed
from tuiconsole.wire.requests import AskWhy

Captured = pytest.CaptureFixture[str]
WHY = Why(
    "app",
    "STOPPED",
    (),
    Cause.START_FAILED,
    "its last start failed: app:one: exited unexpectedly (status 1)",
    ("starting_failure_strategy STOP: not tried again before someone asks",),
    (RuleInForce("app", "rules.toml:7", ("start_sequence = 1", "isolation = STOP")),),
    None,
    (
        PlannedPlace(
            "app",
            "server_1",
            "CONFIG",
            ("*",),
            (
                Candidate("server_1", True, True, ""),
                Candidate("server_2", False, False, "is CHECKING"),
            ),
        ),
    ),
    (Event("2026-11-23T12:00:00.000Z", "server_1", "process", "app:one", "app:one was not started"),),
    (
        Remedy("tuiconsole logs app:one --stderr", "its last words"),
        Remedy("", "or wait"),
    ),
    "server_2",
    Basis.REPORT,
    "2026-11-23T12:00:01.000Z",
    ("computed by server_2",),
)


@pytest.fixture(autouse=True)
def _here(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TUICONSOLE_NODE", "TUICONSOLE_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TUICONSOLE_CONFIG", str(town.file))


def test_cause_remedies_rule_candidates_and_events_are_told(town: Town, capsys: Captured) -> None:
    agent = town.agent("server_2", lambda _: [(Explained(WHY), True)])
    assert run(["why", "app", "--node", "server_2"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "app STOPPED",
        "  its last start failed: app:one: exited unexpectedly (status 1)",
        "  because: starting_failure_strategy STOP: not tried again before someone asks",
        "  do: tuiconsole logs app:one --stderr – its last words",
        "  do: or wait",
        "  rule: rules.toml:7: start_sequence = 1, isolation = STOP",
        "  started now it would go to server_1 (CONFIG)",
        "    not on server_2: is CHECKING",
        "  event: 2026-11-23T12:00:00.000Z server_1: app:one was not started",
        "  note: computed by server_2",
    ]
    assert [request.body for request in agent.requests] == [AskWhy("app", "server_2")]


def test_json_is_the_whole_of_it(town: Town, capsys: Captured) -> None:
    town.agent("server_2", lambda _: [(Explained(WHY), True)])
    assert run(["why", "app", "--node", "server_2", "--json"]) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=Why) == WHY


def test_an_unknown_name_is_a_usage_error(town: Town, capsys: Captured) -> None:
    town.agent("server_2", lambda _: [(Failed("usage", "no application is named 'ap'"), True)])
    assert run(["why", "ap", "--node", "server_2"]) == 2
    assert "no application is named 'ap'" in capsys.readouterr().err
